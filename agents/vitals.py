"""Health figures of a network, from the activations and weights it shows: pure functions of arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def effective_rank(activations: np.ndarray) -> float:
    """Tell in how many directions a layer's activations really spread.

    ``exp(H(p))`` with ``p`` the singular values divided by their sum and ``H`` the entropy in nats. Not centred, so a
    constant pattern counts as one direction.

    Source: Roy and Vetterli, "The effective rank" (EUSIPCO 2007), definition 1.

    Args:
        activations: Activations of ``B`` samples and ``n`` units, shape ``(B, n)``.

    Returns:
        A number in ``[1, min(B, n)]``; 0 if all activations are zero.
    """
    singular = np.linalg.svd(np.asarray(activations, dtype=np.float64), compute_uv=False)
    total = singular.sum()
    if total == 0:
        return 0.0
    shares = singular / total
    shares = shares[shares > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def dormant_share(layers: Sequence[np.ndarray], threshold: float = 0.025) -> float:
    """Tell which share of the units has fallen silent.

    A unit's score is its mean ``|h|`` over the samples divided by the mean score of its layer; it is dormant if the
    score is at most the threshold. In a layer without any activity all units are dormant.

    Source: Sokar et al., "The dormant neuron phenomenon" (ICML 2023), definition 3.1.

    Args:
        layers: Activations of each hidden layer, shapes ``(B, n_l)``.
        threshold: ``tau``, relative to the layer's mean.

    Returns:
        A share in ``[0, 1]`` over the units of all layers; 0 if there are none.
    """
    dormant, units = 0, 0
    for activations in layers:
        size = np.abs(activations).mean(axis=0)
        dormant += int((size <= threshold * size.mean()).sum())
        units += size.size
    return dormant / units if units else 0.0


def weight_magnitude(weights: Sequence[np.ndarray]) -> float:
    """Tell the mean absolute weight over all matrices together, biases left out.

    Source: Dohare et al., "Loss of plasticity in deep continual learning" (Nature 2024), figure 4.
    """
    count = sum(matrix.size for matrix in weights)
    return float(sum(np.abs(matrix).sum(dtype=np.float64) for matrix in weights) / count) if count else 0.0
