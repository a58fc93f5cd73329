"""MiniGrid's MultiRoom: go through a chain of rooms with closed doors between them, to the goal in the last."""

from __future__ import annotations

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_below, draw_between
from envs.grid.codes import CLOSED, DOOR, GOAL, PER_COLOUR, PER_KIND, SORTED_COLOURS
from envs.grid.family import Family, Shape, steps_or
from envs.grid.layout import HEIGHT, PARAMETER, WIDTH
from envs.grid.place import ANYWHERE, ENDLESS, find_place, place_agent_in, wall_round

FEWEST, MOST_ROOMS, LARGEST = range(PARAMETER, PARAMETER + 3)
"""Places in ``settings``: fewest and most rooms, and the largest side of one, walls included."""
LEFT, TOP, WIDE, HIGH, DOOR_X, DOOR_Y, ENTRY, FACTS = range(8)
"""Columns of ``rooms`` ``(n, 7)`` int64: first column and row, width and height, where the door is through which one
comes in and in which wall (0 right, 1 down, 2 left, 3 up); how many columns there are."""
SMALLEST = 4
TRIES = 8
"""How often a next room is tried before a chain is left as it is."""
PATIENCE = 200_000
"""Chains before rooms are taken not to fit: MiniGrid would try for ever."""
FIRST_DOOR = DOOR * PER_KIND + CLOSED


def shape(
    minNumRooms: int,
    maxNumRooms: int,
    maxRoomSize: int = 10,
    width: int = 25,
    height: int = 25,
    max_steps: int | None = None,
) -> Shape:
    """Read the arguments of ``MultiRoomEnv``.

    Raises:
        ValueError: If there are no rooms, or no space for one.
    """
    given = {"minNumRooms": minNumRooms, "maxNumRooms": maxNumRooms, "maxRoomSize": maxRoomSize}
    given |= {"width": width, "height": height}
    least = {"minNumRooms": 1, "maxNumRooms": minNumRooms, "maxRoomSize": SMALLEST, "width": 4, "height": 5}
    for name, value in given.items():
        if not isinstance(value, (int, np.integer)) or value < least[name]:
            raise ValueError(f"{name} of a MultiRoom world is an integer of at least {least[name]}; got {value!r}")
    parameters = int(minNumRooms), int(maxNumRooms), int(maxRoomSize)
    return Shape(int(width), int(height), steps_or(max_steps, 20 * maxNumRooms), False, parameters)


@compilable
def place_room(
    dice: np.ndarray, settings: np.ndarray, rooms: np.ndarray, count: int, entry: int, x: int, y: int
) -> bool:
    """Draw size and place of a room at a door: the first half of ``MultiRoomEnv._placeRoom``.

    Args:
        dice: The generator.
        settings: The settings.
        rooms: The rooms; this one is written after the others.
        count: How many there are already.
        entry: The wall in which the door is.
        x: Column of the door; of the corner where it is the first room.
        y: Row, likewise.

    Returns:
        Whether there is space for it.
    """
    wide = draw_between(dice, SMALLEST, settings[LARGEST] + 1)
    high = draw_between(dice, SMALLEST, settings[LARGEST] + 1)
    left, top = x, y
    if count > 0:
        if entry in (0, 2):
            top = draw_between(dice, y - high + 2, y)
        else:
            left = draw_between(dice, x - wide + 2, x)
        if entry == 0:
            left = x - wide + 1
        elif entry == 1:
            top = y - high + 1
    if left < 0 or top < 0 or left + wide > settings[WIDTH] or top + high >= settings[HEIGHT]:
        return False
    # The room before this one shares a wall with it.
    for k in range(count - 1):
        beside = left + wide < rooms[k, LEFT] or rooms[k, LEFT] + rooms[k, WIDE] <= left
        if not (beside or top + high < rooms[k, TOP] or rooms[k, TOP] + rooms[k, HIGH] <= top):
            return False
    rooms[count, LEFT], rooms[count, TOP], rooms[count, WIDE], rooms[count, HIGH] = left, top, wide, high
    rooms[count, DOOR_X], rooms[count, DOOR_Y], rooms[count, ENTRY] = x, y, entry
    return True


@compilable
def place_next_room(dice: np.ndarray, settings: np.ndarray, rooms: np.ndarray, count: int) -> bool:
    """Draw a door in another wall of the last room, and a room behind it; False where that has no space."""
    last = count - 1
    left, top, wide, high = rooms[last, LEFT], rooms[last, TOP], rooms[last, WIDE], rooms[last, HIGH]
    leave = draw_below(dice, 3)
    if leave >= rooms[last, ENTRY]:
        leave += 1
    if leave in (0, 2):
        x, y = left, top + draw_between(dice, 1, high - 1)
        if leave == 0:
            x = left + wide - 1
    else:
        x, y = left + draw_between(dice, 1, wide - 1), top
        if leave == 1:
            y = top + high - 1
    return place_room(dice, settings, rooms, count, (leave + 2) % 4, x, y)


@compilable
def place_chain(dice: np.ndarray, settings: np.ndarray, rooms: np.ndarray, wanted: int) -> int:
    """Draw a chain of rooms, as long as it comes: ``MultiRoomEnv._placeRoom``; returns how many.

    MiniGrid's recursion never goes back: a room that has space stays, even where none after it has.
    """
    # Both below the width, as MiniGrid has it.
    x = draw_below(dice, settings[WIDTH] - 2)
    y = draw_below(dice, settings[WIDTH] - 2)
    if not place_room(dice, settings, rooms, 0, 2, x, y):
        return 0
    count, tries = 1, 0
    while count < wanted and tries < TRIES:
        tries += 1
        if place_next_room(dice, settings, rooms, count):
            count, tries = count + 1, 0
    return count


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``MultiRoomEnv._gen_grid``; False where MiniGrid would look for space for ever."""
    wanted = draw_between(dice, settings[FEWEST], settings[MOST_ROOMS] + 1)
    rooms = np.empty((wanted, FACTS), np.int64)
    chains = 0
    while place_chain(dice, settings, rooms, wanted) < wanted:
        chains += 1
        if chains == PATIENCE:
            return False
    before = -1
    for k in range(wanted):
        wall_round(cells, settings, rooms[k, LEFT], rooms[k, TOP], rooms[k, WIDE], rooms[k, HIGH])
        if k > 0:
            # Any colour but that of the door before.
            at = draw_below(dice, 6) if before < 0 else draw_below(dice, 5)
            if before >= 0 and at >= before:
                at += 1
            colour = SORTED_COLOURS[at]
            cells[rooms[k, DOOR_Y] * settings[WIDTH] + rooms[k, DOOR_X]] = FIRST_DOOR + PER_COLOUR * colour
            before = at
    place_agent_in(cells, agent, dice, settings, rooms[0, LEFT], rooms[0, TOP], rooms[0, WIDE], rooms[0, HIGH], ENDLESS)
    k = wanted - 1
    left, top, wide, high = rooms[k, LEFT], rooms[k, TOP], rooms[k, WIDE], rooms[k, HIGH]
    cells[find_place(cells, agent, dice, settings, left, top, wide, high, ENDLESS, ANYWHERE)] = GOAL
    return True


MULTIROOM = Family(
    "MultiRoom",
    shape,
    generate,
    ids={
        "MultiRoom-N2-S4-v0": {"minNumRooms": 2, "maxNumRooms": 2, "maxRoomSize": 4},
        # Six rooms in spite of its name: MiniGrid keeps it as it has always been.
        "MultiRoom-N4-S5-v0": {"minNumRooms": 6, "maxNumRooms": 6, "maxRoomSize": 5},
        "MultiRoom-N4-S5-v1": {"minNumRooms": 4, "maxNumRooms": 4, "maxRoomSize": 5},
        "MultiRoom-N6-v0": {"minNumRooms": 6, "maxNumRooms": 6},
    },
    mission=lambda tokens: "traverse the rooms to get to the goal",
)
