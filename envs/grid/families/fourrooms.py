"""MiniGrid's FourRooms: reach the goal in one of four rooms with gaps between them."""

from __future__ import annotations

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_below, draw_between
from envs.grid.codes import GOAL, NOTHING, WALL
from envs.grid.family import Family, Shape, steps_or
from envs.grid.layout import HEIGHT, PARAMETER, WIDTH
from envs.grid.place import place_agent, place_thing, put, put_column, put_row, stand, wall_round

START_X, START_Y, GOAL_X, GOAL_Y = range(PARAMETER, PARAMETER + 4)
SIZE = 19
SOMEWHERE = -1


def shape(
    agent_pos: tuple[int, int] | None = None, goal_pos: tuple[int, int] | None = None, max_steps: int | None = 100
) -> Shape:
    """Read the arguments of ``FourRoomsEnv``.

    Raises:
        ValueError: If the agent or the goal would be outside.
    """
    places = []
    for name, place in (("agent_pos", agent_pos), ("goal_pos", goal_pos)):
        x, y = (SOMEWHERE, SOMEWHERE) if place is None else place
        if place is not None and not (0 < x < SIZE - 1 and 0 < y < SIZE - 1):
            raise ValueError(f"{name} lies within the walls of a world of {SIZE}, or is None; got {(x, y)}")
        places += [int(x), int(y)]
    return Shape(SIZE, SIZE, steps_or(max_steps, 100), False, tuple(places))


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``FourRoomsEnv._gen_grid``."""
    width, height = settings[WIDTH], settings[HEIGHT]
    wall_round(cells, settings, 0, 0, width, height)
    wide, high = width // 2, height // 2
    for j in range(2):
        for i in range(2):
            left, top = i * wide, j * high
            if i == 0:
                put_column(cells, settings, left + wide, top, high, WALL)
                put(cells, settings, left + wide, draw_between(dice, top + 1, top + high), NOTHING)
            if j == 0:
                put_row(cells, settings, left, top + high, wide, WALL)
                put(cells, settings, draw_between(dice, left + 1, left + wide), top + high, NOTHING)
    x, y = settings[START_X], settings[START_Y]
    if x == SOMEWHERE:
        place_agent(cells, agent, dice, settings)
    else:
        put(cells, settings, x, y, NOTHING)
        stand(agent, x, y, draw_below(dice, 4))
    if settings[GOAL_X] == SOMEWHERE:
        place_thing(cells, agent, dice, settings, GOAL)
    else:
        put(cells, settings, settings[GOAL_X], settings[GOAL_Y], GOAL)
    return True


FOURROOMS = Family("FourRooms", shape, generate, ids={"FourRooms-v0": {}}, mission=lambda tokens: "reach the goal")
