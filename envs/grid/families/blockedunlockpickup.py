"""MiniGrid's BlockedUnlockPickup: clear away a ball, unlock the door behind it, pick up the box behind that."""

from __future__ import annotations

import numpy as np

from envs.compiled import compilable
from envs.grid.codes import BALL, PER_COLOUR, PER_KIND
from envs.grid.families.unlockpickup import FIRST_KEY, ROOM, mission, put_target
from envs.grid.family import Family, Shape, steps_or
from envs.grid.room_grid import add_door, build_rooms, draw_colour, place_agent_in_room, put_in_room, room_grid
from envs.grid.rules import picked_up, picked_up_batch

FIRST_BALL = BALL * PER_KIND


def shape(max_steps: int | None = None) -> Shape:
    """Read the arguments of ``BlockedUnlockPickupEnv``."""
    return room_grid(ROOM, 1, 2, steps_or(max_steps, 16 * ROOM**2))


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``BlockedUnlockPickupEnv._gen_grid``."""
    rooms = build_rooms(cells, agent, dice, settings)
    if not put_target(cells, agent, dice, settings):
        return False
    colour = draw_colour(dice)
    door = add_door(cells, settings, rooms, 0, 0, 0, colour, True)
    cells[door - 1] = FIRST_BALL + PER_COLOUR * draw_colour(dice)
    if put_in_room(cells, agent, dice, settings, 0, 0, FIRST_KEY + PER_COLOUR * colour) < 0:
        return False
    return place_agent_in_room(cells, agent, dice, settings, 0, 0)


BLOCKEDUNLOCKPICKUP = Family(
    "BlockedUnlockPickup",
    shape,
    generate,
    ids={"BlockedUnlockPickup-v0": {}},
    rule=picked_up,
    rule_batch=picked_up_batch,
    tokens=(6,),
    mission=mission,
)
