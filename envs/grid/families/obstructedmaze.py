"""MiniGrid's ObstructedMaze: find a blue ball behind locked doors, balls in their way and keys hidden in boxes."""

from __future__ import annotations

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_below
from envs.grid.batch_tools import ahead
from envs.grid.codes import BALL, BLUE, BOX, GREEN, GREY, KEY, NOTHING, PER_COLOUR, PER_KIND, SORTED_COLOURS, code_of
from envs.grid.family import Family, Shape, steps_or
from envs.grid.layout import WIDTH
from envs.grid.room_grid import OWN, add_door, build_rooms, place_agent_in_room, put_in_room, room_grid
from envs.grid.rules import TARGET, TARGET_CELL, picked_up, picked_up_batch

IN_BOX, BLOCKED, QUARTERS, AGENT_COLUMN, AGENT_ROW, KEYS_LAST = range(OWN, OWN + 6)
"""Places in ``settings``: whether keys lie in boxes, whether balls block doors, how many quarters of the maze have
doors (0 for the maze of two rooms), the room of the agent, whether keys are laid out when balls lie already."""
WANTED, BLOCKING, HIDING = code_of(BALL, BLUE), code_of(BALL, GREEN), code_of(BOX, GREY)
FIRST_KEY = KEY * PER_KIND
SIDE_ROOMS, CORNERS = ((2, 1), (1, 2), (0, 1), (1, 0)), ((2, 0), (2, 2), (0, 2), (0, 0))
ROOM = 6
"""Side of a room."""


def small_shape(key_in_box: bool = True, blocked: bool = True, max_steps: int | None = None) -> Shape:
    """Read the arguments of ``ObstructedMaze_1Dlhb``."""
    own = int(key_in_box), int(blocked), 0, 0, 0, 0
    return room_grid(ROOM, 1, 2, steps_or(max_steps, 4 * 2 * ROOM**2), own)


def full_shape(
    agent_room: tuple[int, int] = (1, 1),
    key_in_box: bool = True,
    blocked: bool = True,
    num_quarters: int = 4,
    num_rooms_visited: int = 25,
    max_steps: int | None = None,
) -> Shape:
    """Read the arguments of ``ObstructedMaze_Full``, where a blocking ball may come to lie on a key.

    Raises:
        ValueError: If there is no such room, or no such number of quarters.
    """
    column, row = agent_room
    if column not in range(3) or row not in range(3):
        raise ValueError(f"agent_room is a column and a row from 0 to 2; got {agent_room!r}")
    if num_quarters not in range(1, 5):
        raise ValueError(f"num_quarters is 1, 2, 3 or 4; got {num_quarters!r}")
    own = int(key_in_box), int(blocked), int(num_quarters), int(column), int(row), 0
    return room_grid(ROOM, 3, 3, steps_or(max_steps, 4 * num_rooms_visited * ROOM**2), own)


def later_shape(
    agent_room: tuple[int, int] = (1, 1),
    key_in_box: bool = True,
    blocked: bool = True,
    num_quarters: int = 4,
    num_rooms_visited: int = 25,
    max_steps: int | None = None,
) -> Shape:
    """Read the arguments of ``ObstructedMaze_Full_V1``, where keys are laid out last.

    Raises:
        ValueError: If there is no such room, or no such number of quarters.
    """
    shape = full_shape(agent_room, key_in_box, blocked, num_quarters, num_rooms_visited, max_steps)
    return Shape(shape.width, shape.height, shape.max_steps, False, (*shape.parameters[:-1], 1))


@compilable
def draw_colours(dice: np.ndarray) -> np.ndarray:
    """Draw all six colours in any order: ``MiniGridEnv._rand_subset``."""
    left, drawn = np.array(SORTED_COLOURS), np.empty(6, np.int64)
    for k in range(6):
        at = draw_below(dice, 6 - k)
        drawn[k] = left[at]
        for later in range(at, 5 - k):
            left[later] = left[later + 1]
    return drawn


@compilable
def add_locked_door(
    cells: np.ndarray,
    contents: np.ndarray,
    settings: np.ndarray,
    rooms: np.ndarray,
    i: int,
    j: int,
    wall: int,
    colour: int,
) -> None:
    """Put a locked door into a wall of room ``(i, j)``, and a ball before it: ``add_locked_door`` of later mazes."""
    door = add_door(cells, settings, rooms, i, j, wall, colour, True)
    if settings[BLOCKED]:
        dx, dy = ahead(0, 0, wall)
        cell = door - dy * settings[WIDTH] - dx
        # What lay here is gone, a box with all that is in it.
        cells[cell], contents[cell] = BLOCKING, NOTHING


@compilable
def add_key(
    cells: np.ndarray,
    contents: np.ndarray,
    agent: np.ndarray,
    dice: np.ndarray,
    settings: np.ndarray,
    i: int,
    j: int,
    colour: int,
) -> bool:
    """Put a key into room ``(i, j)``, in a box or not: ``add_key`` of later mazes; False where it found no place."""
    key = FIRST_KEY + PER_COLOUR * colour
    cell = put_in_room(cells, agent, dice, settings, i, j, HIDING if settings[IN_BOX] else key)
    if cell >= 0 and settings[IN_BOX]:
        contents[cell] = key
    return cell >= 0


@compilable
def build_quarter(
    cells: np.ndarray,
    contents: np.ndarray,
    agent: np.ndarray,
    dice: np.ndarray,
    settings: np.ndarray,
    rooms: np.ndarray,
    colours: np.ndarray,
    quarter: int,
) -> bool:
    """Add the doors of one side room, and their keys; False where one found no place."""
    i, j = SIDE_ROOMS[quarter]
    add_door(cells, settings, rooms, 1, 1, quarter, colours[quarter], False)
    for turn in (-1, 1):
        colour = colours[(quarter + turn) % 6]
        add_locked_door(cells, contents, settings, rooms, i, j, (quarter + turn) % 4, colour)
        if not settings[KEYS_LAST] and not add_key(cells, contents, agent, dice, settings, i, j, colour):
            return False
    if settings[KEYS_LAST]:
        for turn in (-1, 1):
            if not add_key(cells, contents, agent, dice, settings, i, j, colours[(quarter + turn) % 6]):
                return False
    return True


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``_gen_grid`` of ``ObstructedMaze_1Dlhb``, ``ObstructedMaze_Full`` and ``.._Full_V1``."""
    rooms = build_rooms(cells, agent, dice, settings)
    colours = draw_colours(dice)
    if settings[QUARTERS] == 0:
        add_locked_door(cells, contents, settings, rooms, 0, 0, 0, colours[0])
        if not add_key(cells, contents, agent, dice, settings, 0, 0, colours[0]):
            return False
        i, j = 1, 0
    else:
        for quarter in range(settings[QUARTERS]):
            if not build_quarter(cells, contents, agent, dice, settings, rooms, colours, quarter):
                return False
        i, j = CORNERS[draw_below(dice, settings[QUARTERS])]
    agent[TARGET] = WANTED
    agent[TARGET_CELL] = put_in_room(cells, agent, dice, settings, i, j, WANTED)
    if agent[TARGET_CELL] < 0:
        return False
    return place_agent_in_room(cells, agent, dice, settings, settings[AGENT_COLUMN], settings[AGENT_ROW])


def mission(tokens: tuple[int, ...]) -> str:
    """Say what is to be picked up: always the same."""
    return "pick up the blue ball"


TWO_DOORS = {"agent_room": (2, 1), "num_quarters": 1, "num_rooms_visited": 4}
ONE_QUARTER = {"num_quarters": 1, "num_rooms_visited": 5}
TWO_QUARTERS = {"agent_room": (2, 1), "num_quarters": 2, "num_rooms_visited": 11}

OBSTRUCTEDMAZE_SMALL = Family(
    "ObstructedMaze1Dlhb",
    small_shape,
    generate,
    ids={
        "ObstructedMaze-1Dl-v0": {"key_in_box": False, "blocked": False},
        "ObstructedMaze-1Dlh-v0": {"blocked": False},
        "ObstructedMaze-1Dlhb-v0": {},
    },
    rule=picked_up,
    rule_batch=picked_up_batch,
    mission=mission,
)
OBSTRUCTEDMAZE_FULL = Family(
    "ObstructedMazeFull",
    full_shape,
    generate,
    ids={
        "ObstructedMaze-2Dl-v0": {**TWO_DOORS, "key_in_box": False, "blocked": False},
        "ObstructedMaze-2Dlh-v0": {**TWO_DOORS, "blocked": False},
        "ObstructedMaze-2Dlhb-v0": TWO_DOORS,
        "ObstructedMaze-1Q-v0": ONE_QUARTER,
        "ObstructedMaze-2Q-v0": TWO_QUARTERS,
        "ObstructedMaze-Full-v0": {},
    },
    rule=picked_up,
    rule_batch=picked_up_batch,
    mission=mission,
)
OBSTRUCTEDMAZE_LATER = Family(
    "ObstructedMazeFullV1",
    later_shape,
    generate,
    ids={
        "ObstructedMaze-2Dlhb-v1": TWO_DOORS,
        "ObstructedMaze-1Q-v1": ONE_QUARTER,
        "ObstructedMaze-2Q-v1": TWO_QUARTERS,
        "ObstructedMaze-Full-v1": {},
    },
    rule=picked_up,
    rule_batch=picked_up_batch,
    mission=mission,
)
