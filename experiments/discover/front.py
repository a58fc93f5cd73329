"""Pareto fronts and the winner on them: pure functions of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

OBJECTIVES = ("late_reward_rate", "kept_rate", "late_effective_rank")
"""Plasticity, retention, and effective rank of the hidden layers; more is better of each."""


def pareto(values: np.ndarray) -> np.ndarray:
    """Tell which points are on the front: no other is as good in everything and better in something.

    Args:
        values: ``(N, K)``, more is better.

    Returns:
        ``(N,)``, bool.
    """
    as_good = (values[:, None] >= values[None]).all(axis=2)
    better = (values[:, None] > values[None]).any(axis=2)
    return np.logical_not((as_good & better).any(axis=0))


def score(values: np.ndarray, weights: Sequence[float], units: float) -> np.ndarray:
    """Bring the objectives to one number: ``a late_reward_rate + b kept_rate + c late_effective_rank / units``.

    Args:
        values: ``(N, 3)``, in the order of `OBJECTIVES`.
        weights: ``a, b, c``.
        units: Mean number of units of a hidden layer, which is the highest rank there can be.

    Returns:
        ``(N,)``.
    """
    return values @ (np.asarray(weights) / np.array([1.0, 1.0, units]))
