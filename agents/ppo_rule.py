"""PPO whose networks learn by the local rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import gymnasium as gym

from agents.ppo import PPOSpec

if TYPE_CHECKING:  # torch and Stable-Baselines3 take seconds to import: only an agent that is built needs them
    from agents.ppo_rule_agent import PPORuleAgent


@dataclass(frozen=True)
class PPORuleSpec(PPOSpec, kind="ppo_rule"):
    """PPO with the strict rule in policy and value network: `lifelong_agent.plasticity.make_plastic`, no gate.

    Running means follow the minibatches that are learnt from, not the experience as it is collected. Adam's steps are
    slowed down by importance after they are taken.
    """

    adaptation: bool = True
    """Whether senses and units send differences from their running means."""
    pool: bool = True
    """Whether the sums of each layer are standardised, sample by sample."""
    strength: float = 100.0
    """How much importance slows a synapse down, zero or above; 0 leaves consolidation out."""
    decay: float = 0.9999
    """What is left of a synapse's importance after a minibatch, in [0, 1]."""
    scaling: bool = True
    """Whether each hidden unit's incoming weights keep the length that they were born with."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot mean anything.

        Raises:
            ValueError: If a number is out of its range; names the field and the range.
        """
        super().__post_init__()
        self._check("strength", self.strength >= 0, "zero or above")
        self._check("decay", 0 <= self.decay <= 1, "in [0, 1]")
        self._check("policy_widths", bool(self.policy_widths and self.value_widths), "not empty, nor is value_widths")

    def build(self, env: gym.vector.VectorEnv, seed: int) -> PPORuleAgent:
        """Make the agent; see `AgentSpec.build`."""
        from agents.ppo_rule_agent import PPORuleAgent  # noqa: PLC0415

        return PPORuleAgent(self, env, seed)
