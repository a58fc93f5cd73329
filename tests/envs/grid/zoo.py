"""Worlds full of everything, which no generator makes, and what two engines make of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from envs.grid.codes import BALL, BOX, DOOR, FLOOR, GOAL_KIND, KEY, LAVA_KIND, NOTHING, WALL_KIND, code_of
from envs.grid.families.empty import EMPTY
from envs.grid.layout import AGENT_COLUMNS, HELD, HELD_CONTENT, MISSION, MISSION_TOKENS, STEPS, X, Y
from envs.grid.world import GridWorld

SIZE, MAX_STEPS = 6, 40
BUSY = (1, 1, 3, 1, 1, 2, 1)
"""How often each action is drawn."""


class Zoo(NamedTuple):
    """The state of N worlds: see `envs.grid.layout`."""

    cells: np.ndarray
    contents: np.ndarray
    agent: np.ndarray


def zoo(dice: np.random.Generator, count: int) -> Zoo:
    """Draw worlds without outer walls, with all kinds of things anywhere, and the agent anywhere, even in a wall."""
    area = SIZE * SIZE
    kinds = dice.choice([WALL_KIND, FLOOR, DOOR, KEY, BALL, BOX, GOAL_KIND, LAVA_KIND], (count, area))
    states = np.where(kinds == DOOR, dice.integers(3, size=(count, area)), 0)
    cells = kinds * 18 + dice.integers(6, size=(count, area)) * 3 + states
    cells = np.where(dice.random((count, area)) < 0.45, NOTHING, cells).astype(np.uint8)
    inside = dice.choice([KEY, BALL, BOX], (count, area)) * 18 + dice.integers(6, size=(count, area)) * 3
    full = (cells // 18 == BOX) & (dice.random((count, area)) < 0.7)
    contents = np.where(full, inside, NOTHING).astype(np.uint8)
    agent = np.zeros((count, AGENT_COLUMNS), np.int32)
    agent[:, X], agent[:, Y] = dice.integers(SIZE, size=count), dice.integers(SIZE, size=count)
    agent[:, 2] = dice.integers(4, size=count)
    agent[:, STEPS] = dice.integers(MAX_STEPS // 2, size=count)
    keys = code_of(KEY) + 3 * dice.integers(6, size=count)
    agent[:, HELD] = np.where(dice.random(count) < 0.5, NOTHING, keys)
    agent[:, HELD_CONTENT] = NOTHING
    agent[:, MISSION : MISSION + MISSION_TOKENS] = dice.integers(6, size=(count, MISSION_TOKENS))
    return Zoo(cells, contents, agent)


def zoo_world(count: int, engine: Any, **arguments: Any) -> GridWorld:
    """Make worlds that a zoo can be put into."""
    world = GridWorld(EMPTY, count, engine=engine, size=SIZE, max_steps=MAX_STEPS, **arguments)
    world.seed(range(count))
    world.begin()
    return world


def put(world: GridWorld, animals: Zoo) -> None:
    """Put a zoo into worlds."""
    arrays = world.state()
    arrays.cells[:], arrays.contents[:], arrays.agent[:] = animals
    world.take_over()


def same_state(one: GridWorld, other: GridWorld) -> None:
    """See that two have the same state, but for dice."""
    first, second = one.state(), other.state()
    for name in ("cells", "contents", "agent"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)


def live_alike(worlds: Sequence[GridWorld], dice: np.random.Generator, steps: int, again: bool) -> int:
    """Step two worlds alike, rows idle now and then, and compare all they tell; returns how many episodes ended."""
    one, other = worlds
    ended, count = 0, one.num_envs
    odds = np.array(BUSY[: len(one.arrays.meaning)]) / sum(BUSY[: len(one.arrays.meaning)])
    for step in range(steps):
        actions = dice.choice(len(odds), count, p=odds)
        idle = dice.random(count) < 0.3 if step % 4 == 0 else None
        mine, wanted = (world.step(actions, again=again, idle=idle) for world in (one, other))
        for name in ("observation", "reward", "terminated", "truncated"):
            got, expected = np.asarray(getattr(mine, name)), np.asarray(getattr(wanted, name))
            np.testing.assert_array_equal(got, expected, err_msg=f"{name} in step {step}")
        over = np.asarray(wanted.terminated | wanted.truncated)
        if over.any():
            assert mine.final is not None and wanted.final is not None
            np.testing.assert_array_equal(np.asarray(mine.final)[over], np.asarray(wanted.final)[over])
        ended += int(over.sum())
    same_state(one, other)
    return ended
