"""Compiled measures of one stream's rewards and TD errors: see `lifelong_agent.actor_critic.Yardstick`."""

from __future__ import annotations

from typing import Any

import numpy as np

from lifelong_agent.kernels.compiled import compiled
from lifelong_agent.kernels.slots import FLOOR, MEMORY, TOLERANCE

Array = np.ndarray[Any, Any]


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
