"""Dice of N rows in one array: numbers that depend on a row's key and on how often it has drawn, and on nothing else.

Source: SplitMix64 (Steele, Lea and Flood 2014), of which a draw is the output for one state. All arithmetic is in
signed 64-bit integers that wrap around, as both NumPy's and torch's do.
"""

from __future__ import annotations

import numpy as np

from envs.batched import Array

GOLDEN = 0x9E3779B97F4A7C15
FIRST, SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
ROUND = 64
"""Draws that a row may make in one step before they repeat those of the next."""


def signed(word: int) -> int:
    """Read 64 bits as a signed number."""
    return word - (1 << 64) if word >> 63 else word


def keys_of(dice: np.ndarray) -> np.ndarray:
    """Give rows of `envs.dice` keys: ``(N, 6)`` uint64 -> ``(N,)`` int64."""
    return (dice[:, 0] ^ dice[:, 1] ^ dice[:, 3]).view(np.int64)


def mixed(state: Array) -> Array:
    """Mix 64 bits, any shape, int64: SplitMix64's output for a state."""
    state = (state ^ (state >> 30 & (1 << 34) - 1)) * signed(FIRST)
    state = (state ^ (state >> 27 & (1 << 37) - 1)) * signed(SECOND)
    return state ^ (state >> 31 & (1 << 33) - 1)


class RowDice:
    """The draws of N rows within one step."""

    def __init__(self, keys: Array, ticks: Array) -> None:
        """Stand ready for one step.

        Args:
            keys: ``(N,)``, int64.
            ticks: How many steps each row has drawn in, ``(N,)``, int64.
        """
        self._state, self._drawn = keys + ticks * signed(GOLDEN * ROUND % (1 << 64)), 0

    def word(self) -> Array:
        """Draw 31 bits in each row: ``(N,)``, int64."""
        self._drawn += 1
        return mixed(self._state + signed(GOLDEN * self._drawn % (1 << 64))) >> 33 & (1 << 31) - 1

    def below(self, bound: int) -> Array:
        """Draw an integer in ``[0, bound)`` in each row, ``bound`` up to ``2**31``: ``(N,)``, int64."""
        return self.word() * bound >> 31

    def uniform(self, shape: tuple[int, ...]) -> Array:
        """Draw a number in ``[0, 1)`` in each row, a multiple of ``2**-24``: ``(N,)``, float32 in torch.

        Raises:
            ValueError: If another shape is asked for.
        """
        if shape != tuple(self._state.shape):
            raise ValueError(f"each of {len(self._state)} rows draws one number at a time; got shape {shape}")
        return (self.word() >> 7) / (1 << 24)
