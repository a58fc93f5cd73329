"""Compiled synapses of one stream: only neurons that fired lately are touched, however many there are.

A synapse has a trace only while its neuron fired lately; until it fires again nothing changes it but the decay of its
fast weight, which follows from two running numbers. So neurons with traces are held together in *slots*, and all others
stay in their *rows* with the values they had, and with what the two numbers were then (a *stamp*).

With ``f`` a fast weight at stamp ``(P0, C0)``: now it is ``f * P / P0``, and ``f * (C - C0) / P0`` has been handed to
the core. Traces are let go once they have decayed by `NEGLIGIBLE`.
"""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np

from lifelong_agent.kernels.compiled import compiled
from lifelong_agent.kernels.prefetching import fetch

Array = np.ndarray[Any, Any]

NEGLIGIBLE = 1e-6
"""Share of a trace that is as good as none: less than single precision keeps beside what the trace has taught."""

FADED = 1e-6
"""What is left of a fast weight when all are counted anew: what has been handed over is told by differences of a sum
of order 1, which have to stay large against its rounding."""

# Where the numbers of a stream lie, in `numbers`, which the kernels change: the two running numbers, the unit of usage,
# and how well inputs are usually met (mean, variance, how many),
KEPT, HANDED, SCALE, MET, SPREAD, SEEN = range(6)
# in `rates`, which they do not,
GAMMA, DECAY, HORIZON, BRAKE, IMPORTANCE_RATE, FAST_SHARE, LASTING, CONSOLIDATION = range(8)
UNIT, USAGE_RATE, VALUE_RATE, POLICY_RATE, ENTROPY, REACH, EAGER, MEMORY, FLOOR, TOLERANCE, GROWS = range(8, 19)
# and in `counters`: up to which slot any is taken, steps learnt from, empty slots among those.
TAKEN, CLOCK, FREE = range(3)


@compiled
def enter(
    neuron: int, rows: Array, stamps: Array, numbers: Array, held: Array, slot: Array, who: Array, s: int
) -> None:
    """Move a neuron from its row into slot ``s``, without traces, and let it catch up with the decay."""
    slot[neuron], who[s] = s, neuron
    kept = np.float32(numbers[KEPT] / stamps[neuron, 0])
    handed = np.float32((numbers[HANDED] - stamps[neuron, 1]) / stamps[neuron, 0])
    for o in range(held.shape[1]):
        held[1, o, s] = rows[neuron, 0, o] + handed * rows[neuron, 1, o]
        held[2, o, s] = kept * rows[neuron, 1, o]
        held[3, o, s] = rows[neuron, 2, o]


@compiled
def leave(s: int, rows: Array, stamps: Array, numbers: Array, held: Array, slot: Array, who: Array) -> None:
    """Move the neuron of slot ``s`` back into its row; the slot stays empty, with values that teach nothing."""
    neuron = who[s]
    for o in range(held.shape[1]):
        held[0, o, s] = 0.0
        for part in range(3):
            rows[neuron, part, o] = held[part + 1, o, s]
    stamps[neuron, 0], stamps[neuron, 1] = numbers[KEPT], numbers[HANDED]
    slot[neuron], who[s] = -1, -1


@compiled
def settle(rows: Array, stamps: Array, numbers: Array, slot: Array) -> None:
    """Let all neurons without a slot catch up with the decay, and count it anew from there."""
    for neuron in range(len(slot)):
        if slot[neuron] < 0:
            kept = np.float32(numbers[KEPT] / stamps[neuron, 0])
            handed = np.float32((numbers[HANDED] - stamps[neuron, 1]) / stamps[neuron, 0])
            for o in range(rows.shape[2]):
                rows[neuron, 0, o] += handed * rows[neuron, 1, o]
                rows[neuron, 1, o] *= kept
        stamps[neuron, 0], stamps[neuron, 1] = 1.0, 0.0
    numbers[KEPT], numbers[HANDED] = 1.0, 0.0


@compiled
def read(
    winners: Array, unit: float, rows: Array, stamps: Array, numbers: Array, held: Array, slot: Array, out: Array
) -> None:
    """Sum the slow and fast synapses of who fires, ``winners (k,)``, into ``out (O,)``."""
    kept, handed = numbers[KEPT], numbers[HANDED]
    out[:] = 0.0
    for i in range(len(winners)):
        neuron = winners[i]
        s = slot[neuron]
        if s >= 0:
            for o in range(len(out)):
                out[o] += held[1, o, s] + held[2, o, s]
        else:
            left = np.float32((kept + handed - stamps[neuron, 1]) / stamps[neuron, 0])
            for o in range(len(out)):
                out[o] += rows[neuron, 0, o] + left * rows[neuron, 1, o]
    for o in range(len(out)):
        out[o] *= np.float32(unit)


@compiled
def weigh_chances(output: Array, chances: Array, summed: Array) -> None:
    """Turn logits, all of ``output (O,)`` but the last, into chances and their running sums, each ``(O - 1,)``."""
    actions = len(chances)
    largest = np.float64(output[0])
    for a in range(1, actions):
        largest = max(largest, np.float64(output[a]))
    total = 0.0
    for a in range(actions):
        chances[a] = np.exp(np.float64(output[a]) - largest)
        total += chances[a]
    running = 0.0
    for a in range(actions):
        chances[a] /= total
        running += chances[a]
        summed[a] = running


@compiled
def look(
    winners: Array,
    rates: Array,
    rows: Array,
    stamps: Array,
    numbers: Array,
    held: Array,
    slot: Array,
    output: Array,
    chances: Array,
    summed: Array,
) -> None:
    """Read out what who fires stands for, and how likely each action is."""
    read(winners, rates[UNIT], rows, stamps, numbers, held, slot, output)
    weigh_chances(output, chances, summed)


@compiled
def expect(winners: Array, rows: Array, stamps: Array, slot: Array, usage: Array) -> None:
    """Let be fetched what is known of who fires, ``winners (k,)``."""
    for i in range(len(winners)):
        fetch(usage, winners[i])
        if slot[winners[i]] < 0:
            fetch(rows, winners[i])
            fetch(stamps, winners[i])


@compiled
def hold(
    winners: Array,
    rates: Array,
    numbers: Array,
    counters: Array,
    rows: Array,
    stamps: Array,
    held: Array,
    slot: Array,
    who: Array,
    fired: Array,
    empty: Array,
) -> None:
    """Give slots to neurons that fired; take them from those that have not for long."""
    taken, clock, free = counters[TAKEN], counters[CLOCK] + 1, counters[FREE]
    if clock % 8 == 0:
        for s in range(taken):
            if who[s] >= 0 and clock - fired[s] > rates[HORIZON]:
                fetch(rows, who[s])
                fetch(stamps, who[s])
        for s in range(taken):
            if who[s] >= 0 and clock - fired[s] > rates[HORIZON]:
                leave(s, rows, stamps, numbers, held, slot, who)
        while taken and who[taken - 1] < 0:
            taken -= 1
        free = 0
        for s in range(taken - 1, -1, -1):  # those that come first are taken first, so that the last become free
            empty[free] = s
            free += who[s] < 0
    for i in range(len(winners)):
        s = slot[winners[i]]
        if s < 0:
            if free:
                free -= 1
                s = int(empty[free])
            else:
                s = taken
                taken += 1
            enter(winners[i], rows, stamps, numbers, held, slot, who, s)
        fired[s] = clock
    counters[TAKEN], counters[CLOCK], counters[FREE] = taken, clock, free


@compiled
def export(
    rows: Array,
    stamps: Array,
    numbers: Array,
    held: Array,
    slot: Array,
    start: int,
    core: Array,
    fast: Array,
    importance: Array,
    trace: Array,
) -> None:
    """Write what all neurons hold by now into ``(O, neurons)`` from ``start`` on, and into ``trace (O, m)``.

    Changes nothing else: a look from outside leaves a life as it is.
    """
    for neuron in range(len(slot)):
        s, place = slot[neuron], start + neuron
        kept = np.float32(numbers[KEPT] / stamps[neuron, 0])
        handed = np.float32((numbers[HANDED] - stamps[neuron, 1]) / stamps[neuron, 0])
        for o in range(core.shape[0]):
            if s >= 0:
                trace[o, neuron], core[o, place] = held[0, o, s], held[1, o, s]
                fast[o, place], importance[o, place] = held[2, o, s], held[3, o, s]
            else:
                trace[o, neuron], importance[o, place] = 0.0, rows[neuron, 2, o]
                core[o, place] = rows[neuron, 0, o] + handed * rows[neuron, 1, o]
                fast[o, place] = kept * rows[neuron, 1, o]
