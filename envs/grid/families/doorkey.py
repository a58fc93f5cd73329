"""MiniGrid's DoorKey: find the key, open the door, reach the goal behind it."""

from __future__ import annotations

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_between
from envs.grid.codes import DOOR, GOAL, KEY, LOCKED, WALL, YELLOW, code_of
from envs.grid.family import Family, Shape, side, steps_or
from envs.grid.layout import HEIGHT, WIDTH
from envs.grid.place import ANYWHERE, ENDLESS, find_place, place_agent_in, put, put_column, wall_round

LOCKED_DOOR, YELLOW_KEY = code_of(DOOR, YELLOW, LOCKED), code_of(KEY, YELLOW)


def shape(size: int = 8, max_steps: int | None = None) -> Shape:
    """Read the arguments of ``DoorKeyEnv``."""
    size = side(size, 5, "a DoorKey world")
    return Shape(size, size, steps_or(max_steps, 10 * size**2))


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``DoorKeyEnv._gen_grid``."""
    width, height = settings[WIDTH], settings[HEIGHT]
    wall_round(cells, settings, 0, 0, width, height)
    put(cells, settings, width - 2, height - 2, GOAL)
    split = draw_between(dice, 2, width - 2)
    put_column(cells, settings, split, 0, height, WALL)
    place_agent_in(cells, agent, dice, settings, 0, 0, split, height, ENDLESS)
    put(cells, settings, split, draw_between(dice, 1, height - 2), LOCKED_DOOR)
    cells[find_place(cells, agent, dice, settings, 0, 0, split, height, ENDLESS, ANYWHERE)] = YELLOW_KEY
    return True


DOORKEY = Family(
    "DoorKey",
    shape,
    generate,
    ids={
        "DoorKey-5x5-v0": {"size": 5},
        "DoorKey-6x6-v0": {"size": 6},
        "DoorKey-8x8-v0": {"size": 8},
        "DoorKey-16x16-v0": {"size": 16},
    },
    mission=lambda tokens: "use the key to open the door and then get to the goal",
)
