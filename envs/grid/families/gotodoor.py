"""MiniGrid's GoToDoor: stand beside the door that the mission names, and say so."""

from __future__ import annotations

from typing import Any

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_below, draw_between
from envs.grid.codes import CLOSED, COLOURS, DOOR, PER_COLOUR, SORTED_COLOURS, code_of
from envs.grid.family import Family, Shape, side, steps_or
from envs.grid.layout import DONE, FAILURE, GOES_ON, HEIGHT, MISSION, SUCCESS, TASK, TOGGLE, WIDTH, X, Y
from envs.grid.place import ENDLESS, place_agent_in, put, wall_round

TARGET_X, TARGET_Y = TASK, TASK + 1
"""Columns of ``agent`` that hold the cell of the door to go to."""
DOORS = 4
CLOSED_DOOR = code_of(DOOR, 0, CLOSED)


def shape(size: int = 5, max_steps: int | None = None) -> Shape:
    """Read the arguments of ``GoToDoorEnv``."""
    size = side(size, 5, "a GoToDoor world")
    return Shape(size, size, steps_or(max_steps, 4 * size**2), True)


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``GoToDoorEnv._gen_grid``."""
    width = draw_between(dice, 5, settings[WIDTH] + 1)
    height = draw_between(dice, 5, settings[HEIGHT] + 1)
    wall_round(cells, settings, 0, 0, width, height)
    x, y = np.zeros(DOORS, np.int64), np.zeros(DOORS, np.int64)
    x[0] = draw_between(dice, 2, width - 2)
    x[1], y[1] = draw_between(dice, 2, width - 2), height - 1
    y[2] = draw_between(dice, 2, height - 2)
    x[3], y[3] = width - 1, draw_between(dice, 2, height - 2)
    colours = np.empty(DOORS, np.int64)
    found = 0
    while found < DOORS:
        colour = SORTED_COLOURS[draw_below(dice, 6)]
        new = True
        for k in range(found):
            new = new and colours[k] != colour
        if new:
            colours[found] = colour
            found += 1
    for k in range(DOORS):
        put(cells, settings, x[k], y[k], CLOSED_DOOR + PER_COLOUR * colours[k])
    place_agent_in(cells, agent, dice, settings, 0, 0, width, height, ENDLESS)
    target = draw_below(dice, DOORS)
    agent[TARGET_X], agent[TARGET_Y] = x[target], y[target]
    agent[MISSION] = colours[target]
    return True


@compilable
def rule(cells: np.ndarray, agent: np.ndarray, settings: np.ndarray, action: int, held: int) -> int:
    """End the episode with ``done``, well if it was said beside the target, and with ``toggle``."""
    if action == TOGGLE:
        return FAILURE
    if action != DONE:
        return GOES_ON
    away = abs(agent[X] - agent[TARGET_X]) + abs(agent[Y] - agent[TARGET_Y])
    return SUCCESS if away == 1 else FAILURE


def rule_batch(xp: Any, cells: Any, agent: Any, settings: np.ndarray, action: Any, held: Any) -> Any:
    """Do what `rule` does for N worlds."""
    away = abs(agent[:, X] - agent[:, TARGET_X]) + abs(agent[:, Y] - agent[:, TARGET_Y])
    said = xp.where((action == DONE) & (away == 1), SUCCESS, FAILURE)
    return xp.where((action == DONE) | (action == TOGGLE), said, GOES_ON)


GOTODOOR = Family(
    "GoToDoor",
    shape,
    generate,
    ids={
        "GoToDoor-5x5-v0": {},
        "GoToDoor-6x6-v0": {"size": 6},
        "GoToDoor-8x8-v0": {"size": 8},
    },
    rule=rule,
    rule_batch=rule_batch,
    tokens=(6,),
    mission=lambda tokens: f"go to the {COLOURS[tokens[0]]} door",
)
