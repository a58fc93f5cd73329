"""MiniGrid's PutNear: put one thing beside another."""

from __future__ import annotations

from typing import Any

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_below
from envs.grid.batch_tools import ahead
from envs.grid.codes import COLOURS, KEY, NOTHING, PER_COLOUR, PER_KIND
from envs.grid.families.gotoobject import KINDS_HERE, MOST_THINGS, draw_new_thing
from envs.grid.family import Family, Shape, side, steps_or
from envs.grid.layout import (
    DIRECTION,
    DROP,
    FAILURE,
    GOES_ON,
    HEIGHT,
    HELD,
    MISSION,
    PARAMETER,
    PICKUP,
    SUCCESS,
    TASK,
    WIDTH,
    X,
    Y,
)
from envs.grid.place import place_agent, wall_round

THINGS = PARAMETER
MOVED, TARGET_X, TARGET_Y = TASK, TASK + 1, TASK + 2
"""Columns of ``agent``: the code of what is to be moved, and where the other thing was put."""
PATIENCE = 100
"""Tries a cell before a world is taken to be full: MiniGrid would try for ever."""


def shape(size: int = 6, numObjs: int = 2, max_steps: int | None = None) -> Shape:
    """Read the arguments of ``PutNearEnv``."""
    size = side(size, 5, "a PutNear world")
    # No two things touch: one in every other row and column is as many as fit.
    most = min(MOST_THINGS, ((size - 1) // 2) ** 2)
    if not 2 <= numObjs <= most:
        raise ValueError(f"numObjs lies between 2 and {most} in a world of {size}; got {numObjs}")
    return Shape(size, size, steps_or(max_steps, 5 * size), True, (numObjs,))


@compilable
def find_apart(cells: np.ndarray, dice: np.ndarray, settings: np.ndarray, x: np.ndarray, y: np.ndarray) -> int:
    """Draw an empty cell that touches none of those at ``x`` and ``y``, shape ``(n,)``; -1 where there is none."""
    width, height = settings[WIDTH], settings[HEIGHT]
    for _ in range(PATIENCE * width * height):
        column = draw_below(dice, width)
        row = draw_below(dice, height)
        if cells[row * width + column] != NOTHING:
            continue
        near = False
        for k in range(len(x)):
            near = near or (abs(column - x[k]) <= 1 and abs(row - y[k]) <= 1)
        if not near:
            return row * width + column
    return -1


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``PutNearEnv._gen_grid``; False where MiniGrid would look for a free cell for ever."""
    width = settings[WIDTH]
    wall_round(cells, settings, 0, 0, width, settings[HEIGHT])
    things = np.empty(MOST_THINGS, np.int64)
    x, y = np.empty(MOST_THINGS, np.int64), np.empty(MOST_THINGS, np.int64)
    found = 0
    while found < settings[THINGS]:
        thing = draw_new_thing(dice, things, found)
        if thing >= 0:
            cell = find_apart(cells, dice, settings, x[:found], y[:found])
            if cell < 0:
                return False
            cells[cell] = thing
            things[found], x[found], y[found] = thing, cell % width, cell // width
            found += 1
    place_agent(cells, agent, dice, settings)
    moved = draw_below(dice, found)
    target = draw_below(dice, found)
    while target == moved:
        target = draw_below(dice, found)
    agent[MOVED], agent[TARGET_X], agent[TARGET_Y] = things[moved], x[target], y[target]
    agent[MISSION] = things[moved] // PER_COLOUR % 6
    agent[MISSION + 1] = things[moved] // PER_KIND - KEY
    agent[MISSION + 2] = things[target] // PER_COLOUR % 6
    agent[MISSION + 3] = things[target] // PER_KIND - KEY
    return True


@compilable
def rule(cells: np.ndarray, agent: np.ndarray, settings: np.ndarray, action: int, held: int) -> int:
    """End the episode when the wrong thing is picked up, and when anything is dropped: well if near the target."""
    now = agent[HELD]
    if action == PICKUP and now != NOTHING and now != agent[MOVED]:
        return FAILURE
    if action == DROP and held != NOTHING:
        x, y = ahead(agent[X], agent[Y], agent[DIRECTION])
        near = abs(x - agent[TARGET_X]) <= 1 and abs(y - agent[TARGET_Y]) <= 1
        # Trying to drop it where there is no space ends the episode too.
        return SUCCESS if now == NOTHING and near else FAILURE
    return GOES_ON


def rule_batch(xp: Any, cells: Any, agent: Any, settings: np.ndarray, action: Any, held: Any) -> Any:
    """Do what `rule` does for N worlds."""
    now = agent[:, HELD]
    x, y = ahead(agent[:, X], agent[:, Y], agent[:, DIRECTION])
    near = (abs(x - agent[:, TARGET_X]) <= 1) & (abs(y - agent[:, TARGET_Y]) <= 1)
    dropped = xp.where((now == NOTHING) & near, SUCCESS, FAILURE)
    wrong = (action == PICKUP) & (now != NOTHING) & (now != agent[:, MOVED])
    return xp.where((action == DROP) & (held != NOTHING), dropped, xp.where(wrong, FAILURE, GOES_ON))


def mission(tokens: tuple[int, ...]) -> str:
    """Say what is to be put near what."""
    colour, kind, target_colour, target_kind = tokens
    moved, target = f"{COLOURS[colour]} {KINDS_HERE[kind]}", f"{COLOURS[target_colour]} {KINDS_HERE[target_kind]}"
    return f"put the {moved} near the {target}"


PUTNEAR = Family(
    "PutNear",
    shape,
    generate,
    ids={
        "PutNear-6x6-N2-v0": {},
        "PutNear-8x8-N3-v0": {"size": 8, "numObjs": 3},
    },
    rule=rule,
    rule_batch=rule_batch,
    tokens=(6, 3, 6, 3),
    mission=mission,
)
