"""Watching one forward pass of a torch network: which module ran when, and who read whose output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(eq=False)
class Call:
    """One run of a module without children.

    Attributes:
        name: The module's name in the network.
        module: The module.
        kept_shape: Whether its output has the shape of its input.
        source: The call whose output it read; None if that came from no module.
        readers: Calls that read its output.
        shape: Shape of its output.
    """

    name: str
    module: nn.Module
    kept_shape: bool
    source: Call | None
    shape: torch.Size
    readers: list[Call] = field(default_factory=list)

    def reached(self, through: Callable[[Call], bool]) -> list[Call]:
        """Give the calls that read this one's output, looking through calls that only hand it on."""
        found = []
        for reader in self.readers:
            found += reader.reached(through) if through(reader) else [reader]
        return found


def trace(network: nn.Module, *inputs: Any) -> list[Call]:
    """Run a network once and tell who read whose output.

    It runs in evaluation mode, without gradients, with torch's dice put back afterwards. Modules without children (a
    Sequential without any among them) are told, as long as they take and give one tensor. What happens to a tensor
    outside of modules (a residual sum, a functional activation) cannot be seen.

    Args:
        network: Any network.
        *inputs: Arguments of one call.

    Returns:
        The calls, in the order they ran.
    """
    calls: list[Call] = []
    origin: dict[int, Call] = {}
    kept: list[Tensor] = []  # an id is a tensor's only while the tensor lives

    def watch(name: str, module: nn.Module) -> Any:
        def hook(_module: nn.Module, given: tuple[Any, ...], result: Any) -> None:
            if not (given and isinstance(given[0], Tensor) and isinstance(result, Tensor)):
                return
            source = origin.get(id(given[0]))
            call = Call(name, module, given[0].shape == result.shape, source, result.shape)
            if source is not None:
                source.readers.append(call)
            origin[id(result)] = call
            kept.extend((given[0], result))
            calls.append(call)

        return module.register_forward_hook(hook)

    modes = {module: module.training for module in network.modules()}
    handles = [watch(name, module) for name, module in network.named_modules() if not list(module.children())]
    try:
        network.eval()
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            network(*inputs)
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes.items():
            module.training = mode
    return calls
