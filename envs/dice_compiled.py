"""The compiled forms of the draws in `envs.dice`: numba has no integers of 128 bits, but what it compiles to has."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from envs.compiled import OPTIONS
from envs.dice import MULTIPLIER

_HALF = np.uint64(0xFFFFFFFF)
_32, _58, _63, _64 = np.uint64(32), np.uint64(58), np.uint64(63), np.uint64(64)


@intrinsic
def advance(typing_context: Any, high: Any, low: Any, increment_high: Any, increment_low: Any) -> Any:
    """Give the next state of a generator, high and low word, from the present one and the increment."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole, word = ir.IntType(128), ir.IntType(64)
        half = ir.Constant(whole, 64)
        highs, lows = ([builder.zext(argument, whole) for argument in arguments[k::2]] for k in range(2))
        state, increment = (builder.or_(builder.shl(one, half), two) for one, two in zip(highs, lows, strict=True))
        state = builder.add(builder.mul(state, ir.Constant(whole, MULTIPLIER)), increment)
        parts = [builder.trunc(builder.lshr(state, half), word), builder.trunc(state, word)]
        return context.make_tuple(builder, signature.return_type, parts)

    return types.UniTuple(types.uint64, 2)(*4 * [types.uint64]), generate


@njit(forceinline=True, **OPTIONS)
def mixed(high: Any, low: Any):  # the type is numba's to infer
    """Make the 64 bits that are drawn of a state, high and low word."""
    word, turn = high ^ low, high >> _58
    return word >> turn | word << ((_64 - turn) & _63)


@njit(**OPTIONS)
def _word(dice: np.ndarray):  # likewise
    high, low = advance(dice[0], dice[1], dice[2], dice[3])  # type: ignore[call-arg] - numba gives the first one
    dice[0], dice[1] = high, low
    return mixed(high, low)


def next_64(dice: np.ndarray) -> Any:
    """Draw 64 bits: see `envs.dice.next_64`."""
    return _word(dice)


def next_32(dice: np.ndarray) -> Any:
    """Draw 32 bits as a signed 64-bit integer: see `envs.dice.next_32`."""
    if dice[4]:
        dice[4] = np.uint64(0)
        return np.int64(dice[5])
    word = _word(dice)
    dice[4] = np.uint64(1)
    dice[5] = word >> _32
    return np.int64(word & _HALF)
