"""Compiled context inference of one stream of bits: steps after which the context believed in stays."""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np

from lifelong_agent.kernels.compiled import compiled
from lifelong_agent.kernels.evidence import (
    CEILING,
    CREDIT,
    CREDITABLE,
    DISORDER,
    FADING,
    FULL,
    GAIN,
    LOST,
    MEAN,
    PATIENCE,
    RIVAL,
    THRESHOLD,
    clear,
    disappoint,
    disprove,
    familiarise,
    follow_returns,
    notice,
    outcome,
    promise,
    teach,
    typical,
)

Array = np.ndarray[Any, Any]

# What `weigh` says of the belief: it may have changed, which is left to `ContextInference`; it stays; no context is
# sure, and the candidate learnt; and the candidate may become a context.
CALM, OPEN, UNSURE, CONVINCING = range(4)


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
    now: Array,
    projection: Array,
    code: Array,
    rates: Array,
    chance: Array,
    odds: Array,
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
    deeds: Array,
    which: Array,
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
        now: What was seen before the action, ``(D,)``; read if drives are followed.
        projection: Weights of the reward model, ``(D, n)``.
        code: Who fires of the reward model, ``(k,)``.
        rates: See above.
        chance: See `Familiarity`, as are the next five.
        odds: Its table by context: ``(slots, D, 2)``.
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
        deeds: What was done at these steps, and whether an episode ended: ``(., 2)``.
        which: Memory, ``(D + 8,)``.

    Returns:
        `OPEN`, with doubts told and nothing learnt; or `CALM`, `UNSURE` or `CONVINCING`: see above.
    """
    known = len(senses) - 1
    for c in range(known + 1):
        senses[c] = expected[c] = told[c] = 0.0
    typical(after, odds, base, surprise, novel, seen, rates, which, senses)
    first = action * projection.shape[1]
    if informative:
        promise(weight, code, first, bias, expected)
        disprove(expected, reward, life, wrong, rates, told)
    notice(reward, life, follow, now, projection, centre)
    gain = life[GAIN] = outcome(reward, over, running, discount, rates)
    if over:
        told[context] += disappoint(gain, usual[context], rates)

    judged = senses[:known].copy()
    if over:
        typical(fresh, odds, base, surprise, novel, seen, rates, which, judged)
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
        familiarise(known, fresh_rows, len(fresh_rows), chance, odds, base, surprise, novel, seen, rates)
        return CONVINCING if convincing(known, informative, surprise, life, rates) else UNSURE

    life[LOST] = 0.0
    if seen[known]:
        models = chance, odds, base, surprise, novel, seen, weight, lessons, bias, wrong
        clear(known, *models, life[MEAN], usual)
    if informative:
        teach(weight, code, first, context, expected[context], reward, life, lessons, bias, wrong, rates)
    deeds[queued[0], 0], deeds[queued[0], 1] = action, over
    queued[1] += 2 if over else 1
    queued[0] += 1
    if 2 * queued[0] >= len(queue) or seen[context] < rates[FULL]:
        familiarise(context, queue, queued[1], chance, odds, base, surprise, novel, seen, rates)
        queued[:] = 0
    if over:
        follow_returns(gain, usual[context])
    return CALM
