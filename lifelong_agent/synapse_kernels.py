"""Compiled learning of one stream: only neurons that fired lately are touched, however many there are.

A synapse has a trace only while its neuron fired lately; until it fires again nothing changes it but the decay of its
fast weight, which follows from two running numbers. So neurons with traces are held together in *slots*, and all others
stay in their *rows* with the values they had, and with what the two numbers were then (a *stamp*).

With ``f`` a fast weight at stamp ``(P0, C0)``: now it is ``f * P / P0``, and ``f * (C - C0) / P0`` has been handed to
the core. Traces are let go once they have decayed by `NEGLIGIBLE`.

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
reassociated = njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})

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
UNIT, USAGE_RATE, VALUE_RATE, POLICY_RATE, ENTROPY, EAGER, MEMORY, FLOOR, TOLERANCE, GROWS = range(8, 18)
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
def follow_trace(trace: Array, code: Array, decay: Any) -> None:
    """Let traces decay, and who fires, ``code (slots,)``, join them."""
    for j in range(len(trace)):
        trace[j] = trace[j] * decay + code[j]


@reassociated
def energy(trace: Array) -> Any:
    """Sum of squares."""
    total = np.float32(0.0)
    for j in range(len(trace)):
        total += trace[j] * trace[j]
    return total


@compiled
def teach(
    trace: Array,
    code: Array,
    slow: Array,
    quick: Array,
    known: Array,
    rates: Array,
    rightness: float,
    decay: Any,
    direction: Any,
    factor: Any,
    at_once: Any,
) -> None:
    """Follow the traces and change the synapses of one output: see `TriarchicBrain.learn` and `Readout.learn`.

    In one pass, for all of it waits for memory.

    Args:
        trace: ``(slots,)``, as are the next four.
        code: Activity of who fires.
        slow: Core.
        quick: Fast weights.
        known: Importances.
        rates: See above.
        rightness: How right the prediction was.
        decay: What is left of a trace after a step.
        direction: What the output would have had to do.
        factor: The third factor.
        at_once: A change of the output that is asked for without delay.
    """
    one, inverse = np.float32(1.0), np.float32(1.0 / rates[UNIT])
    strength, step, right = np.float32(rates[BRAKE]), np.float32(rates[IMPORTANCE_RATE]), np.float32(rightness)
    share, lasting = np.float32(rates[FAST_SHARE]), np.float32(rates[LASTING])
    moved = np.float32(rates[CONSOLIDATION] * rightness)
    left = one - moved
    for j in range(len(trace)):
        eligible = trace[j] * decay + code[j] * direction
        change = eligible * factor + code[j] * at_once
        held = quick[j] * lasting + share * change
        trace[j] = eligible
        slow[j] = slow[j] + change / (one + strength * known[j]) + moved * held  # rounded twice, as in the reference
        quick[j] = held * left
        known[j] += step * min(abs(eligible) * inverse, one) * (right - known[j])


@compiled
def follow_usage(winners: Array, usage: Array, numbers: Array, rate: float) -> None:
    """Follow how often each neuron fires, ``usage (m,)``, in units that shrink: who is silent is not touched."""
    numbers[SCALE] *= 1.0 - rate
    share = np.float32(rate / numbers[SCALE])
    for i in range(len(winners)):
        usage[winners[i]] += share
    if numbers[SCALE] < 1e-3:
        unit = np.float32(numbers[SCALE])
        for j in range(len(usage)):
            usage[j] *= unit
        numbers[SCALE] = 1.0


@compiled
def is_novel(best: float, numbers: Array, threshold: float) -> bool:
    """Say whether an input is met worse than usual by ``threshold`` standard deviations: see `Cortex.novel`."""
    mean, variance, seen = numbers[MET], numbers[SPREAD], numbers[SEEN]
    step = max(1.0 / (seen + 1.0), 1e-3)
    numbers[MET] = mean + step * (best - mean)
    numbers[SPREAD] = variance + step * ((best - mean) ** 2 - variance)
    numbers[SEEN] = seen + 1.0
    return seen >= 100 and best <= mean - threshold * np.sqrt(max(variance, 0.0)) - 1e-6


@compiled
def judge(reward: float, over: bool, returns: Array, spread: Array, gamma: float) -> float:
    """Take in a reward and return it scaled: see `Yardstick.reward`."""
    returns[0] = returns[0] * gamma + reward
    spread[0] += 1.0
    distance = returns[0] - spread[1]
    spread[1] += distance / spread[0]
    spread[2] += distance * (returns[0] - spread[1])
    spread[3] = max(spread[3], abs(reward))
    if over:
        returns[0] = 0.0
    return reward / measure(spread)


@compiled
def measure(spread: Array) -> float:
    """Say what rewards are divided by: see `Yardstick`."""
    unit = max(np.sqrt(spread[2] / max(spread[0], 1.0)), spread[3])
    return unit if unit else 1.0


@compiled
def compare(error: float, value: float, usual: Array, spread: Array, rates: Array) -> tuple[float, float]:
    """Take in a TD error; returns it in units of the usual, and how right it was: see `Yardstick.error`."""
    size, rate = abs(error), max(1.0 / (usual[0] + 1.0), rates[MEMORY])
    usual[0] += 1.0
    usual[1] += rate * (size - usual[1])
    usual[2] += rate * (abs(value) - usual[2])
    rightness = np.exp(-size / (rates[TOLERANCE] * usual[2] + 1e-8))
    return error / max(usual[1], rates[FLOOR] * spread[3] / measure(spread), 1e-8), rightness


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
def reinforce(
    action: int,
    error: float,
    standard: float,
    rightness: float,
    winners: Array,
    chances: Array,
    taken: int,
    held: Array,
    slot: Array,
    code: Array,
    rates: Array,
) -> None:
    """Learn by the three-factor rule: see `Learner`, `TriarchicBrain.learn` and `Readout.learn`."""
    actions = len(chances)
    entropy = 0.0
    for a in range(actions):
        entropy -= chances[a] * np.log(chances[a] + 1e-9)
    surprise = min(abs(standard), 3.0)
    decay, one = np.float32(rates[DECAY]), np.float32(1.0)
    for i in range(len(winners)):
        code[slot[winners[i]]] = rates[UNIT]
    active = code[:taken]
    for o in range(actions):
        likelier = (1.0 if o == action else 0.0) - chances[o]
        broader = -chances[o] * (np.log(chances[o] + 1e-9) + entropy)
        teach(
            held[0, o, :taken],
            active,
            held[1, o, :taken],
            held[2, o, :taken],
            held[3, o, :taken],
            rates,
            rightness,
            decay,
            np.float32(likelier),
            np.float32(rates[POLICY_RATE] * rates[EAGER] * standard),
            np.float32(rates[POLICY_RATE] * rates[ENTROPY] * surprise * broader),
        )
    follow_trace(held[0, actions, :taken], active, decay)
    teach(
        held[0, actions, :taken],
        active,
        held[1, actions, :taken],
        held[2, actions, :taken],
        held[3, actions, :taken],
        rates,
        rightness,
        one,
        np.float32(0.0),
        np.float32(rates[VALUE_RATE] * error) / max(energy(held[0, actions, :taken]), one),
        np.float32(0.0),
    )
    for i in range(len(winners)):
        code[slot[winners[i]]] = 0.0


@compiled
def decay_fast(rightness: float, rates: Array, rows: Array, stamps: Array, numbers: Array, slot: Array) -> None:
    """Move the two numbers by which neurons without a slot follow the decay of their fast weights."""
    moved = rates[CONSOLIDATION] * rightness
    numbers[HANDED] += numbers[KEPT] * rates[LASTING] * moved
    numbers[KEPT] *= rates[LASTING] * (1.0 - moved)
    if numbers[KEPT] < FADED:
        settle(rows, stamps, numbers, slot)


@compiled
def learn(
    action: int,
    reward: float,
    terminated: bool,
    over: bool,
    winners: Array,
    best: float,
    output: Array,
    chances: Array,
    ahead: Array,
    following: Array,
    upcoming: Array,
    outlook: Array,
    summed: Array,
    rates: Array,
    numbers: Array,
    counters: Array,
    returns: Array,
    spread: Array,
    usual: Array,
    rows: Array,
    stamps: Array,
    held: Array,
    slot: Array,
    who: Array,
    fired: Array,
    empty: Array,
    code: Array,
    usage: Array,
) -> bool:
    """Learn from one step of one stream: what `Learner.learn` does after `TriarchicBrain.observe`.

    Args:
        action: What was done.
        reward: What it brought.
        terminated: Whether nothing follows.
        over: Whether an episode ended.
        winners: Who fired when it was done, ``(k,)``.
        best: Drive of the neuron that met the input best.
        output: What was read then, ``(O,)``.
        chances: How likely each action was, ``(O - 1,)``.
        ahead: Who fires at what came of it, ``(k,)``.
        following: Who fires at what is acted on next, ``(k,)``: the same unless an episode ended.
        upcoming: What is read there, after learning, ``(O,)``: written.
        outlook: How likely each action is then, ``(O - 1,)``: written.
        summed: Their running sums: written.
        rates: See above.
        numbers: See above.
        counters: See above.
        returns: See `Yardstick`: of one stream.
        spread: Of this context, ``(4,)``.
        usual: Of this context, ``(3,)``.
        rows: Core, fast weight and importance of every open neuron, ``(m, 3, O)``.
        stamps: When they were so, ``(m, 2)``.
        held: Trace, core, fast weight and importance of neurons with traces, ``(4, O, slots)``.
        slot: Slot of each neuron or -1, ``(m,)``.
        who: Neuron of each slot, ``(slots,)``; -1 for an empty one.
        fired: When it fired last, ``(slots,)``.
        empty: Empty slots, ``(slots,)``.
        code: Memory, ``(slots,)``: zeros.
        usage: How often each neuron fires, in units of what `SCALE` says, ``(m,)``.

    Returns:
        Whether the input was novel.
    """
    actions = len(chances)
    scaled = judge(reward, over, returns, spread, rates[GAMMA])
    read(ahead, rates[UNIT], rows, stamps, numbers, held, slot, upcoming)
    value = np.float64(output[actions])
    error = scaled - value
    if not terminated:
        error += rates[GAMMA] * np.float64(upcoming[actions])

    standard, rightness = compare(error, value, usual, spread, rates)
    hold(winners, rates, numbers, counters, rows, stamps, held, slot, who, fired, empty)
    taken = counters[TAKEN]
    reinforce(action, error, standard, rightness, winners, chances, taken, held, slot, code, rates)
    if rates[FAST_SHARE]:
        decay_fast(rightness, rates, rows, stamps, numbers, slot)
    if over:
        for o in range(len(output)):
            held[0, o, :taken] = 0.0
    follow_usage(winners, usage, numbers, rates[USAGE_RATE])
    look(following, rates, rows, stamps, numbers, held, slot, upcoming, outlook, summed)
    return is_novel(best, numbers, rates[GROWS]) if rates[GROWS] else False


@compiled
def learn_at(
    at: Array,
    sizes: Array,
    best: float,
    action: int,
    reward: float,
    terminated: bool,
    over: bool,
    now: int,
    then: int,
    last: int,
) -> bool:
    """Do what `learn` does for thoughts ``now``, ``then`` and ``last`` of a stream.

    Args:
        at: Addresses, in this order: winners, outputs, chances and their running sums of all thoughts; and all other
            arrays in the order of `learn`.
        sizes: Thoughts, neurons, how many fire, outputs, slots that there is room for.
        best: See `learn`, as are the next four.
        action: What was done.
        reward: What it brought.
        terminated: Whether nothing follows.
        over: Whether an episode ended.
        now: The thought that was acted on.
        then: The thought about what came of it.
        last: The thought to act on next.
    """
    thoughts, size, k, outs, room = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]
    winners = carray(pointer(at[0]), (thoughts, k), np.int64)
    outputs = carray(pointer(at[1]), (thoughts, outs), np.float32)
    chances = carray(pointer(at[2]), (thoughts, outs - 1), np.float64)
    summed = carray(pointer(at[3]), (thoughts, outs - 1), np.float64)
    return learn(
        action,
        reward,
        terminated,
        over,
        winners[now],
        best,
        outputs[now],
        chances[now],
        winners[then],
        winners[last],
        outputs[last],
        chances[last],
        summed[last],
        carray(pointer(at[4]), (GROWS + 1,), np.float64),
        carray(pointer(at[5]), (SEEN + 1,), np.float64),
        carray(pointer(at[6]), (FREE + 1,), np.int64),
        carray(pointer(at[7]), (1,), np.float64),
        carray(pointer(at[8]), (4,), np.float64),
        carray(pointer(at[9]), (3,), np.float64),
        carray(pointer(at[10]), (size, 3, outs), np.float32),
        carray(pointer(at[11]), (size, 2), np.float64),
        carray(pointer(at[12]), (4, outs, room), np.float32),
        carray(pointer(at[13]), (size,), np.int32),
        carray(pointer(at[14]), (size,), np.int32),
        carray(pointer(at[15]), (size,), np.int64),
        carray(pointer(at[16]), (size,), np.int32),
        carray(pointer(at[17]), (size,), np.float32),
        carray(pointer(at[18]), (size,), np.float32),
    )


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
