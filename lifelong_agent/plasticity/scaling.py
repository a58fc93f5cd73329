"""Synaptic scaling: a unit's incoming weights keep the length that they were born with."""

from __future__ import annotations

import torch
from torch import Tensor


def lengths(weight: Tensor) -> Tensor:
    """Tell the length of each unit's incoming weights, ``(units,)``."""
    return weight.flatten(1).norm(dim=1)


@torch.no_grad()
def scale_(weight: Tensor, born: Tensor) -> None:
    """Bring each unit's incoming weights back to their first length, in place.

    What a pooled layer does hardly depends on the size of its weights, but how far a step turns them does: weights that
    grow as they learn would learn ever more slowly. Lyle et al. (2024), "Normalization and effective learning rates in
    reinforcement learning", project whole layers; here each unit minds its own, as in the synaptic scaling of
    Turrigiano et al. (1998).

    Args:
        weight: ``(units, ...)``; overwritten.
        born: First lengths, ``(units,)``. A unit all of whose weights are zero stays as it is.
    """
    now = lengths(weight)
    factor = torch.where(now > 0, born / now, torch.ones_like(now))
    weight.mul_(factor.reshape(-1, *(1,) * (weight.dim() - 1)))
