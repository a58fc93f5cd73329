"""The network of a classifier: dense layers of rectified units."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from agents.discovery import HiddenLayer, discover


class ClassifierNetwork(nn.Module):
    """Dense layers with ReLU between them: ``features -> widths -> classes``."""

    def __init__(self, features: int, widths: Sequence[int], classes: int, dice: torch.Generator | None = None) -> None:
        """Draw the weights.

        Args:
            features: Numbers in a picture.
            widths: Units of each hidden layer.
            classes: Number of logits.
            dice: Draws weights from He's uniform distribution, ``U(-b, b)`` with ``b = gain sqrt(3 / fan_in)``, gain
                ``sqrt 2`` for the layers that are rectified and 1 for the last (as Dohare et al. 2024); biases are 0.
                None leaves all numbers unset, to be loaded.
        """
        super().__init__()
        self.shape = (features, tuple(widths), classes)
        sizes = [features, *widths, classes]
        self.layers = nn.ModuleList(
            nn.utils.skip_init(nn.Linear, fan_in, fan_out) for fan_in, fan_out in pairwise(sizes)
        )
        self.rectifiers = nn.ModuleList(nn.ReLU() for _ in widths)
        if dice is not None:
            for place, layer in enumerate(self.layers):
                kind = "relu" if place < len(widths) else "linear"
                nn.init.kaiming_uniform_(layer.weight, nonlinearity=kind, generator=dice)  # pyright: ignore[reportArgumentType]
                nn.init.zeros_(layer.bias)  # pyright: ignore[reportArgumentType]

    def forward(self, pictures: Tensor) -> Tensor:
        """Map pictures ``(B, features)`` to logits ``(B, classes)``."""
        x = pictures
        for layer, rectifier in zip(self.layers, self.rectifiers, strict=False):
            x = rectifier(layer(x))
        return self.layers[-1](x)

    @torch.no_grad()
    def hidden(self, pictures: Tensor) -> list[Tensor]:
        """Map pictures ``(B, features)`` to each hidden layer's rectified activations, before any rule changes them."""
        found: list[Tensor] = []

        def record(_module: nn.Module, _given: Any, activations: Tensor) -> None:
            found.append(activations)

        handles = [rectifier.register_forward_hook(record, prepend=True) for rectifier in self.rectifiers]
        mode = self.training
        try:
            self.eval()(pictures)
        finally:
            self.train(mode)
            for handle in handles:
                handle.remove()
        return found

    @property
    def example(self) -> Tensor:
        """A picture of zeros, ``(1, features)``."""
        return torch.zeros(1, self.shape[0])

    def discovered(self) -> tuple[HiddenLayer, ...]:
        """List the hidden layers for mechanisms that judge units."""
        return discover(self, self.example)

    def copied(self) -> ClassifierNetwork:
        """Copy the network in evaluation mode, without hooks and gradients; costs nobody any randomness."""
        copy = ClassifierNetwork(*self.shape)
        copy.load_state_dict(self.state_dict())
        return copy.eval().requires_grad_(False)
