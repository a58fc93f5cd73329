"""What the rule does at one hidden layer as the network runs, and how it counts its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from lifelong_agent.plasticity.adaptation import Habituation
from lifelong_agent.plasticity.dendrites import DendriticGate
from lifelong_agent.plasticity.layers import Layer
from lifelong_agent.plasticity.pooling import lateral_pool

if TYPE_CHECKING:  # the rule is made of these
    from lifelong_agent.plasticity.plastic import Plastic


class Unit:
    """What the rule does at one hidden layer as the network runs: pool the sums, close units, take means off.

    Args:
        plastic: The rule.
        layer: The layer.
        pool: Whether sums are pooled.
        habituation: Running means of what units do, or None.
        gate: Closes units, or None.
    """

    def __init__(
        self,
        plastic: Plastic,
        layer: Layer,
        pool: bool,
        habituation: Habituation | None,
        gate: DendriticGate | None,
    ) -> None:
        self.plastic, self.pool, self.habituation, self.gate = plastic, pool, habituation, gate
        self.filters = layer.dim == 1
        if pool:
            layer.incoming.register_forward_hook(self.pooled)
        if habituation is not None or gate is not None:
            layer.activation.register_forward_hook(self.sent)

    def pooled(self, _module: nn.Module, _given: Any, sums: Tensor) -> Tensor:
        """Pool the sums of the layer."""
        return lateral_pool(sums, filters=self.filters, opened=None if self.gate is None else self.gate.opened)

    def sent(self, module: nn.Module, _given: Any, activity: Tensor) -> Tensor:
        """Close units, and take the mean off what the others send."""
        activity = self._gated(activity)
        if self.habituation is None:
            return activity
        if self.plastic.follows(module) and (self.plastic.learns(module) or self.plastic.store is None):
            # Means of a stored context are known already, and not learnt outside of training.
            self.habituation.follow(activity.detach(), self.plastic.rate)
        return self._gated(self.habituation.sent(activity))

    def _gated(self, activity: Tensor) -> Tensor:
        """Silence closed units."""
        if self.gate is None:
            return activity
        opened = self.gate.opened
        return activity * (opened.reshape(-1, *(1,) * (activity.dim() - 2)) if self.filters else opened)


class Steps(nn.Module):
    """Counts what the rule does every so often, so that a loaded network goes on in step."""

    def __init__(self) -> None:
        """Begin at zero."""
        super().__init__()
        self.learnt = 0
        """Steps of the optimiser."""
        self.followed = 0
        """Batches that dendritic gates followed."""

    def get_extra_state(self) -> Tensor:
        """Give the counts, for ``state_dict``."""
        return torch.tensor([self.learnt, self.followed])

    def set_extra_state(self, state: Tensor) -> None:
        """Take what `get_extra_state` gave."""
        self.learnt, self.followed = state.tolist()
