"""NumPy's random stream as rows of an array: the draws of N generators, bit for bit, without N objects.

A row holds one PCG64 generator as six unsigned 64-bit words: high and low word of the state, high and low word of the
increment, whether half a word is left over from the last 32-bit draw, and that half.

Source: PCG64 (XSL-RR 128/64), O'Neill 2014; bounded integers by Lemire 2019 (arXiv:1805.10941), as in NumPy's
``Generator.integers``. Tested to give what NumPy gives.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from envs.compiled import compilable, replaced

WORDS = 6
"""Unsigned 64-bit words of one generator."""
MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
_MASK_64, _MASK_32 = (1 << 64) - 1, (1 << 32) - 1


def fresh_dice(seeds: Sequence[int | None]) -> np.ndarray:
    """Make one generator a seed, each in the state of ``gymnasium.utils.seeding.np_random(seed)``.

    Args:
        seeds: Seeds, at least 0; None takes one from the operating system.

    Returns:
        Generators, shape ``(len(seeds), 6)``, uint64.

    Raises:
        ValueError: If a seed is negative.
    """
    dice = np.empty((len(seeds), WORDS), np.uint64)
    for row, seed in zip(dice, seeds, strict=True):
        write_generator(row, np.random.PCG64(np.random.SeedSequence(seed)))
    return dice


def write_generator(row: np.ndarray, source: np.random.PCG64) -> None:
    """Write the state of NumPy's generator into a row, shape ``(6,)``."""
    state = source.state
    number, increment = state["state"]["state"], state["state"]["inc"]
    row[:] = (
        number >> 64,
        number & _MASK_64,
        increment >> 64,
        increment & _MASK_64,
        state["has_uint32"],
        state["uinteger"],
    )


def read_generator(row: np.ndarray) -> np.random.Generator:
    """Make NumPy's generator in the state of a row, shape ``(6,)``; it goes on by itself from there."""
    high, low, increment_high, increment_low, has_half, half = (int(word) for word in row)
    source = np.random.PCG64(0)
    source.state = {
        "bit_generator": "PCG64",
        "state": {"state": high << 64 | low, "inc": increment_high << 64 | increment_low},
        "has_uint32": has_half,
        "uinteger": half,
    }
    return np.random.Generator(source)


@replaced("envs.dice_compiled")
def next_64(dice: np.ndarray) -> int:
    """Draw 64 bits from one generator, shape ``(6,)``."""
    state, increment = int(dice[0]) << 64 | int(dice[1]), int(dice[2]) << 64 | int(dice[3])
    state = (state * MULTIPLIER + increment) & ((1 << 128) - 1)
    dice[0], dice[1] = state >> 64, state & _MASK_64
    word, turn = (state >> 64) ^ (state & _MASK_64), state >> 122
    return (word >> turn | word << (64 - turn)) & _MASK_64


@replaced("envs.dice_compiled")
def next_32(dice: np.ndarray) -> int:
    """Draw 32 bits from one generator, shape ``(6,)``: the low half of a word, then its high half."""
    if dice[4]:
        dice[4] = 0
        return int(dice[5])
    word = next_64(dice)
    dice[4], dice[5] = 1, word >> 32
    return word & _MASK_32


@compilable
def draw_below(dice: np.ndarray, bound: int) -> int:
    """Draw an integer in ``[0, bound)``, ``bound`` from 1 to ``2**31``, as ``Generator.integers`` does."""
    if bound <= 1:
        return 0
    product = next_32(dice) * bound
    if product & 0xFFFFFFFF < bound:
        threshold = (0x100000000 - bound) % bound
        while product & 0xFFFFFFFF < threshold:
            product = next_32(dice) * bound
    return product >> 32


@compilable
def draw_between(dice: np.ndarray, low: int, high: int) -> int:
    """Draw an integer in ``[low, high)``, as ``Generator.integers`` does."""
    return low + draw_below(dice, high - low)


@compilable
def draw_swap(dice: np.ndarray, last: int) -> int:
    """Draw an integer in ``[0, last]`` by masked rejection, as ``Generator.shuffle`` does for its swaps."""
    mask = last
    for shift in (1, 2, 4, 8, 16):
        mask |= mask >> shift
    value = next_32(dice) & mask
    while value > last:
        value = next_32(dice) & mask
    return value


@compilable
def shuffle(dice: np.ndarray, items: np.ndarray) -> None:
    """Shuffle an array, shape ``(n,)``, in place, as ``Generator.shuffle`` does a list."""
    for i in range(len(items) - 1, 0, -1):
        j = draw_swap(dice, i)
        items[i], items[j] = items[j], items[i]


@compilable
def draw_double(dice: np.ndarray) -> float:
    """Draw a number in ``[0, 1)``, as ``Generator.random`` does."""
    return (next_64(dice) >> 11) * (1.0 / 9007199254740992.0)
