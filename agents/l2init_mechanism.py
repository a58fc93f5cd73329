"""L2 Init: a pull of every parameter towards where it was born."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from agents.mechanism import Mechanism


class L2Init(Mechanism):
    """Adds the gradient of ``strength / 2 * ||theta - theta_0||^2`` before each step of the optimiser.

    ``g += strength * (theta - theta_0)`` on all given parameters, biases too, so the pull passes through momentum and
    Adam's moments as the penalty's gradient would. Where gradients are clipped before the step (PPO), the pull is not.

    Source: Kumar, Marklund and Van Roy, "Maintaining plasticity in continual learning via regenerative regularization"
    (2023), section 3; they write ``lambda * ||theta - theta_0||^2``, so their ``lambda`` is half of ``strength``.
    """

    def __init__(self, parameters: Iterable[Tensor], strength: float) -> None:
        """Remember where the parameters are; nothing happens before `attach`.

        Args:
            parameters: Of the network, as they were born.
            strength: Weight of the penalty, zero or above.

        Raises:
            ValueError: If the strength is below zero.
        """
        super().__init__()
        if not strength >= 0:
            raise ValueError(f"L2Init: strength is zero or above; got {strength!r}")
        self.strength = strength
        self.parameters = tuple(parameters)
        self.origins = tuple(parameter.detach().clone() for parameter in self.parameters)
        self._scratch = tuple(torch.empty_like(origin) for origin in self.origins)

    def _hooks(self, optimizer: torch.optim.Optimizer) -> list[Any]:
        return [optimizer.register_step_pre_hook(self._called)]

    @torch.no_grad()
    def step(self) -> None:
        """Add the pull to the gradients; called before each step of the optimiser."""
        self.updates += 1
        if self.strength == 0:
            return
        for parameter, origin, scratch in zip(self.parameters, self.origins, self._scratch, strict=True):
            torch.sub(parameter, origin, out=scratch)
            if parameter.grad is None:
                parameter.grad = scratch * self.strength
            else:
                parameter.grad.add_(scratch, alpha=self.strength)

    def state_dict(self) -> dict[str, Any]:
        """Copy where the parameters were born."""
        return super().state_dict() | {"origins": [origin.clone() for origin in self.origins]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a copied state.

        Raises:
            ValueError: If the state is of other parameters.
        """
        mine, theirs = ([tuple(each.shape) for each in group] for group in (self.origins, state["origins"]))
        if mine != theirs:
            raise ValueError(f"a state of parameters of shapes {mine} was expected; got one of {theirs}")
        super().load_state_dict(state)
        for origin, told in zip(self.origins, state["origins"], strict=True):
            origin.copy_(told)
