"""A context gate without memory: random dendrites on the running mean of the input."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def centred(mean: Tensor) -> Tensor:
    """Give a mean input as a direction: flat, minus its own mean, of length 1; zero if it is constant."""
    flat = mean.flatten()
    flat = flat - flat.mean()
    return flat / flat.norm().clamp_min(1e-8)


def threshold(share: float) -> float:
    """Give what a standard normal number exceeds with a probability ``share`` in (0, 1)."""
    return math.sqrt(2) * float(torch.erfinv(torch.tensor(1 - 2 * share, dtype=torch.float64)))


class DendriticGate(nn.Module):
    """Opens a unit while its random dendrite likes the direction of the running mean.

    Unit ``i`` is open while ``d_i . c^ > theta``, with ``d_i`` drawn from N(0, 1) once, ``c^`` the centred running mean
    of the input at length 1, and ``theta`` such that a share of the units is open on average. Inputs whose means are
    unlike open nearly independent sets. The relative of Iyer et al. (2022), "Avoiding catastrophe: active dendrites
    enable multi-task learning in dynamic environments", with fixed dendrites and no task signal.

    Buffers:
        dendrites: ``d``, ``(units, channels)``.
        opened: Which units are open, ``(units,)`` of zeros and ones.
    """

    dendrites: Tensor
    opened: Tensor

    def __init__(self, units: int, example: Tensor, share: float, dice: torch.Generator) -> None:
        """Draw the dendrites; all units are open until `turn`.

        Args:
            units: Units of the layer.
            example: One input.
            share: Share of the units that is open on average, in (0, 1).
            dice: Drawn from.
        """
        super().__init__()
        self._threshold = threshold(share)
        self.register_buffer("dendrites", torch.randn(units, example.numel(), generator=dice).to(example.device))
        self.register_buffer("opened", example.new_ones(units))

    @torch.no_grad()
    def turn(self, direction: Tensor) -> None:
        """Open the units that like a direction.

        Args:
            direction: From `centred`, ``(channels,)``.
        """
        self.opened.copy_(self.dendrites @ direction > self._threshold)
