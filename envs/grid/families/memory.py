"""MiniGrid's Memory: see a thing, walk down a hallway, turn to its like."""

from __future__ import annotations

from typing import Any

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_below, draw_between
from envs.grid.codes import BALL, GREEN, KEY, WALL, code_of
from envs.grid.family import Family, Shape, side, steps_or
from envs.grid.layout import (
    DONE,
    DROP,
    FAILURE,
    FORWARD,
    GOES_ON,
    HEIGHT,
    LEFT,
    PARAMETER,
    RIGHT,
    SUCCESS,
    TASK,
    TOGGLE,
    WIDTH,
    X,
    Y,
)
from envs.grid.place import put, put_column, put_row, stand, wall_round

RANDOM_LENGTH = PARAMETER
END_X, RIGHT_Y, WRONG_Y = TASK, TASK + 1, TASK + 2
"""Columns of ``agent``: the column of both ends, the row of the right one, the row of the wrong one."""
GREEN_KEY, GREEN_BALL = code_of(KEY, GREEN), code_of(BALL, GREEN)


def shape(size: int = 8, random_length: bool = False, max_steps: int | None = None) -> Shape:
    """Read the arguments of ``MemoryEnv``.

    Raises:
        ValueError: If the size is even (as MiniGrid's own default is) or too small.
    """
    size = side(size, 7 if random_length else 5, "a Memory world", odd=True)
    return Shape(size, size, steps_or(max_steps, 5 * size**2), False, (int(random_length),))


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``MemoryEnv._gen_grid``."""
    width, height = settings[WIDTH], settings[HEIGHT]
    wall_round(cells, settings, 0, 0, width, height)
    middle = height // 2
    end = draw_between(dice, 4, width - 2) if settings[RANDOM_LENGTH] else width - 3
    put_row(cells, settings, 1, middle - 2, 4, WALL)
    put_row(cells, settings, 1, middle + 2, 4, WALL)
    put(cells, settings, 4, middle - 1, WALL)
    put(cells, settings, 4, middle + 1, WALL)
    for x in range(5, end):
        put(cells, settings, x, middle - 1, WALL)
        put(cells, settings, x, middle + 1, WALL)
    put_column(cells, settings, end, 0, middle, WALL)
    put_column(cells, settings, end, middle + 1, height - middle - 1, WALL)
    put_column(cells, settings, end + 2, 0, height, WALL)
    stand(agent, draw_between(dice, 1, end + 1), middle, 0)
    shown = GREEN_KEY if draw_below(dice, 2) == 0 else GREEN_BALL
    put(cells, settings, 1, middle - 1, shown)
    upper, lower = GREEN_BALL, GREEN_KEY
    if draw_below(dice, 2) == 1:
        upper, lower = GREEN_KEY, GREEN_BALL
    put(cells, settings, end + 1, middle - 2, upper)
    put(cells, settings, end + 1, middle + 2, lower)
    agent[END_X] = end + 1
    agent[RIGHT_Y], agent[WRONG_Y] = middle + 1, middle - 1
    if shown == upper:
        agent[RIGHT_Y], agent[WRONG_Y] = middle - 1, middle + 1
    return True


@compilable
def rule(cells: np.ndarray, agent: np.ndarray, settings: np.ndarray, action: int, held: int) -> int:
    """End the episode at both ends of the split."""
    if agent[X] != agent[END_X]:
        return GOES_ON
    if agent[Y] == agent[RIGHT_Y]:
        return SUCCESS
    return FAILURE if agent[Y] == agent[WRONG_Y] else GOES_ON


def rule_batch(xp: Any, cells: Any, agent: Any, settings: np.ndarray, action: Any, held: Any) -> Any:
    """Do what `rule` does for N worlds."""
    at_end, y = agent[:, X] == agent[:, END_X], agent[:, Y]
    wrong = xp.where(at_end & (y == agent[:, WRONG_Y]), FAILURE, GOES_ON)
    return xp.where(at_end & (y == agent[:, RIGHT_Y]), SUCCESS, wrong)


MEMORY = Family(
    "Memory",
    shape,
    generate,
    ids={
        "MemoryS17Random-v0": {"size": 17, "random_length": True},
        "MemoryS13Random-v0": {"size": 13, "random_length": True},
        "MemoryS13-v0": {"size": 13},
        "MemoryS11-v0": {"size": 11},
        "MemoryS9-v0": {"size": 9},
        "MemoryS7-v0": {"size": 7},
    },
    rule=rule,
    rule_batch=rule_batch,
    # ``MemoryEnv.step`` toggles where it is told to pick up: nothing can be carried away.
    meaning=(LEFT, RIGHT, FORWARD, TOGGLE, DROP, TOGGLE, DONE),
    mission=lambda tokens: "go to the matching object at the end of the hallway",
)
