from __future__ import annotations

from functools import partial
from itertools import product

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv

from envs import Change, Clock, FixedLayout, Linear, Noise, Permute, Schedule, Storm, Task, changed
from envs.life import LifelongEnv
from envs.looped import LoopedWorld
from envs.senses import free
from envs.setting import Settings
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


SHIPPED = [kind for kind, change in sorted(Change.kinds.items()) if change.__module__.startswith("envs.")]
PLACES: dict[str, dict[str, str]] = {
    "Pendulum-v1": {},
    "CartPole-v1": {},
    "lifelong/Room-v0": {},
    "lifelong/NineRooms-v0": {},
    "lifelong/PointMaze-v0": {},
    "lifelong/Pixels-v0": {},
    "lifelong/Labelled-v0": {},
}


@pytest.mark.parametrize("kind", SHIPPED)
def test_every_kind_goes_around_a_vector_environment_as_around_each_body(kind: str):
    for change, (base, arguments) in product(Change.kinds[kind].examples(), PLACES.items()):
        make = partial(gym.make, base, disable_env_checker=True, **arguments)
        try:
            one = [change.wrap(free(make()), Settings(Clock(), 5).one((0, 0), row)) for row in range(2)]
        except ValueError:
            continue
        env = changed(SyncVectorEnv([make] * 2, autoreset_mode=AutoresetMode.SAME_STEP), change, seed=5)
        clock = Clock()
        one = [change.wrap(free(make()), Settings(clock, 5).one((0, 0), row)) for row in range(2)]
        each = LoopedWorld(one)
        each.seed([5, 6])
        seen, infos = env.reset(seed=5)
        alone, told = each.begin()
        env.action_space.seed(0)
        for _ in range(40):
            np.testing.assert_array_equal(seen, alone)
            for name in change.reports():
                np.testing.assert_array_equal(infos["lifelong"][name], told[name])
            clock.advance(2)
            action = env.action_space.sample()
            seen, reward, *ends, infos = env.step(action)
            outcome = each.step(action)
            alone, told = outcome.observation, outcome.report
            np.testing.assert_array_equal(reward, outcome.reward)
            np.testing.assert_array_equal(ends, [outcome.terminated, outcome.truncated])
        return
    raise AssertionError(f"{kind} fits none of {', '.join(PLACES)}")


@pytest.mark.parametrize("kind", SHIPPED)
def test_the_same_seed_is_the_same_life_again(kind: str):
    for change, (base, arguments) in product(Change.kinds[kind].examples(), PLACES.items()):
        make = partial(gym.make, base, disable_env_checker=True, **arguments)
        try:
            single = changed(make(), change)
        except ValueError:
            continue
        for env in (single, changed(SyncVectorEnv([make] * 2, autoreset_mode=AutoresetMode.SAME_STEP), change)):
            lives = []
            for _ in range(2):
                told: list = [env.reset(seed=4)[0]]
                env.action_space.seed(0)
                for _ in range(30):
                    seen, reward, terminated, truncated, _ = env.step(env.action_space.sample())
                    told += [seen, reward]
                    if env is single and (terminated or truncated):
                        told.append(single.reset()[0])
                lives.append(told)
            for one, other in zip(*lives, strict=True):
                np.testing.assert_array_equal(one, other)


def test_what_wraps_single_environments_does_not_go_around_what_is_of_all():
    make = partial(gym.make, "lifelong/Grid-v0", base="MiniGrid-DoorKey-5x5-v0", disable_env_checker=True)
    with pytest.raises(ValueError, match="'fixed_layout' wraps single environments: name it before"):
        changed(SyncVectorEnv([make] * 2), Permute(), FixedLayout())
