"""Slow core and fast context weights between the code and the outputs, and the rule by which both learn."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lifelong_agent.engine import kernels
from lifelong_agent.views import Viewed

Place = slice | Tensor
"""Which of all neurons: a run of them, or any, by index."""


class Readout(Viewed):
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
        self.register_buffer("core", torch.zeros(out_dim, neurons))
        self.register_buffer("fast", torch.zeros(out_dim, neurons))
        self.register_buffer("importance", torch.zeros(out_dim, neurons))

    def forward(self, code: Tensor, place: Place) -> Tensor:
        """Read the code of the open neurons, shape ``(B, m)``: outputs of shape ``(B, out_dim)``."""
        weight = self.core[:, place]
        if self.fast_share:
            weight = weight + self.fast[:, place]
        return code @ weight.T

    def read(self, winners: Tensor, scale: float, run: slice) -> Tensor:
        """Do what ``forward`` does for a run of neurons of which ``winners (B, k)`` fire, compiled (CPU only)."""
        core, fast = self.views["core"], self.views["fast"]
        output = np.empty((len(winners), len(core)), np.float32)
        kernels().read(winners.numpy(), scale, core, fast, run.start, output)
        return torch.from_numpy(output)

    def reinforce(
        self,
        trace: np.ndarray,
        winners: Tensor,
        scale: float,
        asked: np.ndarray,
        bounded: int,
        decay: float,
        run: slice,
        rightness: float,
    ) -> None:
        """Do what `TriarchicBrain.learn` and ``learn`` do for a run of neurons, compiled (CPU only).

        Args:
            trace: Eligibility traces, ``(out_dim, streams, m)``.
            winners: Who fires, ``(B, k)``.
            scale: Activity of one winner.
            asked: Direction, factor, and what is asked for at once: ``(3, B, out_dim)``.
            bounded: Output whose steps are divided by the energy of its trace, or -1.
            decay: What is left of a trace after a step.
            run: The open neurons.
            rightness: How right the prediction was, in ``[0, 1]``.
        """
        rates = self.brake, self.importance_rate, self.fast_share, self.decay, self.consolidation
        weights = self.views["core"], self.views["fast"], self.views["importance"]
        seen = trace, winners.numpy(), scale, asked
        kernels().reinforce(*seen, bounded, decay, *weights, run.start, rates, rightness)

    def learn(self, place: Place, change: Tensor, part: Tensor, rightness: float) -> None:
        """Change the synapses of the open neurons.

        Args:
            place: The open neurons: m of them, as a slice (cheaper: changed in place) or an index.
            change: The unbraked change of their synapses, shape ``(out_dim, m)``.
            part: How far each synapse takes part at this step, shape ``(out_dim, m)``, in ``[0, 1]``.
            rightness: How right the prediction was, in ``[0, 1]``.
        """
        core, fast, importance = self.core[:, place], self.fast[:, place], self.importance[:, place]
        if self.brake:
            core.addcdiv_(change, torch.add(1.0, importance, alpha=self.brake))
        else:
            core.add_(change)
        importance.addcmul_(part, rightness - importance, value=self.importance_rate)
        if self.fast_share:
            fast.mul_(self.decay).add_(change, alpha=self.fast_share)
            moved = self.consolidation * rightness
            if moved:
                core.add_(fast, alpha=moved)
                fast.mul_(1.0 - moved)
        if not isinstance(place, slice):  # those were copies
            self.core[:, place], self.fast[:, place], self.importance[:, place] = core, fast, importance

    def forget(self, place: Place) -> None:
        """Let neurons that stand for something new forget what they stood for."""
        self.core[:, place] = 0.0
        self.fast[:, place] = 0.0
        self.importance[:, place] = 0.0
