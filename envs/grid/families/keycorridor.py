"""MiniGrid's KeyCorridor: find the key in the rooms along a corridor, and what lies behind the locked door."""

from __future__ import annotations

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_below
from envs.grid.codes import BALL, BOX, COLOURS, KEY, PER_COLOUR, PER_KIND
from envs.grid.family import Family, Shape, steps_or
from envs.grid.layout import MISSION
from envs.grid.room_grid import (
    OWN,
    ROOM_ROWS,
    add_door,
    build_rooms,
    connect_all,
    draw_colour,
    place_agent_in_room,
    put_in_room,
    remove_wall,
    room_grid,
)
from envs.grid.rules import TARGET, TARGET_CELL, picked_up, picked_up_batch

TARGET_KIND = OWN
"""Place in ``settings``: the kind of what is to be picked up."""
FIRST_KEY = KEY * PER_KIND
KINDS_HERE = {"key": KEY, "ball": BALL, "box": BOX}


def shape(
    num_rows: int = 3, obj_type: str = "ball", room_size: int = 6, max_steps: int | None = None, num_cols: int = 3
) -> Shape:
    """Read the arguments of ``KeyCorridorEnv``, and the number of columns, which it hands on to ``RoomGrid``.

    Raises:
        ValueError: If there are too few rooms, or no such things.
    """
    if obj_type not in KINDS_HERE:
        raise ValueError(f"obj_type is {', '.join(KINDS_HERE)}; got {obj_type!r}")
    if not isinstance(num_cols, (int, np.integer)) or num_cols < 3:
        raise ValueError(f"num_cols of a KeyCorridor world is an integer of at least 3; got {num_cols!r}")
    return room_grid(room_size, num_rows, num_cols, steps_or(max_steps, 30 * room_size**2), (KINDS_HERE[obj_type],))


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``KeyCorridorEnv._gen_grid``."""
    rows = settings[ROOM_ROWS]
    rooms = build_rooms(cells, agent, dice, settings)
    for j in range(1, rows):
        remove_wall(cells, settings, rooms, 1, j, 3)
    locked = draw_below(dice, rows)
    door_colour = draw_colour(dice)
    add_door(cells, settings, rooms, 2, locked, 2, door_colour, True)
    colour = draw_colour(dice)
    agent[TARGET] = settings[TARGET_KIND] * PER_KIND + colour * PER_COLOUR
    agent[TARGET_CELL] = put_in_room(cells, agent, dice, settings, 2, locked, agent[TARGET])
    if agent[TARGET_CELL] < 0:
        return False
    key_room = draw_below(dice, rows)
    if put_in_room(cells, agent, dice, settings, 0, key_room, FIRST_KEY + PER_COLOUR * door_colour) < 0:
        return False
    if not place_agent_in_room(cells, agent, dice, settings, 1, rows // 2):
        return False
    agent[MISSION], agent[MISSION + 1] = colour, settings[TARGET_KIND] - KEY
    return connect_all(cells, agent, dice, settings, rooms)


def mission(tokens: tuple[int, ...]) -> str:
    """Say what is to be picked up."""
    colour, kind = tokens
    return f"pick up the {COLOURS[colour]} {tuple(KINDS_HERE)[kind]}"


KEYCORRIDOR = Family(
    "KeyCorridor",
    shape,
    generate,
    ids={
        "KeyCorridorS3R1-v0": {"room_size": 3, "num_rows": 1},
        "KeyCorridorS3R2-v0": {"room_size": 3, "num_rows": 2},
        "KeyCorridorS3R3-v0": {"room_size": 3, "num_rows": 3},
        "KeyCorridorS4R3-v0": {"room_size": 4, "num_rows": 3},
        "KeyCorridorS5R3-v0": {"room_size": 5, "num_rows": 3},
        "KeyCorridorS6R3-v0": {"room_size": 6, "num_rows": 3},
    },
    rule=picked_up,
    rule_batch=picked_up_batch,
    tokens=(6, 3),
    mission=mission,
)
