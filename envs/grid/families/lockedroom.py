"""MiniGrid's LockedRoom: the key to the sixth room lies in one of the other five."""

from __future__ import annotations

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_below, draw_between
from envs.grid.codes import CLOSED, COLOURS, DOOR, GOAL, KEY, LOCKED, PER_COLOUR, SORTED_COLOURS, WALL, code_of
from envs.grid.family import Family, Shape, side, steps_or
from envs.grid.layout import HEIGHT, MISSION, WIDTH
from envs.grid.place import ENDLESS, place_agent_in, put, put_column, put_row, wall_round

ROOMS = 6
FIRST_DOOR, FIRST_KEY = code_of(DOOR), code_of(KEY)


def shape(size: int = 19, max_steps: int | None = None) -> Shape:
    """Read the arguments of ``LockedRoomEnv``."""
    size = side(size, 8, "a LockedRoom world")
    return Shape(size, size, steps_or(max_steps, 10 * size))


@compilable
def put_in_room(cells: np.ndarray, dice: np.ndarray, settings: np.ndarray, room: int, code: int) -> None:
    """Put a thing anywhere into a room: ``LockedRoom.rand_pos``.

    Rooms are counted from left to right, then downwards. In a world of even width those on the right reach into the
    outer wall, as MiniGrid's do.
    """
    width, high = settings[WIDTH], settings[HEIGHT] // 3
    left, top = (width // 2 + 2) * (room % 2), high * (room // 2)
    x = draw_between(dice, left + 1, left + width // 2 - 2)
    y = draw_between(dice, top + 1, top + high)
    put(cells, settings, x, y, code)


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``LockedRoomEnv._gen_grid``."""
    width, height = settings[WIDTH], settings[HEIGHT]
    left, right, high = width // 2 - 2, width // 2 + 2, height // 3
    wall_round(cells, settings, 0, 0, width, height)
    put_column(cells, settings, left, 0, height, WALL)
    put_column(cells, settings, right, 0, height, WALL)
    for n in range(3):
        put_row(cells, settings, 0, n * high, left, WALL)
        put_row(cells, settings, right, n * high, width - right, WALL)
    locked = draw_below(dice, ROOMS)
    put_in_room(cells, dice, settings, locked, GOAL)
    free = np.array(SORTED_COLOURS)
    colours = np.empty(ROOMS, np.int64)
    for room in range(ROOMS):
        at = draw_below(dice, ROOMS - room)
        colours[room] = free[at]
        # The colours that are left keep their order, in which MiniGrid draws.
        for k in range(at, ROOMS - 1):
            free[k] = free[k + 1]
        state = LOCKED if room == locked else CLOSED
        x = right if room % 2 else left
        put(cells, settings, x, high * (room // 2) + 3, FIRST_DOOR + PER_COLOUR * colours[room] + state)
    key_room = draw_below(dice, ROOMS)
    while key_room == locked:
        key_room = draw_below(dice, ROOMS)
    put_in_room(cells, dice, settings, key_room, FIRST_KEY + PER_COLOUR * colours[locked])
    place_agent_in(cells, agent, dice, settings, left, 0, right - left, height, ENDLESS)
    agent[MISSION], agent[MISSION + 1] = colours[locked], colours[key_room]
    return True


def mission(tokens: tuple[int, ...]) -> str:
    """Say which key opens the room, and where it lies."""
    locked, key_room = COLOURS[tokens[0]], COLOURS[tokens[1]]
    return f"get the {locked} key from the {key_room} room, unlock the {locked} door and go to the goal"


LOCKEDROOM = Family("LockedRoom", shape, generate, ids={"LockedRoom-v0": {}}, tokens=(6, 6), mission=mission)
