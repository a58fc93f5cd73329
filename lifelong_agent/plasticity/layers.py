"""The layers of a network that the rule works on: dense and convolutional ones, found by watching a forward pass."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from lifelong_agent.plasticity.tracing import Call, trace

WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d)
"""Modules whose weights the rule can handle."""
ACTIVATIONS = (nn.ReLU, nn.Tanh, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Sigmoid, nn.Softplus, nn.SELU, nn.ReLU6)
"""Nonlinearities that act on each unit alone."""
HANDED_ON = (
    nn.Identity,
    nn.Dropout,
    nn.Dropout2d,
    nn.Flatten,
    nn.Sequential,
    nn.MaxPool1d,
    nn.MaxPool2d,
    nn.AvgPool1d,
    nn.AvgPool2d,
    nn.AdaptiveAvgPool2d,
    nn.AdaptiveMaxPool2d,
)
"""Modules that a unit passes through: what comes out still belongs to it (a Sequential without children among them)."""


@dataclass(frozen=True)
class Reader:
    """A layer that reads the units of another one.

    Attributes:
        module: The layer.
        block: Its consecutive inputs that belong to one unit: 1, or the places of a filter after flattening.
    """

    module: nn.Module
    block: int


@dataclass(frozen=True)
class Layer:
    """One layer of hidden units.

    Attributes:
        name: Name of the incoming module in the network.
        incoming: Gives the units' sums; row ``i`` of its weight feeds unit ``i``.
        activation: Gives the units' activations.
        readers: All layers that read the activations.
        dim: Dimension of the activations in which units lie: -1 for dense layers, 1 for filters.
        units: How many there are.
    """

    name: str
    incoming: nn.Module
    activation: nn.Module
    readers: tuple[Reader, ...]
    dim: int
    units: int


@dataclass(frozen=True)
class Anatomy:
    """What a network consists of, for the rule.

    Attributes:
        hidden: Its hidden layers, in the order they run.
        first: Layers that read the network's input.
        weighted: All layers with weights: name -> module.
    """

    hidden: tuple[Layer, ...]
    first: tuple[nn.Module, ...]
    weighted: Mapping[str, nn.Module]


def dissect(network: nn.Module, *inputs: Any, leave_alone: Collection[str] = ()) -> Anatomy:
    """Find the layers of a network.

    Args:
        network: A network of modules: dense and convolutional layers, element-wise activations, pooling, flattening.
        *inputs: Arguments of one call.
        leave_alone: Names of modules that are not to be touched, whatever they are.

    Returns:
        Its layers.

    Raises:
        ValueError: If a module with parameters is of a kind that the rule cannot handle, runs more than once, or reads
            what no module gave; all of them are named, unless they are left alone. If there is no hidden layer.
    """
    known = {name for name, _ in network.named_modules()}
    unknown = [name for name in leave_alone if name not in known]
    if unknown:
        raise ValueError(f"leave_alone names modules of the network, such as {sorted(known)[1:4]}; got {unknown}")
    calls = trace(network, *inputs)
    alone = {name for name in known if any(name == one or name.startswith(f"{one}.") for one in leave_alone)}
    _refuse_unknown(network, calls, alone)
    mine = [call for call in calls if call.name not in alone]
    weighted = {call.name: call.module for call in mine if isinstance(call.module, WEIGHTED)}
    hidden = tuple(layer for call in mine if (layer := _hidden(call, alone)) is not None)
    if not hidden:
        raise ValueError(
            f"a hidden layer is nn.Linear or a convolution, then an activation module, read by such layers; found none "
            f"in {type(network).__name__}, which ran [{', '.join(call.name for call in calls)}]"
        )
    first = tuple(call.module for call in mine if isinstance(call.module, WEIGHTED) and _reads_input(call))
    return Anatomy(hidden, first, weighted)


def _refuse_unknown(network: nn.Module, calls: list[Call], alone: set[str]) -> None:
    """Name everything with parameters that cannot be handled."""
    told: dict[str, str] = {}
    for name, module in network.named_modules():
        own = list(module.parameters(recurse=False))
        # The network itself may have parameters of its own, such as a policy's log_std.
        if own and name and name not in alone and not isinstance(module, WEIGHTED):
            told[name] = f"is a {type(module).__name__}"
        if isinstance(module, (nn.Conv1d, nn.Conv2d)) and module.groups > 1 and name not in alone:
            told[name] = f"has {module.groups} groups"
    started = False
    seen: set[str] = set()
    for call in calls:
        if call.name in seen and isinstance(call.module, (*WEIGHTED, *ACTIVATIONS)):
            told[call.name] = "runs more than once"
        seen.add(call.name)
        if isinstance(call.module, WEIGHTED):
            if started and call.source is None:
                told[call.name] = "reads what no module gave"
            started = True
    told = {name: why for name, why in told.items() if name not in alone}
    if told:
        listed = "; ".join(f"{name!r} {why}" for name, why in told.items())
        raise ValueError(
            f"the rule works on nn.Linear and ungrouped convolutions, with activations as modules; cannot handle "
            f"{listed}; write them with such modules, or say leave_alone={tuple(told)!r}"
        )


def _through(call: Call) -> bool:
    return isinstance(call.module, HANDED_ON)


def _reads_input(call: Call) -> bool:
    while call.source is not None:
        call = call.source
        if not _through(call):
            return False
    return True


def _hidden(call: Call, alone: set[str]) -> Layer | None:
    if not isinstance(call.module, WEIGHTED):
        return None
    after = call.reached(_through)
    if len(after) != 1 or not isinstance(after[0].module, ACTIVATIONS) or after[0].name in alone:
        return None
    dim = -1 if isinstance(call.module, nn.Linear) else 1
    units = call.shape[dim]
    readers = []
    for reader in after[0].reached(_through):
        if not isinstance(reader.module, WEIGHTED) or reader.name in alone:
            return None
        given = reader.module.weight.shape[1]
        readers.append(Reader(reader.module, given // units))
    if not readers:
        return None
    return Layer(call.name, call.module, after[0].module, tuple(readers), dim, units)
