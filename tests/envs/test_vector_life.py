from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode
from hypothesis import given
from hypothesis import strategies as st

from envs import LifelongEnv, LifelongVectorEnv, Schedule, Storm, Task
from tests.envs.probes import WEATHER, body, counters


def live(env: LifelongVectorEnv, steps: int, seed: int = 0) -> list[tuple]:
    """Take vector steps with random actions."""
    rng = np.random.default_rng(seed)
    env.reset()
    return [env.step(rng.integers(0, 2, env.num_envs)) for _ in range(steps)]


def test_a_vector_step_advances_the_clock_by_the_number_of_bodies():
    env = LifelongVectorEnv(counters(steps=12), num_envs=3)
    ages = [infos["lifelong"]["age"].tolist() for *_, infos in live(env, 4)]
    assert ages == [[3] * 3, [6] * 3, [9] * 3, [12] * 3]
    env.reset()
    assert env.clock.age == 12


def test_a_switch_hands_the_last_observations_over_and_begins_the_new_world():
    env = LifelongVectorEnv(counters(steps=12, cycles=1, length=3), num_envs=2)
    steps = live(env, 6)
    observations, _, terminated, truncated, infos = steps[5]  # two episodes of 3 steps, ended at age 12 by themselves
    assert terminated.all() and not truncated.any()
    assert infos["lifelong"]["switched"].all()
    assert infos["final_obs"].tolist() == [[3.0, 2.0, 0.0]] * 2
    assert observations.tolist() == [[0.0, 1.0, 10.0]] * 2

    env = LifelongVectorEnv(counters(steps=12, cycles=1, length=4), num_envs=2)
    observations, _, terminated, truncated, infos = live(env, 6)[5]
    assert truncated.all() and not terminated.any()
    assert infos["final_obs"].tolist() == [[2.0, 2.0, 0.0]] * 2
    assert infos["_final_obs"].all()
    assert infos["lifelong"]["task"].tolist() == [0, 0]
    assert observations.tolist() == [[0.0, 1.0, 10.0]] * 2


@given(st.integers(1, 12), st.integers(1, 7))
def test_every_switch_fires_exactly_once(num_envs: int, length: int):
    schedule = counters(steps=12, cycles=2, length=length)
    switched = [infos["lifelong"]["switched"] for *_, infos in live(LifelongVectorEnv(schedule, num_envs), 60)]
    assert all(flags.all() or not flags.any() for flags in switched)
    assert [num_envs * (k + 1) for k, flags in enumerate(switched) if flags.any()] == [
        -(-stop // num_envs) * num_envs for stop in (12, 24, 36)
    ]


def test_ended_episodes_begin_again_in_the_same_step():
    env = LifelongVectorEnv(counters(steps=100, length=2), num_envs=2)
    assert env.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    env.reset()
    _, rewards, _, _, infos = env.step(np.array([0, 1]))
    assert rewards.tolist() == [0.0, 1.0]
    assert "final_obs" not in infos
    assert infos["steps"].tolist() == [1, 1]
    observations, _, terminated, truncated, infos = env.step(np.array([0, 1]))
    assert terminated.tolist() == [True, True] and truncated.tolist() == [False, False]
    assert observations.tolist() == [[0.0, 2.0, 0.0]] * 2
    assert infos["final_obs"].tolist() == [[2.0, 1.0, 0.0]] * 2
    assert infos["final_info"]["steps"].tolist() == [2, 2]
    assert infos["final_info"]["lifelong"]["age"].tolist() == [4, 4]
    assert not infos["lifelong"]["switched"].any()


def test_observations_of_different_steps_share_no_memory():
    env = LifelongVectorEnv(counters(), num_envs=2)
    first, _ = env.reset()
    second = env.step(np.zeros(2, np.int64))[0]
    assert not np.shares_memory(first, second)


def test_one_body_in_a_vector_lives_what_a_single_body_lives():
    single, vector = LifelongEnv(WEATHER, seed=3), LifelongVectorEnv(WEATHER, num_envs=1, seed=3)
    rng = np.random.default_rng(0)
    ours, theirs = single.reset()[0], vector.reset()[0][0]
    np.testing.assert_array_equal(ours, theirs)
    for _ in range(700):
        action = int(rng.integers(2))
        ours, reward, terminated, truncated, info = single.step(action)
        theirs, rewards, ends, cuts, infos = vector.step(np.array([action]))
        assert (reward, terminated, truncated) == (rewards[0], ends[0], cuts[0])
        for key, value in info["lifelong"].items():
            np.testing.assert_array_equal(infos["lifelong"][key][0], value)
        if terminated or truncated:
            np.testing.assert_array_equal(ours, infos["final_obs"][0])
            ours = single.reset()[0]
        np.testing.assert_array_equal(ours, theirs[0])


def test_the_same_seed_is_the_same_life():
    first, second = (live(LifelongVectorEnv(WEATHER, num_envs=4, seed=3), 150) for _ in range(2))
    for ours, theirs in zip(first, second, strict=True):
        for left, right in zip(ours[:4], theirs[:4], strict=True):
            np.testing.assert_array_equal(left, right)
    env = LifelongVectorEnv(WEATHER, num_envs=4, seed=9)
    live(env, 50)
    env.reset(seed=3)
    assert env.clock.age == 0
    third = live(env, 0) or [env.step(np.zeros(4, np.int64))]
    fresh = LifelongVectorEnv(WEATHER, num_envs=4, seed=3)
    fresh.reset()
    fresh.reset()
    np.testing.assert_array_equal(third[0][0], fresh.step(np.zeros(4, np.int64))[0])


def test_weather_is_the_same_for_all_bodies_and_any_number_of_them():
    def truths(num_envs: int, seed: int) -> dict[int, tuple[str, str]]:
        seen = {}
        for *_, infos in live(LifelongVectorEnv(WEATHER, num_envs, seed=3), 600 // num_envs, seed):
            truth = infos["lifelong"]
            if "storm_kind" in truth:
                assert (truth["storm_mask"] == truth["storm_mask"][0]).all()
                assert (truth["storm_kind"] == truth["storm_kind"][0]).all()
                seen[int(truth["age"][0])] = (str(truth["storm_kind"][0]), str(truth["storm_mask"][0]))
        return seen

    two, six = truths(2, 0), truths(6, 1)
    assert len(six) > 40 and set(six) <= set(two)
    assert all(two[age] == six[age] for age in six)
    assert len(set(two.values())) > 2


def test_bodies_in_one_world_share_the_wiring_and_not_the_dice():
    env = LifelongVectorEnv(WEATHER, num_envs=3)
    wirings = [body(env, 0, index) for index in range(3)]
    assert len({str((wiring.order, wiring.signs)) for wiring in wirings}) == 1
    observations, _ = env.reset()
    assert len(np.unique(observations[:, 0])) == 3


def test_each_body_has_noise_of_its_own():
    weather = Task("noisy", "probe/Counter-v0", (Storm(("noise",), calm=1, burst=1000, share=1.0),))
    observations = [step[0] for step in live(LifelongVectorEnv(Schedule((weather,), 100), num_envs=3), 20)]
    assert all(len(np.unique(seen[:, 2])) == 3 for seen in observations[1:])


def test_continuous_actions_reach_the_bodies():
    env = LifelongVectorEnv(Schedule((Task("pendulum", "Pendulum-v1"),), 100), num_envs=2, engine="looped")
    base: Any = gym.make("Pendulum-v1").unwrapped
    env.reset(seed=0)
    states = [body(env, 0, index).unwrapped.state.copy() for index in range(2)]
    actions = np.array([[1.5], [-0.5]], np.float32)
    observations, rewards, *_ = env.step(actions)
    for index in range(2):
        base.reset(seed=0)
        base.state = states[index]
        observation, reward, *_ = base.step(actions[index])
        np.testing.assert_array_equal(observations[index], observation)
        assert rewards[index] == reward


def test_wrong_arguments_are_named():
    env = LifelongVectorEnv(counters(), num_envs=2)
    with pytest.raises(ResetNeeded):
        env.step(np.zeros(2, np.int64))
    env.reset()
    with pytest.raises(ValueError, match="expected 2 actions, one for each sub-environment; got 3"):
        env.step(np.zeros(3, np.int64))
    with pytest.raises(TypeError, match="seed is an integer; got"):
        env.reset(seed=[1, 2])  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="takes no options"):
        env.reset(options={"reset_mask": np.array([True, False])})
    for num_envs in (0, 13):
        with pytest.raises(ValueError, match=f"between 1 and the 12 steps of a visit.*got {num_envs}"):
            LifelongVectorEnv(counters(steps=12), num_envs=num_envs)


def test_a_closed_life_can_be_closed_again():
    env = LifelongVectorEnv(counters(), num_envs=2)
    env.reset()
    env.close()
    env.close()
