"""The PPO learner with the local rule in its networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from gymnasium import spaces
from torch import nn

from agents.frozen import FrozenPolicy, Standardise
from agents.ppo_agent import PPOAgent
from agents.ppo_rule import PPOLocalRuleSpec, PPORuleSpec
from agents.rule_ppo import RulePPO
from lifelong_agent.plasticity import Plastic
from lifelong_agent.seeds import seed_for


class PPORuleAgent(PPOAgent):
    """`PPOAgent` whose policy and value network are made plastic; with all parts off it is bit-equal to PPO."""

    spec: PPORuleSpec | PPOLocalRuleSpec
    model: RulePPO
    algorithm = RulePPO

    def __init__(self, spec: PPORuleSpec | PPOLocalRuleSpec, env: gym.vector.VectorEnv, seed: int) -> None:
        """Make the agent; see `PPOAgent`."""
        super().__init__(spec, env, seed)
        example = torch.zeros((2, *(env.single_observation_space.shape or ())))
        self.rule = spec.plastic(self.model.policy, example, seed_for(seed, "ppo_rule", "rule"), spec.consolidation)
        self.model.adopt(self.rule)

    def _frozen(self, space: spaces.Discrete | spaces.Box, log_std: np.ndarray | None, sense: Any) -> FrozenPolicy:
        # What the last minibatch gave, with its graph, is made anew by the next, and cannot be copied.
        self.model.policy.action_dist.distribution = None  # type: ignore[assignment]
        return FrozenRulePolicy(self.rule.frozen(), space, log_std, sense)

    def _trace(self, which: str, seen: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Give what hidden units do, before the rule changes it, and the outputs."""
        policy: Any = self.model.policy
        network = getattr(policy.mlp_extractor, f"{which}_net")
        found: list[np.ndarray] = []
        hooks = [
            layer.activation.register_forward_hook(lambda _m, _given, out: found.append(out.numpy()), prepend=True)
            for layer in self.rule.anatomy.hidden
        ]
        try:
            with torch.no_grad():
                sent = network(torch.from_numpy(np.asarray(seen, np.float32).reshape(len(seen), -1)))
                return found, (policy.action_net if which == "policy" else policy.value_net)(sent).numpy()
        finally:
            for hook in hooks:
                hook.remove()

    def _weights(self) -> list[np.ndarray]:
        return [layer.weight.detach().numpy() for layer in self.model.policy.modules() if isinstance(layer, nn.Linear)]

    def vitals(self) -> Mapping[str, float]:
        """Tell PPO's vitals, of open units, and, where contexts are stored, ``vitals/contexts``, how many there are."""
        contexts = {} if self.rule.store is None else {"vitals/contexts": float(self.rule.contexts)}
        return {**super().vitals(), **contexts}


class FrozenRulePolicy(FrozenPolicy):
    """A frozen policy that follows what it sees, by the rule, and does not learn: means and contexts are its own."""

    def __init__(
        self,
        rule: Plastic,
        action_space: spaces.Discrete | spaces.Box,
        log_std: np.ndarray | None = None,
        sense: Standardise | None = None,
    ) -> None:
        """Take over a rule that nobody else holds; see `FrozenPolicy` for the others."""
        super().__init__(self._output, action_space, log_std, sense)
        self.rule = rule
        self._born = rule.running()

    def _output(self, seen: np.ndarray) -> np.ndarray:
        policy: Any = self.rule.network
        with torch.no_grad():
            features = policy.extract_features(
                torch.from_numpy(np.asarray(seen, np.float32)), policy.pi_features_extractor
            )
            return policy.action_net(policy.mlp_extractor.forward_actor(features)).numpy()

    def reset(self, num_envs: int, rng: np.random.Generator) -> None:
        """Begin an exam: what was met in the last one is forgotten. See `Policy.reset`."""
        super().reset(num_envs, rng)
        if self.rule.store is None:
            self.rule.restore(self._born)
        self.rule.begin_stream()
