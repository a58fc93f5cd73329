"""Consolidation of all synapses of a layer in one pass over memory."""

from __future__ import annotations

import numpy as np

from lifelong_agent.kernels.compiled import contracted


@contracted
def modulate(gradient: np.ndarray, importance: np.ndarray, strength: float, decay: float) -> None:
    """Slow gradients down by importance, and let importance follow; both flat float32, in place."""
    kappa, rho, one = np.float32(strength), np.float32(decay), np.float32(1)
    for i in range(gradient.size):
        g, importance_before = gradient[i], importance[i]
        slowed = g / (one + kappa * importance_before)
        importance[i] = rho * importance_before + slowed * g
        gradient[i] = slowed


@contracted
def modulate_and_regenerate(
    gradient: np.ndarray,
    importance: np.ndarray,
    weight: np.ndarray,
    first: np.ndarray,
    strength: float,
    decay: float,
    regeneration: float,
) -> None:
    """Do as `modulate`, and pull weights to their first value; all flat float32."""
    kappa, rho, pull, one = np.float32(strength), np.float32(decay), np.float32(regeneration), np.float32(1)
    for i in range(gradient.size):
        g, importance_before = gradient[i], importance[i]
        rate = one / (one + kappa * importance_before)
        importance[i] = rho * importance_before + rate * g * g
        gradient[i] = rate * (g + pull * (weight[i] - first[i]))
