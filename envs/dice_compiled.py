"""The compiled forms of the draws in `envs.dice`: 128-bit arithmetic in unsigned 64-bit words, which wrap around."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from envs.compiled import OPTIONS

_HIGH, _LOW = np.uint64(0x2360ED051FC65DA4), np.uint64(0x4385DF649FCCF645)
_HALF = np.uint64(0xFFFFFFFF)
_32, _58, _63, _64 = np.uint64(32), np.uint64(58), np.uint64(63), np.uint64(64)


@njit(**OPTIONS)
def _word(dice: np.ndarray):  # the type is numba's to infer
    high, low = dice[0], dice[1]
    # low * _LOW as 128 bits, by halves of 32 bits
    a, b, c, d = low >> _32, low & _HALF, _LOW >> _32, _LOW & _HALF
    bottom, one, two = b * d, a * d, b * c
    middle = (bottom >> _32) + (one & _HALF) + (two & _HALF)
    carried = a * c + (one >> _32) + (two >> _32) + (middle >> _32)
    high = carried + high * _LOW + low * _HIGH
    low = low * _LOW
    low += dice[3]
    high += dice[2] + np.uint64(low < dice[3])
    dice[0], dice[1] = high, low
    word, turn = high ^ low, high >> _58
    return word >> turn | word << ((_64 - turn) & _63)


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
