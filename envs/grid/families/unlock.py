"""MiniGrid's Unlock: open a locked door with the key that lies about."""

from __future__ import annotations

from typing import Any

import numpy as np

from envs.compiled import compilable
from envs.grid.batch_tools import rows_of
from envs.grid.codes import KEY, OPEN, PER_COLOUR, PER_KIND
from envs.grid.family import Family, Shape, steps_or
from envs.grid.layout import GOES_ON, SUCCESS, TASK, TOGGLE
from envs.grid.room_grid import add_door, build_rooms, draw_colour, place_agent_in_room, put_in_room, room_grid

DOOR_CELL = TASK
"""Column of ``agent`` that holds the cell of the door."""
FIRST_KEY = KEY * PER_KIND
ROOM = 6
"""Side of both rooms."""


def shape(max_steps: int | None = None) -> Shape:
    """Read the arguments of ``UnlockEnv``."""
    return room_grid(ROOM, 1, 2, steps_or(max_steps, 8 * ROOM**2))


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``UnlockEnv._gen_grid``."""
    rooms = build_rooms(cells, agent, dice, settings)
    colour = draw_colour(dice)
    agent[DOOR_CELL] = add_door(cells, settings, rooms, 0, 0, 0, colour, True)
    if put_in_room(cells, agent, dice, settings, 0, 0, FIRST_KEY + PER_COLOUR * colour) < 0:
        return False
    return place_agent_in_room(cells, agent, dice, settings, 0, 0)


@compilable
def rule(cells: np.ndarray, agent: np.ndarray, settings: np.ndarray, action: int, held: int) -> int:
    """End the episode when the door stands open."""
    return SUCCESS if action == TOGGLE and cells[agent[DOOR_CELL]] % PER_COLOUR == OPEN else GOES_ON


def rule_batch(xp: Any, cells: Any, agent: Any, settings: np.ndarray, action: Any, held: Any) -> Any:
    """Do what `rule` does for N worlds."""
    door = cells[rows_of(xp, cells), agent[:, DOOR_CELL]]
    return xp.where((action == TOGGLE) & (door % PER_COLOUR == OPEN), SUCCESS, GOES_ON)


UNLOCK = Family(
    "Unlock",
    shape,
    generate,
    ids={"Unlock-v0": {}},
    rule=rule,
    rule_batch=rule_batch,
    mission=lambda tokens: "open the door",
)
