"""Means over seeds with 95 % intervals, and paired differences; deterministic, NumPy only.

Not named `statistics`: a module of that name here would stand before the standard library's when this folder is on the
path.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lifelong_agent.seeds import generator

RESAMPLES = 10_000

# Student's t at 97.5 %, by degrees of freedom 1..30.
STUDENT = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


def describe(values: Sequence[float]) -> dict[str, Any]:
    """Say what one number is over seeds: each seed, the mean, and its 95 % interval by bootstrap.

    Seeds in which the number is not defined (NaN) are null and left out of mean and interval.

    Returns:
        `{"per_seed": [...], "mean": m, "ci95": [low, high]}`, with null where nothing can be said.
    """
    data = np.asarray(values, dtype=np.float64)
    known = data[np.isfinite(data)]
    low, high = bootstrap(known)
    return {
        "per_seed": [number(value) for value in data],
        "mean": number(known.mean()) if known.size else None,
        "ci95": [number(low), number(high)],
    }


def describe_difference(one: Sequence[float], two: Sequence[float]) -> dict[str, Any]:
    """Say how two agents differ on the same seeds: one minus two, seed by seed, with two 95 % intervals of the mean.

    The percentile bootstrap is too narrow for few seeds (for 5 it covers about 84 % of the time on normal data), so
    Student's t interval stands beside it as `ci95_t`; believe a difference that both hold.

    Args:
        one: Values of one agent, a seed each, shape (S,).
        two: Values of the other, the same seeds, shape (S,).
    """
    difference = np.asarray(one, dtype=np.float64) - np.asarray(two, dtype=np.float64)
    low, high = student(difference[np.isfinite(difference)])
    return {**describe(difference.tolist()), "ci95_t": [number(low), number(high)]}


def describe_ratio(one: Sequence[float], two: Sequence[float]) -> dict[str, Any]:
    """Say how two agents compare as a ratio of means over the same seeds, the interval by resampling seeds in pairs.

    Args:
        one: Values of the agent above the line, shape (S,).
        two: Values of the agent below the line, the same seeds, shape (S,); above zero on average.
    """
    above, below = np.asarray(one, dtype=np.float64), np.asarray(two, dtype=np.float64)
    if not (np.isfinite(above).all() and np.isfinite(below).all()) or below.mean() <= 0:
        return {"mean": None, "ci95": [None, None]}
    picks = _picks(len(above))
    sums = below[picks].mean(axis=1)
    ratios = np.divide(above[picks].mean(axis=1), sums, out=np.full(len(sums), np.nan), where=sums > 0)
    low, high = np.nanpercentile(ratios, [2.5, 97.5])
    return {"mean": number(above.mean() / below.mean()), "ci95": [number(low), number(high)]}


def bootstrap(values: np.ndarray) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of the mean over values of shape (S,); NaN below two values.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), section 13.3.
    """
    if values.size < 2:
        return float("nan"), float("nan")
    low, high = np.percentile(values[_picks(values.size)].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def student(values: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of the mean by Student's t, for values of shape (S,); NaN below two values."""
    if values.size < 2:
        return float("nan"), float("nan")
    degrees = values.size - 1
    quantile = STUDENT[degrees - 1] if degrees <= len(STUDENT) else 1.96 + 2.4 / degrees
    half = quantile * values.std(ddof=1) / math.sqrt(values.size)
    return float(values.mean() - half), float(values.mean() + half)


def number(value: float) -> float | None:
    """Make a number fit for JSON: rounded to 6 significant digits, null if it is none."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _picks(size: int) -> np.ndarray:
    """Draw the resamples, the same for every call of one size, shape (RESAMPLES, size)."""
    return generator(0, "bootstrap", size).integers(0, size, (RESAMPLES, size))
