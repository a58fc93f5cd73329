"""PPO with the rule in its networks: it lives, its frozen copy is its policy, and without parts it is PPO."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3.common.save_util import load_from_zip_file

from agents import PPOLocalRuleSpec, PPORuleSpec, PPOSpec
from agents.rule_ppo import RulePPO
from envs import LifelongVectorEnv, Permute, Schedule, Task
from lifelong_agent.plasticity import LocalRule, Prototypes, make_plastic

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


PARTS: list[dict[str, Any]] = [
    {},
    *({name: value} for name, value in NOTHING.items()),
    {"biases": False},
    {"gate": "dendrites"},
    {"gate": "prototypes"},
]


@pytest.mark.parametrize("parts", PARTS, ids=str)
def test_the_frozen_policy_and_the_vitals_are_of_the_policy(parts: dict[str, Any]):
    agent = PPORuleSpec(**SMALL, **parts).build(body(), 3)
    agent.live(body(), 1024)
    seen = torch.from_numpy(np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32))
    with torch.no_grad():
        policy: Any = agent.model.policy.eval()
        logits = policy.get_distribution(seen).distribution.logits
        values = policy.predict_values(seen)
    frozen: Any = agent.policy()
    frozen.rule.following = False
    hidden, traced = agent._trace("policy", seen.numpy())
    for output in (frozen.network(seen.numpy()), traced):
        torch.testing.assert_close(torch.log_softmax(torch.from_numpy(output), dim=1), logits, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(torch.from_numpy(agent._trace("value", seen.numpy())[1]), values)
    opened = 8 if parts.get("gate") == "prototypes" else 16
    assert [layer.shape for layer in hidden] == [(50, opened), (50, opened)]
    assert all(np.abs(layer).max() <= 1 for layer in hidden)  # of tanh, before means are taken off
    assert ("vitals/contexts" in agent.vitals()) == (parts.get("gate") == "prototypes")


def test_the_first_rollout_teaches_means_alone_and_means_stand_still_while_others_are_learnt():
    agent = PPORuleSpec(**SMALL).build(body(), 3)
    sensory = agent.rule.sensory
    assert sensory is not None
    born, length = weights(agent), agent.rule.anatomy.hidden[0].incoming.weight.detach().norm(dim=1)  # type: ignore[union-attr]
    agent.live(body(), 128)
    seen = agent._latest.observations.reshape(-1, 4)  # type: ignore[union-attr]
    np.testing.assert_allclose(sensory.mean.numpy(), seen.mean(axis=0), atol=1e-5)
    for one, two in zip(born, weights(agent), strict=True):
        np.testing.assert_array_equal(one, two)
    assert agent.model.unlearnt == 1
    means: list[np.ndarray] = []
    agent.model.policy.optimizer.register_step_pre_hook(lambda *_: means.append(sensory.mean.numpy().copy()))
    agent.live(body(), 1024)
    learnt = 8 - (agent.model.unlearnt - 1)
    assert len(means) == learnt * SMALL["n_epochs"] * 4
    rollouts = np.array(means).reshape(learnt, -1, 4)
    assert (rollouts == rollouts[:, :1]).all()
    assert (rollouts[1:, 0] != rollouts[:-1, 0]).any(axis=1).all()
    first = agent.rule.anatomy.hidden[0].incoming
    torch.testing.assert_close(first.weight.detach().norm(dim=1), length, rtol=0.02, atol=0)  # type: ignore[union-attr]
    assert float(first.weight_importance.sum()) > 0  # type: ignore[union-attr]


def test_contexts_are_known_again_and_what_others_learn_leaves_their_units_alone():
    rooms = [Task(name, "lifelong/Grid-v0", (Permute(),), {"base": "MiniGrid-Empty-5x5-v0"}) for name in "ab"]
    schedule = Schedule(tuple(rooms), steps=1024, cycles=2)
    spec = PPORuleSpec(**{**SMALL, "policy_widths": (64, 64), "value_widths": (64,)}, gate="prototypes", share=0.125)
    agent = spec.build(LifelongVectorEnv(schedule, num_envs=4, seed=0), 3)
    contexts, closed = [], []
    train = agent.model.train

    def watched() -> None:
        train()
        contexts.append(agent.rule.context)
        agent.rule.weights[0].put(agent.rule.context, None)
        closed.append(agent.rule.anatomy.hidden[0].incoming.whole_weight.clone())  # type: ignore[union-attr, operator]

    agent.model.train = watched
    agent.live(LifelongVectorEnv(schedule, num_envs=4, seed=0), 4096)
    assert contexts == [0] * 8 + [1] * 8 + [0] * 8 + [1] * 8
    assert agent.model.unlearnt == 4
    only = list(set(agent.rule.opened[0].chosen[0].tolist()) - set(agent.rule.opened[0].chosen[1].tolist()))
    assert only
    torch.testing.assert_close(closed[15][only], closed[7][only], rtol=0, atol=0)
    assert not torch.equal(closed[7][only], closed[0][only])
    exam = LifelongVectorEnv(schedule, num_envs=4, seed=0)
    policy: Any = agent.policy()
    seen, _ = exam.reset()
    policy.reset(4, np.random.default_rng(0))
    policy.act(seen)
    assert policy.rule.context == 0 and agent.rule.context == 1


def test_each_exam_of_the_strict_rule_begins_with_the_means_of_the_life():
    agent = PPORuleSpec(**SMALL).build(body(), 3)
    agent.live(body(), 256)
    policy: Any = agent.policy()
    mean = policy.rule.sensory.mean
    born = mean.clone()
    policy.reset(4, np.random.default_rng(0))
    policy.act(np.full((4, 4), 3.0, np.float32))
    assert not torch.equal(mean, born)
    policy.reset(4, np.random.default_rng(0))
    assert torch.equal(mean, born)


def test_a_model_of_your_own_adopts_the_rule_of_its_policy_alone():
    env = gym.make("CartPole-v1")
    model, other = (RulePPO("MlpPolicy", env, n_steps=64, seed=0, device="cpu") for _ in range(2))
    example = torch.zeros(2, 4)
    rule = make_plastic(model.policy, example, gate=Prototypes(share=0.25))
    with pytest.raises(ValueError, match="its own policy"):
        other.adopt(rule)
    model.adopt(rule)
    model.learn(256)
    assert rule.contexts >= 1 and model.unlearnt >= 1
    with pytest.raises(ValueError, match="attached"):
        model.adopt(rule)


@pytest.mark.parametrize("gate", [None, Prototypes(share=0.25)], ids=["strict", "gated"])
def test_a_saved_model_goes_on_from_its_file(gate: Prototypes | None, tmp_path: Path):
    def made() -> RulePPO:
        model = RulePPO("MlpPolicy", gym.make("CartPole-v1"), n_steps=64, batch_size=32, seed=0, device="cpu")
        model.adopt(make_plastic(model.policy, torch.zeros(2, 4), gate=gate))
        return model

    one, two = made(), made()
    one.learn(256)
    one.save(tmp_path / "life.zip")
    data, *_ = load_from_zip_file(tmp_path / "life.zip")
    assert data is not None and "rule" not in data, "the network would be saved twice"
    with pytest.raises(RuntimeError, match="Unexpected key"):
        RulePPO.load(tmp_path / "life.zip")
    two.set_parameters(str(tmp_path / "life.zip"))
    assert one.rule is not None and two.rule is not None
    assert (two.rule.contexts, two.rule.context) == (one.rule.contexts, one.rule.context)
    seen = torch.randn(8, 4)
    for model in (one, two):
        model.policy.set_training_mode(False)
    torch.testing.assert_close(one.policy.predict_values(seen), two.policy.predict_values(seen), rtol=0, atol=0)
    moments = [list(model.policy.optimizer.state_dict()["state"].values()) for model in (one, two)]
    assert len(moments[0]) == len(moments[1]) > 0
    two.learn(128)


class Pictures(gym.Env):
    """Noise of which one half of the picture is dark, the left one or the other."""

    def __init__(self) -> None:
        self.observation_space, self.action_space = (
            gym.spaces.Box(0, 255, (36, 36, 3), np.uint8),
            gym.spaces.Discrete(2),
        )
        self.time = 0

    def look(self) -> np.ndarray:
        seen = self.np_random.integers(128, 256, (36, 36, 3)).astype(np.uint8)
        seen[:, slice(None, 18) if self.time // 128 % 2 == 0 else slice(18, None)] = 0
        return seen

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        super().reset(seed=seed)
        return self.look(), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict]:
        self.time += 1
        return self.look(), float(action), False, False, {}


def test_policies_of_pictures_find_their_contexts():
    model = RulePPO("CnnPolicy", Pictures(), n_steps=64, batch_size=32, n_epochs=1, seed=0, device="cpu")
    rule = make_plastic(model.policy, torch.zeros(2, 3, 36, 36), gate=Prototypes(share=0.25, capacity=4))
    model.adopt(rule)
    model.learn(512)
    assert (rule.contexts, model.unlearnt) == (2, 4)


def test_settings_that_mean_nothing_are_refused():
    wrongs: list[dict[str, Any]] = [
        {"strength": -1.0},
        {"decay": 2.0},
        {"policy_widths": ()},
        {"regeneration": -1.0},
        {"gate": "prototypes", "adaptation": False},
    ]
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
