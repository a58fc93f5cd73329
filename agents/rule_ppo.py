"""Stable-Baselines3's PPO for a policy that `make_plastic` made plastic: running means move between rollouts."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from gymnasium import spaces
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
        model.save("life.zip")

    The rule lies in buffers of the policy, which the file holds. To go on from there, make model and rule in the same
    way, adopt it, and call ``model.set_parameters("life.zip")``: `PPO.load` makes a policy that is not plastic, and
    refuses what it finds.

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

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "rule"]

    def train(self) -> None:
        """Learn from the rollout just made; see `PPO.train`."""
        rule = self.rule
        if rule is None or rule.sensory is None:
            super().train()
            return
        buffer, policy = self.rollout_buffer, cast("Any", self.policy)
        # Learning flattens the buffer, in another order: this is taken from it first.
        seen, _ = policy.obs_to_tensor(flattened(buffer.observations))
        actions = torch.as_tensor(flattened(buffer.actions), device=policy.device)
        actions = actions.long().flatten() if isinstance(self.action_space, spaces.Discrete) else actions
        with torch.no_grad(), rule.given() as given:
            policy.evaluate_actions(seen, actions)
        if rule.is_news(given[0]):
            self.unlearnt += 1
        else:
            rule.holding = True
            try:
                super().train()
            finally:
                rule.holding = False
        with torch.no_grad(), rule.moving():
            policy.evaluate_actions(seen, actions)


def flattened(recorded: np.ndarray) -> np.ndarray:
    """Put steps and bodies, ``(steps, N, ...)``, into one dimension."""
    return recorded.reshape(-1, *recorded.shape[2:])
