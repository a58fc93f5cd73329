"""Compiled forward models of B streams at once: the same arithmetic as the tensor operations, fused."""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np

from lifelong_agent.kernels.compiled import compiled

Array = np.ndarray[Any, Any]


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
