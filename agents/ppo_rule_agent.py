"""The PPO learner with the local rule in its networks."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import torch
from torch import Tensor, nn

from agents.frozen import FrozenNetwork
from agents.ppo_agent import PPOAgent
from agents.ppo_rule import PPOLocalRuleSpec, PPORuleSpec
from lifelong_agent.plasticity import Adaptation, Scaling, make_plastic
from lifelong_agent.plasticity.pooling import EPSILON
from lifelong_agent.seeds import seed_for


class PPORuleAgent(PPOAgent):
    """`PPOAgent` whose policy and value network are made plastic; with all parts off it is bit-equal to PPO."""

    spec: PPORuleSpec | PPOLocalRuleSpec

    def __init__(self, spec: PPORuleSpec | PPOLocalRuleSpec, env: gym.vector.VectorEnv, seed: int) -> None:
        """Make the agent; see `PPOAgent`."""
        super().__init__(spec, env, seed)
        policy = self.model.policy
        self.rule = make_plastic(
            policy,
            torch.zeros((2, *(env.single_observation_space.shape or ()))),
            adaptation=Adaptation() if spec.adaptation else None,
            pool=spec.pool,
            consolidation=spec.consolidation,
            scaling=Scaling() if spec.scaling else None,
            seed=seed_for(seed, "ppo_rule", "rule"),
        )
        self.rule.attach(policy.optimizer)

    def _network(self, which: str) -> FrozenNetwork:
        """Copy a network; running means, which stand still while nothing is learnt, are taken into the biases."""
        policy: Any = self.model.policy
        last = policy.action_net if which == "policy" else policy.value_net
        mean = None if self.rule.sensory is None else self.rule.sensory.mean
        layers: list[nn.Module] = []
        for module in (*getattr(policy.mlp_extractor, f"{which}_net"), last):
            if not isinstance(module, nn.Linear):
                layers.append(type(module)())
                mean = module.habituation.mean if hasattr(module, "habituation") else None
                continue
            layers.append(taken_in(module, mean))
            if self.spec.pool and module is not last:
                layers.append(nn.LayerNorm(module.out_features, eps=EPSILON, elementwise_affine=False))
        return FrozenNetwork(layers)


def taken_in(layer: nn.Linear, mean: Tensor | None) -> nn.Linear:
    """Copy a layer that reads ``x - mean`` as one that reads ``x``."""
    copy = nn.Linear(layer.in_features, layer.out_features, device="meta").to_empty(device="cpu")
    with torch.no_grad():
        copy.weight.copy_(layer.weight)
        copy.bias.copy_(layer.bias if mean is None else layer.bias - layer.weight @ mean.flatten())
    return copy
