"""Finding the hidden layers of any feed-forward torch network by watching one forward pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from lifelong_agent.plasticity.layers import ACTIVATIONS
from lifelong_agent.plasticity.tracing import Call, trace

TRANSPARENT = (nn.Identity, nn.Dropout, nn.Flatten, nn.Sequential)
"""Modules a unit passes through unchanged, as long as the shape stays (a Sequential without children among them)."""


@dataclass(frozen=True)
class HiddenLayer:
    """One layer of hidden units with everything that feeds and reads them.

    Attributes:
        name: Name of the incoming layer in the network.
        incoming: Gives the units' sums; row ``i`` of its weight feeds unit ``i``.
        norm: Normalises the sums, if there is such a module in between.
        activation: Gives the units' activations.
        outgoing: All layers that read the activations; column ``i`` of each weight reads unit ``i``.
    """

    name: str
    incoming: nn.Linear
    norm: nn.LayerNorm | None
    activation: nn.Module
    outgoing: tuple[nn.Linear, ...]

    @property
    def units(self) -> int:
        """How many units the layer has."""
        return self.incoming.out_features


def discover(network: nn.Module, *inputs: Any) -> tuple[HiddenLayer, ...]:
    """Find a network's hidden layers: dense, perhaps layer-normalised, activated, read by dense layers only.

    The network runs once on the inputs, in evaluation mode, without gradients, with torch's dice put back afterwards;
    who reads whose output is told from the tensors handed between modules. So layers are found wherever they sit: in
    nested modules, in features shared by a policy and a value network, or in Stable-Baselines3's
    ``policy.mlp_extractor`` feeding ``action_net`` and ``value_net``. What happens to a tensor outside of modules (a
    residual sum, a functional activation) cannot be seen: write such networks with modules.

    Args:
        network: The network, such as SB3's ``ActorCriticPolicy``.
        *inputs: Arguments of one call.

    Returns:
        The hidden layers in the order they run.

    Raises:
        ValueError: If there is none, or if one module serves several layers, so that they cannot be told apart.
    """
    calls = trace(network, *inputs)
    seen: dict[int, str] = {}
    for call in calls:
        if isinstance(call.module, (nn.Linear, nn.LayerNorm, *ACTIVATIONS)) and id(call.module) in seen:
            raise ValueError(
                f"each layer has modules of its own; {seen[id(call.module)]!r} of {type(network).__name__} ran more "
                f"than once in a forward pass; give every use its own {type(call.module).__name__}()"
            )
        seen[id(call.module)] = call.name
    layers = [layer for call in calls if (layer := _layer(call)) is not None]
    if not layers:
        raise ValueError(
            f"hidden layers are nn.Linear, then perhaps nn.LayerNorm, then an activation module, read by nn.Linear "
            f"only; found none in {type(network).__name__}, which ran [{', '.join(call.name for call in calls)}]"
        )
    return tuple(layers)


def _handed_on(call: Call) -> bool:
    """Tell whether a unit passes through a call unchanged."""
    return isinstance(call.module, TRANSPARENT) and call.kept_shape


def _layer(call: Call) -> HiddenLayer | None:
    if not isinstance(call.module, nn.Linear):
        return None
    after, norm = call.reached(_handed_on), None
    if len(after) == 1 and isinstance(after[0].module, nn.LayerNorm):
        norm, after = after[0].module, after[0].reached(_handed_on)
    if len(after) != 1 or not isinstance(after[0].module, ACTIVATIONS):
        return None
    readers = [reader.module for reader in after[0].reached(_handed_on)]
    outgoing = tuple(reader for reader in readers if isinstance(reader, nn.Linear))
    if not readers or len(outgoing) != len(readers):
        return None
    return HiddenLayer(call.name, call.module, norm, after[0].module, outgoing)
