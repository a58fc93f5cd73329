"""Normal numbers from rows of dice, added to what is seen, in compiled code: the bits of NumPy's generators."""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from envs.compiled import OPTIONS, compiled
from envs.dice_compiled import advance, mixed
from envs.ziggurat import EDGE, ziggurat

Array = np.ndarray[Any, Any]

INNER, WIDTHS, HEIGHTS = ziggurat()
_EDGE, _SHARE = np.float32(EDGE), np.float32(1 / EDGE)
# A layer's `INNER` in the low half of a word, the bits of its `WIDTHS` in the high half: one look-up for both.
_LAYERS = INNER.astype(np.uint64) | WIDTHS.view(np.uint32).astype(np.uint64) << np.uint64(32)
_HALF, _LAYER = np.uint64(0xFFFFFFFF), np.uint64(0xFF)
_0, _1, _5, _9, _17, _32 = (np.uint64(number) for number in (0, 1, 5, 9, 17, 32))
_SIGN, _TO_SIGN, _8, _9_SHORT = (np.uint32(number) for number in (0x100, 23, 8, 9))


@intrinsic
def _as_float(typing_context: Any, bits: Any) -> Any:
    """Read 32 bits as a float32."""
    return types.float32(types.uint32), lambda context, builder, signature, arguments: builder.bitcast(
        arguments[0], ir.FloatType()
    )


@intrinsic
def _as_bits(typing_context: Any, number: Any) -> Any:
    """Give the 32 bits of a float32."""
    return types.uint32(types.float32), lambda context, builder, signature, arguments: builder.bitcast(
        arguments[0], ir.IntType(32)
    )


@njit(forceinline=True, **OPTIONS)
def _next_32(high: Any, low: Any, increment_high: Any, increment_low: Any, has_half: Any, half: Any):
    """Draw 32 bits of a generator in six words; returns them as uint64, and the four words that change."""
    if has_half:
        return half, high, low, _0, half
    high, low = advance(high, low, increment_high, increment_low)  # type: ignore[call-arg]
    word = mixed(high, low)
    return word & _HALF, high, low, _1, word >> _32


@njit(forceinline=True, **OPTIONS)
def _as_share(bits: Any):
    """Make a float32 in [0, 1) of 32 bits drawn."""
    return np.float32(np.int32(np.uint32(bits) >> _8)) * np.float32(1 / 16777216)


@njit(forceinline=True, **OPTIONS)
def _within(bits: Any):
    """Make a normal number of 32 bits drawn, float32: right if it lies within its layer's rectangle."""
    width = _as_float(np.uint32(_LAYERS[bits & _LAYER] >> _32))  # type: ignore[call-arg]
    size = np.float32(np.int32(np.uint32(bits) >> _9_SHORT)) * width
    # A branch that is taken half of the time would cost more than all the rest.
    return _as_float(_as_bits(size) ^ (np.uint32(bits) & _SIGN) << _TO_SIGN)  # type: ignore[call-arg]


@njit(forceinline=True, **OPTIONS)
def _is_within(bits: Any):
    """Tell whether 32 bits drawn lie within their layer's rectangle."""
    return bits >> _9 < _LAYERS[bits & _LAYER] & _HALF


@njit(forceinline=True, **OPTIONS)
def normal(high: Any, low: Any, increment_high: Any, increment_low: Any, has_half: Any, half: Any):
    """Draw a normal number as NumPy's ``Generator.standard_normal(dtype=float32)`` does.

    Takes a generator in six words, and returns the number and the four words that change: an array that is handed on
    would have its references counted, at three times the price of the number.
    """
    fixed = increment_high, increment_low
    while True:
        bits, high, low, has_half, half = _next_32(high, low, *fixed, has_half, half)
        layer, number = bits & _LAYER, _within(bits)
        accepted = _is_within(bits)
        # Written so that the exponential, which compiled code could take beforehand, is taken here alone.
        if not accepted and layer:
            more, high, low, has_half, half = _next_32(high, low, *fixed, has_half, half)
            height = (HEIGHTS[layer - _1] - HEIGHTS[layer]) * _as_share(more) + HEIGHTS[layer]
            accepted = height < math.exp(-0.5 * number * number)
        while not accepted and not layer:
            more, high, low, has_half, half = _next_32(high, low, *fixed, has_half, half)
            beyond = -_SHARE * np.float32(math.log1p(-_as_share(more)))
            more, high, low, has_half, half = _next_32(high, low, *fixed, has_half, half)
            bound = -np.float32(math.log1p(-_as_share(more)))
            if bound + bound > beyond * beyond:
                accepted = True
                number = -(_EDGE + beyond) if bits >> _17 & _1 else _EDGE + beyond
        if accepted:
            return number, high, low, has_half, half


def _make_add(channels: int) -> Callable[..., None]:
    """Make what adds noise to some rows of observations; see `CompiledNoise.add`."""
    # Two numbers are made of one word; where that comes out even, nothing need be known of the halves of words.
    paired = channels % 2 == 0

    def add(
        dice: Array, factors: Array, rows: Array, sensed: Array, ended: Array, final: Array, seen: Array
    ) -> None:
        # What is seen of last observations is written below what is seen of the others: one array, one loop.
        drawn, size = np.empty(channels, np.uint64), len(sensed)
        for k in range(-len(ended), len(rows)):
            row = rows[k] if k >= 0 else ended[-1 - k]
            to = row if k >= 0 else size + row
            high, low, increment_high, increment_low = dice[row, 0], dice[row, 1], dice[row, 2], dice[row, 3]
            has_half, half = dice[row, 4], dice[row, 5]
            within = paired
            if paired:
                # Where half a word is left over, every word is shifted by that half.
                shift, kept = has_half << _5, _0 - has_half
                for i in range(0, channels, 2):
                    high, low = advance(high, low, increment_high, increment_low)  # type: ignore[call-arg]
                    word = mixed(high, low)
                    both, half = word << shift | half & kept, word >> _32
                    drawn[i], drawn[i + 1] = both & _HALF, both >> _32
                    within &= _is_within(both & _HALF) & _is_within(both >> _32)
            if within:
                dice[row, 0], dice[row, 1], dice[row, 5] = high, low, half
                for i in range(channels):
                    bare = sensed[row, i] if k >= 0 else final[row, i]
                    seen[to, i] = bare + _within(drawn[i]) * factors[i]
            else:
                high, low, half = dice[row, 0], dice[row, 1], dice[row, 5]
                for i in range(channels):
                    number, high, low, has_half, half = normal(high, low, increment_high, increment_low, has_half, half)
                    bare = sensed[row, i] if k >= 0 else final[row, i]
                    seen[to, i] = bare + number * factors[i]
                dice[row, 0], dice[row, 1], dice[row, 4], dice[row, 5] = high, low, has_half, half

    return add


@cache
def adding(channels: int) -> Any:
    """Compile what adds noise to observations of so many channels, once."""
    return compiled(_make_add(channels))
