"""Weight clipping: no weight leaves a range as wide as its layer was born with."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from agents.mechanism import Mechanism


class WeightClipping(Mechanism):
    """Clips every weight to ``|w| <= clip / sqrt(fan_in)`` after each step of the optimiser.

    A bias is clipped by the bound of its layer's weights. Layers are dense and convolutional ones; gains and shifts of
    normalisations are left alone (as the published code walks through parameters, it would clip them by the bound of
    the layer before, far below the 1 that they start from).

    Source: Elsayed, Lan, Lyle and Mahmood, "Weight clipping for deep continual and reinforcement learning" (RLC 2024),
    algorithm 1, with the bound of torch's default initialisation, ``1 / sqrt(fan_in)``; ``clip`` is their ``kappa``.
    """

    def __init__(self, network: nn.Module, clip: float) -> None:
        """Find the layers; nothing happens before `attach`.

        Args:
            network: All its dense and convolutional layers are clipped, the last one too.
            clip: ``kappa``, in units of the bound, above zero; ``math.inf`` for none.

        Raises:
            ValueError: If ``clip`` is not above zero.
        """
        super().__init__()
        if not clip > 0:
            raise ValueError(f"WeightClipping: clip is above zero; got {clip!r}")
        self.clip = clip
        self.bounds: list[tuple[Tensor, float]] = []
        for layer in network.modules():
            if isinstance(layer, (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)):
                bound = clip / math.sqrt(layer.weight[0].numel())
                self.bounds += [(it, bound) for it in (layer.weight, layer.bias) if it is not None]

    @torch.no_grad()
    def step(self) -> None:
        """Clip; called after each step of the optimiser."""
        self.updates += 1
        for parameter, bound in self.bounds:
            parameter.clamp_(-bound, bound)
