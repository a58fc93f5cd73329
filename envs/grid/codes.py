"""What lies in a cell, as one byte: ``(kind * 6 + colour) * 3 + state`` in MiniGrid's numbering."""

from __future__ import annotations

import numpy as np

KINDS = ("unseen", "empty", "wall", "floor", "door", "key", "ball", "box", "goal", "lava", "agent")
"""Kinds of things by MiniGrid's number (``OBJECT_TO_IDX``)."""
COLOURS = ("red", "green", "blue", "purple", "yellow", "grey")
"""Colours by MiniGrid's number (``COLOR_TO_IDX``)."""
SORTED_COLOURS = tuple(COLOURS.index(name) for name in sorted(COLOURS))
"""Numbers of the colours in the order of their names: the order in which MiniGrid draws them."""
STATES = ("open", "closed", "locked")
"""States of a door by MiniGrid's number (``STATE_TO_IDX``)."""

UNSEEN, EMPTY, WALL_KIND, FLOOR, DOOR, KEY, BALL, BOX, GOAL_KIND, LAVA_KIND, AGENT = range(11)
RED, GREEN, BLUE, PURPLE, YELLOW, GREY = range(6)
OPEN, CLOSED, LOCKED = range(3)

PER_KIND, PER_COLOUR = 18, 3
"""How far apart the codes of two kinds, and of two colours, lie."""
CODES = len(KINDS) * PER_KIND
NOTHING = EMPTY * PER_KIND
"""The code of an empty cell, and of an empty hand."""
WALL = WALL_KIND * PER_KIND + GREY * PER_COLOUR
GOAL = GOAL_KIND * PER_KIND + GREEN * PER_COLOUR
LAVA = LAVA_KIND * PER_KIND + RED * PER_COLOUR


def code_of(kind: int, colour: int = 0, state: int = 0) -> int:
    """Give the code of a thing from its three numbers."""
    return kind * PER_KIND + colour * PER_COLOUR + state


def triples() -> np.ndarray:
    """Give kind, colour and state of every code: ``(256, 3)``, uint8; codes without a thing read as unseen."""
    table = np.zeros((256, 3), np.uint8)
    codes = np.arange(CODES)
    table[:CODES, 0], table[:CODES, 1], table[:CODES, 2] = codes // 18, codes // 3 % 6, codes % 3
    return table


def painted() -> np.ndarray:
    """Give kind, colour and state of every code in one number, a byte each from the lowest on: ``(256,)``, int32."""
    return triples().astype(np.int32) @ np.array([1, 1 << 8, 1 << 16], np.int32)


def traits() -> np.ndarray:
    """Give what can be done with every code: ``(256,)``, uint8, a sum of `CLEAR`, `OPEN_GROUND` and `PORTABLE`."""
    kind, state = triples()[:, 0], triples()[:, 2]
    shut = (kind == DOOR) & (state != OPEN)
    clear = ~((kind == WALL_KIND) | shut | (kind == UNSEEN))
    ground = np.isin(kind, (EMPTY, FLOOR, GOAL_KIND, LAVA_KIND)) | ((kind == DOOR) & (state == OPEN))
    portable = np.isin(kind, (KEY, BALL, BOX))
    return (CLEAR * clear + OPEN_GROUND * ground + PORTABLE * portable).astype(np.uint8)


CLEAR, OPEN_GROUND, PORTABLE = 1, 2, 4
"""One can look through it; walk onto it; pick it up."""
