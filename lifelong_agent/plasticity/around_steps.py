"""What the rule does around each step of an optimiser: consolidate, keep lengths, let known contexts learn slower."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from lifelong_agent.plasticity.consolidation import is_plain_descent
from lifelong_agent.plasticity.scaling import scale_

if TYPE_CHECKING:  # the rule is made of these
    from lifelong_agent.plasticity.plastic import Plastic


class AroundSteps:
    """The hooks of a rule in an optimiser.

    Plain gradient descent is given consolidated gradients; what any other optimiser moves is slowed down after its
    step.

    Attributes:
        optimizer: The optimiser.
    """

    def __init__(self, plastic: Plastic, optimizer: torch.optim.Optimizer) -> None:
        """Put the hooks in.

        Raises:
            ValueError: If the optimiser has other parameters than the network.
        """
        theirs = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
        lost = [name for name, module in plastic.anatomy.weighted.items() if id(module.weight) not in theirs]
        if lost:
            raise ValueError(
                f"the optimiser steps the weights of the network as it is since make_plastic; those of {lost} are not "
                "among its parameters; make the optimiser after make_plastic"
            )
        self.plastic, self.optimizer = plastic, optimizer
        self._plain = is_plain_descent(optimizer)
        self._rates: list[Any] = []
        """Learning rates to be given back after a step, where contexts settle."""
        self._handles = [
            optimizer.register_step_pre_hook(self._before),
            optimizer.register_step_post_hook(self._after),
        ]

    def let_go(self) -> None:
        """Take the hooks out."""
        for handle in self._handles:
            handle.remove()

    def _before(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        plastic = self.plastic
        share = 1.0 if plastic.store is None else plastic.store.learning
        self._rates = []
        for group in optimizer.param_groups if share != 1 else ():
            self._rates.append(group["lr"])
            group["lr"] = group["lr"] * share
        for synapses in plastic.synapses:
            if self._plain:
                synapses.modulate()
            else:
                synapses.remember()

    def _after(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        plastic = self.plastic
        if not self._plain:
            for synapses in plastic.synapses:
                synapses.brake(optimizer.param_groups[0]["lr"])
        for group, rate in zip(optimizer.param_groups, self._rates, strict=False):
            group["lr"] = rate
        plastic.steps.learnt += 1
        if plastic.steps.learnt % plastic.scaled_every == 0:
            for module in plastic.scaled:
                scale_(module.weight, module.weight_length)  # pyright: ignore[reportArgumentType]
