"""A bounded random walk that is a function of the age."""

from __future__ import annotations

import numpy as np

from envs.counter import CounterDice

_DRAWN = 256
"""Knots drawn at once."""


class Walk:
    """Wanders between two bounds, in each channel for itself, from 0 at age 0.

    A random walk with normal increments at evenly spaced knots, straight in between, and reflected at the bounds:
    the free walk is folded, so that all ages are functions of the seed alone. The last knots are kept: going on costs
    little, going back begins again.
    """

    def __init__(self, rng: np.random.Generator, channels: int, limit: float, over: int) -> None:
        """Begin at age 0.

        Args:
            rng: Gives one number, the key of all draws.
            channels: Number of walks.
            limit: Bound of their absolute values, above 0.
            over: Life steps after which a free walk has ``limit`` as its standard deviation, at least 1.
        """
        self._dice = CounterDice([rng])
        self._channels, self._limit = channels, limit
        self._period = max(1, over // 100)
        self._deviation = limit * np.sqrt(self._period / over)
        self._length = max(1, min(_DRAWN, 2**20 // channels))
        self._age, self._value = -1, np.zeros(channels)
        self._restart()

    def at(self, age: int) -> np.ndarray:
        """Give where the walks are at an age, ``(channels,)`` float64; not to be written to."""
        if age == self._age:
            return self._value
        knot, passed = divmod(age, self._period)
        block, index = divmod(knot, self._length)
        if block < self._block:
            self._restart()
        while self._block < block:
            self._go_on()
        before, after = self._knots[index], self._knots[index + 1]
        self._age, self._value = age, self._folded(before + (after - before) * (passed / self._period))
        return self._value

    def _restart(self) -> None:
        self._block, self._knots = -1, np.zeros((1, self._channels))
        self._go_on()

    def _go_on(self) -> None:
        """Draw the next knots; the first of them is the last one of those before."""
        self._block += 1
        drawn = self._dice.normal(self._block, self._length * self._channels).reshape(self._length, -1)
        start = self._knots[-1:]
        self._knots = np.concatenate((start, start + np.cumsum(drawn * self._deviation, axis=0, dtype=np.float64)))

    def _folded(self, free: np.ndarray) -> np.ndarray:
        """Reflect a free walk at the bounds."""
        limit = self._limit
        turned = np.mod(free + limit, 4 * limit)
        return np.where(turned < 2 * limit, turned - limit, 3 * limit - turned)
