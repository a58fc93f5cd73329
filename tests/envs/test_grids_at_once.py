"""NineRooms and L-Grid as worlds of many rows: alone and together, in lives, saved, and asked for what cannot be."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

from envs import GridGoal, LifelongVectorEnv, Permute, Schedule, Storm, Task, check_snapshot
from envs.batched_vector import BatchedVectorEnv
from envs.grids import NineRooms, make_world
from envs.looped import LoopedWorld

NAMES = ("NineRooms-v0", "LGrid-v0")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_a_row_does_not_depend_on_how_many_rows_there_are(name: str, mode: AutoresetMode):
    seeds, rng = [5, 6, 7, 8, 9], np.random.default_rng(0)
    many = BatchedVectorEnv(make_world(name, 5, max_steps=6), mode)
    few = BatchedVectorEnv(make_world(name, 2, max_steps=6), mode)
    seen, alone = many.reset(seed=seeds)[0], few.reset(seed=seeds[1:3])[0]
    for step in range(60):
        np.testing.assert_array_equal(seen[1:3], alone)
        if step == 2:  # from here on episodes do not end all at once
            seen = many.reset(options={"reset_mask": np.array([True, False, True, False, False])})[0]
            alone = few.reset(options={"reset_mask": np.array([False, True])})[0]
        actions = rng.integers(0, many.single_action_space.n, 5)  # pyright: ignore[reportAttributeAccessIssue]
        seen, *outcome, infos = many.step(actions)
        alone, *expected, told = few.step(actions[1:3])
        for one, two in zip(outcome, expected, strict=True):
            np.testing.assert_array_equal(one[1:3], two)
        ended: Any = outcome[1] | outcome[2]
        if mode is AutoresetMode.SAME_STEP and ended[1:3].any():
            rows = ended[1:3]
            np.testing.assert_array_equal(infos["final_obs"][1:3][rows], told["final_obs"][rows])
        if mode is AutoresetMode.DISABLED and ended.any():
            seen = many.reset(options={"reset_mask": ended})[0]
            if ended[1:3].any():
                alone = few.reset(options={"reset_mask": ended[1:3]})[0]


@pytest.mark.parametrize("name", NAMES)
def test_idle_rows_stay_as_they_are(name: str):
    world, idle = make_world(name, 2, max_steps=3), np.array([True, False])
    world.seed([0, 1])
    first, _ = world.begin()
    for k in range(5):
        outcome = world.step(np.array([2, 2]), again=False, idle=idle)
        np.testing.assert_array_equal(outcome.observation[0], first[0])
        assert (outcome.reward[0], outcome.terminated[0], outcome.truncated.tolist()) == (0.0, False, [False, k >= 2])
    assert not world.step(np.array([2, 2]), again=False).truncated[0]


@pytest.mark.parametrize("name", NAMES)
def test_gymnasium_makes_and_checks_them(name: str):
    check_env(gym.make(f"lifelong/{name}").unwrapped, skip_render_check=True)
    many = gym.make_vec(f"lifelong/{name}", num_envs=3, vectorization_mode="vector_entry_point", max_steps=7)
    one = gym.make(f"lifelong/{name}", max_steps=7)
    assert one.observation_space == many.single_observation_space
    assert one.observation_space == spaces.MultiBinary({"NineRooms-v0": 225, "LGrid-v0": 500}[name])
    seen, first = many.reset(seed=4)[0], one.reset(seed=5)[0]
    for action in [2, 0, 2, 1, 2, 2, 2]:
        np.testing.assert_array_equal(seen[1], first)
        seen, *outcome, _ = many.step(np.full(3, action))
        first, *expected, _ = one.step(action)
        assert [part[1] for part in outcome] == expected
    assert outcome[2].all()  # pyright: ignore[reportPossiblyUnbound]


def goals(name: str, kwargs: dict[str, Any]) -> Schedule:
    base = f"lifelong/{name}"
    if name == "LGrid-v0":
        changes = ((), (GridGoal(swap=True),), (Permute(), GridGoal("9,3")), (Permute(), Storm(("drop",), 20, 20)))
    else:
        changes = ((GridGoal(),), (GridGoal(), Storm(("invert",), 20, 20)), (Permute(), GridGoal((3, 6))), (Permute(),))
    return Schedule(tuple(Task(f"t{k}", base, some, kwargs) for k, some in enumerate(changes)), steps=150, cycles=2)


@pytest.mark.parametrize("name", NAMES)
def test_lives_in_grids_are_the_same_all_at_once_and_one_by_one(name: str):
    schedule = goals(name, {"max_steps": 11})
    fast, slow = (LifelongVectorEnv(schedule, 4, 2, engine=engine) for engine in ("auto", "looped"))
    (ours, told), (theirs, truth) = fast.reset(), slow.reset()
    assert not isinstance(fast._world, LoopedWorld) and isinstance(slow._world, LoopedWorld)
    rng, places = np.random.default_rng(0), set()
    for _ in range(schedule.total // 4):
        np.testing.assert_array_equal(ours, theirs)
        assert set(told["lifelong"]) == set(truth["lifelong"])
        for key, value in truth["lifelong"].items():
            np.testing.assert_array_equal(told["lifelong"][key], value, err_msg=key)
        if "goal_place" in told["lifelong"]:
            places.add((int(told["lifelong"]["task"][0]), *told["lifelong"]["goal_place"][0].tolist()))
        actions = rng.integers(0, 3, 4)
        ours, *outcome, told = fast.step(actions)
        theirs, *expected, truth = slow.step(actions)
        np.testing.assert_array_equal(outcome, expected)
    if name == "LGrid-v0":
        assert places == {(1, 9, 3), (2, 9, 3)}
    else:  # a goal of its own for each world, the same on the second visit
        assert len(places) == 3 and len({place[1:] for place in places}) == 3 and (2, 3, 6) in places


def test_a_drawn_goal_is_that_of_the_life_and_of_its_exams():
    schedule = Schedule((Task("a", "lifelong/NineRooms-v0", (GridGoal(),)),), 100)

    def place(seed: int, purpose: str = "life") -> list[int]:
        return LifelongVectorEnv(schedule, 2, seed, purpose).reset()[1]["lifelong"]["goal_place"][0].tolist()

    assert place(1) == place(1, "exam")
    drawn = [tuple(place(seed)) for seed in range(30)]
    assert len(set(drawn)) > 20 and set(drawn) <= set(NineRooms().goals)


def test_what_cannot_be_is_refused():
    for make, error, message in (
        (lambda: make_world("FourRooms"), ValueError, "grids are LGrid-v0, NineRooms-v0; got 'FourRooms'"),
        (lambda: make_world("LGrid-v0", max_steps=0), ValueError, "max_steps is an integer of at least 1; got 0"),
        (lambda: make_world("LGrid-v0", 0), ValueError, "num_envs is an integer of at least 1; got 0"),
        (lambda: make_world("LGrid-v0", goal=(1, 1)), ValueError, r"squares \(7, 1\), \(9, 3\); got \(1, 1\)"),
        (lambda: make_world("NineRooms-v0", goal=(15, 1)), ValueError, r"from 0 to 14, .*; got \(15, 1\)"),
        (lambda: make_world("NineRooms-v0", goal="7,7"), ValueError, r"where episodes begin; got \(7, 7\)"),
        (lambda: make_world("NineRooms-v0", goal=5), TypeError, "a cell, .column, row. or 'column,row'.*; got 5"),
        (lambda: GridGoal("3;4"), ValueError, "GridGoal.place is a cell, .* such as '2,3'; got '3;4'"),
        (lambda: GridGoal((-1, 3)), ValueError, r"counts columns and rows from 0; got \(-1, 3\)"),
        (lambda: GridGoal((1, 3), swap=True), ValueError, "a place or swap=True, not both"),
        (lambda: GridGoal(swap=1), TypeError, "GridGoal.swap is true or false; got 1 of type int"),  # pyright: ignore[reportArgumentType]
        (lambda: life("NineRooms-v0", GridGoal(swap=True)), ValueError, "with two goals, such as LGrid; NineRooms has"),
        (lambda: life("LGrid-v0", GridGoal((2, 2))), ValueError, r"two squares .* got \(2, 2\)"),
        (lambda: life("Room-v0", GridGoal()), ValueError, "task 'a': GridGoal needs a grid with a goal to move"),
        (lambda: life("LGrid-v0", engine="torch"), ValueError, "cannot be lived in tensors: its base 'lifelong/LGrid"),
        (lambda: life("LGrid-v0", engine="numba"), ValueError, "is stepped by engine 'numpy' alone; got 'numba'"),
    ):
        with pytest.raises(error, match=message):
            make()
    world = make_world("LGrid-v0", 2)
    world.seed([0, 1])
    world.begin()
    with pytest.raises(ValueError, match="actions lie between 0 and 2; got 3 for sub-environment 1"):
        world.step(np.array([0, 3]))


def life(name: str, *changes: Any, engine: str = "auto") -> None:
    LifelongVectorEnv(Schedule((Task("a", f"lifelong/{name}", changes),), 100), 2, engine=engine).reset()


def test_bits_are_shown_elsewhere_and_otherwise_at_no_cost():
    plain, other = make_world("LGrid-v0", 4), make_world("LGrid-v0", 4)
    order, again = np.random.default_rng(0).permutation(500), np.random.default_rng(1).permutation(500)
    unset = np.arange(500) % 2
    lit = 1 - np.arange(500) // 250
    assert other.rewire(order) and other.rewire(again) and other.show_bits(unset, lit)
    assert not other.rewire(None) and not other.rewire(order, np.ones(500, np.float32))
    for world in (plain, other):
        world.seed([0, 1, 2, 3])
    seen, bare = other.begin()[0], plain.begin()[0]
    np.testing.assert_array_equal(seen, np.where(bare[:, order][:, again] == 1, lit, unset))
    with pytest.raises(ValueError, match="expected a permutation of 500 bits"):
        other.rewire(np.zeros(500, np.int64))
    with pytest.raises(ValueError, match="expected 500 values, 0 or 1"):
        other.show_bits(unset + 1, lit)


@pytest.mark.parametrize("name", NAMES)
def test_grids_go_on_bit_by_bit_from_where_they_were_saved(name: str):
    check_snapshot(lambda: gym.make(f"lifelong/{name}", max_steps=9), after=100)
    check_snapshot(lambda: gym.make_vec(f"lifelong/{name}", 4, autoreset_mode="SameStep", max_steps=9), after=100)
    for engine in ("auto", "looped"):
        check_snapshot(lambda engine=engine: LifelongVectorEnv(goals(name, {"max_steps": 11}), 4, 2, engine=engine))


def test_what_was_saved_elsewhere_is_refused():
    saved = make_world("LGrid-v0", 2).snapshot()
    for other in (
        make_world("LGrid-v0", 3),
        make_world("NineRooms-v0", 2),
        make_world("LGrid-v0", 2, reveal_goal=True),
    ):
        with pytest.raises(ValueError, match="cannot go on from 2 in LGrid with 500"):
            other.restore(saved)
