"""What worlds show, written byte by byte: an image, the image with direction and mission, bits, the whole world."""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from envs.compiled import inlined
from envs.grid.codes import AGENT, RED
from envs.grid.layout import DIRECTION, HEIGHT, MISSION, MISSION_TOKENS, WIDTH, X, Y
from envs.grid.sight import LOOKS

Array = np.ndarray[Any, Any]

IMAGE, BITS, FULL, DICT = range(4)
"""What is shown: the view's image, its bits, the whole world's image, or the view's image, direction and mission."""


@inlined
def set_bit(out: Array, b: int, bit: int, places: Array, lit: Array) -> None:
    """Write what is shown of a bit that is 1; see `to_bits`."""
    out[b, places[bit]] = lit[bit] if lit.shape[0] else 1


@inlined
def to_bits(image: Array, agent: Array, b: int, size: int, places: Array, unset: Array, lit: Array, out: Array) -> None:
    """Write an image of ``size`` cells one-hot, 20 bits a cell, and 4 bits of direction, each in its place.

    ``unset`` is what is shown in places of zeros, ``lit`` what is shown of each bit that is 1; either may be empty, for
    zeros and ones: to look up what is shown is not free.
    """
    for k in range(out.shape[1]):
        out[b, k] = unset[k] if unset.shape[0] else 0
    for k in range(size):
        set_bit(out, b, 20 * k + image[0, 3 * k], places, lit)
        set_bit(out, b, 20 * k + 11 + image[0, 3 * k + 1], places, lit)
        set_bit(out, b, 20 * k + 17 + image[0, 3 * k + 2], places, lit)
    set_bit(out, b, 20 * size + agent[b, DIRECTION], places, lit)


@inlined
def whole_world(cells: Array, agent: Array, b: int, settings: Array, paint: Array, out: Array) -> None:
    """Write the whole world, as MiniGrid's ``FullyObsWrapper`` does."""
    width, height = settings[WIDTH], settings[HEIGHT]
    for x in range(width):
        for y in range(height):
            colours, at = paint[cells[b, y * width + x]], 3 * (x * height + y)
            out[b, at], out[b, at + 1], out[b, at + 2] = colours & 255, colours >> 8 & 255, colours >> 16
    at = 3 * (agent[b, X] * height + agent[b, Y])
    out[b, at], out[b, at + 1], out[b, at + 2] = AGENT, RED, agent[b, DIRECTION]


def make_show(what: int, view: int) -> Callable[..., None]:
    """Make what writes observations into ``out[b]`` for the first ``count`` rows of ``rows``, or for all if it is -1.

    Args:
        what: What is shown: `IMAGE`, `BITS`, `FULL` or `DICT`.
        view: Side of the view in cells.
    """
    look, size = LOOKS[view], view * view
    # Constants, so that one way of showing is all that is compiled: it takes a third less time.
    in_bits, whole, told = what == BITS, what == FULL, what == DICT

    def show(
        cells: Array,
        agent: Array,
        settings: Array,
        paint: Array,
        traits: Array,
        table: Array,
        places: Array,
        unset: Array,
        lit: Array,
        rows: Array,
        count: int,
        out: Array,
    ) -> None:
        image = np.empty((1, 3 * size), np.uint8)
        for k in range(cells.shape[0] if count < 0 else count):
            b = k if count < 0 else rows[k]
            if whole:
                whole_world(cells, agent, b, settings, paint, out)
            elif in_bits:
                look(cells, agent, b, settings, paint, traits, table, image, 0)
                to_bits(image, agent, b, size, places, unset, lit, out)
            else:
                look(cells, agent, b, settings, paint, traits, table, out, b)
                if told:
                    out[b, 3 * size] = agent[b, DIRECTION]
                    for j in range(MISSION_TOKENS):
                        out[b, 3 * size + 1 + j] = agent[b, MISSION + j]

    return show
