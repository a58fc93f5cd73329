from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from minigrid.core.grid import Grid
from minigrid.core.mission import MissionSpace
from minigrid.core.world_object import Ball, Box, Door, Floor, Goal, Key, Lava, Wall, WorldObj
from minigrid.minigrid_env import MiniGridEnv

from envs.grid.family import Family
from envs.grid.from_minigrid import TASKS, load_minigrid
from envs.grid.make import make_world
from envs.grid.world import GridWorld
from envs.rooms import Room
from tests.envs.grid.oracle import BIASED, begin
from tests.envs.grid.zoo import MAX_STEPS, SIZE, zoo_world

COLOURS = ("red", "green", "blue", "purple", "yellow", "grey")


class Animals(MiniGridEnv):
    """MiniGrid's rules in a world full of everything."""

    def __init__(self, **arguments: Any) -> None:
        space = MissionSpace(lambda: "")
        super().__init__(space, SIZE, max_steps=MAX_STEPS, **arguments)

    def _gen_grid(self, width: int, height: int) -> None:
        self.grid = Grid(width, height)
        self.mission = ""
        self.grid.wall_rect(0, 0, width, height)  # MiniGrid fails at an open edge
        for place in np.flatnonzero([thing is None for thing in self.grid.grid]):
            if self._rand_float(0, 1) < 0.5:
                self.grid.grid[place] = self._thing(self._rand_int(0, 8))
        self.agent_pos = (self._rand_int(1, width - 1), self._rand_int(1, height - 1))
        self.agent_dir = self._rand_int(0, 4)
        self.grid.set(*self.agent_pos, None)

    def _thing(self, kind: int) -> WorldObj:
        colour = COLOURS[self._rand_int(0, 6)]
        if kind == 0:
            state = self._rand_int(0, 3)
            return Door(colour, is_open=state == 0, is_locked=state == 2)
        if kind == 1:
            return Box(colour, [None, Key(colour), Ball("red"), Box("grey")][self._rand_int(0, 4)])
        return [Wall(colour), Floor(colour), Key(colour), Ball(colour), Goal(), Lava()][kind - 2]


def compare(world: GridWorld, rows: list[Any], dice: np.random.Generator, steps: int) -> int:
    """Step loaded rows beside their environments, in which episodes begin anew; returns how many ended."""
    odds, ended = np.array(BIASED[: len(world.arrays.meaning)]), 0
    for step in range(steps):
        actions = dice.choice(len(odds), len(rows), p=odds / odds.sum())
        outcome = world.step(actions)
        missions = world.missions()
        for row, env in enumerate(rows):
            shown, reward, over, cut, _ = env.step(actions[row])
            if over or cut:
                ended += 1
                assert outcome.final is not None
                np.testing.assert_array_equal(outcome.final[row].reshape(-1)[:147], shown["image"].reshape(-1))
                shown = begin(env)
            np.testing.assert_array_equal(
                outcome.observation[row].reshape(-1)[:147],
                shown["image"].reshape(-1),
                err_msg=f"step {step}, row {row}",
            )
            told = outcome.reward[row], outcome.terminated[row], outcome.truncated[row], missions[row]
            assert told == (reward, over, cut, shown["mission"])
    return ended


@pytest.mark.parametrize("see_through", [False, True], ids=["walls hide", "see through"])
def test_a_world_of_everything_goes_on_as_minigrid_does(see_through: bool):
    world = zoo_world(12, "numpy", senses="image", see_through_walls=see_through)
    rows, dice = [Animals(see_through_walls=see_through) for _ in range(12)], np.random.default_rng(0)
    over = []
    for row, env in enumerate(rows):
        env.reset(seed=row)
        # As often as not something is in its hands by now, and boxes lie open.
        over.append(any(any(env.step(action)[2:4]) for action in dice.choice([0, 1, 2, 3, 3, 5], 8)))
        load_minigrid(world, row, env)
    alive = [row for row in range(12) if not over[row]]
    assert len(alive) > 4
    ended = {row for row in range(12) if over[row]}
    for step in range(MAX_STEPS):
        actions = dice.choice(7, 12, p=np.array(BIASED) / sum(BIASED))
        outcome = world.step(actions, again=False)
        for row in set(range(12)) - ended:
            shown, reward, terminated, truncated, _ = rows[row].step(actions[row])
            np.testing.assert_array_equal(outcome.observation[row], shown["image"], err_msg=f"step {step}, row {row}")
            told = outcome.reward[row], outcome.terminated[row], outcome.truncated[row]
            assert told == (reward, terminated, truncated)
            if terminated or truncated:
                ended.add(row)
    assert len(ended) == 12


def both(name: str) -> tuple[GridWorld, list[Any]]:
    """Make three worlds of a family, and three of MiniGrid's environments."""
    family, things = Family.families[name], ("red ball", "blue key")
    if name == "Room":
        world = GridWorld(family, 3, engine="numpy", senses="dict", things=things)
        return world, [Room(things=things) for _ in range(3)]
    minigrid_id = next(iter(family.ids))
    world = make_world(minigrid_id, 3, engine="numpy", senses="dict")
    return world, [gym.make(f"MiniGrid-{minigrid_id}").unwrapped for _ in range(3)]


FAMILIES = [*sorted(TASKS), "DoorKey", "LavaGap"]


@pytest.mark.parametrize("name", FAMILIES)
def test_what_is_loaded_is_what_the_family_builds_from_the_same_seed(name: str):
    world, rows = both(name)
    world.seed(range(70, 73))
    world.begin()
    arrays = world.arrays
    built = [array.copy() for array in (arrays.cells, arrays.contents, arrays.agent, arrays.dice)]
    world.seed(range(3))
    world.begin()
    for row, env in enumerate(rows):
        begin(env, 70 + row)
        load_minigrid(world, row, env)
    for got, wanted in zip((arrays.cells, arrays.contents, arrays.agent, arrays.dice), built, strict=True):
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_task_goes_on_as_minigrid_does_and_so_do_its_dice(name: str):
    (world, rows), dice = both(name), np.random.default_rng(1)
    world.seed(range(3))
    world.begin()
    for row, env in enumerate(rows):
        begin(env, 50 + row)
        for action in dice.integers(len(world.arrays.meaning), size=10):
            _, _, over, cut, _ = env.step(action)
            if over or cut:
                begin(env)
        env.step_count = env.max_steps - 25
        load_minigrid(world, row, env)
    assert compare(world, rows, dice, 40) >= 3


def test_torch_goes_on_from_what_is_loaded_and_the_other_rows_from_where_they_were():
    world = zoo_world(3, "torch", see_through_walls=False)
    wanted = world.state().agent[[0, 2], :3] + [0, 0, 1]
    world.step(np.array([1, 1, 1]))
    env = Animals()
    env.reset(seed=3)
    load_minigrid(world, 1, env)
    outcome = world.step(np.array([6, 6, 6]))
    np.testing.assert_array_equal(outcome.observation[1].numpy(), env.step(6)[0]["image"])
    np.testing.assert_array_equal(world.state().agent[[0, 2], :3], wanted)


class Statue(Wall):
    """A wall that may follow rules of its own."""


def test_what_cannot_be_taken_over_is_told_and_nothing_has_changed():
    world = zoo_world(2, "numpy", see_through_walls=False)
    before = [array.copy() for array in (world.arrays.cells, world.arrays.agent, world.arrays.dice)]

    def changed(**attributes: Any) -> Any:
        env = Animals()
        env.reset(seed=0)
        for name, value in attributes.items():
            setattr(env, name, value)
        return env

    def holding(thing: WorldObj) -> Any:
        return changed(carrying=thing)

    for error, match, env in [
        (ValueError, "a box in a box is empty; got one that holds", holding(Box("red", Box("red", Ball("red"))))),
        (ValueError, r"MiniGrid's own classes Wall, .*; got .*Statue", holding(Statue())),
        (ValueError, "got a red one that is open and locked", holding(Door("red", is_open=True, is_locked=True))),
        (ValueError, "width, height, max_steps", changed(max_steps=7)),
        (ValueError, "width, height, max_steps", changed(see_through_walls=True)),
        (ValueError, "is nowhere: reset", changed(agent_pos=(-1, -1))),
        (ValueError, "PCG64; .* has MT19937", changed(np_random=np.random.Generator(np.random.MT19937(0)))),
        (TypeError, "an environment of MiniGrid's; got", gym.make("CartPole-v1")),
    ]:
        with pytest.raises(error, match=match):
            load_minigrid(world, 0, env)
    with pytest.raises(ValueError, match="rows of this world are 0 to 1; got 2"):
        load_minigrid(world, 2, changed())
    for array, wanted in zip((world.arrays.cells, world.arrays.agent, world.arrays.dice), before, strict=True):
        np.testing.assert_array_equal(array, wanted)


def test_a_mission_that_the_family_does_not_have_is_told():
    world = make_world("Fetch-5x5-N2-v0", engine="numpy")
    env: Any = gym.make("MiniGrid-Fetch-5x5-N2-v0").unwrapped
    env.reset(seed=0)
    env.mission = "sit"
    with pytest.raises(ValueError, match="family 'Fetch' has no mission 'sit'"):
        load_minigrid(world, 0, env)
