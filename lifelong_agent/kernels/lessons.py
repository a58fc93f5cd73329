"""Compiled learning of one stream: the three-factor rule, on neurons that fired lately."""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np

from lifelong_agent.kernels.batch_synapses import energy
from lifelong_agent.kernels.compiled import compiled
from lifelong_agent.kernels.slots import (
    BRAKE,
    CONSOLIDATION,
    DECAY,
    EAGER,
    ENTROPY,
    FADED,
    FAST_SHARE,
    GAMMA,
    GROWS,
    HANDED,
    IMPORTANCE_RATE,
    KEPT,
    LASTING,
    MET,
    POLICY_RATE,
    REACH,
    SCALE,
    SEEN,
    SPREAD,
    TAKEN,
    UNIT,
    USAGE_RATE,
    VALUE_RATE,
    expect,
    hold,
    look,
    read,
    settle,
)
from lifelong_agent.kernels.yardstick import compare, judge

Array = np.ndarray[Any, Any]


@compiled
def follow_trace(trace: Array, code: Array, decay: Any) -> None:
    """Let traces decay, and who fires, ``code (slots,)``, join them."""
    for j in range(len(trace)):
        trace[j] = trace[j] * decay + code[j]


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
def bound(
    action: int,
    entropy: float,
    pull: float,
    push: float,
    winners: Array,
    chances: Array,
    held: Array,
    slot: Array,
    rates: Array,
) -> float:
    """Say by how much a lesson of the policy must shrink to keep within its reach: see `Rates`.

    Args:
        action: What was done.
        entropy: Entropy of the policy.
        pull: The third factor of all logits.
        push: Step towards a less certain policy.
        winners: See `learn`, as are all that follow.
        chances: Of the thought that is learnt from.
        held: Traces, before they follow this step.
        slot: Slots.
        rates: Rates.
    """
    unit, furthest = rates[UNIT], 0.0
    for o in range(len(chances)):
        likelier = (1.0 if o == action else 0.0) - chances[o]
        broader = -chances[o] * (np.log(chances[o] + 1e-9) + entropy)
        at_once, traced = len(winners) * unit * (pull * likelier + push * broader), 0.0
        for i in range(len(winners)):
            traced += held[0, o, slot[winners[i]]]
        furthest = max(furthest, abs(at_once + rates[DECAY] * pull * traced) * unit)
    return rates[REACH] / furthest if furthest > rates[REACH] else 1.0


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
    pull = rates[POLICY_RATE] * rates[EAGER] * standard
    push = rates[POLICY_RATE] * rates[ENTROPY] * surprise
    if rates[REACH]:
        within = bound(action, entropy, pull, push, winners, chances, held, slot, rates)
        pull, push = pull * within, push * within
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
            np.float32(pull),
            np.float32(push * broader),
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
    expect(ahead, rows, stamps, slot, usage)
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
