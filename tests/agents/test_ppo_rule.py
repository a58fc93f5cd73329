"""PPO with the rule in its networks: it lives, its frozen copy is its policy, and without parts it is PPO."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch

from agents import PPOLocalRuleSpec, PPORuleSpec, PPOSpec
from envs import LifelongVectorEnv, Task
from lifelong_agent.plasticity import LocalRule

SMALL: dict[str, Any] = {
    "n_steps": 32,
    "batch_size": 32,
    "n_epochs": 2,
    "policy_widths": (16, 16),
    "value_widths": (16,),
}
NOTHING: dict[str, Any] = {"adaptation": False, "pool": False, "strength": 0.0, "scaling": False}


def body() -> gym.vector.VectorEnv:
    return LifelongVectorEnv(Task("plain", "CartPole-v1").for_steps(4096), num_envs=4, seed=0)


def weights(agent) -> list[np.ndarray]:
    return [value.detach().numpy().copy() for value in agent.model.policy.parameters()]


def test_without_any_part_it_is_ppo():
    agents = [PPOSpec(**SMALL).build(body(), 3), PPORuleSpec(**SMALL, **NOTHING).build(body(), 3)]
    for agent in agents:
        agent.live(body(), 512)
    for one, two in zip(weights(agents[0]), weights(agents[1]), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("off", [None, *NOTHING])
def test_the_frozen_policy_is_the_policy(off: str | None):
    agent = PPORuleSpec(**SMALL, **({} if off is None else {off: NOTHING[off]})).build(body(), 3)
    env = body()
    agent.live(env, 1024)
    seen = torch.from_numpy(np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32))
    with torch.no_grad():
        policy = agent.model.policy.eval()
        logits = policy.get_distribution(seen).distribution.logits  # type: ignore[union-attr]
        values = policy.predict_values(seen)
    frozen = torch.log_softmax(torch.from_numpy(agent._network("policy")(seen.numpy())), dim=1)
    torch.testing.assert_close(frozen, logits, atol=1e-4, rtol=1e-4)
    value = torch.from_numpy(agent._network("value")(seen.numpy()))
    torch.testing.assert_close(value, values, atol=1e-4, rtol=1e-4)


def test_means_follow_what_is_learnt_from_and_lengths_stay():
    agent = PPORuleSpec(**SMALL).build(body(), 3)
    assert agent.rule.sensory is not None
    first = agent.rule.anatomy.hidden[0].incoming
    length = first.weight.detach().norm(dim=1)  # type: ignore[union-attr]
    agent.live(body(), 1024)
    assert float(agent.rule.sensory.mean.abs().sum()) > 0
    torch.testing.assert_close(first.weight.detach().norm(dim=1), length, rtol=0.02, atol=0)  # type: ignore[union-attr]
    assert float(first.weight_importance.sum()) > 0  # type: ignore[union-attr]


def test_settings_that_mean_nothing_are_refused():
    wrongs: list[dict[str, Any]] = [{"strength": -1.0}, {"decay": 2.0}, {"policy_widths": ()}]
    for wrong in wrongs:
        with pytest.raises(ValueError, match="ppo_rule: "):
            PPORuleSpec(**wrong)


def test_by_the_default_local_rule_it_is_ppo_rule_and_by_another_it_is_not():
    rules = (PPORuleSpec(**SMALL), PPOLocalRuleSpec(**SMALL), PPOLocalRuleSpec(**SMALL, local=LocalRule(pre=0.5)))
    agents = [spec.build(body(), 3) for spec in rules]
    for agent in agents:
        agent.live(body(), 512)
    one, two, other = (np.concatenate([value.ravel() for value in weights(agent)]) for agent in agents)
    np.testing.assert_array_equal(one, two)
    assert np.isfinite(other).all() and not np.array_equal(one, other)
    with pytest.raises(ValueError, match="ppo_local_rule: local is without novelty"):
        PPOLocalRuleSpec(adaptation=False, local=LocalRule(rate_novelty=1.0))
