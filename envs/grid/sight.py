"""What an agent sees: the egocentric view with MiniGrid's occlusion, looked up row by row."""

from __future__ import annotations

from functools import cache

import numpy as np

from envs.compiled import compilable
from envs.grid.codes import CLEAR, UNSEEN, WALL
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


@compilable
def see(  # noqa: PLR0912 - four directions, and what hides what
    cells: np.ndarray,
    agent: np.ndarray,
    settings: np.ndarray,
    view: int,
    traits: np.ndarray,
    table: np.ndarray,
    codes: np.ndarray,
) -> None:
    """Write what one agent sees.

    Args:
        cells: Its world, ``(width * height,)``.
        agent: ``(24,)``.
        settings: ``(16,)``.
        view: Side of the view in cells.
        traits: What can be done with a code, ``(256,)``.
        table: How sight spreads: see `spreading`.
        codes: Codes of the cells of the view, ``(view * view,)``, column by column from left to right, far cells first.
    """
    width, height = settings[WIDTH], settings[HEIGHT]
    x, y, facing = agent[X], agent[Y], agent[DIRECTION]
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
    through = settings[SEE_THROUGH] != 0
    visible = (1 << view) - 1 if through else 1 << half
    here = y * width + x
    for k in range(view * view):
        codes[k] = UNSEEN
    for distance in range(view):
        row = view - 1 - distance
        inside = distance <= ahead
        clear = 0
        start = here + distance * forward - half * aside
        if inside:
            for column in range(first, last + 1):
                thing = cells[start + column * aside]
                codes[column * view + row] = thing
                clear |= (traits[thing] & CLEAR) << column
        if through:
            for column in range(view):
                if not inside or column < first or column > last:
                    codes[column * view + row] = WALL
        else:
            told = table[visible << view | clear]
            seen = told & ((1 << view) - 1)
            for column in range(view):
                if not seen >> column & 1:
                    codes[column * view + row] = UNSEEN
                elif not inside or column < first or column > last:
                    codes[column * view + row] = WALL
            visible = told >> view
            if visible == 0:
                break
    codes[half * view + view - 1] = agent[HELD]
