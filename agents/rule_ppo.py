"""Stable-Baselines3's PPO for a policy that `make_plastic` made plastic: running means move between rollouts."""

from __future__ import annotations

from typing import Any

import torch
from stable_baselines3 import PPO

from lifelong_agent.plasticity import Plastic


class RulePPO(PPO):
    """PPO that shows every rollout once to the rule in its networks.

    PPO compares the policy that it learns with the one that acted: running means that moved from minibatch to
    minibatch would change the policy by themselves, and count as learning. So they stand still while a rollout is
    learnt from, and move afterwards, all of it at once. A rollout from another world (`Plastic.is_news`) is not learnt
    from at all: who acted took it for the old one. It teaches what the new world looks like, and finds its context.

    In your own training::

        model = RulePPO("MlpPolicy", env)
        rule = make_plastic(model.policy, torch.zeros(2, *env.observation_space.shape), gate=Prototypes(share=0.25))
        model.adopt(rule)
        model.learn(1_000_000)

    Attributes:
        rule: The rule; without one, or without running means in it, this is PPO.
        unlearnt: Rollouts that were not learnt from.
    """

    rule: Plastic | None = None
    unlearnt: int = 0

    def adopt(self, rule: Plastic) -> None:
        """Learn by a rule from now on: its policy gets a new optimiser, of the parameters it has now.

        Args:
            rule: What `make_plastic` made of this model's policy.

        Raises:
            ValueError: If it is the rule of another network, or attached already.
        """
        policy: Any = self.policy
        if rule.network is not policy:
            raise ValueError(
                f"RulePPO adopts the rule of its own policy; got one of another {type(rule.network).__name__}; call "
                "make_plastic(model.policy, ...)"
            )
        learning_rate = policy.optimizer.param_groups[0]["lr"]
        optimizer = policy.optimizer_class(policy.parameters(), lr=learning_rate, **policy.optimizer_kwargs)
        rule.attach(optimizer)
        policy.optimizer, self.rule = optimizer, rule

    def train(self) -> None:
        """Learn from the rollout just made; see `PPO.train`."""
        rule = self.rule
        if rule is None or rule.sensory is None:
            super().train()
            return
        policy: Any = self.policy
        seen, _ = policy.obs_to_tensor(self.rollout_buffer.observations.reshape(-1, *self.observation_space.shape))  # type: ignore[misc]
        with torch.no_grad():
            features = policy.extract_features(seen, policy.pi_features_extractor)
        if rule.is_news(features):
            self.unlearnt += 1
        else:
            rule.holding = True
            try:
                super().train()
            finally:
                rule.holding = False
        with rule.moving(), torch.no_grad():
            policy.mlp_extractor(features)
