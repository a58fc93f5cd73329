"""Random numbers that are a function of where and when they are drawn, so that there is no state to lose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_ONE, _MIX_TWO = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHIFTS = tuple(np.uint64(shift) for shift in (30, 27, 31, 11))
_PLACES = 20
"""Bits of the counter that number the places of one draw; the others number the draws."""
_UNIT = 2.0**-53


class CounterDice:
    """Gives row r, at count c, the numbers that nobody else gets, and the same ones whenever they are asked for.

    Each row has a key; number j of count c is what a SplitMix64 generator that began at the key gives as its number
    ``c * 2**20 + j``. Because a draw moves nothing, worlds that draw so have nothing to save, may be entered at any
    age, and draw the same for a row whichever rows are drawn for beside it.

    Source: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", figure 17; counters instead
    of states after Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
    """

    def __init__(self, generators: Sequence[np.random.Generator]) -> None:
        """Take a key for each row from its generator.

        Args:
            generators: One a row; each gives one number.
        """
        keys = [generator.integers(0, 2**64, dtype=np.uint64) for generator in generators]
        self._keys = np.array(keys, np.uint64)[:, None]
        self._steps: np.ndarray = np.empty(0, np.uint64)

    def uniform(self, count: int, width: int, rows: np.ndarray | None = None) -> np.ndarray:
        """Draw numbers in [0, 1).

        Args:
            count: Which draw this is, at least 0 and below 2**44.
            width: How many numbers each row gets, at most 2**20.
            rows: Indices ``(R,)`` of the rows that draw; None for all.

        Returns:
            ``(R, width)``, float64, uniform.

        Raises:
            ValueError: If a row asks for more numbers than there are places.
        """
        return (self._bits(count, width, rows) >> _SHIFTS[3]) * _UNIT

    def normal(self, count: int, width: int, rows: np.ndarray | None = None) -> np.ndarray:
        """Draw standard normal numbers, ``(R, width)``, float64, by Box and Muller's method; see `uniform`."""
        pairs = (width + 1) // 2
        drawn = self.uniform(count, 2 * pairs, rows)
        radius = np.sqrt(-2.0 * np.log1p(-drawn[:, :pairs]))
        angle = (2.0 * np.pi) * drawn[:, pairs:]
        return np.concatenate((radius * np.cos(angle), radius * np.sin(angle)), axis=1)[:, :width]

    def _bits(self, count: int, width: int, rows: np.ndarray | None) -> np.ndarray:
        """Draw ``(R, width)`` numbers of 64 bits."""
        if width > 1 << _PLACES:
            raise ValueError(f"one draw has at most {1 << _PLACES} numbers a row; got {width}")
        if len(self._steps) < width:
            self._steps = np.arange(1, width + 1, dtype=np.uint64) * _GOLDEN
        keys = self._keys if rows is None else self._keys[rows]
        offset = np.uint64((count << _PLACES) * int(_GOLDEN) & 0xFFFFFFFFFFFFFFFF)
        z = (keys + offset) + self._steps[:width]
        z ^= z >> _SHIFTS[0]
        z *= _MIX_ONE
        z ^= z >> _SHIFTS[1]
        z *= _MIX_TWO
        z ^= z >> _SHIFTS[2]
        return z
