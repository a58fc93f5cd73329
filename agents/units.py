"""Hidden units one by one: how useful each is, what a new one looks like, and how an optimiser forgets an old one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from agents.discovery import HiddenLayer
from agents.unit_adam import UnitAdam

Utility = Literal["contribution", "zero_contribution", "adaptable_contribution"]
Initialization = Literal["matched", "kaiming", "lecun", "default", "xavier"]


def read_by(layer: HiddenLayer) -> Tensor:
    """Compute the mean absolute outgoing weight of each unit over all readers, shape ``(units,)``."""
    rows = sum(reader.out_features for reader in layer.outgoing)
    totals = [reader.weight.abs().sum(dim=0) for reader in layer.outgoing]
    return (torch.stack(totals).sum(dim=0) if len(totals) > 1 else totals[0]) / rows


def instant_utility(layers: Sequence[HiddenLayer], activations: Tensor, mean: Tensor, utility: Utility) -> Tensor:
    """Compute how useful each unit is on one minibatch.

    With ``h`` the activations, ``f`` the corrected running mean of ``h``, ``w`` the outgoing and ``v`` the incoming
    weights of a unit, and all means over samples or weights (Dohare et al.'s equation 1 writes sums; within a layer the
    ranking is the same):

    - ``contribution``: ``mean|h| mean|w|``;
    - ``zero_contribution``: ``mean|h - f| mean|w|``, what is lost once the mean has moved into the next bias;
    - ``adaptable_contribution``: ``mean|h - f| mean|w| / mean|v|``, which also spares units that can change quickly.

    Args:
        layers: Hidden layers.
        activations: Their activations side by side, shape ``(B, units)``.
        mean: Bias-corrected running mean of the activations, shape ``(units,)``.
        utility: Which of the three.

    Returns:
        Utilities, shape ``(units,)``, zero or above.
    """
    read = torch.cat([read_by(layer) for layer in layers])
    if utility == "contribution":
        return activations.abs().mean(dim=0) * read
    useful = (activations - mean).abs().mean(dim=0) * read
    if utility == "zero_contribution":
        return useful
    return useful / torch.cat([layer.incoming.weight.abs().mean(dim=1) for layer in layers])


def bound(layer: HiddenLayer, initialization: Initialization, initial_std: float) -> float:
    """Compute the bound ``beta`` of the uniform distribution ``U(-beta, beta)`` that new incoming weights come from.

    Args:
        layer: The hidden layer.
        initialization: ``matched``: the standard deviation the layer's weights had at the beginning, whatever drew
            them. ``kaiming``: ``gain * sqrt(3 / fan_in)``; ``lecun``: ``sqrt(3 / fan_in)`` (Dohare's PPO);
            ``default``: ``sqrt(1 / fan_in)`` (torch's ``nn.Linear``); ``xavier``:
            ``gain * sqrt(6 / (fan_in + fan_out))``. The gain is that of the activation, 1 if torch knows none.
        initial_std: For ``matched``.

    Returns:
        ``beta``, zero or above.
    """
    if initialization == "matched":
        return math.sqrt(3) * initial_std
    fan_in, fan_out = layer.incoming.in_features, layer.incoming.out_features
    names: dict[type[nn.Module], Any] = {nn.ReLU: "relu", nn.Tanh: "tanh", nn.SELU: "selu", nn.LeakyReLU: "leaky_relu"}
    gain = nn.init.calculate_gain(names.get(type(layer.activation), "linear"))
    return {
        "kaiming": gain * math.sqrt(3 / fan_in),
        "lecun": math.sqrt(3 / fan_in),
        "default": math.sqrt(1 / fan_in),
        "xavier": gain * math.sqrt(6 / (fan_in + fan_out)),
    }[initialization]


@torch.no_grad()
def renew(
    layer: HiddenLayer, units: Tensor, beta: float, dice: torch.Generator, optimizer: torch.optim.Optimizer | None
) -> None:
    """Make hidden units as new, in place.

    Fresh incoming weights from ``U(-beta, beta)``, bias 0, outgoing weights 0, a layer norm's gain 1 and shift 0.

    Args:
        layer: The hidden layer.
        units: Indices of the units, shape ``(k,)``.
        beta: From `bound`.
        dice: Draws the weights.
        optimizer: Forgets all these numbers (see `forget`); None if it is to remember.
    """
    weight = layer.incoming.weight
    fresh = torch.rand((len(units), layer.incoming.in_features), generator=dice)
    weight[units] = ((2 * fresh - 1) * beta).to(weight)
    changed: list[tuple[Tensor | None, Any, float | None]] = [
        (weight, units, None),
        (layer.incoming.bias, units, 0.0),
        *((reader.weight, (slice(None), units), 0.0) for reader in layer.outgoing),
    ]
    if layer.norm is not None:
        changed += [(layer.norm.weight, units, 1.0), (layer.norm.bias, units, 0.0)]
    for parameter, index, value in changed:
        if parameter is None:
            continue
        if value is not None:
            parameter[index] = value
        if optimizer is not None:
            forget(optimizer, parameter, index)


def forget(optimizer: torch.optim.Optimizer, parameter: Tensor, index: Any) -> None:
    """Zero what an optimiser remembers of some elements of a parameter.

    Args:
        optimizer: A `UnitAdam` forgets moments and step counts; of any other, every state tensor of the parameter's own
            shape is zeroed in place (moments, momentum), while a step count for the whole tensor stays.
        parameter: One of its parameters.
        index: Which elements, as in ``parameter[index]``.
    """
    if isinstance(optimizer, UnitAdam):
        optimizer.forget(parameter, index)
        return
    for value in optimizer.state.get(parameter, {}).values():
        if isinstance(value, Tensor) and value.shape == parameter.shape:
            value[index] = 0
