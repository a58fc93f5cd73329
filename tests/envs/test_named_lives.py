from __future__ import annotations

import warnings
from itertools import pairwise

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_sb3

from envs import LIVES, Goal, LifelongEnv, LifelongVectorEnv, Permute, make_life

NAMES = sorted(LIVES)


@pytest.mark.parametrize("name", NAMES)
def test_both_checkers_pass(name: str):
    with warnings.catch_warnings():
        # Unbounded senses are the point of RealSenses; everything else that is warned of fails.
        warnings.filterwarnings("ignore", ".*A Box observation space m.* value is -?infinity")
        check_env(gym.make(f"lifelong/{name}-v0").unwrapped)
    check_env_sb3(gym.make(f"lifelong/{name}-v0").unwrapped)


@pytest.mark.parametrize("name", NAMES)
def test_gymnasium_makes_both_kinds(name: str):
    single = gym.make(f"lifelong/{name}-v0", seed=5)
    vector = gym.make_vec(f"lifelong/{name}-v0", num_envs=2, vectorization_mode="vector_entry_point", seed=5)
    assert isinstance(single.unwrapped, LifelongEnv) and isinstance(vector.unwrapped, LifelongVectorEnv)
    assert single.observation_space == vector.single_observation_space
    np.testing.assert_array_equal(single.reset()[0], vector.reset()[0][0])
    assert single.unwrapped.schedule == make_life(name)


@pytest.mark.parametrize("name", ["cartpole_storm", "cartpole_worlds", "demo", *(n for n in NAMES if "minigrid" in n)])
def test_sizes_allow_five_seeds_of_three_agents(name: str):
    schedule = make_life(name)
    assert schedule.cycles >= 2
    assert schedule.total <= (3_000_000 if "long" in name else 300_000 if "grid" in name else 480_000)
    assert schedule.steps % 10 == 0 and schedule.steps % 8 == 0  # tenths of a visit, shared by 8 bodies


def test_the_lives_of_the_promise():
    assert len(make_life("cartpole_worlds").tasks) == 8
    assert make_life("cartpole_worlds").steps == 20_000 and make_life("cartpole_worlds").cycles == 3
    assert len(make_life("minigrid_permuted").tasks) >= 5
    assert {"cartpole_storm", "minigrid_goals", "demo"} <= set(LIVES)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", NAMES)
def test_no_two_worlds_of_a_life_are_alike(name: str, seed: int):
    env = LifelongEnv(make_life(name), seed)
    worlds = []
    for task, what in enumerate(env.schedule.tasks):
        wirings, layer = [], env._worlds.env(task, 0)
        while isinstance(layer, gym.Wrapper):
            wirings.append(str([getattr(layer, part, None) for part in ("order", "signs", "offsets")]))
            layer = layer.env
        goals = [change for change in what.changes if isinstance(change, Goal)]
        worlds.append((what.env_id, str(what.kwargs), str(goals), str(wirings)))
    assert len(set(worlds)) == len(worlds)


def test_wirings_that_could_be_drawn_alike_are_not_in_one_life():
    # Two bodies wired by permutation and signs alone are drawn alike with probability 1/135; with offsets never.
    for name in ("cartpole_worlds", "demo"):
        wirings = [change for task in make_life(name).tasks for change in task.changes if isinstance(change, Permute)]
        finite = [wiring for wiring in wirings if wiring.offset == 0]
        assert len(set(finite)) == len(finite)


def test_an_unknown_life_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'cartpole_worlds'"):
        make_life("cartpole_world")
    with pytest.raises(ValueError, match=r"there are cartpole_storm, .*minigrid_permuted"):
        make_life("zzz")


def test_the_world_is_told_in_one_place_only():
    env = gym.make("lifelong/cartpole_storm-v0").unwrapped
    _, info = env.reset(seed=0)
    assert set(info) == {"lifelong"}
    ages = []
    for _ in range(50):
        _, _, terminated, truncated, info = env.step(env.action_space.sample())
        assert set(info) == {"lifelong"}
        ages.append(info["lifelong"]["age"])
        if terminated or truncated:
            env.reset()
    assert all(later == earlier + 1 for earlier, later in pairwise(ages))
