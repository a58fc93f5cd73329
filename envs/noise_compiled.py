"""Normal numbers from groups of dice, added to what is seen, in compiled code: the bits of NumPy's generators.

Generators lie in groups of eight, ``(G, 6, 8)``: the words of a row of dice, each of them eight times. Rows whose
numbers all lie within their layers' rectangles, as 99 % of numbers do, are drawn as vectors, the others one by one.
"""

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
from envs.dice import WORDS
from envs.dice_compiled import advance, mixed
from envs.noise_lanes import (
    AFTER_HALF,
    AFTER_HIGH,
    AFTER_LOW,
    DRAWN,
    HALF,
    HAS_HALF,
    HIGH,
    INCREMENT_HIGH,
    INCREMENT_LOW,
    LANES,
    LOW,
    add_lanes,
    draw_lanes,
)
from envs.ziggurat import EDGE, ziggurat

Array = np.ndarray[Any, Any]

INNER, WIDTHS, HEIGHTS = ziggurat()
_EDGE, _SHARE = np.float32(EDGE), np.float32(1 / EDGE)
# A layer's `INNER` in the low half of a word, as far up as numbers are drawn, and the bits of its `WIDTHS` in the high
# half: one look-up for both.
LAYERS = INNER.astype(np.uint64) << np.uint64(9) | WIDTHS.view(np.uint32).astype(np.uint64) << np.uint64(32)
_HALF, _LAYER, _ALL = np.uint64(0xFFFFFFFF), np.uint64(0xFF), np.uint64(0xFF)
_0, _1, _3, _5, _7, _17, _32 = (np.uint64(number) for number in (0, 1, 3, 5, 7, 17, 32))
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
    width = _as_float(np.uint32(LAYERS[bits & _LAYER] >> _32))  # type: ignore[call-arg]
    size = np.float32(np.int32(np.uint32(bits) >> _9_SHORT)) * width
    # A branch that is taken half of the time would cost more than all the rest.
    return _as_float(_as_bits(size) ^ (np.uint32(bits) & _SIGN) << _TO_SIGN)  # type: ignore[call-arg]


@njit(forceinline=True, **OPTIONS)
def _is_within(bits: Any):
    """Tell whether 32 bits drawn lie within their layer's rectangle."""
    return bits < LAYERS[bits & _LAYER] & _HALF


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


PART = 8
"""Groups whose words are drawn before numbers are made of them: what was just written is not read at once."""
WIDEST = 8
"""Channels of rows that are drawn eight at a time. Of more, most rows have a number that takes more than one draw."""


def _make_add(channels: int) -> Callable[..., None]:  # noqa: PLR0915 - see below
    """Make what adds noise to rows of observations, as NumPy's ``standard_normal(channels, float32)`` draws it.

    Compiled, it adds ``factors * numbers`` to ``seen[row]``, for ``rows`` or for ``every`` row; and before that to
    ``final[row]`` for rows that have ``ended``, of which there may be none.
    """
    words = (channels + 1) // 2
    ring = (1 << (2 * words - 1).bit_length()) - 1
    fields = DRAWN + words
    wide = channels > WIDEST
    group_size, draw_size = np.uint64(8 * LANES * WORDS), np.uint64(8 * LANES * fields)
    rows_size = np.uint64(4 * channels * LANES)

    # In one function: arrays that are handed on would have their references counted, at the price of the numbers.
    def add(  # noqa: PLR0912, PLR0915
        groups: Array, factors: Array, every: bool, rows: Array, seen: Array, ended: Array, final: Array
    ) -> None:
        full = len(seen) // LANES if every and not wide else 0
        ahead, drawn = np.empty((PART, fields, LANES), np.uint64), np.empty(ring + 1, np.uint64)
        # Used in the loop below: what is used by its address alone is let go of at once.
        repeated = np.empty((LANES, channels), np.float32)
        repeated[:] = factors
        state, written = np.uint64(groups.ctypes.data), np.uint64(ahead.ctypes.data)
        layers, told, factors_at = LAYERS.ctypes.data, np.uint64(seen.ctypes.data), repeated.ctypes.data
        # Rows that are taken one by one; below 0 where it is for what was seen last.
        single = np.empty(len(ended) + len(rows) + max(PART * LANES, len(seen) - full * LANES), np.int64)
        for first in range(-PART, full, PART):
            count = 0
            if first < 0:
                for row in range(len(ended)):
                    single[count] = -1 - row
                    count += ended[row]
                for row in rows:
                    single[count] = row
                    count += 1
                for row in range(full * LANES, len(seen) if every else 0):
                    single[count] = row
                    count += 1
            else:
                part = min(PART, full - first)
                for k in range(part):
                    at, words_at = np.uint64(first + k), written + np.uint64(k) * draw_size
                    draw_lanes(channels, state + at * group_size, words_at)  # type: ignore[call-arg] - as above
                for k in range(part):
                    at, words_at = np.uint64(first + k), written + np.uint64(k) * draw_size
                    group, rows_at = state + at * group_size, told + at * rows_size
                    done = add_lanes(channels, group, words_at, rows_at, factors_at, layers)  # type: ignore[call-arg]
                    if done != _ALL:
                        for lane in range(LANES):
                            single[count] = (first + k) * LANES + lane
                            count += not done >> np.uint64(lane) & _1
            for task in range(count):
                last = single[task] < 0
                # Without a sign, or it would be looked at wherever the row is used.
                row = np.uint64(-1 - single[task] if last else single[task])
                which, lane = row >> _3, row & _7
                step = groups[which, INCREMENT_HIGH, lane], groups[which, INCREMENT_LOW, lane]
                high, low, half = groups[which, HIGH, lane], groups[which, LOW, lane], groups[which, HALF, lane]
                # Two numbers are made of one word. Where half of one is left over, all words are shifted by that half.
                has_half = groups[which, HAS_HALF, lane]
                shift, kept, before = has_half << _5, _0 - has_half, (high, low)
                used, made, i, stage, number, layer, sign = 0, 0, 0, FRESH, np.float32(0), _0, _0
                if first >= 0:  # what was drawn for the group is taken further
                    k = which - np.uint64(first)
                    high, low, half = ahead[k, AFTER_HIGH, lane], ahead[k, AFTER_LOW, lane], ahead[k, AFTER_HALF, lane]
                    for word in range(words):
                        both = ahead[k, DRAWN + word, lane]
                        drawn[2 * word], drawn[2 * word + 1] = both & _HALF, both >> _32
                    made = 2 * words
                while i < channels:
                    if used == made:
                        before = high, low
                        high, low, one, two, half = _two(high, low, *step, shift, kept, half)
                        drawn[made & ring], drawn[made + 1 & ring] = one, two
                        made += 2
                    done, stage, number, layer, sign = _judged(drawn[used & ring], stage, number, layer, sign)
                    used += 1
                    if done:
                        if last:
                            final[row, i] += number * repeated[0, i]
                        else:
                            seen[row, i] += number * repeated[0, i]
                        i += 1
                if used < made:
                    # One is left over: half of the last word, or, where words are shifted, all of it.
                    if has_half:
                        high, low = before
                    else:
                        half = drawn[used & ring]
                    groups[which, HAS_HALF, lane] = _1 - has_half
                groups[which, HIGH, lane], groups[which, LOW, lane], groups[which, HALF, lane] = high, low, half

    return add


@cache
def adding(channels: int) -> Any:
    """Compile what adds noise to observations of so many channels, once."""
    return compiled(_make_add(channels))
