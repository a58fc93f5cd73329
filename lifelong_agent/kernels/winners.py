"""Compiled search for the k largest of many numbers, which begins where they were found last."""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np

from lifelong_agent.kernels.compiled import compiled

Array = np.ndarray[Any, Any]


@compiled
def count_above(value: Array, count: int, threshold: Any) -> int:
    """Count those of the first ``count`` values that are more than ``threshold``."""
    above = 0
    for i in range(count):
        above += value[i] > threshold
    return above


@compiled
def kth_largest(value: Array, count: int, k: int) -> Any:
    """Find the k-th largest of the first ``count`` values.

    By halves, which compare many at a time, until few are left; these are sorted out one by one (Hoare 1961).
    """
    least = most = value[0]
    for i in range(1, count):
        least, most = min(least, value[i]), max(most, value[i])
    if least == most:
        return least
    above = 0  # values of more than `most`; the one that is looked for lies between `least` and `most`, both included
    for _ in range(6):
        middle = np.float32(0.5) * (least + most)
        if not least < middle < most:
            break
        more = count_above(value, count, middle)
        if more >= k:
            least = middle
        else:
            most, above = middle, more
    few, left = np.empty(count, value.dtype), 0
    for i in range(count):
        few[left] = value[i]
        left += least <= value[i] <= most
    return select(few, left, k - above)


@compiled
def select(value: Array, count: int, k: int) -> Any:
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
def flag_from(value: Array, threshold: Any, flag: Array) -> None:
    """Flag the values of at least ``threshold``."""
    for j in range(len(value)):
        flag[j] = value[j] >= threshold


@compiled
def collect(value: Array, flag: Array, where: Array, spare: Array) -> int:
    """Write the places of what is flagged into ``where (m + 8,)``, in rising order, and its values into ``spare``.

    Returns:
        How many there are.
    """
    words, found = flag.view(np.uint64), 0
    for word in range(len(words)):
        if words[word]:
            for j in range(8 * word, 8 * word + 8):
                where[found] = j
                found += flag[j]
    for i in range(found):
        spare[i] = value[where[i]]
    return found


@compiled
def collect_largest(value: Array, k: int, flag: Array, where: Array, spare: Array, search: Array) -> int:
    """Collect at least k of the largest values, and no more than a few times k if a threshold parts them so.

    What is at least ``search[0]`` has been flagged: where the threshold was best last time; ``search[1]`` is how far
    from there to look. Memory makes it faster, never changing which values are the largest. ``search[2]`` will
    say from where on values have been collected.
    """
    found = collect(value, flag, where, spare)
    threshold, margin = np.float32(search[0]), np.float32(search[1])
    search[2] = threshold
    if k <= found <= 4 * k:
        search[1] *= 0.95 if found > 2 * k else 1.0
        return found
    search[1] = max(1.3 * search[1], 1e-4) if found < k else 0.7 * search[1]
    low, high = np.float32(-np.inf), np.float32(np.inf)
    for _ in range(24):  # where many are equal, no threshold parts them: then all of them are compared
        if found < k:
            high = threshold
        else:
            low = threshold
        if np.isfinite(low) and np.isfinite(high):
            threshold = np.float32(0.5) * (low + high)
        else:
            threshold += margin if found >= k else -margin
            margin *= np.float32(2.0)
        flag_from(value, threshold, flag)
        found = collect(value, flag, where, spare)
        search[2] = threshold
        if k <= found <= 4 * k:
            return found
    if found < k:
        search[2] = low
        flag_from(value, low, flag)
        found = collect(value, flag, where, spare)
    return found


@compiled
def pick(value: Array, flag: Array, where: Array, spare: Array, search: Array, winners: Array) -> Any:
    """Write the places of the k largest of ``value (m,)`` into ``winners (k,)``, in rising order; returns the largest.

    Of equals the first win. Values of at least ``search[0]`` have been flagged in ``flag``, which is
    ``(8 * ceil(m / 8),)``, bytes, zero beyond m; ``where (m + 8,)`` and ``spare (m,)`` are overwritten.
    """
    k = len(winners)
    found = collect_largest(value, k, flag, where, spare, search)
    least = kth_largest(spare, found, k)
    search[0] = least - search[1]
    equals, best = k, least
    for i in range(found):
        equals -= spare[i] > least
        best = max(best, spare[i])
    place = 0
    for i in range(found):
        drive = value[where[i]]
        if drive > least or (drive == least and equals > 0):
            equals -= drive == least
            winners[place] = where[i]
            place += 1
    return best
