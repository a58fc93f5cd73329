"""Compiled context inference of one stream of bits: the ordinary step, in which the context believed in stays.

Kernels of this file call each other only: numba keeps compiled code as long as the file of the kernel itself is older.
"""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]

compiled = njit(cache=True, nogil=True, error_model="numpy")

# What is passed in `rates`, in this order:
LIMIT, RIPE, RATE, RARE, NOISE, LEARNING, DISCOUNT, DROP, EPISODES, THRESHOLD, FADING, CEILING = range(12)
SURE = 512.0
"""Observations that a context must have seen before it learns from many in one go: see `ContextInference._ripe`."""


@compiled
def typical(
    sense: Array, table: Array, base: Array, surprise: Array, novel: Array, seen: Array, rates: Array, out: Array
) -> None:
    """Add the evidence of one observation, ``sense (D,)``, for the first contexts to ``out``: see `Familiarity`."""
    contexts = len(out)
    products = np.zeros(2 * contexts, np.float32)
    words = sense.view(np.uint64)
    for word in range(len(words)):
        if words[word]:
            for d in range(8 * word, 8 * word + 8):
                if sense[d]:
                    row = table[d]
                    for j in range(len(products)):
                        products[j] += row[j]
    for c in range(contexts):
        if seen[c] < rates[RIPE]:
            continue
        strange = np.log(min(max(novel[c], 0.05), 2.0) / 2.0)
        ratio = (products[2 * c] + base[c]) / max(surprise[c], 1.0)
        unseen = max(products[2 * c + 1] * strange, -rates[LIMIT])
        told = 1.0 - min(max(ratio - 2.0, 0.0), 1.0) * (rates[LIMIT] + 1.0) + unseen
        out[c] += max(told, -rates[LIMIT])


@compiled
def familiarise(
    context: int,
    rows: Array,
    count: int,
    chance: Array,
    table: Array,
    base: Array,
    surprise: Array,
    novel: Array,
    seen: Array,
    rates: Array,
) -> None:
    """Let one context learn from the first ``count`` observations of ``rows (., D)``: see `Familiarity.learn`."""
    size, width = float(count), chance.shape[1]
    before = seen[context]
    weight = np.float32(max(size / (before + 1.0 + size), rates[RATE] * size))
    now, unseen, off_all = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    share, rare, one = np.float32(1.0 / size), np.float32(rates[RARE]), np.float32(1.0)
    column = 2 * context
    for d in range(width):
        total = 0
        for i in range(count):
            total += rows[i, d]
        often = np.float32(total) * share
        if total:
            now += often * table[d, column]
            unseen += often * table[d, column + 1]
        likely = chance[context, d]
        likely += weight * (often - likely)
        chance[context, d] = likely
        bounded = min(max(likely, np.float32(1e-3)), one - np.float32(1e-3))
        off = np.log1p(-bounded)
        table[d, column] = off - np.log(bounded)
        table[d, column + 1] = one if likely < rare else np.float32(0.0)
        off_all += off
    if before:
        speed = min(1.0, 0.00125 * size)
        surprise[context] += max(size / (before + size), speed) * (now + base[context] - surprise[context])
        novel[context] += speed * (unseen - novel[context])
    base[context] = -off_all
    seen[context] += size


@compiled
def promise(weight: Array, code: Array, first: int, bias: Array, out: Array) -> None:
    """Say which reward of an action each of the first contexts expects: see `RewardModel.predict`."""
    for c in range(len(out)):
        out[c] = bias[c]
        for i in range(len(code)):
            out[c] += weight[c, first + code[i]]


@compiled
def disprove(expected: Array, reward: float, life: Array, wrong: Array, rates: Array, out: Array) -> None:
    """Write what a reward is evidence for: see `RewardModel.evidence`. ``life``: samples, mean, largest distance."""
    noise = rates[NOISE] * life[2]
    surprise = max(abs(reward - life[1]) - 0.5 * noise, 0.0) / noise
    for c in range(len(out)):
        own = np.sqrt(noise**2 + wrong[c])
        error = max(abs(reward - expected[c]) - 0.5 * own, 0.0) / own
        told = 0.5 * (surprise**2 - error**2)
        if surprise > 0.0:
            told -= np.log(own / noise)
        out[c] = min(max(told, -5.0), 5.0)


@compiled
def notice(reward: float, life: Array, follow: bool, drive: Array, unit: float, centre: Array) -> None:
    """Follow rewards and drives of the whole life: see `RewardModel.notice`."""
    life[0] += 1.0
    life[1] += (reward - life[1]) * max(1.0 / life[0], 1e-4)
    life[2] = max(life[2], abs(reward - life[1]))
    if follow:
        share, one = np.float32(1.0 / life[0]), np.float32(unit)
        for j in range(len(centre)):
            centre[j] += share * (np.float32(drive[j]) * one - centre[j])


@compiled
def teach(
    weight: Array,
    code: Array,
    first: int,
    context: int,
    expected: float,
    reward: float,
    life: Array,
    lessons: Array,
    bias: Array,
    wrong: Array,
    rates: Array,
) -> None:
    """Let one context learn from a reward: see `RewardModel.learn`."""
    if lessons[context] < 100:
        lessons[context] += 1
        bias[context] += (reward - bias[context]) / lessons[context]
    error = reward - expected
    if abs(expected - bias[context]) > rates[NOISE] * life[2]:
        wrong[context] += 0.01 * (error**2 - wrong[context])
    step = error * (rates[LEARNING] / len(code))
    for i in range(len(code)):
        weight[context, first + code[i]] += step


@compiled
def outcome(reward: float, over: bool, running: Array, discount: Array, rates: Array) -> float:
    """Follow the discounted return of an episode; returns it: see `ReturnModel.follow`."""
    running[0] += discount[0] * reward
    discount[0] *= rates[DISCOUNT]
    finished = running[0]
    if over:
        running[0], discount[0] = 0.0, 1.0
    return finished


@compiled
def weigh(
    context: int,
    action: int,
    reward: float,
    over: bool,
    after: Array,
    fresh: Array,
    informative: bool,
    follow: bool,
    code: Array,
    drive: Array,
    unit: float,
    rates: Array,
    chance: Array,
    table: Array,
    base: Array,
    surprise: Array,
    novel: Array,
    seen: Array,
    doubt: Array,
    senses: Array,
    centre: Array,
    weight: Array,
    lessons: Array,
    bias: Array,
    wrong: Array,
    life: Array,
    expected: Array,
    told: Array,
    running: Array,
    discount: Array,
    usual: Array,
    queue: Array,
    queued: Array,
) -> bool:
    """Weigh one step of one stream, and learn from it if it changes nothing about what is believed.

    Args:
        context: The context believed in.
        action: What was done.
        reward: What it brought.
        over: Whether an episode ended.
        after: What was seen after it, ``(D,)``, bytes.
        fresh: First observation of the next episode, ``(D,)``; read if one ended.
        informative: Whether rewards have ever differed.
        follow: Whether the mean of the drives is followed.
        code: Who fires of the reward model, ``(k,)``.
        drive: Its drives, ``(n,)``, int32.
        unit: What an integer 1 stands for in them.
        rates: See above.
        chance: See `Familiarity`, as are the next five.
        table: ``(D, 2 * slots)``.
        base: ``(slots,)``.
        surprise: ``(slots,)``.
        novel: ``(slots,)``.
        seen: ``(slots,)``.
        doubt: ``(2, slots)``.
        senses: Evidence of the senses, ``(known + 1,)``: written.
        centre: See `RewardModel`, as are the next five: ``(n,)``.
        weight: ``(slots, actions * n)``.
        lessons: ``(slots,)``.
        bias: ``(slots,)``.
        wrong: ``(slots,)``.
        life: Samples, mean, largest distance; and the return of the episode so far: written.
        expected: What was expected, ``(known + 1,)``: written.
        told: What the reward is evidence for, ``(known + 1,)``: written.
        running: See `ReturnModel`, as are the next two: of one stream.
        discount: Of one stream.
        usual: ``(slots, 3)``.
        queue: Observations to be learnt from, ``(., D)``.
        queued: How many steps they are of, and how many observations: ``(2,)``.

    Returns:
        Whether nothing changed. Otherwise doubts are told, and what follows from them is left to
        `ContextInference`.
    """
    known = len(senses) - 1
    for c in range(known + 1):
        senses[c] = expected[c] = told[c] = 0.0
    typical(after, table, base, surprise, novel, seen, rates, senses)
    first = action * len(drive)
    if informative:
        promise(weight, code, first, bias, expected)
        disprove(expected, reward, life, wrong, rates, told)
    notice(reward, life, follow, drive, unit, centre)
    gain = life[3] = outcome(reward, over, running, discount, rates)
    episodes, mean, variance = usual[context, 0], usual[context, 1], usual[context, 2]
    if over and episodes >= rates[EPISODES]:
        distance = (gain - mean) / max(np.sqrt(variance), 0.1 * abs(mean), 1e-6)
        told[context] += min(max(rates[DROP] * distance + 0.5 * rates[DROP] ** 2, -3.0), 1.0)

    judged = senses[:known].copy()
    if over:
        typical(fresh, table, base, surprise, novel, seen, rates, judged)
    best = max(judged.max(), 0.0)
    acted = doubt[1, context] - told[context]
    chosen = 0
    for c in range(known):
        doubt[0, c] += best - 1.0 - judged[c]
        doubt[1, c] = acted if c == context else doubt[1, c] * rates[FADING]
        for kind in range(2):
            doubt[kind, c] = min(max(doubt[kind, c], 0.0), rates[CEILING])
        if doubt[0, c] + doubt[1, c] < doubt[0, chosen] + doubt[1, chosen]:
            chosen = c
    own, least = doubt[0, context] + doubt[1, context], doubt[0, chosen] + doubt[1, chosen]
    if (least < own - 2.0 and least < rates[THRESHOLD]) or own >= rates[THRESHOLD] or seen[known]:
        return False

    if informative:
        teach(weight, code, first, context, expected[context], reward, life, lessons, bias, wrong, rates)
    queue[queued[1]] = after
    queued[1] += 1
    if over:
        queue[queued[1]] = fresh
        queued[1] += 1
    queued[0] += 1
    if 2 * queued[0] >= len(queue) or seen[context] < SURE:
        familiarise(context, queue, queued[1], chance, table, base, surprise, novel, seen, rates)
        queued[:] = 0
    if over:
        usual[context, 0] += 1.0
        rate, gap = max(1.0 / usual[context, 0], 0.02), gain - usual[context, 1]
        usual[context, 1] += rate * gap
        usual[context, 2] += rate * (gap**2 - usual[context, 2])
    return True
