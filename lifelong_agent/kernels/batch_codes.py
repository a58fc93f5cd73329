"""Compiled coding of B streams at once: the same arithmetic as the tensor operations, fused."""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np

from lifelong_agent.kernels.compiled import compiled

Array = np.ndarray[Any, Any]


@compiled
def add_rows(weight: Array, which: Array, count: int, sign: float, total: Array) -> None:
    """Add ``count`` rows of ``weight (D, n)``, named in ``which``, times ``sign`` to ``total (n,)``."""
    i, unit = 0, np.float32(sign)
    while i + 4 <= count:  # four at a time, so that the sum is fetched and stored a quarter as often
        one, two, three, four = weight[which[i]], weight[which[i + 1]], weight[which[i + 2]], weight[which[i + 3]]
        for j in range(total.shape[0]):
            total[j] += unit * ((one[j] + two[j]) + (three[j] + four[j]))
        i += 4
    while i < count:
        one = weight[which[i]]
        for j in range(total.shape[0]):
            total[j] += unit * one[j]
        i += 1


@compiled
def sum_rows(sense: Array, weight: Array, out: Array) -> None:
    """Sum the rows of ``weight (D, n)`` whose bits are on in ``sense (B, D)`` into ``out (B, n)``.

    Streams of one world see much alike: what most of them see is summed once, and each adds only what differs.
    """
    size, width = sense.shape
    words = (width + 7) // 8
    odd = np.zeros(8 * words, np.uint8)  # where a stream sees what is not usual: mostly nowhere, so in words of eight
    odd_words = odd.view(np.uint64)
    more, less = np.empty(width, np.int64), np.empty(width, np.int64)
    usual = np.zeros(width, np.float32)
    for b in range(size):
        for d in range(width):
            usual[d] += sense[b, d]
    base = np.zeros(out.shape[1], np.float32)
    common, half = 0, np.float32(0.5 * size)
    for d in range(width):
        usual[d] = 1.0 if usual[d] > half else 0.0
        more[common] = d
        common += usual[d] > 0.0
    add_rows(weight, more, common, 1.0, base)
    for b in range(size):
        row = sense[b]
        for d in range(width):
            odd[d] = row[d] != usual[d]
        on, off = 0, 0
        for word in range(words):
            if odd_words[word]:
                for d in range(8 * word, min(8 * word + 8, width)):
                    if odd[d]:
                        if row[d] > usual[d]:
                            more[on] = d
                            on += 1
                        else:
                            less[off] = d
                            off += 1
        out[b] = base
        add_rows(weight, more, on, 1.0, out[b])
        add_rows(weight, less, off, -1.0, out[b])


@compiled
def combine_rows(sense: Array, weight: Array, bias: Array, out: Array) -> None:
    """Write ``bias + sense @ weight`` into ``out (B, n)``, for few channels."""
    for b in range(sense.shape[0]):
        total = out[b]
        total[:] = bias
        for d in range(sense.shape[1]):
            part, row = sense[b, d], weight[d]
            for j in range(total.shape[0]):
                total[j] += part * row[j]


@compiled
def normalize(sense: Array, mean: Array, square: Array, count: float, clip: float, out: Array) -> None:
    """Write ``sense (B, D)`` in standard deviations from the mean into ``out``, clipped."""
    for d in range(sense.shape[1]):
        deviation = np.sqrt(square[d] / np.float32(max(count, 1.0)) + np.float32(1e-8))
        for b in range(sense.shape[0]):
            out[b, d] = min(max((sense[b, d] - mean[d]) / deviation, np.float32(-clip)), np.float32(clip))


@compiled
def gather_statistics(sense: Array, mean: Array, square: Array, count: float) -> None:
    """Take ``sense (B, D)`` into mean and sum of squared distances of ``count`` samples (Chan et al. 1979)."""
    size = sense.shape[0]
    total = count + size
    for d in range(sense.shape[1]):
        batch = 0.0
        for b in range(size):
            batch += sense[b, d]
        batch /= size
        spread = 0.0
        for b in range(size):
            spread += (sense[b, d] - batch) ** 2
        shift = batch - mean[d]
        mean[d] += shift * (size / total)
        square[d] += spread + shift * shift * (count * size / total)


@compiled
def fire(drive: Array, centre: Array, winners: Array, best: Array) -> None:
    """Find the k largest of ``drive - centre``, row by row: their places into ``winners (B, k)``, the largest too.

    A histogram finds the bin of the k-th largest, and only what lies in that bin is compared; of equals the first win.
    """
    size, k = drive.shape[1], winners.shape[1]
    bins = 256
    value, where = np.empty(size, drive.dtype), np.empty(size, np.int64)
    counts, edge = np.empty(bins, np.int64), np.empty(size, np.int64)
    for b in range(drive.shape[0]):
        low, high = np.inf, -np.inf
        for j in range(size):
            value[j] = drive[b, j] - centre[j]
            low, high = min(low, value[j]), max(high, value[j])
        best[b] = high
        counts[:] = 0
        scale = (bins - 1) / (high - low) if high > low else 0.0
        for j in range(size):
            where[j] = np.int64((value[j] - low) * scale)
            counts[where[j]] += 1
        bin_, above = bins - 1, 0
        while above + counts[bin_] < k:
            above += counts[bin_]
            bin_ -= 1
        found, tied = 0, 0
        for j in range(size):
            if where[j] > bin_:
                winners[b, found] = j
                found += 1
            elif where[j] == bin_:
                edge[tied] = j
                tied += 1
        while found < k:
            top = -1
            for i in range(tied):
                if edge[i] >= 0 and (top < 0 or value[edge[i]] > value[edge[top]]):
                    top = i
            winners[b, found] = edge[top]
            edge[top] = -1
            found += 1


@compiled
def follow_usage(winners: Array, usage: Array, rate: float) -> None:
    """Follow how often each neuron fires: running means ``usage (m,)``."""
    share = rate / winners.shape[0]
    for j in range(usage.shape[0]):
        usage[j] *= np.float32(1.0 - rate)
    for b in range(winners.shape[0]):
        for i in range(winners.shape[1]):
            usage[winners[b, i]] += np.float32(share)


@compiled
def follow_mean(drive: Array, centre: Array, weight: float) -> None:
    """Move the mean ``centre (m,)`` towards that of ``drive (B, m)`` by a share ``weight``."""
    size = drive.shape[0]
    part = np.float32(weight / size)
    for j in range(centre.shape[0]):
        total = np.float32(0.0)
        for b in range(size):
            total += drive[b, j] - centre[j]
        centre[j] += part * total
