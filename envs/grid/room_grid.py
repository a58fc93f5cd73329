"""Worlds of rooms in rows and columns: MiniGrid's ``RoomGrid``, with the same draws in the same order.

What is known of rooms while a world is built is an array ``rooms``, ``(rows * columns, 9)`` int64, room ``(i, j)`` of
column ``i`` and row ``j`` at ``j * columns + i``. Sides are numbered as directions are: right, down, left, up.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_below, draw_between
from envs.grid.batch_tools import ahead
from envs.grid.codes import CLOSED, DOOR, LOCKED, NOTHING, PER_COLOUR, PER_KIND, SORTED_COLOURS, WALL_KIND
from envs.grid.family import Shape, side
from envs.grid.layout import DIRECTION, PARAMETER, WIDTH, X, Y
from envs.grid.place import NOT_BESIDE_AGENT, find_place, place_agent_in, stand, wall_round

ROOM_SIZE, ROOM_ROWS, ROOM_COLUMNS = range(PARAMETER, PARAMETER + 3)
"""Places in ``settings``: side of a room, walls included; rows and columns of rooms."""
OWN = PARAMETER + 3
"""First place in ``settings`` of a family's own parameters."""
DOORWAY, LINKED, SHUT, ROOM_FACTS = 0, 4, 8, 9
"""Columns of ``rooms``: the cell in which a door to the neighbour on each side would be (-1 without a neighbour),
whether a way leads there, whether the room was given a locked door; how many columns there are."""
TRIES, CONNECTING_TRIES = 1000, 5000
"""``max_tries`` and ``max_itrs`` of MiniGrid; one more is made before giving up."""
FIRST_DOOR = DOOR * PER_KIND


def room_grid(room_size: int, num_rows: int, num_cols: int, max_steps: int, own: tuple[int, ...] = ()) -> Shape:
    """Make the shape of a world of rooms.

    Args:
        room_size: Side of a room, walls included, at least 3.
        num_rows: Rows of rooms, at least 1.
        num_cols: Columns of rooms, likewise.
        max_steps: Steps until an episode is truncated.
        own: The family's own parameters.

    Raises:
        ValueError: If there is no such world.
    """
    size = side(room_size, 3, "a room")
    for name, count in (("num_rows", num_rows), ("num_cols", num_cols)):
        if not isinstance(count, (int, np.integer)) or count < 1:
            raise ValueError(f"{name} is an integer of at least 1; got {count!r}")
    width, height = (size - 1) * num_cols + 1, (size - 1) * num_rows + 1
    return Shape(int(width), int(height), max_steps, False, (size, int(num_rows), int(num_cols), *own))


@compilable
def draw_colour(dice: np.ndarray) -> Any:
    """Draw a colour: ``MiniGridEnv._rand_color``."""
    return SORTED_COLOURS[draw_below(dice, 6)]


@compilable
def room_at(settings: np.ndarray, i: int, j: int) -> Any:
    """Give the number of the room in a column and a row of rooms."""
    return j * settings[ROOM_COLUMNS] + i


@compilable
def neighbour(settings: np.ndarray, room: int, wall: int) -> Any:
    """Give the number of the room on one side of another."""
    columns = settings[ROOM_COLUMNS]
    i, j = ahead(room % columns, room // columns, wall)
    return room_at(settings, i, j)


@compilable
def build_rooms(cells: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray) -> np.ndarray:
    """Build walls, draw where doors would be, put the agent into the middle: ``RoomGrid._gen_grid``.

    Returns:
        The rooms.
    """
    size, rows, columns = settings[ROOM_SIZE], settings[ROOM_ROWS], settings[ROOM_COLUMNS]
    step, width = size - 1, settings[WIDTH]
    rooms = np.zeros((rows * columns, ROOM_FACTS), np.int64)
    rooms[:, DOORWAY : DOORWAY + 4] = -1
    for j in range(rows):
        for i in range(columns):
            wall_round(cells, settings, i * step, j * step, size, size)
    for j in range(rows):
        for i in range(columns):
            room, left, top = room_at(settings, i, j), i * step, j * step
            if i < columns - 1:
                cell = draw_between(dice, top + 1, top + step) * width + left + step
                rooms[room, DOORWAY] = rooms[room + 1, DOORWAY + 2] = cell
            if j < rows - 1:
                cell = (top + step) * width + draw_between(dice, left + 1, left + step)
                rooms[room, DOORWAY + 1] = rooms[room + columns, DOORWAY + 3] = cell
    stand(agent, columns // 2 * step + size // 2, rows // 2 * step + size // 2, 0)
    return rooms


@compilable
def put_in_room(
    cells: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray, i: int, j: int, code: Any
) -> int:
    """Put a thing anywhere into room ``(i, j)`` but beside the agent: ``RoomGrid.place_in_room``.

    Returns:
        Its cell; -1 where none was found.
    """
    size = settings[ROOM_SIZE]
    left, top = i * (size - 1), j * (size - 1)
    cell = find_place(cells, agent, dice, settings, left, top, size, size, TRIES, NOT_BESIDE_AGENT)
    if cell >= 0:
        cells[cell] = code
    return cell


@compilable
def add_door(
    cells: np.ndarray, settings: np.ndarray, rooms: np.ndarray, i: int, j: int, wall: int, colour: Any, locked: bool
) -> Any:
    """Put a door into a wall of room ``(i, j)``: ``RoomGrid.add_door``; returns its cell."""
    room = room_at(settings, i, j)
    cell = rooms[room, DOORWAY + wall]
    cells[cell] = FIRST_DOOR + PER_COLOUR * colour + (LOCKED if locked else CLOSED)
    rooms[room, SHUT] = locked
    rooms[room, LINKED + wall] = 1
    rooms[neighbour(settings, room, wall), LINKED + (wall + 2) % 4] = 1
    return cell


@compilable
def remove_wall(cells: np.ndarray, settings: np.ndarray, rooms: np.ndarray, i: int, j: int, wall: int) -> None:
    """Take away a wall of room ``(i, j)`` but for its ends: ``RoomGrid.remove_wall``."""
    width, step, room = settings[WIDTH], settings[ROOM_SIZE] - 1, room_at(settings, i, j)
    along = width if wall % 2 == 0 else 1
    start = j * step * width + i * step
    if wall == 0:
        start += step
    elif wall == 1:
        start += step * width
    for k in range(1, step):
        cells[start + k * along] = NOTHING
    rooms[room, LINKED + wall] = 1
    rooms[neighbour(settings, room, wall), LINKED + (wall + 2) % 4] = 1


@compilable
def place_agent_in_room(
    cells: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray, i: int, j: int
) -> bool:
    """Put the agent into room ``(i, j)``, facing nothing or a wall: ``RoomGrid.place_agent``.

    Returns:
        Whether it found a place.
    """
    size = settings[ROOM_SIZE]
    while True:
        if not place_agent_in(cells, agent, dice, settings, i * (size - 1), j * (size - 1), size, size, TRIES):
            return False
        x, y = ahead(agent[X], agent[Y], agent[DIRECTION])
        thing = cells[y * settings[WIDTH] + x]
        if thing == NOTHING or thing // PER_KIND == WALL_KIND:
            return True


@compilable
def count_reached(settings: np.ndarray, rooms: np.ndarray, start: int) -> int:
    """Count the rooms that can be reached from one, itself included."""
    seen, waiting = np.zeros(len(rooms), np.int64), np.empty(len(rooms), np.int64)
    seen[start], waiting[0] = 1, start
    found, done = 1, 0
    while done < found:
        room = waiting[done]
        done += 1
        for wall in range(4):
            if rooms[room, LINKED + wall]:
                other = neighbour(settings, room, wall)
                if not seen[other]:
                    seen[other], waiting[found] = 1, other
                    found += 1
    return found


@compilable
def connect_all(
    cells: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray, rooms: np.ndarray
) -> bool:
    """Add doors until every room can be reached from the agent's: ``RoomGrid.connect_all``.

    Returns:
        Whether that came about.
    """
    step = settings[ROOM_SIZE] - 1
    start = room_at(settings, agent[X] // step, agent[Y] // step)
    for _ in range(CONNECTING_TRIES + 1):
        if count_reached(settings, rooms, start) == len(rooms):
            return True
        i = draw_below(dice, settings[ROOM_COLUMNS])
        j = draw_below(dice, settings[ROOM_ROWS])
        wall = draw_below(dice, 4)
        room = room_at(settings, i, j)
        if rooms[room, DOORWAY + wall] < 0 or rooms[room, LINKED + wall]:
            continue
        if rooms[room, SHUT] or rooms[neighbour(settings, room, wall), SHUT]:
            continue
        add_door(cells, settings, rooms, i, j, wall, draw_colour(dice), False)
    return False
