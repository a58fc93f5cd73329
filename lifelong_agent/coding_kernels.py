"""Compiled coding of one stream: drives that follow what changed in the senses, and the k largest of them.

Bits are projected by weights in fixed point, so sums are exact: a drive that followed ten thousand changes is the same,
to the bit, as one summed anew, and nothing ever has to be refreshed. The step of the fixed point is that of single
precision at the largest sum there can be, so it agrees with the reference to rounding.

Kernels of this file call each other only: numba keeps compiled code as long as the file of the kernel itself is older.
"""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]

compiled = njit(cache=True, nogil=True, error_model="numpy")
contracted = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})

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
                total[j] += (one[j] + two[j]) + (three[j] + four[j])
        else:
            for j in range(len(total)):
                total[j] -= (one[j] + two[j]) + (three[j] + four[j])
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
def count_from(value: Array, threshold: Any) -> int:
    """Count the values of at least ``threshold``."""
    count = 0
    for j in range(len(value)):
        count += value[j] >= threshold
    return count


@compiled
def kth_largest(value: Array, count: int, k: int) -> Any:
    """Find the k-th largest of the first ``count`` values, whose order is lost (Hoare 1961)."""
    low, high, wanted = 0, count - 1, k - 1
    while low < high:
        pivot = value[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while value[i] > pivot:
                i += 1
            while value[j] < pivot:
                j -= 1
            if i <= j:
                value[i], value[j] = value[j], value[i]
                i += 1
                j -= 1
        if wanted <= j:
            high = j
        elif wanted >= i:
            low = i
        else:
            break
    return value[wanted]


@compiled
def find_threshold(value: Array, k: int, search: Array) -> Any:
    """Find a threshold that at least k values reach, and no more than a few times k if there is such a one.

    Where it would have been best last time is where it is looked for: ``search`` holds that, and how far from there to
    look. Memory makes it faster, and never changes which values are the largest.
    """
    threshold, margin = np.float32(search[0]), np.float32(search[1])
    count = count_from(value, threshold)
    if k <= count <= 4 * k:
        search[1] *= 0.95 if count > 2 * k else 1.0
        return threshold
    search[1] = max(1.3 * search[1], 1e-4) if count < k else 0.7 * search[1]
    low, high = np.float32(-np.inf), np.float32(np.inf)
    for _ in range(24):  # where many are equal, no threshold parts them: then all of them are compared
        if count < k:
            high = threshold
        else:
            low = threshold
        if np.isfinite(low) and np.isfinite(high):
            threshold = np.float32(0.5) * (low + high)
        else:
            threshold += margin if count >= k else -margin
            margin *= np.float32(2.0)
        count = count_from(value, threshold)
        if k <= count <= 4 * k:
            return threshold
    return threshold if count >= k else low


@compiled
def pick(value: Array, flag: Array, spare: Array, search: Array, winners: Array) -> Any:
    """Write the places of the k largest of ``value (m,)`` into ``winners (k,)``, in rising order; returns the largest.

    Of equals the first win. ``flag`` is ``(8 * ceil(m / 8),)``, bytes, zero beyond m; ``spare (m,)`` is overwritten.
    """
    size, k = len(value), len(winners)
    threshold = find_threshold(value, k, search)
    for j in range(size):
        flag[j] = value[j] >= threshold
    words = flag.view(np.uint64)
    found = 0
    for word in range(len(words)):
        if words[word]:
            for j in range(8 * word, min(8 * word + 8, size)):
                spare[found] = value[j]
                found += flag[j]
    least = kth_largest(spare, found, k)
    search[0] = least - search[1]
    equals = k
    for i in range(found):
        equals -= spare[i] > least
    best, place = least, 0
    for word in range(len(words)):
        if words[word]:
            for j in range(8 * word, min(8 * word + 8, size)):
                if value[j] > least or (value[j] == least and equals > 0):
                    equals -= value[j] == least
                    best = max(best, value[j])
                    winners[place] = j
                    place += 1
    return best


@compiled
def repay_bits(sense: Array, drive: Array, unit: float, share: float, mean: Array, centre: Array, part: float) -> None:
    """Move the usual input ``mean (D,)`` by ``share`` and the usual drives ``centre (m,)`` by ``part`` towards one."""
    now, one = np.float32(share), np.float32(unit)
    for d in range(len(mean)):
        mean[d] += now * (np.float32(sense[d]) - mean[d])
    now = np.float32(part)
    for j in range(len(centre)):
        centre[j] += now * (np.float32(drive[j]) * one - centre[j])


@compiled
def repay_reals(sense: Array, mean: Array, square: Array, count: float) -> None:
    """Take ``sense (D,)`` into the statistics of ``count`` samples: see `ContextNormalizer.update`."""
    share, weight = np.float32(1.0 / (count + 1.0)), np.float32(count / (count + 1.0))
    for d in range(len(mean)):
        shift = sense[d] - mean[d]
        mean[d] += shift * share
        square[d] += shift * shift * weight


@compiled
def code_bits(
    before: Array,
    after: Array,
    weight: Array,
    unit: float,
    known: Array,
    drive: Array,
    centre: Array,
    mean: Array,
    debt: Array,
    owed: Array,
    owed_drive: Array,
    lists: Array,
    value: Array,
    flag: Array,
    spare: Array,
    search: Array,
    winners: Array,
) -> Any:
    """Code one observation of bits; returns the drive of the neuron that meets it best.

    Args:
        before: The observation that ``known`` are the drives of, ``(D,)``, bytes; no bit on, and no drive, at first.
        after: The observation, ``(D,)``.
        weight: In fixed point, ``(D, m)``, int32.
        unit: What an integer 1 stands for.
        known: Drives of ``before``, ``(m,)``, int32.
        drive: Drives of ``after``, ``(m,)``: written.
        centre: Mean drives, ``(m,)``.
        mean: Mean input, ``(D,)``.
        debt: How far these two have yet to be moved, ``(2,)``: see `repay_bits`. Zero from now on.
        owed: The observation which they have to be moved towards, ``(D,)``.
        owed_drive: Its drives, ``(m,)``.
        lists: Memory, ``(2, D)``.
        value: Centred drives, ``(m,)``: written.
        flag: Memory: see `pick`.
        spare: Memory: see `pick`.
        search: See `pick`.
        winners: Who fires, ``(k,)``: written.
    """
    size = len(drive)
    on, off = differences(before, after, lists[0], lists[1])
    one = np.float32(unit)
    if debt[0]:
        repay_bits(owed, owed_drive, unit, debt[0], mean, centre, debt[1])
        debt[0] = 0.0
    for first in range(0, size, BLOCK):
        last = min(first + BLOCK, size)
        total = drive[first:last]
        total[:] = known[first:last]
        add_rows(weight, lists[0], on, 1, first, total)
        add_rows(weight, lists[1], off, -1, first, total)
        usual, centred = centre[first:last], value[first:last]
        for j in range(len(total)):  # from 0 on: of an index that might be negative no vector is made
            centred[j] = np.float32(total[j]) * one - usual[j]
    return pick(value, flag, spare, search, winners)


@contracted
def combine(sense: Array, weight: Array, bias: Array, total: Array) -> None:
    """Write ``bias + sense @ weight`` into ``total (m,)``."""
    width, size = weight.shape
    for first in range(0, size, BLOCK):
        last = min(first + BLOCK, size)
        part = total[first:last]
        part[:] = bias[first:last]
        d = 0
        while d + 4 <= width:  # four at a time, so that the sum is fetched and stored a quarter as often
            one, two = weight[d, first:last], weight[d + 1, first:last]
            three, four = weight[d + 2, first:last], weight[d + 3, first:last]
            a, b, c, e = sense[d], sense[d + 1], sense[d + 2], sense[d + 3]
            for j in range(len(part)):
                part[j] += (a * one[j] + b * two[j]) + (c * three[j] + e * four[j])
            d += 4
        while d < width:
            one, a = weight[d, first:last], sense[d]
            for j in range(len(part)):
                part[j] += a * one[j]
            d += 1


@compiled
def code_reals(
    sense: Array,
    mean: Array,
    square: Array,
    debt: Array,
    owed: Array,
    clip: float,
    weight: Array,
    bias: Array,
    normal: Array,
    value: Array,
    flag: Array,
    spare: Array,
    search: Array,
    winners: Array,
) -> Any:
    """Code one observation ``sense (D,)`` of real-valued channels: normalise, project, pick; see `code_bits`.

    ``debt (2,)`` says whether ``owed (D,)`` has yet to be taken into the statistics, and how many samples these hold
    then; ``normal (D,)`` is overwritten. Returns NaN, and does nothing, where a channel is not finite.
    """
    total = np.float32(0.0)
    for d in range(len(sense)):
        total += sense[d]
    if not np.isfinite(total):
        return np.float32(np.nan)
    if debt[0]:
        repay_reals(owed, mean, square, debt[1] - 1.0)
        debt[0] = 0.0
    bound, samples = np.float32(clip), np.float32(max(debt[1], 1.0))
    for d in range(len(sense)):
        deviation = np.sqrt(square[d] / samples + np.float32(1e-8))
        normal[d] = min(max((sense[d] - mean[d]) / deviation, -bound), bound)
    combine(normal, weight, bias, value)
    return pick(value, flag, spare, search, winners)
