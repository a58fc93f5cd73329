"""Arrays to be handed out again once nobody holds them: fresh memory costs more than what is written into it."""

from __future__ import annotations

import math
from sys import getrefcount

import numpy as np

SMALL = 4096
"""Bytes of an array that is made anew each time: memory of that size is at hand sooner than it is looked for."""


class Spares:
    """Hands out arrays of one shape and type.

    An array that is in use, by itself or through a view of it, is never handed out. Pages that a process touches for
    the first time cost the operating system about as long as writing them does: for observations of a megabyte that is
    more than making them.
    """

    def __init__(self, shape: tuple[int, ...], dtype: np.typing.DTypeLike = np.uint8, most: int = 4) -> None:
        """Begin without any.

        Args:
            shape: Shape of the arrays.
            dtype: Their type.
            most: How many are remembered; one beyond that is made, and forgotten by whoever used the oldest.
        """
        self._shape, self._dtype, self._most = shape, dtype, most
        self._small = math.prod(shape) * np.dtype(dtype).itemsize <= SMALL
        self._arrays: list[np.ndarray] = []
        # What `getrefcount` says of an array that is held by the list alone, asked as `take` asks.
        self._alone = self._counts([np.empty(0)])[0]

    def take(self) -> np.ndarray:
        """Give an array that nobody else holds; what is in it is of no account."""
        if self._small:
            return np.empty(self._shape, self._dtype)
        arrays = self._arrays
        for place, count in enumerate(self._counts(arrays)):
            if count == self._alone:
                return arrays[place]
        fresh = np.empty(self._shape, self._dtype)
        if len(arrays) == self._most:
            del arrays[0]
        arrays.append(fresh)
        return fresh

    @staticmethod
    def _counts(arrays: list[np.ndarray]) -> list[int]:
        return [getrefcount(array) for array in arrays]
