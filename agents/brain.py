"""The plastic brain as an agent: what can be set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import gymnasium as gym

from agents.protocol import AgentSpec
from lifelong_agent.config import BrainConfig

if TYPE_CHECKING:  # torch takes a second to import: only an agent that is built needs it
    from agents.brain_agent import BrainAgent


@dataclass(frozen=True)
class BrainSpec(AgentSpec, kind="brain"):
    """Hyper-parameters of the online actor-critic and of its brain."""

    gamma: float = 0.99
    """Discount per step, in [0, 1)."""
    value_rate: float = 0.5
    """Share of a TD error that one step of one stream closes, in (0, 1]."""
    policy_rate: float = 0.2
    """Step size of the policy, in logits per standardised TD error."""
    entropy: float = 0.01
    """Weight of the policy's entropy, scaled by surprise."""
    reach: float = 0.0
    """How far one step may move any logit, all streams together; values then go no further than their errors ask for. 0
    for no bound."""
    brain: BrainConfig = field(default_factory=BrainConfig)
    """Sizes, rates and parts of the brain."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where the brain lives."""

    def build(self, env: gym.vector.VectorEnv, seed: int) -> BrainAgent:
        """Make the agent; see `AgentSpec.build`."""
        from agents.brain_agent import BrainAgent  # noqa: PLC0415 - see above

        return BrainAgent(self, env, seed)
