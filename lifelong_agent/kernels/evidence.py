"""Compiled forward models of one stream of bits: what a step is evidence for, and how contexts learn from it."""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np

from lifelong_agent.kernels.compiled import compiled, reassociated

Array = np.ndarray[Any, Any]

# What is passed in `rates`, in this order:
LIMIT, RIPE, RATE, RARE, NOISE, LEARNING, DISCOUNT, DROP, EPISODES, THRESHOLD, FADING, CEILING = range(12)
PATIENCE, CREDITABLE, DISORDER, FULL = range(12, 16)
# What is in `life`: rewards so far, their mean, the largest distance from it; the return of the episode so far; steps
# in a row that no context explained, and how well the candidate and the best of the others explained them.
SEEN, MEAN, LARGEST, GAIN, LOST, CREDIT, RIVAL = range(7)


@reassociated
def add_odds(odds: Array, which: Array, count: int) -> tuple[Any, Any]:
    """Sum ``count`` rows of ``odds (D, 2)``, named in ``which``."""
    surprise, unseen = np.float32(0.0), np.float32(0.0)
    for i in range(count):
        surprise += odds[which[i], 0]
        unseen += odds[which[i], 1]
    return surprise, unseen


@compiled
def typical(
    sense: Array,
    odds: Array,
    base: Array,
    surprise: Array,
    novel: Array,
    seen: Array,
    rates: Array,
    which: Array,
    out: Array,
) -> None:
    """Add the evidence of one observation, ``sense (D,)``, for the first contexts to ``out``: see `Familiarity`."""
    words, count = sense.view(np.uint64), 0
    for word in range(len(words)):
        if words[word]:
            for d in range(8 * word, 8 * word + 8):
                which[count] = d
                count += sense[d]
    for c in range(len(out)):
        if seen[c] < rates[RIPE]:
            continue
        surprised, unseen = add_odds(odds[c], which, count)
        strange = np.log(min(max(novel[c], 0.05), 2.0) / 2.0)
        ratio = (surprised + base[c]) / max(surprise[c], 1.0)
        against = max(unseen * strange, -rates[LIMIT])
        told = 1.0 - min(max(ratio - 2.0, 0.0), 1.0) * (rates[LIMIT] + 1.0) + against
        out[c] += max(told, -rates[LIMIT])


@compiled
def familiarise(
    context: int,
    rows: Array,
    count: int,
    chance: Array,
    odds: Array,
    base: Array,
    surprise: Array,
    novel: Array,
    seen: Array,
    rates: Array,
) -> None:
    """Let one context learn from the first ``count`` observations of ``rows (., D)``: see `Familiarity.learn`."""
    size, width = float(count), chance.shape[1]
    before, likelihood, own = seen[context], chance[context], odds[context]
    weight = np.float32(max(size / (before + 1.0 + size), rates[RATE] * size))
    now, unseen, off_all = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    share, rare, one = np.float32(1.0 / size), np.float32(rates[RARE]), np.float32(1.0)
    # Most bits are never on in one world, or always: of their chances, which are bounded, the logarithms are known.
    least, most = np.float32(1e-3), one - np.float32(1e-3)
    off_least, off_most = np.log1p(-least), np.log1p(-most)
    odds_least, odds_most = off_least - np.log(least), off_most - np.log(most)
    # And of those that are rarely on, many have been so never, or once with the same neighbours: they share a chance.
    last, off_last, odds_last = np.float32(-1.0), np.float32(0.0), np.float32(0.0)
    totals = np.zeros(width, np.int32)
    for i in range(count):
        row = rows[i]
        for d in range(width):
            totals[d] += row[d]
    for d in range(width):
        total = totals[d]
        often = np.float32(total) * share
        if total:
            now += often * own[d, 0]
            unseen += often * own[d, 1]
        likely = likelihood[d]
        likely += weight * (often - likely)
        likelihood[d] = likely
        if likely <= least:
            off, own[d, 0] = off_least, odds_least
        elif likely >= most:
            off, own[d, 0] = off_most, odds_most
        else:
            if likely != last:
                off_last = np.log1p(-likely)
                last, odds_last = likely, off_last - np.log(likely)
            off, own[d, 0] = off_last, odds_last
        own[d, 1] = one if likely < rare else np.float32(0.0)
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
def notice(reward: float, life: Array, follow: bool, sense: Array, projection: Array, centre: Array) -> None:
    """Follow rewards of the whole life, and drives of its first observations: see `RewardModel.notice`."""
    life[SEEN] += 1.0
    life[MEAN] += (reward - life[MEAN]) * max(1.0 / life[SEEN], 1e-4)
    life[LARGEST] = max(life[LARGEST], abs(reward - life[MEAN]))
    if follow:
        share, drive = np.float32(1.0 / life[SEEN]), np.zeros(len(centre), np.float32)
        for d in range(len(projection)):
            if sense[d]:
                for j in range(len(centre)):
                    drive[j] += projection[d, j]
        for j in range(len(centre)):
            centre[j] += share * (drive[j] - centre[j])


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
def clear(
    context: int,
    chance: Array,
    odds: Array,
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
    odds[context, :, 0] = off - np.log(np.float32(0.5))
    odds[context, :, 1] = 0.0
    base[context] = -off * np.float32(chance.shape[1])
    weight[context] = 0.0
    wrong[context] = lessons[context] = 0.0
    bias[context] = mean
    usual[context] = 0.0
