"""Compiled coding of one stream of real-valued channels: normalise, project, pick."""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np

from lifelong_agent.kernels.compiled import compiled, contracted
from lifelong_agent.kernels.drives import BLOCK
from lifelong_agent.kernels.winners import flag_from, pick

Array = np.ndarray[Any, Any]


@contracted
def combine(sense: Array, weight: Array, bias: Array, total: Array) -> None:
    """Write ``bias + sense @ weight`` into ``total (m,)``."""
    width, size = weight.shape
    for first in range(0, size, BLOCK):
        last = min(first + BLOCK, size)
        part = total[first:last]
        part[:] = bias[first:last]
        d = 0
        while d + 4 <= width:  # four at a time, so that the sum is fetched and stored a quarter as often
            one, two = weight[d, first:last], weight[d + 1, first:last]
            three, four = weight[d + 2, first:last], weight[d + 3, first:last]
            a, b, c, e = sense[d], sense[d + 1], sense[d + 2], sense[d + 3]
            for j in range(len(part)):
                part[j] += (a * one[j] + b * two[j]) + (c * three[j] + e * four[j])
            d += 4
        while d < width:
            one, a = weight[d, first:last], sense[d]
            for j in range(len(part)):
                part[j] += a * one[j]
            d += 1


@compiled
def repay_reals(sense: Array, mean: Array, square: Array, count: float) -> None:
    """Take ``sense (D,)`` into the statistics of ``count`` samples: see `ContextNormalizer.update`."""
    share, weight = np.float32(1.0 / (count + 1.0)), np.float32(count / (count + 1.0))
    for d in range(len(mean)):
        shift = sense[d] - mean[d]
        mean[d] += shift * share
        square[d] += shift * shift * weight


@compiled
def code_reals(
    sense: Array,
    mean: Array,
    square: Array,
    debt: Array,
    owed: Array,
    clip: float,
    weight: Array,
    bias: Array,
    normal: Array,
    value: Array,
    flag: Array,
    where: Array,
    spare: Array,
    search: Array,
    winners: Array,
) -> Any:
    """Code one observation ``sense (D,)`` of real-valued channels: normalise, project, pick; see `code_bits`.

    ``debt (2,)`` says whether ``owed (D,)`` has yet to be taken into the statistics, and how many samples these hold
    then; ``normal (D,)`` is overwritten. Returns NaN, and does nothing, where a channel is not finite.
    """
    total = np.float32(0.0)
    for d in range(len(sense)):
        total += sense[d]
    if not np.isfinite(total):
        return np.float32(np.nan)
    if debt[0]:
        repay_reals(owed, mean, square, debt[1] - 1.0)
        debt[0] = 0.0
    bound, samples = np.float32(clip), np.float32(max(debt[1], 1.0))
    for d in range(len(sense)):
        deviation = np.sqrt(square[d] / samples + np.float32(1e-8))
        normal[d] = min(max((sense[d] - mean[d]) / deviation, -bound), bound)
    combine(normal, weight, bias, value)
    flag_from(value, np.float32(search[0]), flag)
    return pick(value, flag, where, spare, search, winners)
