"""Random projections of senses: dense for real-valued channels, a sum of rows for bits."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def random_rows(neurons: int, in_dim: int, fan_in: float, generator: torch.Generator) -> Tensor:
    """Draw input weights of unit length, each neuron seeing a random share ``fan_in`` of the channels.

    Returns:
        Shape ``(neurons, in_dim)``.
    """
    weight = torch.randn(neurons, in_dim, generator=generator)
    if fan_in < 1.0:
        weight *= torch.rand(neurons, in_dim, generator=generator) < fan_in
    return weight / weight.norm(dim=1, keepdim=True).clamp(min=1e-6)


def project(sense: Tensor, weight: Tensor, *, bits: bool) -> Tensor:
    """Project senses, ``(B, in_dim)``, by ``weight``, ``(in_dim, n)``: drives of shape ``(B, n)``.

    Few of many bits are on, so for bits the rows of those that are on are summed, which reads a fraction of the
    weights.
    """
    if not bits or sense.shape[0] == 0:
        return sense @ weight
    where = sense.nonzero()
    counts = torch.bincount(where[:, 0], minlength=sense.shape[0])
    offsets = counts.cumsum(0) - counts
    return nn.functional.embedding_bag(where[:, 1], weight, offsets, mode="sum")
