"""Layers of which a context opens a part: the open rows and columns are the parameters, the whole lies behind them.

A step then costs what a network of the open units costs, however wide the layers are. The whole is written back and
read anew when the context changes, which is seldom.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from lifelong_agent.plasticity.layers import Layer


class OpenUnits(nn.Module):
    """Which units of one hidden layer each context opens: those whose random dendrites like its prototype most.

    Buffers:
        dendrites: ``(units, channels)``, drawn from N(0, 1) once.
        chosen: Open units of each context, rising, ``(capacity, opened)``, int64.
        means: Running means of the open units' activity in each context, ``(capacity, opened)``.
    """

    dendrites: Tensor
    chosen: Tensor
    means: Tensor

    def __init__(self, units: int, opened: int, capacity: int, example: Tensor, dice: torch.Generator) -> None:
        """Draw the dendrites.

        Args:
            units: Units of the layer.
            opened: How many of them a context opens.
            capacity: Most contexts.
            example: One input.
            dice: Drawn from.
        """
        super().__init__()
        self.units, self.opened = units, opened
        self.register_buffer("dendrites", torch.randn(units, example.numel(), generator=dice).to(example.device))
        self.register_buffer("chosen", torch.arange(opened).repeat(capacity, 1).to(example.device))
        self.register_buffer("means", example.new_zeros(capacity, opened))

    @torch.no_grad()
    def choose(self, context: int, direction: Tensor) -> None:
        """Choose the units of a new context.

        Args:
            context: Its index.
            direction: Its prototype, centred and of length 1, ``(channels,)``.
        """
        likes = self.dendrites @ direction
        self.chosen[context] = likes.topk(self.opened).indices.sort().values


class OpenWeights:
    """The weight and bias of one layer, of which rows and columns of open units are the module's parameters.

    Buffers of the module:
        whole_weight, whole_bias, whole_<name>: The same for all units, for the weight, the bias and every buffer that
            has an element for each weight. What is open just now is out of date in them until `put`.
        own_weight, own_bias, own_<name>: What contexts keep for themselves, ``(capacity, ...)``; see `keep`.
    """

    def __init__(self, module: nn.Module, out: OpenUnits | None, given: OpenUnits | None, block: int) -> None:
        """Take a module apart.

        Args:
            module: `nn.Linear` or a convolution.
            out: Open units of the layer that it feeds; None if all of its outputs are always open.
            given: Open units of the layer that it reads; None if all of its inputs are always open.
            block: Consecutive inputs that belong to one unit.
        """
        self.out, self.given, self.block = out, given, block
        self.module: Any = module
        self._names = ["weight"]
        self._own: list[str] = []
        self._gathered: list[str] = []
        """What is gathered in each context, from zero."""
        self._capacity = 0
        weight, bias = self.module.weight.detach(), self.module.bias
        if given is not None:
            # Initial weights are scaled for the inputs of the whole layer, of which so few are open.
            weight = weight * math.sqrt(given.units / given.opened)
        module.register_buffer("whole_weight", weight.clone())
        if bias is not None and out is not None:
            module.register_buffer("whole_bias", bias.detach().clone())
            self.module.bias = nn.Parameter(bias.detach()[: out.opened].clone())
        self.module.weight = nn.Parameter(self._open(weight, 0).clone())
        self._rename()
        if hasattr(module, "weight_length"):
            module.register_buffer("whole_weight_length", self.module.weight_length)
            self.module.weight_length = self._open(self.module.weight_length, 0).clone()
            self._names.append("weight_length")

    def _rename(self) -> None:
        """Let a module tell the sizes that it has now."""
        rows, columns = self.module.weight.shape[:2]
        for name, size in (
            ("out_features", rows),
            ("in_features", columns),
            ("out_channels", rows),
            ("in_channels", columns),
        ):
            if hasattr(self.module, name):
                setattr(self.module, name, size)

    def _index(self, context: int) -> tuple[Tensor | None, Tensor | None]:
        rows = None if self.out is None else self.out.chosen[context]
        columns = None if self.given is None else self.given.chosen[context]
        if columns is not None and self.block > 1:
            columns = (columns[:, None] * self.block + torch.arange(self.block, device=columns.device)).flatten()
        return rows, columns

    def _open(self, whole: Tensor, context: int) -> Tensor:
        rows, columns = self._index(context)
        if rows is not None:
            whole = whole.index_select(0, rows)
        return whole if columns is None or whole.dim() == 1 else whole.index_select(1, columns)

    def _write(self, whole: Tensor, part: Tensor, context: int) -> None:
        rows, columns = self._index(context)
        if whole.dim() == 1 or columns is None:
            whole[slice(None) if rows is None else rows] = part
        elif rows is None:
            whole[:, columns] = part
        else:
            whole[rows[:, None], columns] = part

    def carry(self, *names: str) -> None:
        """Let buffers of the module that have an element for each weight change with the context too.

        Where contexts keep the weight for themselves they keep these too, which then begin at zero in each; first
        weights, which nothing moves, are those of the whole.
        """
        for name in names:
            part: Tensor = getattr(self.module, name)
            if self.keeps_weight and name != "weight_first":
                self._keep(name, self._capacity)
                self._gathered.append(name)
                continue
            whole = torch.zeros_like(self.module.whole_weight)
            if name == "weight_first":
                whole.copy_(self.module.whole_weight)
                part.copy_(self._open(whole, 0))
            self.module.register_buffer(f"whole_{name}", whole)
            self._names.append(name)

    @property
    def keeps_weight(self) -> bool:
        """Whether each context keeps the weight for itself."""
        return "weight" in self._own

    def keep(self, capacity: int) -> None:
        """Let contexts keep the bias for themselves, and the weight too if this layer feeds outputs.

        Args:
            capacity: Most contexts.
        """
        self._capacity = capacity
        if self.out is None:
            self._keep("weight", capacity)
        if self.module.bias is not None:
            self._keep("bias", capacity)

    def _keep(self, name: str, capacity: int) -> None:
        part: Tensor = getattr(self.module, name).detach()
        self.module.register_buffer(f"own_{name}", part.new_zeros(capacity, *part.shape))
        self._own.append(name)

    @torch.no_grad()
    def put(self, context: int, optimizer: torch.optim.Optimizer | None) -> None:
        """Write what is open back into the whole, and what the context keeps for itself to its place."""
        for whole, part in self._pairs(optimizer):
            self._write(whole, part.detach(), context)
        for name in self._own:
            getattr(self.module, f"own_{name}")[context] = getattr(self.module, name).detach()

    @torch.no_grad()
    def get(self, context: int, optimizer: torch.optim.Optimizer | None, *, known: bool) -> None:
        """Open the units of a context; one that is not known yet starts from what others left."""
        for whole, part in self._pairs(optimizer):
            part.copy_(self._open(whole, context))
        for name in self._own if known else ():
            getattr(self.module, name).copy_(getattr(self.module, f"own_{name}")[context])
        for name in () if known else self._gathered:
            getattr(self.module, name).zero_()

    def _pairs(self, optimizer: torch.optim.Optimizer | None) -> list[tuple[Tensor, Tensor]]:
        module: Any = self.module
        pairs = [(getattr(module, f"whole_{name}"), getattr(module, name)) for name in self._names]
        opened = {"weight": module.weight}
        if hasattr(module, "whole_bias"):
            pairs.append((module.whole_bias, module.bias))
            opened["bias"] = module.bias
        for kind, parameter in opened.items() if optimizer is not None else ():
            # Moments are of the context they were gathered in.
            for name, value in optimizer.state.get(parameter, {}).items():  # pyright: ignore[reportOptionalMemberAccess]
                if isinstance(value, Tensor) and value.shape == parameter.shape:
                    key = f"whole_{kind}_{name}"
                    if not hasattr(module, key):
                        module.register_buffer(
                            key, torch.zeros_like(getattr(module, f"whole_{kind}")), persistent=False
                        )
                    pairs.append((getattr(module, key), value))
        return pairs


def open_layers(
    hidden: tuple[Layer, ...], share: float, capacity: int, example: Tensor, dice: torch.Generator
) -> tuple[list[OpenUnits], list[OpenWeights]]:
    """Take the layers of a network apart, so that contexts open a share of their hidden units each.

    Args:
        hidden: All hidden layers.
        share: Share of the units of a layer that a context opens, in (0, 1].
        capacity: Most contexts.
        example: One input.
        dice: Drawn from.

    Returns:
        For each hidden layer its open units, and for each layer that has such, or reads such, its open weights.
    """
    opened = [OpenUnits(layer.units, max(1, round(share * layer.units)), capacity, example, dice) for layer in hidden]
    out = {id(layer.incoming): units for layer, units in zip(hidden, opened, strict=True)}
    given: dict[int, tuple[OpenUnits, int]] = {}
    modules: dict[int, nn.Module] = {}
    for layer, units in zip(hidden, opened, strict=True):
        modules[id(layer.incoming)] = layer.incoming
        for reader in layer.readers:
            modules[id(reader.module)] = reader.module
            given[id(reader.module)] = (units, reader.block)
    weights = []
    for key, module in modules.items():
        units, block = given.get(key, (None, 1))
        weights.append(OpenWeights(module, out.get(key), units, block))
    return opened, weights
