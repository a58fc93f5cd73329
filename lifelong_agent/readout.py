"""Slow core and fast context weights between the code and the outputs, and the rule by which both learn."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Readout(nn.Module):
    """Linear read-out of a sparse code: slow weights under an importance brake, beside fast weights that decay.

    Every synapse has an importance in ``[0, 1]``: it rises where the synapse took part while predictions were right,
    falls where they were wrong, and slows the core down by ``1 / (1 + brake * importance)``. Fast weights learn the
    same lesson without brake and forget it with the given half-life; in calm times they hand what they hold to the
    core.

    Sources: fast weights (Hinton & Plaut 1987; Ba et al. 2016); importance as a local, leaky count of useful
    participation after synaptic intelligence (Zenke, Poole & Ganguli 2017), metaplastic braking (Fusi et al. 2005).

    Args:
        neurons: Number of neurons.
        out_dim: Number of outputs.
        brake: Strength of the core's brake; 0 switches protection off.
        importance_rate: Share of the way that an importance moves at a step in which the synapse takes part.
        fast_share: Learning rate of the fast weights as a share of the core's; 0 switches them off.
        half_life: Steps in which a fast weight halves.
        consolidation: Share of the fast weights that calm steps hand to the core.
    """

    core: Tensor
    fast: Tensor
    importance: Tensor

    def __init__(
        self,
        neurons: int,
        out_dim: int,
        *,
        brake: float,
        importance_rate: float,
        fast_share: float,
        half_life: float,
        consolidation: float,
    ) -> None:
        super().__init__()
        self.brake = brake
        self.importance_rate = importance_rate
        self.fast_share = fast_share
        self.decay = 0.5 ** (1.0 / half_life)
        self.consolidation = consolidation
        self.register_buffer("core", torch.zeros(neurons, out_dim))
        self.register_buffer("fast", torch.zeros(neurons, out_dim))
        self.register_buffer("importance", torch.zeros(neurons, out_dim))

    def forward(self, neurons: Tensor, scale: float) -> Tensor:
        """Read the active neurons, shape ``(B, k)``, each active at ``scale``: outputs of shape ``(B, out_dim)``."""
        value = self.core[neurons].sum(1)
        if self.fast_share:
            value = value + self.fast[neurons].sum(1)
        return value * scale

    def learn(self, members: Tensor, change: Tensor, part: Tensor, rightness: Tensor) -> None:
        """Change the synapses of the open neurons.

        Args:
            members: The open neurons, shape ``(m,)``.
            change: The unbraked change of their synapses, shape ``(m, out_dim)``.
            part: How far each synapse takes part at this step, shape ``(m, out_dim)``, in ``[0, 1]``.
            rightness: How right the prediction was, a scalar in ``[0, 1]``.
        """
        importance = self.importance[members]
        self.core[members] += change / (1.0 + self.brake * importance) if self.brake else change
        self.importance[members] = importance + self.importance_rate * part * (rightness - importance)
        if self.fast_share:
            fast = self.fast[members] * self.decay + self.fast_share * change
            if self.consolidation:
                moved = (self.consolidation * rightness) * fast
                self.core[members] += moved
                fast = fast - moved
            self.fast[members] = fast

    def forget(self, neurons: Tensor) -> None:
        """Let neurons that stand for something new forget what they stood for: shape ``(m,)``."""
        self.core[neurons] = 0.0
        self.fast[neurons] = 0.0
        self.importance[neurons] = 0.0
