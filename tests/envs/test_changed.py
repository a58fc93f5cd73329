from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv

from envs import Change, Linear, Noise, Permute, Schedule, Storm, Task, changed
from envs.life import LifelongEnv
from tests.envs.test_effect import Echo

CHANGES: tuple[Change, ...] = (Permute(flip=True), Echo(), Noise(when=Linear(0, 1, 300)), Storm(("noise",), calm=9))


def cartpole() -> gym.Env:
    return gym.make("CartPole-v1", disable_env_checker=True)


def life_of(kind: type, mode: AutoresetMode, actions: np.ndarray) -> list[list]:
    """Tell, body by body, every observation, reward and end, whichever way episodes begin again."""
    env = changed(kind([cartpole] * 2, autoreset_mode=mode), *CHANGES, seed=2)
    observation, _ = env.reset(seed=5)
    told = [[one] for one in observation]
    for action in actions:
        observation, reward, terminated, truncated, infos = env.step(action)
        ended = terminated | truncated
        last = np.where(ended[:, None], infos["final_obs"], observation) if "final_obs" in infos else observation
        if mode is AutoresetMode.DISABLED and ended.any():
            observation, _ = env.reset(options={"reset_mask": ended})
        for row in range(2):
            told[row] += [last[row], reward[row], ended[row]] + [observation[row]] * int(ended[row])
    env.close()
    return told


def same(ours: list, theirs: list) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(ours, theirs, strict=True))


def test_every_body_of_a_vector_lives_as_it_would_alone():
    actions = np.random.default_rng(0).integers(2, size=(120, 3))
    env = changed(SyncVectorEnv([cartpole] * 3, autoreset_mode=AutoresetMode.SAME_STEP), *CHANGES[:2], seed=5)
    observation, _ = env.reset(seed=5)
    alone = [changed(cartpole(), *CHANGES[:2], seed=5) for _ in range(3)]
    expected = [one.reset(seed=5)[0] for one in alone]
    for row, one in enumerate(alone):  # rows of a vector count their seeds upwards; what the changes draw is equal
        expected[row] = one.env.reset(seed=5 + row)[0]  # pyright: ignore[reportAttributeAccessIssue]
    for action in actions:
        assert np.array_equal(observation, expected)
        observation, rewards, *_ = env.step(action)
        for row, one in enumerate(alone):
            expected[row], reward, terminated, truncated, _ = one.step(action[row])
            assert reward == rewards[row]
            if terminated or truncated:
                expected[row] = one.reset()[0]


def test_the_clock_runs_through_resets_and_counts_every_body():
    env = changed(SyncVectorEnv([cartpole] * 3), *CHANGES)
    env.reset(seed=1)
    ages = [env.step(np.array([0, 1, 0]))[-1]["lifelong"]["age"].tolist() for _ in range(50)]
    env.reset()
    assert ages[-1] == [150] * 3
    assert env.clock.age == 150  # pyright: ignore[reportAttributeAccessIssue]


def test_the_ways_to_reset_differ_in_when_only():
    actions = np.ones((60, 2), int)
    one, other = (life_of(SyncVectorEnv, mode, actions) for mode in (AutoresetMode.SAME_STEP, AutoresetMode.DISABLED))
    assert all(same(ours, theirs) for ours, theirs in zip(one, other, strict=True))
    env = changed(SyncVectorEnv([cartpole] * 2, autoreset_mode=AutoresetMode.NEXT_STEP), *CHANGES)
    bare = SyncVectorEnv([cartpole] * 2, autoreset_mode=AutoresetMode.NEXT_STEP)
    env.reset(seed=3)
    bare.reset(seed=3)
    ends = 0
    for action in actions:
        *_, terminated, truncated, _ = env.step(1 - action)  # Echo acts the other way
        *_, others, cut, _ = bare.step(action)
        ends += terminated.sum()
        assert np.array_equal(terminated, others) and np.array_equal(truncated, cut)
    assert ends > 6


def test_processes_of_their_own_live_the_same_life():
    actions = np.random.default_rng(1).integers(2, size=(40, 2))
    one, other = (life_of(kind, AutoresetMode.SAME_STEP, actions) for kind in (SyncVectorEnv, AsyncVectorEnv))
    assert all(same(ours, theirs) for ours, theirs in zip(one, other, strict=True))


def test_a_changed_environment_is_a_life_of_one_world():
    life = LifelongEnv(Schedule((Task("a", "CartPole-v1", CHANGES),), steps=500), seed=7)
    env = changed(cartpole(), *CHANGES, seed=7)
    env.reset(seed=7)
    life.reset(seed=7)
    for age in range(1, 200):  # other starts, for a life names its dice; but the same weather
        _, _, ended, _, told = env.step(0)
        _, _, over, _, truth = life.step(0)
        assert told["lifelong"]["age"] == truth["lifelong"]["age"] == age
        assert np.array_equal(told["lifelong"]["storm_mask"], truth["lifelong"]["storm_mask"])
        if ended:
            env.reset()
        if over:
            life.reset()


def test_what_cannot_be_changed_is_refused():
    with pytest.raises(TypeError, match=r"instances of envs\.Change; got 'noise'"):
        changed(cartpole(), "noise")  # pyright: ignore[reportArgumentType, reportCallIssue]
    with pytest.raises(TypeError, match="takes a Gymnasium environment; got 3"):
        changed(3, Noise())  # pyright: ignore[reportArgumentType, reportCallIssue]
    with pytest.raises(ValueError, match="both report 'noise_kind'"):
        changed(cartpole(), Noise(), Noise())
    with pytest.raises(gym.error.ResetNeeded):
        changed(SyncVectorEnv([cartpole]), Noise()).step(np.array([0]))
