"""Worlds drawn as text: what lies where is given, and may be given a choice of places to start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_below
from envs.grid.codes import (
    BALL,
    BOX,
    CLOSED,
    COLOURS,
    DOOR,
    FLOOR,
    GOAL_KIND,
    GREEN,
    GREY,
    KEY,
    LAVA_KIND,
    LOCKED,
    NOTHING,
    OPEN,
    RED,
    WALL_KIND,
    code_of,
    traits,
)
from envs.grid.codes import OPEN_GROUND as WALKABLE
from envs.grid.families.room import thing_code
from envs.grid.family import MOST, Family, Shape, steps_or
from envs.grid.layout import DIRECTION, HEIGHT, PARAMETER, WIDTH, X, Y
from envs.grid.place import place_agent, place_thing

FACING, STARTS, RANDOM_THINGS = PARAMETER, PARAMETER + 1, PARAMETER + 2
"""Places in ``settings``: where the agent faces (-1 for anywhere), how many cells it may start in, how many things are
put anywhere. The codes of all cells, what is in boxes, the cells to start in and the codes of the things follow."""
CELLS = PARAMETER + 3
ARROWS = ">v<^"
LEGEND = {"#": "wall", ".": "empty", " ": "empty", "G": "goal", "L": "lava"}
"""What characters mean unless a legend says otherwise; ``>v<^`` is the agent, ``*`` a cell that it may start in."""
NAMES = (
    "wall, empty, goal, lava, or a colour and one of wall, floor, goal, key, ball, box, door, open door, locked door"
)
_KINDS = {
    "wall": (WALL_KIND, 0),
    "floor": (FLOOR, 0),
    "goal": (GOAL_KIND, 0),
    "key": (KEY, 0),
    "ball": (BALL, 0),
    "box": (BOX, 0),
    "door": (DOOR, CLOSED),
    "open door": (DOOR, OPEN),
    "locked door": (DOOR, LOCKED),
}
_PLAIN = {
    "wall": code_of(WALL_KIND, GREY),
    "empty": NOTHING,
    "goal": code_of(GOAL_KIND, GREEN),
    "lava": code_of(LAVA_KIND, RED),
}


def cell_codes(words: str) -> tuple[int, int]:
    """Read what a cell holds, such as ``"wall"``, ``"locked yellow door"`` or ``"blue box with red key"``.

    Returns:
        Its code, and that of what is in it.

    Raises:
        ValueError: If there is no such thing.
    """
    outer, _, inner = words.partition(" with ")
    if outer in _PLAIN and not inner:
        return _PLAIN[outer], NOTHING
    parts = outer.split()
    colour = next((part for part in parts if part in COLOURS), None)
    kind = " ".join(part for part in parts if part != colour)
    if colour is None or kind not in _KINDS or (inner and kind != "box"):
        raise ValueError(f"a cell holds {NAMES}, and a box something with ' with '; got {words!r}")
    number, state = _KINDS[kind]
    return code_of(number, COLOURS.index(colour), state), thing_code(inner) if inner else NOTHING


def shape(
    layout: str,
    legend: Mapping[str, str] | None = None,
    things: Sequence[str] = (),
    max_steps: int | None = None,
) -> Shape:
    """Read a world drawn as text.

    Args:
        layout: Rows of equal length. An arrow is the agent; without one it starts in one of the cells ``*``, without
            these anywhere, facing anywhere.
        legend: What further characters mean, in words: see `cell_codes`.
        things: What is put anywhere, such as ``"red ball"``, anew in each episode.
        max_steps: Steps of an episode; 4 a cell if None.

    Raises:
        ValueError: If rows differ in length, a character is unknown, the world is open, too small or too large, or
            there are two agents.
    """
    rows = layout.strip("\n").split("\n")
    height, width = len(rows), len(rows[0])
    if any(len(row) != width for row in rows):
        raise ValueError(f"rows of a layout have equal lengths; got {[len(row) for row in rows]}")
    if not (3 <= width <= MOST and 3 <= height <= MOST):
        raise ValueError(f"a layout is 3 to {MOST} cells wide and high; got {width} by {height}")
    meaning = {**LEGEND, **(legend or {})}
    cells, contents, agents, starts = [], [], [], []
    for y, row in enumerate(rows):
        for x, sign in enumerate(row):
            cell = y * width + x
            if sign not in meaning and sign not in ARROWS and sign != "*":
                raise ValueError(
                    f"unknown character {sign!r} in row {y + 1}, column {x + 1} of a layout; known are "
                    f"{' '.join(sorted({*meaning, *ARROWS, '*'}))!r}, and what `legend` adds"
                )
            if sign in meaning:
                code, inside = cell_codes(meaning[sign])
            else:
                code, inside = NOTHING, NOTHING
                if sign == "*":
                    starts.append(cell)
                else:
                    agents.append((cell, ARROWS.index(sign)))
            edge = x in (0, width - 1) or y in (0, height - 1)
            if edge and (sign in ARROWS or sign == "*" or traits()[code] & WALKABLE or code // 18 in (KEY, BALL, BOX)):
                raise ValueError(f"a layout is walled in; row {y + 1}, column {x + 1} is open: {sign!r}")
            cells.append(code)
            contents.append(inside)
    if len(agents) > 1 or (agents and starts):
        raise ValueError(
            f"a layout has one agent, or cells '*' to start in; got {len(agents)} agents, {len(starts)} '*'"
        )
    free = cells.count(NOTHING) - len(things) - (0 if starts else 1)
    if free < 0:
        raise ValueError(f"{len(things)} things and an agent do not fit into {cells.count(NOTHING)} empty cells")
    placed = [thing_code(thing) for thing in things]
    facing = agents[0][1] if agents else -1
    starts = [agents[0][0]] if agents else starts
    parameters = (facing, len(starts), len(placed), *cells, *contents, *starts, *placed)
    return Shape(width, height, steps_or(max_steps, 4 * width * height), False, parameters)


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: the agent first where it starts in given cells, then the things, then the agent elsewhere."""
    area = settings[WIDTH] * settings[HEIGHT]
    for k in range(area):
        cells[k] = settings[CELLS + k]
        contents[k] = settings[CELLS + area + k]
    starts = settings[STARTS]
    if starts:
        cell = settings[CELLS + 2 * area + draw_below(dice, starts)]
        agent[X], agent[Y] = cell % settings[WIDTH], cell // settings[WIDTH]
        agent[DIRECTION] = settings[FACING] if settings[FACING] >= 0 else draw_below(dice, 4)
    for k in range(settings[RANDOM_THINGS]):
        code = settings[CELLS + 2 * area + starts + k]
        place_thing(cells, agent, dice, settings, code)
    if not starts:
        place_agent(cells, agent, dice, settings)
    return True


LAYOUT = Family("Layout", shape, generate)
