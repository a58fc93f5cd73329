"""The network of a classifier: dense layers of rectified units, which may adapt to what they are used to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from agents.centre import SLOWEST, Centre, novelty
from agents.discovery import HiddenLayer, discover


class ClassifierNetwork(nn.Module):
    """Dense layers with ReLU between them: ``features -> widths -> classes``.

    With ``adaptation`` every layer reads its inputs as differences from their running means (see `Centre`). How fast
    the means move is told by the senses: as far as the mean picture is new (`novelty`), hidden ones at least at the
    rate `SLOWEST`. Means move in evaluation mode too: an exam needs no labels for that.
    """

    def __init__(
        self,
        features: int,
        widths: Sequence[int],
        classes: int,
        dice: torch.Generator | None = None,
        adaptation: bool = False,
    ) -> None:
        """Draw the weights.

        Args:
            features: Numbers in a picture.
            widths: Units of each hidden layer.
            classes: Number of logits.
            dice: Draws weights from He's uniform distribution, ``U(-b, b)`` with ``b = gain sqrt(3 / fan_in)``, gain
                ``sqrt 2`` for the layers that are rectified and 1 for the last (as Dohare et al. 2024); biases are 0.
                None leaves all numbers unset, to be loaded.
            adaptation: Whether to subtract running means.
        """
        super().__init__()
        self.shape, self.adaptation = (features, tuple(widths), classes), adaptation
        sizes = [features, *widths, classes]
        self.layers = nn.ModuleList(
            nn.utils.skip_init(nn.Linear, fan_in, fan_out) for fan_in, fan_out in pairwise(sizes)
        )
        self.rectifiers = nn.ModuleList(nn.ReLU() for _ in widths)
        self.centres = nn.ModuleList(Centre(size) for size in sizes[:-1]) if adaptation else None
        if dice is not None:
            for place, layer in enumerate(self.layers):
                kind = "relu" if place < len(widths) else "linear"
                nn.init.kaiming_uniform_(layer.weight, nonlinearity=kind, generator=dice)  # pyright: ignore[reportArgumentType]
                nn.init.zeros_(layer.bias)  # pyright: ignore[reportArgumentType]

    def forward(self, pictures: Tensor) -> Tensor:
        """Map pictures ``(B, features)`` to logits ``(B, classes)``; running means move, if there are any."""
        if self.centres is None:
            x = pictures
            for layer, rectifier in zip(self.layers, self.rectifiers, strict=False):
                x = rectifier(layer(x))
            return self.layers[-1](x)
        new = novelty(pictures, self.centres[0].mean)  # pyright: ignore[reportArgumentType]
        return self._adapted(pictures, new)[1]

    def hidden(self, pictures: Tensor) -> list[Tensor]:
        """Map pictures ``(B, features)`` to each hidden layer's rectified activations; running means stay."""
        if self.centres is not None:
            return self._adapted(pictures, None)[0]
        found, x = [], pictures
        for layer, rectifier in zip(self.layers, self.rectifiers, strict=False):
            x = rectifier(layer(x))
            found.append(x)
        return found

    def _adapted(self, pictures: Tensor, rate: Tensor | None) -> tuple[list[Tensor], Tensor]:
        """Give hidden activations and logits; means move at the rate, None to leave them."""
        assert self.centres is not None
        found, x = [], self.centres[0](pictures, rate)
        rate = None if rate is None else rate.clamp_min(SLOWEST)
        for layer, rectifier, centre in zip(self.layers, self.rectifiers, self.centres[1:], strict=False):
            x = rectifier(layer(x))
            found.append(x)
            x = centre(x, rate)
        return found, self.layers[-1](x)

    def state(self) -> tuple[Tensor, ...]:
        """Give what forward passes change, to go back to by `restore`: running means, in tensors of their own."""
        return tuple(centre.mean for centre in self.centres or ())  # pyright: ignore[reportReturnType]

    def restore(self, state: tuple[Tensor, ...]) -> None:
        """Go back to a former `state`."""
        for centre, mean in zip(self.centres or (), state, strict=True):
            centre.mean = mean

    def discovered(self) -> tuple[HiddenLayer, ...]:
        """List the hidden layers for mechanisms that judge units; running means stay."""
        state = self.state()
        layers = discover(self, torch.zeros(1, self.shape[0]))
        self.restore(state)
        return layers

    def copied(self) -> ClassifierNetwork:
        """Copy the network in evaluation mode, without hooks and gradients; costs nobody any randomness."""
        copy = ClassifierNetwork(*self.shape, adaptation=self.adaptation)
        copy.load_state_dict(self.state_dict())
        return copy.eval().requires_grad_(False)
