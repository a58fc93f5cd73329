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
def _two(high: Any, low: Any, increment_high: Any, increment_low: Any, shift: Any, kept: Any, half: Any) -> Any:
    """Draw 32 bits twice, the first of them ``half`` where that is kept; returns the state, the two, what is left."""
    high, low = advance(high, low, increment_high, increment_low)  # type: ignore[call-arg] - numba gives the first one
    word = mixed(high, low)
    both = word << shift | half & kept
    return high, low, both & _HALF, both >> _32, word >> _32


FRESH, WEDGE, TAIL, BOUND = range(4)
"""What the next 32 bits are for: a new number, whether one is under the density, the tail's number and its bound."""


@njit(forceinline=True, **OPTIONS)
def _judged(bits: Any, stage: int, number: Any, layer: Any, sign: Any) -> Any:
    """Take 32 bits further; returns whether a number is drawn, the next stage, and what is known of the number."""
    if stage == FRESH:
        number, layer = _within(bits), bits & _LAYER
        done = _is_within(bits)
        return done, FRESH if done else WEDGE if layer else TAIL, number, layer, bits >> _17 & _1
    if stage == WEDGE:
        height = (HEIGHTS[layer - _1] - HEIGHTS[layer]) * _as_share(bits) + HEIGHTS[layer]
        return height < math.exp(-0.5 * number * number), FRESH, number, layer, sign
    if stage == TAIL:
        return False, BOUND, -_SHARE * np.float32(math.log1p(-_as_share(bits))), layer, sign
    bound = -np.float32(math.log1p(-_as_share(bits)))
    done = bound + bound > number * number
    return done, FRESH if done else TAIL, -(_EDGE + number) if sign else _EDGE + number, layer, sign


def _make_add(channels: int) -> Callable[..., None]:
    """Make what adds noise to some rows of observations, as NumPy's ``standard_normal(channels, float32)`` draws it.

    Compiled, it writes ``seen[row] = sensed[row] + factors * numbers`` for ``rows``, and before that
    ``seen[N + row] = final[row] + factors * numbers`` for rows that have ``ended``.
    """
    words = (channels + 1) // 2
    ring = (1 << (2 * words - 1).bit_length()) - 1

    # In one function: arrays that are handed on would have their references counted, at the price of the numbers.
    def add(dice: Array, factors: Array, rows: Array, sensed: Array, ended: Array, final: Array, seen: Array) -> None:
        drawn, size = np.empty(ring + 1, np.uint64), np.uint64(len(sensed))
        for k in range(-len(ended), len(rows)):
            # Without a sign, or it would be looked at wherever the row is used.
            row = np.uint64(rows[k] if k >= 0 else ended[-1 - k])
            to = row if k >= 0 else size + row
            high, low, step, half = dice[row, 0], dice[row, 1], (dice[row, 2], dice[row, 3]), dice[row, 5]
            # Two numbers are made of one word. Where half of one is left over, all words are shifted by that half:
            # a branch that is taken half of the time would cost as much as a number.
            has_half = dice[row, 4]
            shift, kept = has_half << _5, _0 - has_half
            before, within = (high, low), True
            for i in range(words):
                before = high, low
                high, low, one, two, half = _two(high, low, *step, shift, kept, half)
                drawn[2 * i], drawn[2 * i + 1] = one, two
                within &= _is_within(one) & (2 * i + 1 == channels or _is_within(two))
            used, made = channels, 2 * words
            if within:
                for i in range(channels):
                    bare = sensed[row, i] if k >= 0 else final[row, i]
                    seen[to, i] = bare + _within(drawn[i]) * factors[i]
            else:
                used, i, stage, number, layer, sign = 0, 0, FRESH, np.float32(0), _0, _0
                while i < channels:
                    if used == made:
                        before = high, low
                        high, low, one, two, half = _two(high, low, *step, shift, kept, half)
                        drawn[made & ring], drawn[made + 1 & ring] = one, two
                        made += 2
                    done, stage, number, layer, sign = _judged(drawn[used & ring], stage, number, layer, sign)
                    used += 1
                    if done:
                        bare = sensed[row, i] if k >= 0 else final[row, i]
                        seen[to, i] = bare + number * factors[i]
                        i += 1
            if used < made:
                # One is left over: half of the last word, or, where words are shifted, all of it.
                if has_half:
                    high, low = before
                else:
                    half = drawn[used & ring]
                dice[row, 4] = _1 - has_half
            dice[row, 0], dice[row, 1], dice[row, 5] = high, low, half

    return add


@cache
def adding(channels: int) -> Any:
    """Compile what adds noise to observations of so many channels, once."""
    return compiled(_make_add(channels))
