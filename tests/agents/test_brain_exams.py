"""Exams and looks from outside: they leave no trace in the brain, and repeat."""

from typing import Any

import numpy as np
import pytest
import torch

from agents.protocol import Step
from tests.agents.test_brain import memory, same, spec
from tests.agents.worlds import Counted, cartpoles


def test_a_look_from_outside_changes_nothing() -> None:
    def life(after: Any = None) -> dict[str, Any]:
        env = Counted(cartpoles(num_envs=2))
        agent = spec().build(env, 1)
        exam = cartpoles(num_envs=2, seed=9)

        def look(count: int, _: Any) -> None:
            if after is None or count % 50:
                return
            agent.vitals()
            policy = agent.policy()
            policy.reset(2, np.random.default_rng(0))
            seen, _ = exam.reset(seed=9)
            for _ in range(20):
                action = policy.act(seen)
                outcome = exam.step(action)
                policy.observe(Step.of(seen, action, outcome))
                seen = outcome[0]

        env.after = look
        agent.live(env, 400)
        return memory(agent)

    assert same(life(), life("look"))


def test_a_policy_is_frozen_and_shares_nothing_with_the_brain() -> None:
    env = cartpoles(num_envs=2)
    agent = spec().build(env, 1)
    agent.live(env, 400)
    policy = agent.policy()
    pointers = {value.data_ptr() for value in agent.brain.buffers() if value.numel()}
    assert pointers.isdisjoint(value.data_ptr() for value in policy.brain.buffers() if value.numel())
    # What a frozen policy carries: its doubts, the returns so far, and what it takes its sensors to mean.
    moving = {"inference.returns.running", "inference.returns.discount"}
    moving |= {"filter.estimate", "filter.covariance"}
    before = {name: value.clone() for name, value in policy.brain.named_buffers() if name not in moving}
    policy.reset(2, np.random.default_rng(0))
    seen, _ = env.reset(seed=3)
    for _ in range(60):
        action = policy.act(seen)
        assert action.shape == (2,)
        outcome = env.step(action)
        policy.observe(Step.of(seen, action, outcome))
        seen = outcome[0]
    after = dict(policy.brain.named_buffers())
    assert [name for name, value in before.items() if not torch.equal(value, after[name])] == []


def test_exams_repeat_with_the_same_dice() -> None:
    env = cartpoles(num_envs=2)
    agent = spec().build(env, 1)
    agent.live(env, 400)
    policy, told = agent.policy(), []
    for _ in range(2):
        policy.reset(2, np.random.default_rng(5))
        seen, _ = env.reset(seed=3)
        actions = []
        for _ in range(30):
            actions.append(policy.act(seen))
            outcome = env.step(actions[-1])
            policy.observe(Step.of(seen, actions[-1], outcome))
            seen = outcome[0]
        told.append(np.array(actions))
    np.testing.assert_array_equal(told[0], told[1])


@pytest.mark.parametrize("num_envs", [1, 2, 5])
def test_an_exam_may_have_other_bodies_than_the_life(num_envs: int) -> None:
    env = cartpoles(num_envs=2)
    agent = spec().build(env, 0)
    agent.live(env, 60)
    policy, exam = agent.policy(), cartpoles(num_envs=num_envs)
    policy.reset(num_envs, np.random.default_rng(0))
    seen, _ = exam.reset(seed=0)
    for _ in range(40):
        action = policy.act(seen)
        assert action.shape == (num_envs,)
        outcome = exam.step(action)
        policy.observe(Step.of(seen, action, outcome))
        seen = outcome[0]


def test_an_exam_guesses_its_first_world_by_its_own_dice(monkeypatch: pytest.MonkeyPatch) -> None:
    env = cartpoles(num_envs=2)
    agent = spec().build(env, 0)
    agent.live(env, 60)
    policy, guesses = agent.policy(), []
    monkeypatch.setattr(policy.brain, "forget_belief", lambda streams, guess: guesses.append((streams, guess)))
    for seed in (0, 1, 0):
        policy.reset(2, np.random.default_rng(seed))
    assert [streams for streams, _ in guesses] == [2, 2, 2]
    assert guesses[0] == guesses[2] != guesses[1]
    assert all(0.0 <= guess < 1.0 for _, guess in guesses)
