"""How a layer fares: health figures as pure functions, each with its formula."""

from __future__ import annotations

import torch
from torch import Tensor


def effective_rank(features: Tensor) -> float:
    """Effective rank of a feature matrix, uncentred.

    ``exp(-sum p log p)`` with ``p = sigma / sum sigma`` over the singular values; depends on the number of rows.

    Source: Roy & Vetterli (2007).

    Args:
        features: Shape ``(samples, features)``.

    Returns:
        A value in ``[1, min(samples, features)]``, or 0 for a matrix of zeros.
    """
    sigma = torch.linalg.svdvals(features.detach().double())
    total = sigma.sum()
    if total <= 0:
        return 0.0
    share = sigma / total
    return float(torch.exp(-(share * (share + 1e-12).log()).sum()))


def dormant_share(activity: Tensor, threshold: float = 0.025) -> float:
    """Share of units whose mean activity is at most ``threshold`` times their layer's mean.

    Source: Sokar et al. (2023), as in the authors' code (division by the mean; the text's sum is an oversight).

    Args:
        activity: Mean absolute activity of each unit, shape ``(units,)``.
        threshold: The tau of the paper.

    Returns:
        A share in ``[0, 1]``.
    """
    mean = activity.abs().mean()
    return float((activity.abs() <= threshold * mean).double().mean())
