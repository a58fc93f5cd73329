"""Compiled kernels of the hot path on the CPU: the same arithmetic as the tensor operations, fused (needs numba).

Every kernel works on NumPy views of the modules' own buffers and changes nothing but what its name says. The tensor
operations in the modules stay the reference: both agree to rounding (`tests/lifelong_agent/test_kernels.py`).
"""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]

compiled = njit(cache=True, nogil=True, error_model="numpy")
reassociated = njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})


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
def read(winners: Array, scale: float, core: Array, fast: Array, start: int, out: Array) -> None:
    """Sum the slow and fast synapses of who fires, ``(O, neurons)`` from ``start`` on, into ``out (B, O)``."""
    for b in range(winners.shape[0]):
        for o in range(core.shape[0]):
            total = np.float32(0.0)
            for i in range(winners.shape[1]):
                neuron = start + winners[b, i]
                total += core[o, neuron] + fast[o, neuron]
            out[b, o] = total * np.float32(scale)


@reassociated
def energy(trace: Array) -> Any:
    """Sum of squares."""
    total = np.float32(0.0)
    for j in range(trace.shape[0]):
        total += trace[j] * trace[j]
    return total


@compiled
def reinforce(
    trace: Array,
    winners: Array,
    scale: float,
    asked: Array,
    bounded: int,
    decay: float,
    core: Array,
    fast: Array,
    importance: Array,
    start: int,
    rates: tuple[float, float, float, float, float],
    rightness: float,
) -> None:
    """Learn by the three-factor rule: see `TriarchicBrain.learn` and `Readout.learn`.

    ``trace (O, B, m)``; ``asked (3, B, O)`` holds direction, factor and what is asked for at once; ``rates`` are brake,
    importance rate, share and decay of the fast weights, consolidation.
    """
    outputs, size = core.shape[0], trace.shape[2]
    streams, k = winners.shape
    brake, importance_rate, fast_share, fast_decay, consolidation = rates
    one, kept, unit = np.float32(1.0), np.float32(decay), np.float32(scale)
    moved = np.float32(consolidation * rightness)
    right, step, strength = np.float32(rightness), np.float32(importance_rate), np.float32(brake)
    share, lasting = np.float32(fast_share), np.float32(fast_decay)
    change, part = np.empty(size, np.float32), np.empty(size, np.float32)
    for o in range(outputs):
        change[:] = 0.0
        part[:] = 0.0
        for b in range(streams):
            row = trace[o, b]
            for j in range(size):
                row[j] *= kept
            direction = asked[0, b, o] * unit
            for i in range(k):
                row[winners[b, i]] += direction
            factor = asked[1, b, o]
            if o == bounded:
                factor = factor / max(energy(row), one)
            for j in range(size):
                change[j] += row[j] * factor
                part[j] = max(part[j], abs(row[j]))
            now = asked[2, b, o] * unit
            for i in range(k):
                change[winners[b, i]] += now
        slow, quick, known = (
            core[o, start : start + size],
            fast[o, start : start + size],
            importance[o, start : start + size],
        )
        for j in range(size):
            slow[j] += change[j] / (one + strength * known[j])
            known[j] += step * min(part[j] / unit, one) * (right - known[j])
        if fast_share:
            for j in range(size):
                held = quick[j] * lasting + share * change[j]
                slow[j] += moved * held
                quick[j] = held * (one - moved)


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


@compiled
def promised(weight: Array, code: Array, action: Array, neurons: int, out: Array) -> None:
    """Sum the weights ``(contexts, actions * neurons)`` of codes ``(B, k)`` and actions into ``out (contexts, B)``."""
    for c in range(out.shape[0]):
        for b in range(code.shape[0]):
            total = 0.0
            for i in range(code.shape[1]):
                total += weight[c, action[b] * neurons + code[b, i]]
            out[c, b] = total


@compiled
def teach(weight: Array, code: Array, action: Array, neurons: int, step: Array) -> None:
    """Add ``step (B,)`` to the weights of each stream's code and action, shared out where streams meet."""
    crowd = np.zeros(weight.shape[0], np.int64)
    for b in range(code.shape[0]):
        for i in range(code.shape[1]):
            crowd[action[b] * neurons + code[b, i]] += 1
    for b in range(code.shape[0]):
        for i in range(code.shape[1]):
            place = action[b] * neurons + code[b, i]
            weight[place] += step[b] / crowd[place]


@compiled
def typical(
    products: Array, base: Array, surprise: Array, novel: Array, seen: Array, limit: float, ripe: float, out: Array
) -> None:
    """Evidence of bits for the first contexts, ``out (contexts,)``, summed over streams: see `Familiarity.evidence`."""
    for c in range(out.shape[0]):
        out[c] = 0.0
        if seen[c] < ripe:
            continue
        strange = np.log(min(max(novel[c], 0.05), 2.0) / 2.0)
        usual = max(surprise[c], 1.0)
        for b in range(products.shape[0]):
            ratio = (products[b, 2 * c] + base[c]) / usual
            unseen = max(products[b, 2 * c + 1] * strange, -limit)
            told = 1.0 - min(max(ratio - 2.0, 0.0), 1.0) * (limit + 1.0) + unseen
            out[c] += max(told, -limit)


@compiled
def follow_usual(sense: Array, after: Array, usual: Array, weight: float) -> None:
    """Follow mean square change, mean and mean square of each channel: see `Dynamics.notice`."""
    size = sense.shape[0]
    for d in range(sense.shape[1]):
        change, mean, square = 0.0, 0.0, 0.0
        for b in range(size):
            now = np.float64(after[b, d])
            change += (now - np.float64(sense[b, d])) ** 2
            mean += now
            square += now * now
        usual[0, d] += weight * (change / size - usual[0, d])
        usual[1, d] += weight * (mean / size - usual[1, d])
        usual[2, d] += weight * (square / size - usual[2, d])


@compiled
def contradicts(
    sense: Array,
    action: Array,
    after: Array,
    foresight: Array,
    variance: Array,
    usual: Array,
    loose: float,
    gate: float,
) -> bool:
    """Say whether any channel contradicts what one context foresees: see `Dynamics.contradicted`."""
    channels, size = sense.shape[1], foresight.shape[0]
    for b in range(sense.shape[0]):
        for d in range(channels):
            mean = sense[b, d] + foresight[channels + action[b], d] + foresight[size - 1, d]
            for i in range(channels):
                mean += sense[b, i] * foresight[i, d]
            if (np.float64(after[b, d]) - mean) ** 2 > gate * (variance[d] + loose * usual[d]):
                return True
    return False


@compiled
def foresee(
    sense: Array,
    action: Array,
    after: Array,
    foresight: Array,
    variance: Array,
    usual: Array,
    bounds: Array,
    floor: float,
    fault: float,
    out: Array,
) -> None:
    """Evidence of transitions for the first contexts, ``out (n,)``, summed over streams: see `Dynamics.evidence`."""
    channels = sense.shape[1]
    size = foresight.shape[1]
    features = np.zeros(size)
    features[size - 1] = 1.0
    out[:] = 0.0
    for b in range(sense.shape[0]):
        features[:channels] = sense[b]
        features[channels : size - 1] = 0.0
        features[channels + action[b]] = 1.0
        for c in range(out.shape[0]):
            spread = 1.0
            for j in range(size):
                total = 0.0
                for i in range(size):
                    total += features[i] * foresight[c, i, channels + j]
                spread += total * features[j]
            told = 0.0
            for d in range(channels):
                change = np.float64(after[b, d]) - np.float64(sense[b, d])
                error = change
                for i in range(size):
                    error -= features[i] * foresight[c, i, d]
                own = variance[c, d] * spread + floor * usual[d] + 1e-12
                blank = 4.0 * usual[d] + 1e-12
                known = error * error / own + np.log(own)
                unknown = change * change / blank + np.log(blank)
                told += min(max(0.5 * (unknown - known), -fault), 2.0 * fault)
            out[c] += min(max(told, bounds[0, c, 0]), bounds[1, c, 0])
