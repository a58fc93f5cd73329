"""Where something is in a world of cells."""

from __future__ import annotations

import numpy as np

Place = tuple[int, int]
"""Column and row of a cell, from 0 at the north-west."""


def read_place(owner: str, value: object) -> Place:
    """Read a place from ``(column, row)`` or ``"column,row"``.

    Args:
        owner: Whose value it is, to be named in errors.
        value: What was given.

    Raises:
        TypeError: If it is neither text nor two integers.
        ValueError: If the text names no place, or a number is negative.
    """
    numbers: object = value
    if isinstance(value, str):
        numbers = value.split(",")
        if len(numbers) != 2 or not all(part.strip().isdecimal() for part in numbers):
            raise ValueError(f"{owner} is a cell, (column, row) or 'column,row' such as '2,3'; got {value!r}")
        numbers = tuple(int(part) for part in numbers)
    if (
        not isinstance(numbers, (tuple, list))
        or len(numbers) != 2
        or not all(isinstance(one, (int, np.integer)) and not isinstance(one, bool) for one in numbers)
    ):
        raise TypeError(f"{owner} is a cell, (column, row) or 'column,row' such as '2,3'; got {value!r}")
    column, row = (int(one) for one in numbers)
    if column < 0 or row < 0:
        raise ValueError(f"{owner} counts columns and rows from 0; got {value!r}")
    return column, row
