"""What an agent sees: the egocentric view with MiniGrid's occlusion, looked up row by row."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from envs.compiled import forms
from envs.grid.codes import CLEAR, WALL
from envs.grid.layout import DIRECTION, HEIGHT, HELD, SEE_THROUGH, WIDTH, X, Y

VIEWS = (3, 5, 7, 9)
"""Sides of a view that can be asked for."""


@cache
def spreading(view: int) -> np.ndarray:
    """Tabulate how sight spreads along one row of a view and into the next, as ``Grid.process_vis`` does it.

    Args:
        view: Side of the view in cells.

    Returns:
        Shape ``(4 ** view,)``, int32, at ``visible << view | clear`` (a bit a column): which cells of this row are
        seen, and shifted by ``view``, which of the next.
    """
    states = np.arange(1 << 2 * view, dtype=np.int32)
    visible, clear = states >> view, states & ((1 << view) - 1)
    beyond = np.zeros_like(states)
    for columns, side in ((range(view - 1), 1), (range(view - 1, 0, -1), -1)):
        for column in columns:
            passes = (visible >> column) & (clear >> column) & 1
            visible = visible | passes << (column + side)
            beyond = beyond | passes << (column + side) | passes << column
    return (visible | beyond << view).astype(np.int32)


def make_look(view: int) -> Callable[..., None]:
    """Make what looks into worlds through views of a side."""

    def look(
        cells: np.ndarray,
        agent: np.ndarray,
        b: int,
        settings: np.ndarray,
        paint: np.ndarray,
        traits: np.ndarray,
        table: np.ndarray,
        image: np.ndarray,
        row: int,
    ) -> None:
        """Write what one agent sees, as MiniGrid's ``gen_obs`` encodes it.

        Args:
            cells: The worlds, ``(N, width * height)``.
            agent: The agents, ``(N, 24)``.
            b: Which of them looks.
            settings: ``(16,)``.
            paint: The image of every code: kind, colour and state in one number, ``(256,)``.
            traits: What can be done with a code, ``(256,)``.
            table: How sight spreads: see `spreading`.
            image: Images, ``(rows, 3 * view * view or more)``: columns from left to right, in each the far cells first.
            row: Which of them is written.
        """
        # Whole arrays and indices, not rows of them: taking a row costs as much as looking into three cells.
        width, height = settings[WIDTH], settings[HEIGHT]
        x, y, facing = np.int64(agent[b, X]), np.int64(agent[b, Y]), agent[b, DIRECTION]
        east, south = width - 1 - x, height - 1 - y
        if facing == 0:
            ahead, left, right, forward, aside = east, y, south, 1, width
        elif facing == 1:
            ahead, left, right, forward, aside = south, east, x, width, -1
        elif facing == 2:
            ahead, left, right, forward, aside = x, south, y, -1, -width
        else:
            ahead, left, right, forward, aside = y, x, east, -width, 1
        half = view // 2
        first, last = max(0, half - left), min(view - 1, half + right)
        through, whole = settings[SEE_THROUGH] != 0, (1 << view) - 1
        visible = whole if through else 1 << half
        for k in range(3 * view * view):
            image[row, k] = 0
        start = y * width + x - half * aside
        for distance in range(view):
            inside = distance <= ahead
            seen = whole
            if not through:
                clear = 0
                if inside:
                    for column in range(first, last + 1):
                        clear |= np.int64(traits[cells[b, start + column * aside]] & CLEAR) << column
                told = np.int64(table[visible << view | clear])
                seen, visible = told & whole, told >> view
            for column in range(view):
                if seen >> column & 1:
                    there = inside and first <= column <= last
                    colours = paint[cells[b, start + column * aside]] if there else paint[WALL]
                    at = 3 * (view * column + view - 1 - distance)
                    image[row, at] = colours & 255
                    image[row, at + 1] = colours >> 8 & 255
                    image[row, at + 2] = colours >> 16
            if visible == 0:
                break
            start += forward
        colours, at = paint[agent[b, HELD]], 3 * (view * half + view - 1)
        image[row, at] = colours & 255
        image[row, at + 1] = colours >> 8 & 255
        image[row, at + 2] = colours >> 16

    return look


LOOKS = forms(make_look, VIEWS, globals())
"""Side of the view -> what looks through it."""
