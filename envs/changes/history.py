"""What bodies sensed some steps ago."""

from __future__ import annotations

import numpy as np


class History:
    """Remembers the last observations of N bodies, each at its own step.

    Attributes:
        kept: Observations, ``(N, length, ...)``: number k of an episode is at place ``k % length``.
        number: Which observation of its episode each body had last, from 0, ``(N,)`` int64.
    """

    def __init__(self, num_envs: int, length: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
        """Remember ``length`` observations of each body, the present one included."""
        self.kept = np.zeros((num_envs, length, *shape), dtype)
        self.number = np.zeros(num_envs, np.int64)
        self._every, self._length = np.arange(num_envs), length

    def add(self, sensed: np.ndarray, rows: np.ndarray | None, first: bool) -> None:
        """Remember what is sensed, ``(R, ...)``; a first observation stands for all that was before it."""
        which = self._every if rows is None else rows
        if first:
            self.number[which] = 0
            self.kept[which] = sensed[:, None]
        else:
            number = self.number[which] + 1
            self.number[which] = number
            self.kept[which, number % self._length] = sensed

    def ago(self, steps: int | np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Give what was sensed so many steps ago, fewer than ``length``, one number or ``(R,)``: a new array."""
        which = self._every if rows is None else rows
        return self.kept[which, (self.number[which] - steps) % self._length]
