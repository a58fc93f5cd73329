"""Compiled drives of one stream of bits: they follow what changed in the senses.

Bits are projected by weights in fixed point, so sums are exact: a drive that followed ten thousand changes is the same,
to the bit, as one summed anew, and nothing ever has to be refreshed.
"""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np

from lifelong_agent.kernels.compiled import compiled, reassociated

Array = np.ndarray[Any, Any]

BLOCK = 2048
"""Drives that are summed in one go: they stay in the fastest cache while row after row is added."""


@compiled
def differences(before: Array, after: Array, more: Array, less: Array) -> tuple[int, int]:
    """List which of ``after (D,)`` are on and were not ``before (D,)`` into ``more``, which no longer into ``less``.

    Both are bytes of 0 or 1, eight of which are compared at a time, so D is a multiple of eight.
    """
    old, new = before.view(np.uint64), after.view(np.uint64)
    on, off = 0, 0
    for word in range(len(old)):
        if old[word] != new[word]:
            for d in range(8 * word, 8 * word + 8):
                more[on] = d
                on += after[d] > before[d]
                less[off] = d
                off += after[d] < before[d]
    return on, off


@compiled
def add_rows(weight: Array, which: Array, count: int, sign: int, first: int, total: Array) -> None:
    """Add ``count`` rows of ``weight (D, m)``, named in ``which``, from column ``first`` on, to ``total (n,)``."""
    i, last = 0, first + len(total)
    while i + 4 <= count:  # four at a time, so that the sum is fetched and stored a quarter as often
        one, two = weight[which[i], first:last], weight[which[i + 1], first:last]
        three, four = weight[which[i + 2], first:last], weight[which[i + 3], first:last]
        if sign > 0:
            for j in range(len(total)):
                total[j] += (np.int32(one[j]) + np.int32(two[j])) + (np.int32(three[j]) + np.int32(four[j]))
        else:
            for j in range(len(total)):
                total[j] -= (np.int32(one[j]) + np.int32(two[j])) + (np.int32(three[j]) + np.int32(four[j]))
        i += 4
    while i < count:
        one = weight[which[i], first:last]
        if sign > 0:
            for j in range(len(total)):
                total[j] += one[j]
        else:
            for j in range(len(total)):
                total[j] -= one[j]
        i += 1


@compiled
def swap_rows(weight: Array, more: Array, on: int, less: Array, off: int, first: int, total: Array) -> None:
    """Add ``on`` rows of ``weight (D, m)``, named in ``more``, to ``total (n,)``, and take ``off`` in ``less`` away."""
    i, last = 0, first + len(total)
    while i + 2 <= on and i + 2 <= off:  # as many come as go, mostly
        one, two = weight[more[i], first:last], weight[more[i + 1], first:last]
        three, four = weight[less[i], first:last], weight[less[i + 1], first:last]
        for j in range(len(total)):
            total[j] += (np.int32(one[j]) + np.int32(two[j])) - (np.int32(three[j]) + np.int32(four[j]))
        i += 2
    add_rows(weight, more[i:], on - i, 1, first, total)
    add_rows(weight, less[i:], off - i, -1, first, total)


@compiled
def follow_drives(drive: Array, centre: Array, unit: Any, share: Any) -> None:
    """Move the usual drives ``centre (m,)`` by ``share`` towards those of an observation."""
    for j in range(len(centre)):
        centre[j] += share * (np.float32(drive[j]) * unit - centre[j])


@compiled
def move(
    before: Array,
    after: Array,
    weight: Array,
    unit: float,
    known: Array,
    drive: Array,
    centre: Array,
    share: Any,
    owed_drive: Array,
    lists: Array,
    value: Array,
    flag: Array,
    search: Array,
) -> None:
    """Let drives follow from one observation to another, and the usual drives by ``share``: see `code_bits`."""
    size = len(drive)
    on, off = differences(before, after, lists[0], lists[1])
    one, threshold = np.float32(unit), np.float32(search[0])
    for first in range(0, size, BLOCK):  # from 0 on within: of an index that might be negative no vector is made
        last = min(first + BLOCK, size)
        total, usual, owed = drive[first:last], centre[first:last], owed_drive[first:last]
        centred, flagged = value[first:last], flag[first:last]
        total[:] = known[first:last]
        swap_rows(weight, lists[0], on, lists[1], off, first, total)
        if share:  # in one pass, for all of it waits for memory
            for j in range(len(total)):
                level = usual[j] + share * (np.float32(owed[j]) * one - usual[j])
                usual[j] = level
                centred[j] = np.float32(total[j]) * one - level
                flagged[j] = centred[j] >= threshold
        else:
            for j in range(len(total)):
                centred[j] = np.float32(total[j]) * one - usual[j]
                flagged[j] = centred[j] >= threshold


@reassociated
def centre_sense(sense: Array, counts: Array, share: Any, unusual: Array) -> Any:
    """Write an observation less ``share`` of ``counts`` into ``unusual``, each ``(D,)``; returns its absolute sum."""
    total = np.float32(0.0)
    for d in range(len(unusual)):
        unusual[d] = np.float32(sense[d]) - np.float32(counts[d]) * share
        total += abs(unusual[d])
    return total


@reassociated
def project(weight: Array, sense: Array) -> Any:
    """Project an observation by the weights of one neuron, each ``(D,)``."""
    total = np.float32(0.0)
    for d in range(len(sense)):
        total += weight[d] * sense[d]
    return total


@compiled
def take_in(sense: Array, counts: Array, lived: Array, debt: Array) -> Any:
    """Count an observation, if one is owed: see `code_bits`; returns how far the usual drives have to follow."""
    if not debt[0]:
        return np.float32(0.0)
    debt[0] = 0.0
    lived[1] += 1.0
    for d in range(len(counts)):
        counts[d] += sense[d]
    return np.float32(1.0 / (lived[0] + lived[1]))


@compiled
def repay_bits(
    sense: Array, drive: Array, unit: float, centre: Array, counts: Array, lived: Array, debt: Array
) -> None:
    """Take in the observation that is owed: see `code_bits`."""
    follow_drives(drive, centre, np.float32(unit), take_in(sense, counts, lived, debt))
