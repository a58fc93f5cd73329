from __future__ import annotations

import warnings
from itertools import pairwise

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_sb3

from envs import LIVES, LifelongEnv, LifelongVectorEnv, Permute, make_life
from tests.envs.pictures import where_data_is

NAMES = sorted(LIVES)
SEQUENCES = ("minigrid_dreamer", "minigrid_mg10")
"""Sequences of others, whose sizes are theirs."""
OURS = [name for name in NAMES if name.startswith(("cartpole", "minigrid", "demo")) and not name.startswith(SEQUENCES)]


@pytest.mark.parametrize("name", where_data_is(NAMES))
def test_both_checkers_pass(name: str):
    with warnings.catch_warnings():
        # Unbounded senses are the point of RealSenses; everything else that is warned of fails.
        warnings.filterwarnings("ignore", ".*A Box observation space m.* value is -?infinity")
        check_env(gym.make(f"lifelong/{name}-v0").unwrapped)
    check_env_sb3(gym.make(f"lifelong/{name}-v0").unwrapped)


@pytest.mark.parametrize("name", where_data_is(NAMES))
def test_gymnasium_makes_both_kinds(name: str):
    single = gym.make(f"lifelong/{name}-v0", seed=5)
    vector = gym.make_vec(f"lifelong/{name}-v0", num_envs=2, vectorization_mode="vector_entry_point", seed=5)
    assert isinstance(single.unwrapped, LifelongEnv) and isinstance(vector.unwrapped, LifelongVectorEnv)
    assert single.observation_space == vector.single_observation_space
    np.testing.assert_array_equal(single.reset()[0], vector.reset()[0][0])
    assert single.unwrapped.schedule == make_life(name)


@pytest.mark.parametrize("name", OURS)
def test_sizes_allow_five_seeds_of_three_agents(name: str):
    schedule = make_life(name)
    assert schedule.cycles >= 2
    assert schedule.total <= (3_000_000 if "long" in name else 300_000 if "grid" in name else 480_000)
    assert schedule.steps % 10 == 0 and schedule.steps % 8 == 0  # tenths of a visit, shared by 8 bodies


def test_sequences_of_others_have_their_sizes():
    assert (make_life("nine_rooms").steps, make_life("nine_rooms").total) == (40_000, 800_000)
    assert (make_life("slippery_ant").steps, make_life("slippery_ant").total) == (2_000_000, 20_000_000)
    assert (make_life("slippery_cheetah").steps, make_life("slippery_cheetah").total) == (100_000, 1_000_000)
    assert (make_life("minigrid_mg10").steps, make_life("minigrid_mg10").total) == (51_200 * 5, 2_560_000)
    assert make_life("minigrid_dreamer_third").total == 750_000
    assert make_life("minigrid_mg10_quarter").total * 4 == make_life("minigrid_mg10").total


def test_the_lives_of_the_promise():
    assert len(make_life("cartpole_worlds").tasks) == 8
    assert make_life("cartpole_worlds").steps == 20_000 and make_life("cartpole_worlds").cycles == 3
    assert len(make_life("minigrid_permuted").tasks) >= 5
    assert {"cartpole_storm", "minigrid_goals", "demo"} <= set(LIVES)
    for name in ("cartpole_storms", "walker_storms"):  # worlds come back, a calm one among them
        life = make_life(name)
        assert life.cycles >= 2 and [task.changes for task in life.tasks].count(()) == 1 and len(life.tasks) >= 6
    day = make_life("robot_day")
    assert len(day.stays) == 5 * len(day.tasks) and day.over


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", where_data_is(NAMES))
def test_no_two_worlds_of_a_life_are_alike(name: str, seed: int):
    env = LifelongEnv(make_life(name), seed)
    worlds = [world(env, task) for task in range(len(env.schedule.tasks))]
    if name == "nine_rooms":  # whose goals are drawn as published, with no regard to those before
        assert len(set(worlds)) >= 15
    else:
        assert len(set(worlds)) == len(worlds)


def world(env: LifelongEnv, index: int) -> tuple[str, ...]:
    """Tell what defines a world: what it is made of, and what is drawn for it."""
    task, drawn, layer = env.schedule.tasks[index], [], env._worlds.env(index, 0)
    told = layer.reset(seed=0)[1].get("lifelong", {})
    while isinstance(layer, gym.Wrapper):
        drawn += [getattr(part, name, None) for part in (layer, getattr(layer, "effect", None)) for name in WIRINGS]
        layer = layer.env
    told = {key: value for key, value in told.items() if key == "goal_place" or key.startswith("dynamics")}
    return task.env_id, str(task.kwargs), str(task.changes), str(drawn), str(told)


WIRINGS = ("order", "signs", "offsets")


def test_each_life_draws_its_own_frictions_log_uniformly():
    seen = []
    for seed in range(40):
        env = LifelongEnv(make_life("slippery_cheetah").only(seed % 10), seed)
        seen.append(env.reset()[1]["lifelong"]["dynamics_friction"])
        friction = env._worlds.env(seed % 10, 0).unwrapped.model.geom_friction  # pyright: ignore[reportAttributeAccessIssue]
        assert (friction[:, 0] == seen[-1]).all()  # of all geoms, for the greater one of two counts
    assert len(set(seen)) == 40 and min(seen) >= 0.02 and max(seen) <= 2.0
    assert 0.1 < np.median(seen) < 0.4  # 0.2 is the middle of a log-uniform one, 1.0 that of a uniform one


@pytest.mark.parametrize("name", where_data_is(name for name in NAMES if not name.endswith(("quarter", "third"))))
def test_every_switch_of_a_life_can_be_lived_through(name: str):
    for env, size in ((LifelongEnv(make_life(name), 1), 1), (LifelongVectorEnv(make_life(name), 2, 1), 2)):
        visits, seen = env.schedule.visits, set()
        env.action_space.seed(1)
        env.reset()
        for visit, later in [*pairwise(visits)][:30]:
            env.clock.age = visit.stop - 2 * size
            env.reset()
            for left in (1, 0):
                observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
                told = info["lifelong"]
                assert env.observation_space.contains(observation) and np.isfinite(reward).all()
                assert np.all(told["task"] == visit.task) and np.all(told["switched"] == (left == 0))
            assert np.all(terminated | truncated)
            if size == 1:
                env.reset()
            seen.add(env.schedule.task_at(env.clock.age))
            assert env.clock.age == later.start
        assert seen == {later.task for _, later in [*pairwise(visits)][:30]}


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
