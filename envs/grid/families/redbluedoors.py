"""MiniGrid's RedBlueDoors: open the red door, then the blue one."""

from __future__ import annotations

from typing import Any

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_between
from envs.grid.batch_tools import rows_of
from envs.grid.codes import BLUE, CLOSED, DOOR, OPEN, RED, code_of
from envs.grid.family import Family, Shape, side, steps_or
from envs.grid.layout import FAILURE, GOES_ON, HEIGHT, SUCCESS, TASK, WIDTH
from envs.grid.place import ENDLESS, place_agent_in, wall_round

RED_CELL, BLUE_CELL, RED_WAS_OPEN = TASK, TASK + 1, TASK + 2
"""Columns of ``agent``: the doors' cells, and whether the red one stood open before the step."""
RED_CLOSED, RED_OPEN = code_of(DOOR, RED, CLOSED), code_of(DOOR, RED, OPEN)
BLUE_CLOSED, BLUE_OPEN = code_of(DOOR, BLUE, CLOSED), code_of(DOOR, BLUE, OPEN)


def shape(size: int = 8, max_steps: int | None = None) -> Shape:
    """Read the arguments of ``RedBlueDoorEnv``."""
    size = side(size, 3, "a RedBlueDoors world")
    return Shape(2 * size, size, steps_or(max_steps, 20 * size**2))


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``RedBlueDoorEnv._gen_grid``."""
    width, size = settings[WIDTH], settings[HEIGHT]
    left = size // 2
    wall_round(cells, settings, 0, 0, width, size)
    wall_round(cells, settings, left, 0, size, size)
    place_agent_in(cells, agent, dice, settings, left, 0, size, size, ENDLESS)
    red = draw_between(dice, 1, size - 1) * width + left
    blue = draw_between(dice, 1, size - 1) * width + left + size - 1
    cells[red], cells[blue] = RED_CLOSED, BLUE_CLOSED
    agent[RED_CELL], agent[BLUE_CELL] = red, blue
    return True


@compilable
def rule(cells: np.ndarray, agent: np.ndarray, settings: np.ndarray, action: int, held: int) -> int:
    """End the episode when the blue door opens, well if the red one stood open before.

    (MiniGrid also fails a red door that opens beside an open blue one: by then the episode is over.)
    """
    was_open = agent[RED_WAS_OPEN]
    agent[RED_WAS_OPEN] = cells[agent[RED_CELL]] == RED_OPEN
    if cells[agent[BLUE_CELL]] != BLUE_OPEN:
        return GOES_ON
    return SUCCESS if was_open else FAILURE


def rule_batch(xp: Any, cells: Any, agent: Any, settings: np.ndarray, action: Any, held: Any) -> Any:
    """Do what `rule` does for N worlds."""
    rows = rows_of(xp, cells)
    opened = xp.where(agent[:, RED_WAS_OPEN] != 0, SUCCESS, FAILURE)
    agent[:, RED_WAS_OPEN] = xp.where(cells[rows, agent[:, RED_CELL]] == RED_OPEN, 1, 0)
    return xp.where(cells[rows, agent[:, BLUE_CELL]] == BLUE_OPEN, opened, GOES_ON)


REDBLUEDOORS = Family(
    "RedBlueDoors",
    shape,
    generate,
    ids={
        "RedBlueDoors-6x6-v0": {"size": 6},
        "RedBlueDoors-8x8-v0": {},
    },
    rule=rule,
    rule_batch=rule_batch,
    mission=lambda tokens: "open the red door then the blue door",
)
