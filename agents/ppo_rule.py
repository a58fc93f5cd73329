"""PPO whose networks learn by the local rule, or by any other member of its family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import gymnasium as gym

from agents.ppo import PPOSpec
from agents.rule_parts import ConsolidatedParts, LocalParts

if TYPE_CHECKING:  # torch and Stable-Baselines3 take seconds to import: only an agent that is built needs them
    from agents.ppo_rule_agent import PPORuleAgent


@dataclass(frozen=True)
class PPORuleSpec(ConsolidatedParts, PPOSpec, kind="ppo_rule"):
    """PPO with the rule in policy and value network: `lifelong_agent.plasticity.make_plastic`.

    Running means and contexts follow whole rollouts, see `agents.rule_ppo.RulePPO`. Adam's steps are slowed down by
    importance after they are taken. With a gate the widths are those of the whole layers; a step costs what the open
    share of them costs.
    """

    def __post_init__(self) -> None:
        """Refuse settings that cannot mean anything.

        Raises:
            ValueError: If a number is out of its range; names the field and the range.
        """
        super().__post_init__()
        self._check_parts()
        self._check("policy_widths", bool(self.policy_widths and self.value_widths), "not empty, nor is value_widths")

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

    def build(self, env: gym.vector.VectorEnv, seed: int) -> PPORuleAgent:
        """Make the agent; see `AgentSpec.build`."""
        from agents.ppo_rule_agent import PPORuleAgent  # noqa: PLC0415

        return PPORuleAgent(self, env, seed)
