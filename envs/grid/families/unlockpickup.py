"""MiniGrid's UnlockPickup: unlock a door and pick up the box behind it."""

from __future__ import annotations

import numpy as np

from envs.compiled import compilable
from envs.grid.codes import BOX, COLOURS, KEY, PER_COLOUR, PER_KIND
from envs.grid.family import Family, Shape, steps_or
from envs.grid.layout import MISSION
from envs.grid.room_grid import add_door, build_rooms, draw_colour, place_agent_in_room, put_in_room, room_grid
from envs.grid.rules import TARGET, TARGET_CELL, picked_up, picked_up_batch

FIRST_BOX, FIRST_KEY = BOX * PER_KIND, KEY * PER_KIND
ROOM = 6
"""Side of both rooms."""


def shape(max_steps: int | None = None) -> Shape:
    """Read the arguments of ``UnlockPickupEnv``."""
    return room_grid(ROOM, 1, 2, steps_or(max_steps, 8 * ROOM**2))


@compilable
def put_target(cells: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray) -> bool:
    """Put the box that is to be picked up into the room on the right; False where it found no place."""
    colour = draw_colour(dice)
    agent[MISSION], agent[TARGET] = colour, FIRST_BOX + PER_COLOUR * colour
    agent[TARGET_CELL] = put_in_room(cells, agent, dice, settings, 1, 0, agent[TARGET])
    return agent[TARGET_CELL] >= 0


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``UnlockPickupEnv._gen_grid``."""
    rooms = build_rooms(cells, agent, dice, settings)
    if not put_target(cells, agent, dice, settings):
        return False
    colour = draw_colour(dice)
    add_door(cells, settings, rooms, 0, 0, 0, colour, True)
    if put_in_room(cells, agent, dice, settings, 0, 0, FIRST_KEY + PER_COLOUR * colour) < 0:
        return False
    return place_agent_in_room(cells, agent, dice, settings, 0, 0)


def mission(tokens: tuple[int, ...]) -> str:
    """Say what is to be picked up."""
    return f"pick up the {COLOURS[tokens[0]]} box"


UNLOCKPICKUP = Family(
    "UnlockPickup",
    shape,
    generate,
    ids={"UnlockPickup-v0": {}},
    rule=picked_up,
    rule_batch=picked_up_batch,
    tokens=(6,),
    mission=mission,
)
