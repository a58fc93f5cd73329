"""What the rules of one world and of many share: the same arithmetic on numbers and on arrays of them."""

from __future__ import annotations

from typing import Any

from envs.compiled import compilable
from envs.grid.layout import DIRECTION, WIDTH, X, Y


@compilable
def ahead(x: Any, y: Any, facing: Any) -> tuple[Any, Any]:
    """Give the cell that lies ahead: ``MiniGridEnv.front_pos``.

    Args:
        x: Column, an integer or an array of integers ``(N,)``.
        y: Row, likewise.
        facing: Direction, likewise: 0 right, 1 down, 2 left, 3 up.

    Returns:
        Its column and row, in the form in which they came.
    """
    # Arithmetic instead of a table: numba, NumPy and torch all read it, and it needs nothing on the device.
    return x + (1 - facing) * (1 - (facing & 1)), y + (2 - facing) * (facing & 1)


def rows_of(xp: Any, cells: Any) -> Any:
    """Number the worlds, to gather with ``cells[rows, index]``.

    Args:
        xp: NumPy or torch.
        cells: The worlds ``(N, area)``, an array of that library.

    Returns:
        ``0 ... N - 1``, shape ``(N,)``, on the same device.
    """
    count = cells.shape[0]
    return xp.arange(count) if xp.__name__ == "numpy" else xp.arange(count, device=cells.device)


def cells_ahead(agent: Any, settings: Any) -> Any:
    """Give the numbers of the cells ahead of N agents, ``(N, columns)`` -> ``(N,)``."""
    x, y = ahead(agent[:, X], agent[:, Y], agent[:, DIRECTION])
    return y * int(settings[WIDTH]) + x
