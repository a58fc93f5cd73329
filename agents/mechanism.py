"""What keeps a network plastic: something done to it at every step of its optimiser, whoever takes that step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from agents.discovery import HiddenLayer


class Mechanism(ABC):
    """Something done to a network at each step of its optimiser, once attached.

    It knows parameters and an optimiser, nothing of who learns: a classifier here, Stable-Baselines3's PPO by
    ``attach(policy.optimizer)``. At strength zero it leaves every bit as it was.

    Attributes:
        updates: Steps of the optimiser since birth.
    """

    def __init__(self) -> None:
        """Begin unattached."""
        self.updates = 0
        self._handles: list[Any] = []
        self._optimizer: torch.optim.Optimizer | None = None

    def attach(self, optimizer: torch.optim.Optimizer) -> None:
        """Act at each step of the optimiser from now on.

        Raises:
            ValueError: If already attached.
        """
        if self._handles:
            raise ValueError(f"this {type(self).__name__} is attached already; call detach() before attach(...)")
        self._optimizer = optimizer
        self._handles = self._hooks(optimizer)

    def detach(self) -> None:
        """Stop acting; what is remembered stays."""
        for handle in self._handles:
            handle.remove()
        self._handles = []
        self._optimizer = None
        self.discard()

    def _hooks(self, optimizer: torch.optim.Optimizer) -> list[Any]:
        """Register what calls `step`; return the handles that remove it."""
        return [optimizer.register_step_post_hook(self._called)]

    def _called(self, _optimizer: torch.optim.Optimizer, _args: tuple[Any, ...], _kwargs: dict[Any, Any]) -> None:
        self.step()

    @abstractmethod
    def step(self) -> Any:
        """Act once; called at each step of the optimiser."""

    def discard(self) -> None:
        """Forget the forward passes since the last step: theirs is not going to come. Here, none are remembered."""
        return

    def vitals(self) -> Mapping[str, float]:
        """Tell a few figures, such as ``"vitals/replaced_units"``. Changes nothing."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """Copy everything that the next steps depend on."""
        return {"updates": self.updates}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a copied state."""
        self.updates = state["updates"]


class UnitMechanism(Mechanism):
    """A mechanism that judges hidden units by what they did, and replaces some.

    Forward hooks on the activations record minibatches, only while gradients are enabled and the module is in training
    mode, so neither acting nor collecting experience counts.

    Attributes:
        layers: From `discover`.
        replaced: Units replaced since birth.
    """

    def __init__(self, layers: Sequence[HiddenLayer]) -> None:
        """Begin unattached.

        Args:
            layers: From `discover`.
        """
        super().__init__()
        self.layers = tuple(layers)
        self.replaced = 0
        self._recorded: list[list[Tensor]] = [[] for _ in self.layers]

    def _hooks(self, optimizer: torch.optim.Optimizer) -> list[Any]:
        recorders = [
            layer.activation.register_forward_hook(
                self._recorder(recorded), prepend=True
            )  # what a unit did, not what it sent
            for layer, recorded in zip(self.layers, self._recorded, strict=True)
        ]
        return [*recorders, *super()._hooks(optimizer)]

    def _recorder(self, recorded: list[Tensor]) -> Callable[[nn.Module, Any, Tensor], None]:
        def record(module: nn.Module, _given: Any, activations: Tensor) -> None:
            if self._listens() and torch.is_grad_enabled() and module.training:
                recorded.append(activations.detach())

        return record

    def _listens(self) -> bool:
        """Tell whether minibatches are recorded before the next step."""
        return True

    def discard(self) -> None:
        """Forget what was recorded since the last step."""
        for recorded in self._recorded:
            recorded.clear()

    def vitals(self) -> Mapping[str, float]:
        """Tell how many units were replaced since birth."""
        return {"vitals/replaced_units": float(self.replaced)}

    def _check_layers(self, sizes: Mapping[str, int]) -> None:
        """Refuse a state of other layers, told by name and units.

        Raises:
            ValueError: If they are others.
        """
        mine = {layer.name: layer.units for layer in self.layers}
        if mine != sizes:
            raise ValueError(f"a state of the layers {mine} (units each) was expected; got one of {dict(sizes)}")
