"""PPO with continual backprop: the baseline that keeps its plasticity by replacing units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import gymnasium as gym

from agents.ppo import PPOSpec

if TYPE_CHECKING:  # torch and Stable-Baselines3 take seconds to import: only an agent that is built needs them
    from agents.ppo_cbp_agent import PPOCBPAgent


@dataclass(frozen=True)
class PPOCBPSpec(PPOSpec, kind="ppo_cbp"):
    """PPO whose least useful hidden units, of policy and value network, are replaced as it learns.

    Source: Dohare et al., "Loss of plasticity in deep continual learning" (Nature 2024); defaults of the replacement
    are those of its PPO (256 units a layer, 160 minibatches a rollout); smaller networks want a larger rate.
    """

    weight_decay: float = 1e-4
    """Weight of the L2 penalty, coupled: it passes through Adam's moments."""
    replacement_rate: float = 1e-4
    """Share of the mature units of each layer that is replaced per minibatch update, in [0, 1]."""
    maturity_threshold: int = 10_000
    """Minibatch updates a unit must be older than before it can be replaced."""
    decay_rate: float = 0.99
    """Decay of the running averages of utility and activation, in [0, 1)."""
    utility: Literal["contribution", "zero_contribution", "adaptable_contribution"] = "contribution"
    """How a unit's usefulness is measured."""
    initialization: Literal["matched", "kaiming", "lecun", "default", "xavier"] = "matched"
    """Where a new unit's incoming weights come from; matched: as wide as the layer's first weights."""
    variant: Literal["as_described", "as_published"] = "as_described"
    """As the paper describes it (mean contribution moves into the next bias, Adam forgets replaced units and their step
    counts, fractions of a replacement accumulate), or as its PPO code runs (none of the three; a die decides)."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot mean anything.

        Raises:
            ValueError: If a number is out of its range; names the field and the range.
        """
        super().__post_init__()
        self._check("replacement_rate", 0 <= self.replacement_rate <= 1, "in [0, 1]")
        self._check("maturity_threshold", self.maturity_threshold >= 0, "a number of updates, zero or above")
        self._check("decay_rate", 0 <= self.decay_rate < 1, "in [0, 1)")
        self._check("policy_widths", bool(self.policy_widths or self.value_widths), "not empty if value_widths is")

    def build(self, env: gym.vector.VectorEnv, seed: int) -> PPOCBPAgent:
        """Make the agent; see `AgentSpec.build`."""
        from agents.ppo_cbp_agent import PPOCBPAgent  # noqa: PLC0415

        return PPOCBPAgent(self, env, seed)
