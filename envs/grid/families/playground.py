"""MiniGrid's Playground: nine rooms full of things, and nothing that has to be done."""

from __future__ import annotations

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_below, draw_between
from envs.grid.codes import CLOSED, DOOR, KEY, PER_COLOUR, PER_KIND, SORTED_COLOURS, WALL, code_of
from envs.grid.family import Family, Shape, steps_or
from envs.grid.layout import HEIGHT, WIDTH
from envs.grid.place import place_agent, place_thing, put, put_column, put_row, wall_round

SIZE, THINGS = 19, 12
CLOSED_DOOR = code_of(DOOR, 0, CLOSED)


def shape(max_steps: int = 100) -> Shape:
    """Read the arguments of ``PlaygroundEnv``."""
    return Shape(SIZE, SIZE, steps_or(max_steps, 100))


@compilable
def draw_door(dice: np.ndarray) -> int:
    """Draw the code of a closed door of any colour."""
    return CLOSED_DOOR + PER_COLOUR * SORTED_COLOURS[draw_below(dice, 6)]


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``PlaygroundEnv._gen_grid``."""
    width, height = settings[WIDTH], settings[HEIGHT]
    wall_round(cells, settings, 0, 0, width, height)
    across, down = width // 3, height // 3
    for j in range(3):
        for i in range(3):
            left, top = i * across, j * down
            right, bottom = left + across, top + down
            if i < 2:
                put_column(cells, settings, right, top, down, WALL)
                y = draw_between(dice, top + 1, bottom - 1)
                put(cells, settings, right, y, draw_door(dice))
            if j < 2:
                put_row(cells, settings, left, bottom, across, WALL)
                x = draw_between(dice, left + 1, right - 1)
                put(cells, settings, x, bottom, draw_door(dice))
    place_agent(cells, agent, dice, settings)
    for _ in range(THINGS):
        kind = KEY + draw_below(dice, 3)
        colour = SORTED_COLOURS[draw_below(dice, 6)]
        place_thing(cells, agent, dice, settings, kind * PER_KIND + colour * PER_COLOUR)
    return True


PLAYGROUND = Family("Playground", shape, generate, ids={"Playground-v0": {}})
