"""Compiled coding of one stream: drives that follow what changed in the senses, and the k largest of them.

Bits are projected by weights in fixed point, so sums are exact: a drive that followed ten thousand changes is the same,
to the bit, as one summed anew, and nothing ever has to be refreshed. What a step costs is to fetch weights, so those of
the cortex have 16 bits: a drive is then known up to a bound, and where that leaves open who fires, the weights as they
are decide. So who fires agrees with the reference to rounding.

Kernels of this file call each other only: numba keeps compiled code as long as the file of the kernel itself is older.
"""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from lifelong_agent.addresses import carray, pointer

Array = np.ndarray[Any, Any]

compiled = njit(cache=True, nogil=True, error_model="numpy")
contracted = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})

reassociated = njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})

BLOCK = 2048
"""Drives that are summed in one go: they stay in the fastest cache while row after row is added."""
SLACK = 2e-5
"""What rounding may have made of a drive in single precision, at most."""


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
def pick_nearly(
    value: Array,
    error: Any,
    flag: Array,
    where: Array,
    spare: Array,
    search: Array,
    weight: Array,
    unusual: Array,
    origin: Array,
    rest: Any,
    winners: Array,
) -> Any:
    """Do what `pick` does where no two values are told apart by less than ``error``.

    Those that this leaves open are summed exactly: by ``weight (m, D)`` from ``unusual (D,)``, less ``rest`` of
    ``origin (m,)``.
    """
    k = len(winners)
    found = collect_largest(value, k, flag, where, spare, search)
    least = kth_largest(spare, found, k)
    search[0] = least - search[1]
    low, high = least - error, least + error
    if search[2] > low:
        flag_from(value, low, flag)
        found = collect(value, flag, where, spare)
    near, wanted, top = 0, k, value[where[0]]
    for i in range(found):
        drive = value[where[i]]
        top = max(top, drive)
        wanted -= drive > high
        near += low <= drive <= high
    best = np.float32(-np.inf)
    for i in range(found):
        j = where[i]
        if value[j] >= top - error:
            best = max(best, project(weight[j], unusual) - rest * origin[j])
    equals, least = near, np.float32(-np.inf)
    if near > wanted:
        near = 0
        for i in range(found):
            j = where[i]
            if low <= value[j] <= high:
                flag[j] = 2
                value[j] = spare[near] = project(weight[j], unusual) - rest * origin[j]
                near += 1
        least = kth_largest(spare, near, wanted)
        equals = wanted
        for i in range(near):
            equals -= spare[i] > least
    place = 0
    for i in range(found):
        j = where[i]
        drive = value[j]
        fires = drive >= low
        if flag[j] == 2:
            tied = drive == least and equals > 0
            equals -= tied
            fires = drive > least or tied
        if fires:
            winners[place] = j
            place += 1
    return best


@compiled
def follow_drives(drive: Array, centre: Array, unit: Any, share: Any) -> None:
    """Move the usual drives ``centre (m,)`` by ``share`` towards those of an observation."""
    for j in range(len(centre)):
        centre[j] += share * (np.float32(drive[j]) * unit - centre[j])


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


@compiled
def repay_reals(sense: Array, mean: Array, square: Array, count: float) -> None:
    """Take ``sense (D,)`` into the statistics of ``count`` samples: see `ContextNormalizer.update`."""
    share, weight = np.float32(1.0 / (count + 1.0)), np.float32(count / (count + 1.0))
    for d in range(len(mean)):
        shift = sense[d] - mean[d]
        mean[d] += shift * share
        square[d] += shift * shift * weight


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
        total, usual, centred = drive[first:last], centre[first:last], value[first:last]
        if share:
            follow_drives(owed_drive[first:last], usual, one, share)
        total[:] = known[first:last]
        swap_rows(weight, lists[0], on, lists[1], off, first, total)
        for j in range(len(total)):
            centred[j] = np.float32(total[j]) * one - usual[j]
        flag_from(centred, threshold, flag[first:last])


@compiled
def code_bits(
    before: Array,
    after: Array,
    weight: Array,
    unit: float,
    known: Array,
    drive: Array,
    centre: Array,
    owed: Array,
    owed_drive: Array,
    exact: Array,
    origin: Array,
    counts: Array,
    lived: Array,
    debt: Array,
    unusual: Array,
    lists: Array,
    value: Array,
    flag: Array,
    where: Array,
    spare: Array,
    search: Array,
    winners: Array,
) -> Any:
    """Code one observation of bits; returns the drive of the neuron that meets it best.

    The usual drive of a neuron is the mean of its drives at ``lived[0]`` observations, ``origin``, and at the
    ``lived[1]`` since: of each of these only how often each bit was on is kept.

    Args:
        before: The observation that ``known`` are the drives of, ``(D,)``, bytes; no bit on, and no drive, at first.
        after: The observation, ``(D,)``.
        weight: In fixed point, ``(D, m)``, int16.
        unit: What an integer 1 stands for.
        known: Drives of ``before``, ``(m,)``, int32.
        drive: Drives of ``after``, ``(m,)``: written.
        centre: Usual drives, ``(m,)``, as far as such weights tell.
        owed: The observation by which they have yet to be moved, ``(D,)``.
        owed_drive: Its drives, ``(m,)``.
        exact: Weights as they are, ``(m, D)``.
        origin: Usual drives when counting began, ``(m,)``.
        counts: How often each bit has been on since, ``(D,)``, int32.
        lived: How many observations there were before counting began, and since: ``(2,)``.
        debt: Whether an observation is owed: its first number.
        unusual: Memory, ``(D,)``.
        lists: Memory, ``(2, D)``.
        value: Centred drives, ``(m,)``: written.
        flag: Memory: see `pick`.
        where: Memory: see `pick`.
        spare: Memory: see `pick`.
        search: See `pick`.
        winners: Who fires, ``(k,)``: written.
    """
    share = take_in(owed, counts, lived, debt)
    move(before, after, weight, unit, known, drive, centre, share, owed_drive, lists, value, flag, search)
    samples = lived[0] + lived[1]
    rest = np.float32(lived[0] / samples if samples else 1.0)
    apart = centre_sense(after, counts, np.float32(1.0 / max(samples, 1.0)), unusual)
    error = np.float32(unit) * apart + np.float32(2.0 * SLACK)  # half a unit of each weight, for both of two neurons
    return pick_nearly(value, error, flag, where, spare, search, exact, unusual, origin, rest, winners)


@compiled
def code_bits_at(at: Array, sizes: Array, unit: float, base: int, which: int, owed: int) -> Any:
    """Do what `code_bits` does for thoughts ``base``, ``which`` and ``owed`` of a stream.

    Args:
        at: Addresses, in this order: senses, drives, winners of all thoughts; and all other arrays in the order of
            `code_bits`.
        sizes: Thoughts, bits in words of eight, bits, neurons, how many fire.
        unit: See `code_bits`.
        base: The thought that drives are known of.
        which: The thought.
        owed: The thought that was learnt from last.
    """
    thoughts, width, bits, size, k = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]
    senses = carray(pointer(at[0]), (thoughts, width), np.uint8)
    drives = carray(pointer(at[1]), (thoughts, size), np.int32)
    winners = carray(pointer(at[2]), (thoughts - 1, k), np.int64)
    return code_bits(
        senses[base],
        senses[which],
        carray(pointer(at[3]), (bits, size), np.int16),
        unit,
        drives[base],
        drives[which],
        carray(pointer(at[4]), (size,), np.float32),
        senses[owed],
        drives[owed],
        carray(pointer(at[5]), (size, bits), np.float32),
        carray(pointer(at[6]), (size,), np.float32),
        carray(pointer(at[7]), (bits,), np.int32),
        carray(pointer(at[8]), (2,), np.float64),
        carray(pointer(at[9]), (2,), np.float64),
        carray(pointer(at[10]), (bits,), np.float32),
        carray(pointer(at[11]), (2, bits + 8), np.int64),
        carray(pointer(at[12]), (size,), np.float32),
        carray(pointer(at[13]), ((size + 7) // 8 * 8,), np.uint8),
        carray(pointer(at[14]), (size + 8,), np.int32),
        carray(pointer(at[15]), (size,), np.float32),
        carray(pointer(at[16]), (3,), np.float64),
        winners[which],
    )


@compiled
def code_bits_exactly(
    before: Array,
    after: Array,
    weight: Array,
    unit: float,
    known: Array,
    drive: Array,
    centre: Array,
    lists: Array,
    value: Array,
    flag: Array,
    where: Array,
    spare: Array,
    search: Array,
    winners: Array,
) -> None:
    """Code one observation of bits by weights, ``(D, m)``, int32, that are as good as exact: see `code_bits`."""
    nothing = np.float32(0.0)
    move(before, after, weight, unit, known, drive, centre, nothing, known, lists, value, flag, search)
    pick(value, flag, where, spare, search, winners)


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
    where: Array,
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
    flag_from(value, np.float32(search[0]), flag)
    return pick(value, flag, where, spare, search, winners)
