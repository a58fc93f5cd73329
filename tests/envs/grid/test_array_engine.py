from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from envs.compiled import can_compile
from envs.grid.array_engine import ArrayEngine
from envs.grid.families import fetch
from envs.grid.family import Family
from envs.grid.make import make_world
from envs.grid.world import GridWorld
from tests.envs.grid.zoo import live_alike, put, same_state, zoo, zoo_world

compiled = pytest.mark.skipif(not can_compile(), reason="numba is not installed")
SHOWN = [("image", 3), ("image", 5), ("image", 7), ("image", 9), ("bits", 5), ("dict", 7), ("full", 7)]


@compiled
@pytest.mark.parametrize("see_through", [False, True], ids=["walls hide", "see through"])
@pytest.mark.parametrize(("senses", "view"), SHOWN)
def test_numpy_steps_and_shows_what_compiled_code_does(senses: str, view: int, see_through: bool):
    dice = np.random.default_rng(view)
    worlds = [
        zoo_world(48, engine, senses=senses, agent_view_size=view, see_through_walls=see_through)
        for engine in ("numpy", "numba")
    ]
    ended = 0
    for again in (False, True):
        animals = zoo(dice, 48)
        for world in worlds:
            put(world, animals)
        ended += live_alike(worlds, dice, steps=24, again=again)
    assert ended > 30


@compiled
@pytest.mark.parametrize("name", ["DoorKey-5x5-v0", "Fetch-5x5-N2-v0", "Dynamic-Obstacles-Random-5x5-v0"])
def test_numpy_builds_the_same_worlds_from_the_same_dice(name: str):
    worlds = [make_world(name, 6, engine=engine, max_steps=15) for engine in ("numpy", "numba")]
    for world in worlds:
        world.seed(range(6))
    first, second = (world.begin()[0] for world in worlds)
    np.testing.assert_array_equal(first, second)
    assert live_alike(worlds, np.random.default_rng(0), steps=40, again=True) >= 12
    np.testing.assert_array_equal(worlds[0].arrays.dice, worlds[1].arrays.dice)


def test_some_rows_begin_anew_and_the_others_are_seen_as_they_are():
    world = make_world("DoorKey-5x5-v0", 4, engine="numpy")
    world.seed(range(4))
    world.begin()
    seen = world.step(np.array([0, 1, 2, 0])).observation
    before = world.arrays.agent.copy()
    shown, _ = world.begin(np.array([1, 3]))
    np.testing.assert_array_equal(shown[[0, 2]], seen[[0, 2]])
    np.testing.assert_array_equal(world.arrays.agent[[0, 2]], before[[0, 2]])
    assert world.arrays.agent[[1, 3], 3].tolist() == [0, 0]
    world.take_over()
    again = world.step(np.full(4, 6)).observation
    np.testing.assert_array_equal(again, shown)


@pytest.mark.parametrize("actions", [np.array([0, 7]), np.array([-1, 0]), np.array([0.0, 1.0]), np.array([0])])
def test_what_is_no_action_is_refused_and_nothing_happens(actions: np.ndarray):
    world, other = (zoo_world(2, "numpy") for _ in range(2))
    with pytest.raises(ValueError, match=r"actions lie between 0 and 6; got|expected 2 integer actions"):
        world.step(actions)
    same_state(world, other)


def test_a_rule_for_one_world_alone_is_refused():
    lacking = replace(fetch.FETCH, name="Lacking", rule_batch=None)
    del Family.families["Lacking"]
    with pytest.raises(ValueError, match=r"'Lacking' has a rule for one world alone; .* Family.rule_batch"):
        GridWorld(lacking, engine="numpy")


def test_only_torch_works_elsewhere():
    with pytest.raises(ValueError, match="device 'cuda' needs engine 'torch'"):
        make_world("DoorKey-5x5-v0", engine="numpy", device="cuda")


def test_a_world_that_cannot_be_built_is_told():
    never = replace(fetch.FETCH, name="Never", generate=lambda *given: False)
    del Family.families["Never"]
    world = GridWorld(never, 2, engine="numpy")
    assert isinstance(world.arithmetic, ArrayEngine)
    world.seed([0, 1])
    with pytest.raises(RuntimeError, match="no world of family 'Never' could be built for sub-environment 0"):
        world.begin()
