"""The PPO learner with continual backprop attached to its optimiser."""

from __future__ import annotations

from collections.abc import Mapping

import gymnasium as gym
import torch

from agents.continual_backprop import ContinualBackprop
from agents.discovery import discover
from agents.ppo_agent import PPOAgent
from agents.ppo_cbp import PPOCBPSpec
from agents.unit_adam import UnitAdam
from lifelong_agent.seeds import seed_for


class PPOCBPAgent(PPOAgent):
    """`PPOAgent` whose hidden units are judged, and the least useful replaced, after every minibatch.

    With ``replacement_rate=0`` it is bit-equal to PPO with the same settings: same first weights, same dice.
    """

    spec: PPOCBPSpec

    def __init__(self, spec: PPOCBPSpec, env: gym.vector.VectorEnv, seed: int) -> None:
        """Make the agent; see `PPOAgent`."""
        super().__init__(spec, env, seed)
        policy, described = self.model.policy, spec.variant == "as_described"
        senses = torch.zeros((1, *(env.single_observation_space.shape or ())))
        self.plasticity = ContinualBackprop(
            discover(policy, senses),
            replacement_rate=spec.replacement_rate,
            maturity_threshold=spec.maturity_threshold,
            decay_rate=spec.decay_rate,
            utility=spec.utility,
            initialization=spec.initialization,
            bias_transfer=described,
            reset_optimizer=described,
            accumulate=described,
            seed=seed_for(seed, "ppo_cbp", "new units"),
        )
        self.plasticity.attach(policy.optimizer)

    def _optimizer_class(self) -> type[torch.optim.Optimizer]:
        assert isinstance(self.spec, PPOCBPSpec)
        return UnitAdam if self.spec.variant == "as_described" else torch.optim.Adam

    def vitals(self) -> Mapping[str, float]:
        """Tell PPO's vitals and ``vitals/replaced_units``, counted from birth."""
        return {**super().vitals(), "vitals/replaced_units": float(self.plasticity.replaced)}
