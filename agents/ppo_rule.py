"""PPO whose networks learn by the local rule, or by any other member of its family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import gymnasium as gym

from agents.ppo import PPOSpec
from agents.rule_parts import LocalParts, RuleParts
from lifelong_agent.plasticity.settings import Consolidation

if TYPE_CHECKING:  # torch and Stable-Baselines3 take seconds to import: only an agent that is built needs them
    from agents.ppo_rule_agent import PPORuleAgent


@dataclass(frozen=True)
class PPORuleSpec(RuleParts, PPOSpec, kind="ppo_rule"):
    """PPO with the rule in policy and value network: `lifelong_agent.plasticity.make_plastic`.

    Running means and contexts follow whole rollouts, see `agents.rule_ppo.RulePPO`. Adam's steps are slowed down by
    importance after they are taken. With a gate the widths are those of the whole layers; a step costs what the open
    share of them costs.
    """

    strength: float = 100.0
    """How much importance slows a synapse down, zero or above; 0 leaves consolidation out."""
    decay: float = 0.9999
    """What is left of a synapse's importance after a minibatch, in [0, 1]."""
    regeneration: float = 0.0
    """Pull of unimportant synapses to their first weight, zero or above; at strength 0 of all synapses."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot mean anything.

        Raises:
            ValueError: If a number is out of its range; names the field and the range.
        """
        super().__post_init__()
        self._check("strength", self.strength >= 0, "zero or above")
        self._check("decay", 0 <= self.decay <= 1, "in [0, 1]")
        self._check("regeneration", self.regeneration >= 0, "zero or above")
        self._check_parts()
        self._check("policy_widths", bool(self.policy_widths and self.value_widths), "not empty, nor is value_widths")

    @property
    def consolidation(self) -> Consolidation | None:
        """What the synapses do; None for Adam's steps as they are."""
        wanted = self.strength or self.regeneration
        return Consolidation(self.strength, self.decay, self.regeneration) if wanted else None

    def build(self, env: gym.vector.VectorEnv, seed: int) -> PPORuleAgent:
        """Make the agent; see `AgentSpec.build`."""
        from agents.ppo_rule_agent import PPORuleAgent  # noqa: PLC0415

        return PPORuleAgent(self, env, seed)


@dataclass(frozen=True)
class PPOLocalRuleSpec(LocalParts, PPOSpec, kind="ppo_local_rule"):
    """PPO like `ppo_rule` whose synapses step by a `LocalRule`; with its defaults it is that, bit by bit."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot mean anything.

        Raises:
            ValueError: If a number is out of its range; names the field and the range.
        """
        super().__post_init__()
        self._check_parts()
        self._check("policy_widths", bool(self.policy_widths and self.value_widths), "not empty, nor is value_widths")

    @property
    def consolidation(self) -> Consolidation:
        """What the synapses do."""
        return self.local

    def build(self, env: gym.vector.VectorEnv, seed: int) -> PPORuleAgent:
        """Make the agent; see `AgentSpec.build`."""
        from agents.ppo_rule_agent import PPORuleAgent  # noqa: PLC0415

        return PPORuleAgent(self, env, seed)
