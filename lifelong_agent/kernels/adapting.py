"""Running means of the senses and of hidden units, followed in one pass over a batch."""

from __future__ import annotations

import math

import numpy as np

from lifelong_agent.kernels.compiled import reassociated


@reassociated
def watch(batch: np.ndarray, recent: np.ndarray, mean: np.ndarray, share: float) -> float:
    """Let a batch ``(B, channels)`` into the trace ``recent``, unless it is not finite, and tell how new that is.

    Returns:
        Novelty beside ``mean``, in [0, 1]; NaN if the batch is not finite: then the trace stays as it was.
    """
    size, channels = batch.shape
    part = np.zeros(channels, np.float32)
    for row in range(size):
        for i in range(channels):
            part[i] += batch[row, i]
    one, two = np.float32(0), np.float32(0)
    rate = np.float32(share)
    for i in range(channels):
        seen = part[i] / np.float32(size)
        part[i] = seen if rate >= 1 else recent[i] + rate * (seen - recent[i])
        one += part[i]
        two += mean[i]
    one, two = one / np.float32(channels), two / np.float32(channels)
    dot, first, second = np.float32(0), np.float32(0), np.float32(0)
    for i in range(channels):
        a, b = part[i] - one, mean[i] - two
        dot += a * b
        first += a * a
        second += b * b
    if not math.isfinite(first):
        return math.nan
    recent[:] = part
    length = math.sqrt(first) * math.sqrt(second)
    return float(1 - min(1.0, max(0.0, dot / max(length, 1e-8))))


@reassociated
def follow_units(activity: np.ndarray, mean: np.ndarray, rate: float) -> None:
    """Move running means ``(units,)`` towards those of a batch ``(B, units)``, in place."""
    size, units = activity.shape
    part = np.zeros(units, np.float32)
    for row in range(size):
        for i in range(units):
            part[i] += activity[row, i]
    share = np.float32(rate)
    for i in range(units):
        mean[i] += share * (part[i] / np.float32(size) - mean[i])
