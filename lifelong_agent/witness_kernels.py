"""Compiled context inference of one stream of bits: steps after which the context believed in stays.

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
PATIENCE, CREDITABLE, DISORDER, FULL = range(12, 16)
# What is in `life`: rewards so far, their mean, the largest distance from it; the return of the episode so far; steps
# in a row that no context explained, and how well the candidate and the best of the others explained them.
SEEN, MEAN, LARGEST, GAIN, LOST, CREDIT, RIVAL = range(7)
# What `weigh` says of the belief: it may have changed, which is left to `ContextInference`; it stays; no context is
# sure, and the candidate learnt; and the candidate may become a context.
OPEN, CALM, UNSURE, CONVINCING = range(4)


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
    """Write what a reward is evidence for: see `RewardModel.evidence`."""
    noise = rates[NOISE] * life[LARGEST]
    surprise = max(abs(reward - life[MEAN]) - 0.5 * noise, 0.0) / noise
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
    life[SEEN] += 1.0
    life[MEAN] += (reward - life[MEAN]) * max(1.0 / life[SEEN], 1e-4)
    life[LARGEST] = max(life[LARGEST], abs(reward - life[MEAN]))
    if follow:
        share, one = np.float32(1.0 / life[SEEN]), np.float32(unit)
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
    if abs(expected - bias[context]) > rates[NOISE] * life[LARGEST]:
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
def disappoint(gain: float, usual: Array, rates: Array) -> float:
    """Say what the return of an episode is evidence for, ``usual (3,)``: see `ReturnModel.evidence`."""
    if usual[0] < rates[EPISODES]:
        return 0.0
    distance = (gain - usual[1]) / max(np.sqrt(usual[2]), 0.1 * abs(usual[1]), 1e-6)
    return min(max(rates[DROP] * distance + 0.5 * rates[DROP] ** 2, -3.0), 1.0)


@compiled
def follow_returns(gain: float, usual: Array) -> None:
    """Let one context, ``usual (3,)``, learn from the return of an episode: see `ReturnModel.learn`."""
    usual[0] += 1.0
    rate, gap = max(1.0 / usual[0], 0.02), gain - usual[1]
    usual[1] += rate * gap
    usual[2] += rate * (gap**2 - usual[2])


@compiled
def doubt_all(context: int, told: float, judged: Array, doubt: Array, rates: Array) -> bool:
    """Tell doubts, ``(2, slots)``, of evidence of the senses, ``judged (known,)``, and of rewards.

    Returns:
        Whether another context is clearly less doubtful: see `ContextInference._choose`.
    """
    known, chosen = len(judged), 0
    best, acted = max(judged.max(), 0.0), doubt[1, context] - told
    for c in range(known):
        doubt[0, c] += best - 1.0 - judged[c]
        doubt[1, c] = acted if c == context else doubt[1, c] * rates[FADING]
        for kind in range(2):
            doubt[kind, c] = min(max(doubt[kind, c], 0.0), rates[CEILING])
        if doubt[0, c] + doubt[1, c] < doubt[0, chosen] + doubt[1, chosen]:
            chosen = c
    own, least = doubt[0, context] + doubt[1, context], doubt[0, chosen] + doubt[1, chosen]
    return chosen != context and least < own - 2.0 and least < rates[THRESHOLD]


@compiled
def clear(
    context: int,
    chance: Array,
    table: Array,
    base: Array,
    surprise: Array,
    novel: Array,
    seen: Array,
    weight: Array,
    lessons: Array,
    bias: Array,
    wrong: Array,
    mean: float,
    usual: Array,
) -> None:
    """Let all models of one context forget: see `ContextInference._clear`."""
    surprise[context], novel[context], seen[context] = 0.0, 10.0, 0.0
    off = np.log1p(np.float32(-0.5))
    chance[context] = 0.5
    table[:, 2 * context] = off - np.log(np.float32(0.5))
    table[:, 2 * context + 1] = 0.0
    base[context] = -off * np.float32(chance.shape[1])
    weight[context] = 0.0
    wrong[context] = lessons[context] = 0.0
    bias[context] = mean
    usual[context] = 0.0


@compiled
def believe(candidate: int, senses: Array, life: Array) -> None:
    """Follow how well a candidate explains what no context does: see `ContextInference.conclude`."""
    credit, rival = senses[candidate], senses[:candidate].max()
    if life[LOST] > 1.0:
        credit, rival = 0.8 * life[CREDIT] + 0.2 * credit, 0.8 * life[RIVAL] + 0.2 * rival
    life[CREDIT], life[RIVAL] = credit, rival


@compiled
def convincing(candidate: int, informative: bool, surprise: Array, life: Array, rates: Array) -> bool:
    """Say whether a candidate may become a context: see `ContextInference._convincing`."""
    if life[LOST] < rates[PATIENCE] or life[CREDIT] <= rates[CREDITABLE]:
        return False
    if not informative and life[CREDIT] <= life[RIVAL]:
        return False
    return surprise[candidate] <= rates[DISORDER] * surprise[:candidate].max()


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
) -> int:
    """Weigh one step of one stream, and learn from it unless it changes which context is believed in.

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
        life: See above.
        expected: What was expected, ``(known + 1,)``: written.
        told: What the reward is evidence for, ``(known + 1,)``: written.
        running: See `ReturnModel`, as are the next two: of one stream.
        discount: Of one stream.
        usual: ``(slots, 3)``.
        queue: Observations to be learnt from, ``(., D)``.
        queued: How many steps they are of, and how many observations: ``(2,)``.

    Returns:
        `OPEN`, with doubts told and nothing learnt; or `CALM`, `UNSURE` or `CONVINCING`: see above.
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
    gain = life[GAIN] = outcome(reward, over, running, discount, rates)
    if over:
        told[context] += disappoint(gain, usual[context], rates)

    judged = senses[:known].copy()
    if over:
        typical(fresh, table, base, surprise, novel, seen, rates, judged)
    if doubt_all(context, told[context], judged, doubt, rates):
        return OPEN
    queue[queued[1]] = after
    queue[queued[1] + 1] = fresh
    if doubt[0, context] + doubt[1, context] >= rates[THRESHOLD]:
        life[LOST] += 1.0
        fresh_rows = queue[queued[1] : queued[1] + (2 if over else 1)]
        queued[:] = 0  # may have been seen in another world: better unlearnt than learnt wrong
        if known == len(seen) - 1:
            return UNSURE
        believe(known, senses, life)
        if informative:
            teach(weight, code, first, known, expected[known], reward, life, lessons, bias, wrong, rates)
        familiarise(known, fresh_rows, len(fresh_rows), chance, table, base, surprise, novel, seen, rates)
        return CONVINCING if convincing(known, informative, surprise, life, rates) else UNSURE

    life[LOST] = 0.0
    if seen[known]:
        models = chance, table, base, surprise, novel, seen, weight, lessons, bias, wrong
        clear(known, *models, life[MEAN], usual)
    if informative:
        teach(weight, code, first, context, expected[context], reward, life, lessons, bias, wrong, rates)
    queued[1] += 2 if over else 1
    queued[0] += 1
    if 2 * queued[0] >= len(queue) or seen[context] < rates[FULL]:
        familiarise(context, queue, queued[1], chance, table, base, surprise, novel, seen, rates)
        queued[:] = 0
    if over:
        follow_returns(gain, usual[context])
    return CALM
