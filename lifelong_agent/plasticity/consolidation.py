"""Consolidate or regenerate: per synapse, from its own gradient, its own importance and its own first weight."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from lifelong_agent.plasticity.adaptation import is_plain
from lifelong_agent.plasticity.settings import Consolidation

try:
    from lifelong_agent.kernels import consolidating
except ImportError:  # numba is optional
    consolidating = None


@torch.no_grad()
def consolidate_(
    gradient: Tensor,
    importance: Tensor,
    weight: Tensor,
    first: Tensor | None,
    settings: Consolidation,
) -> None:
    """Turn a gradient into what plain gradient descent should take, and let importance follow, in place.

    With ``s = 1 / (1 + kappa * importance)``::

        gradient   <- s * (gradient + lambda * (weight - first))
        importance <- rho * importance + s * gradient ** 2      (the gradient of before)

    ``s * gradient ** 2`` is the synapse's own share of how much a step lowers the loss, per unit of learning rate: the
    path integral of Zenke et al. (2017), "Continual learning through synaptic intelligence", without tasks. The pull to
    the first weight is that of Kumar et al. (2023), "Maintaining plasticity in continual learning via regenerative
    regularization", slowed down with the synapse.

    Args:
        gradient: Any shape; overwritten.
        importance: The same shape, zero or above; overwritten.
        weight: The same shape.
        first: The same shape, or None where nothing pulls.
        settings: The constants.
    """
    if consolidating is not None and is_plain(gradient, importance, weight) and (first is None or is_plain(first)):
        flat = [tensor.detach().view(-1).numpy() for tensor in (gradient, importance)]
        if first is None:
            consolidating.modulate(*flat, settings.strength, settings.decay)
        else:
            flat += [tensor.detach().view(-1).numpy() for tensor in (weight, first)]
            consolidating.modulate_and_regenerate(*flat, settings.strength, settings.decay, settings.regeneration)
        return
    rate = torch.reciprocal(importance * settings.strength + 1)
    importance.mul_(settings.decay).addcmul_(rate * gradient, gradient)
    if first is not None:
        gradient.add_(weight - first, alpha=settings.regeneration)
    gradient.mul_(rate)


@torch.no_grad()
def brake_(
    weight: Tensor,
    before: Tensor,
    gradient: Tensor,
    importance: Tensor,
    first: Tensor | None,
    settings: Consolidation,
    learning_rate: float,
) -> None:
    """Do as `consolidate_` after a step of any optimiser: what it moved is slowed down, in place.

    An optimiser such as Adam divides by the size of its gradients and would undo what is done to them beforehand.

    Args:
        weight: After the step; overwritten.
        before: The weight before the step, the same shape.
        gradient: The same shape.
        importance: The same shape, zero or above; overwritten.
        first: The same shape, or None where nothing pulls.
        settings: The constants.
        learning_rate: Of the step; scales the pull to the first weight.
    """
    rate = torch.reciprocal(importance * settings.strength + 1)
    importance.mul_(settings.decay).addcmul_(rate * gradient, gradient)
    moved = weight - before
    if first is not None:
        moved.sub_(before - first, alpha=learning_rate * settings.regeneration)
    torch.addcmul(before, rate, moved, out=weight)


class Synapses:
    """The weights of one layer, as consolidation knows them. What it remembers lies in buffers of the layer's module.

    Buffers of the module:
        weight_importance: The shape of the weight.
        weight_first: The shape of the weight; only if something pulls back to it.
    """

    def __init__(self, module: nn.Module, settings: Consolidation) -> None:
        """Begin with no importance, and remember the weights of now as the first ones.

        Args:
            module: A module with a ``weight``.
            settings: The constants.
        """
        self.module: Any = module
        self.settings = settings
        weight: Tensor = self.module.weight.detach()
        module.register_buffer("weight_importance", torch.zeros_like(weight))
        if settings.regeneration:
            module.register_buffer("weight_first", weight.clone())
        self._before: Tensor | None = None

    @property
    def buffers(self) -> tuple[str, ...]:
        """Names of the module's buffers that have an element for each weight."""
        return ("weight_importance", "weight_first")[: 2 if self.settings.regeneration else 1]

    @property
    def _state(self) -> tuple[Any, Any, Any]:
        module = self.module
        return module.weight, module.weight_importance, getattr(module, "weight_first", None)

    def modulate(self) -> None:
        """Consolidate before a step of plain gradient descent."""
        weight, importance, first = self._state
        if weight.grad is not None:
            consolidate_(weight.grad, importance, weight, first, self.settings)

    def remember(self) -> None:
        """Keep the weight before a step of any other optimiser."""
        weight = self.module.weight.detach()
        if self._before is None:
            self._before = weight.clone()
        else:
            self._before.copy_(weight)

    def brake(self, learning_rate: float) -> None:
        """Slow down what a step of any other optimiser moved."""
        weight, importance, first = self._state
        if weight.grad is not None and self._before is not None:
            brake_(weight, self._before, weight.grad, importance, first, self.settings, learning_rate)


def is_plain_descent(optimizer: torch.optim.Optimizer) -> bool:
    """Tell whether an optimiser steps along ``-lr * gradient`` and nothing else."""
    return type(optimizer) is torch.optim.SGD and all(
        group["momentum"] == 0 and group["weight_decay"] == 0 and not group["maximize"]
        for group in optimizer.param_groups
    )
