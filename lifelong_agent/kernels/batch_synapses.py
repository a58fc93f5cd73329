"""Compiled learning of B streams at once: the same arithmetic as the tensor operations, fused."""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np

from lifelong_agent.kernels.compiled import compiled, reassociated

Array = np.ndarray[Any, Any]


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
def foresee_moves(
    trace: Array, winners: Array, scale: float, asked: Array, bounded: int, decay: float, out: Array
) -> None:
    """Say how far a lesson would move all outputs, ``out (B, O)``: see `TriarchicBrain.moves`."""
    streams, k = winners.shape
    change, kept, unit, one = (
        np.empty(trace.shape[2], np.float32),
        np.float32(decay),
        np.float32(scale),
        np.float32(1.0),
    )
    for o in range(out.shape[1]):
        change[:] = 0.0
        for b in range(streams):
            row, direction, factor = trace[o, b], asked[0, b, o] * unit, asked[1, b, o]
            if o == bounded:
                # Of the trace that follows: k neurons gain `direction`.
                square = kept * kept * energy(row) + np.float32(k) * direction * direction
                for i in range(k):
                    square += np.float32(2.0) * kept * row[winners[b, i]] * direction
                factor = factor / max(square, one)
            for j in range(len(change)):
                change[j] += row[j] * (factor * kept)
            for i in range(k):
                change[winners[b, i]] += factor * direction + asked[2, b, o] * unit
        for b in range(streams):
            total = np.float32(0.0)
            for i in range(k):
                total += change[winners[b, i]]
            out[b, o] = total * unit
