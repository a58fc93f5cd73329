"""Random numbers that are a function of where and when they are drawn, so that there is no state to lose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_ONE, _MIX_TWO = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHIFTS = tuple(np.uint64(shift) for shift in (30, 27, 31, 11))
_PLACES = 20
"""Bits of the counter that number the places of one draw; the others number the draws."""
_UNIT = 2.0**-53
_HALF = np.uint64(32)
_MIDDLE, _PART, _TURN = np.float32(0.5), np.float32(2.0**-32), np.float32(np.pi * 2.0**-31)
_AT_ONCE, _AHEAD = 8192, 32
"""How many numbers are drawn ahead at most, and for how many draws."""


@dataclass
class _Ahead:
    """Draws made before they were asked for: number k of ``drawn`` is that of count ``start + k * stride``.

    A stride of 0 stands for one that is not known yet: then there is one draw, of ``start``.
    """

    start: int
    stride: int
    drawn: np.ndarray
    last: int


class CounterDice:
    """Gives row r, at count c, the numbers that nobody else gets, and the same ones whenever they are asked for.

    Each row has a key; number j of count c is what a SplitMix64 generator that began at the key gives as its number
    ``c * 2**20 + j``. Because a draw moves nothing, worlds that draw so have nothing to save, may be entered at any
    age, and draw the same for a row whichever rows are drawn for beside it. It also lets few numbers be drawn for many
    counts ahead, where these go on evenly, which costs little more than one draw.

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
        self._ahead: dict[tuple[Callable, int, int], _Ahead] = {}

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
        return self._drawn(_uniform, count, width, rows)

    def normal(self, count: int, width: int, rows: np.ndarray | None = None) -> np.ndarray:
        """Draw standard normal numbers, ``(R, width)``, float32, none beyond 6.8; see `uniform`.

        Source: Box and Muller 1958. Each pair is made of the two halves of one number of 64 bits.
        """
        drawn = self._drawn(_normal, count, (width + 1) // 2, rows)
        return drawn[:, :width] if width % 2 else drawn

    def _drawn(
        self, make: Callable[[np.ndarray], np.ndarray], count: int, width: int, rows: np.ndarray | None
    ) -> np.ndarray:
        """Make numbers of the bits of a draw, a new array; ahead, if they are few.

        Even and odd counts are taken to go on evenly each for themselves, though some of them may be left out.
        """
        size = len(self._keys) * width
        if 2 * size > _AT_ONCE:
            return make(self._bits((count,), width, rows)[0])
        key = (make, width, count & 1)
        ahead = self._ahead.get(key)
        if ahead is None:
            drawn = make(self._bits((count,), width, None))
            ahead = self._ahead[key] = _Ahead(count, 0, drawn, count)
        place, off = divmod(count - ahead.start, ahead.stride) if ahead.stride else (count - ahead.start, 0)
        if off or not 0 <= place < len(ahead.drawn):
            gap = count - ahead.last
            if gap <= 0 or not ahead.stride or gap % ahead.stride:
                ahead.stride = max(0, gap)
            length = min(_AHEAD, _AT_ONCE // size) if ahead.stride else 1
            counts = tuple(count + k * ahead.stride for k in range(length))
            ahead.start, ahead.drawn, place = count, make(self._bits(counts, width, None)), 0
        ahead.last = count
        return ahead.drawn[place].copy() if rows is None else ahead.drawn[place, rows]

    def _bits(self, counts: tuple[int, ...], width: int, rows: np.ndarray | None) -> np.ndarray:
        """Draw ``(len(counts), R, width)`` numbers of 64 bits."""
        if width > 1 << _PLACES:
            raise ValueError(f"one draw has at most {1 << _PLACES} numbers a row; got {width}")
        if len(self._steps) < width:
            self._steps = np.arange(1, width + 1, dtype=np.uint64) * _GOLDEN
        keys = self._keys if rows is None else self._keys[rows]
        golden = int(_GOLDEN)
        offsets = np.array([(count << _PLACES) * golden & 0xFFFFFFFFFFFFFFFF for count in counts], np.uint64)
        z = (keys + offsets[:, None, None]) + self._steps[:width]
        shifted = z >> _SHIFTS[0]
        z ^= shifted
        z *= _MIX_ONE
        z ^= np.right_shift(z, _SHIFTS[1], out=shifted)
        z *= _MIX_TWO
        z ^= np.right_shift(z, _SHIFTS[2], out=shifted)
        return z


def _uniform(bits: np.ndarray) -> np.ndarray:
    """Make a number in [0, 1) of the upper 53 of 64 bits."""
    return (bits >> _SHIFTS[3]) * _UNIT


def _normal(bits: np.ndarray) -> np.ndarray:
    """Make two normal numbers of 64 bits: ``(..., width)`` becomes ``(..., 2 * width)`` float32."""
    # From the middles of 2**32 intervals, so that there is no logarithm of 0.
    radius = np.log(((bits >> _HALF).astype(np.float32) + _MIDDLE) * _PART)
    radius *= np.float32(-2.0)
    np.sqrt(radius, out=radius)
    angle = bits.astype(np.uint32).astype(np.float32)
    angle *= _TURN
    return np.concatenate((radius * np.cos(angle), radius * np.sin(angle)), axis=-1)
