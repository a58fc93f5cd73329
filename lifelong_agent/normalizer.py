"""Running statistics of the senses, one set per context: what one world taught never blurs another's scale."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lifelong_agent.engine import kernels
from lifelong_agent.views import Viewed


class ContextNormalizer(Viewed):
    """All-time mean and variance of the senses, kept apart for every context.

    An exponential average would follow the learner's own success (a good policy shrinks what it sees, so its code would
    drift under it); all-time statistics pooled over worlds would fit none of them. Per context both are avoided.

    Source: Welford (1962), in the batched form of Chan, Golub & LeVeque (1979), eq. 2.1.

    Args:
        in_dim: Number of sense channels.
        contexts: Number of context slots.
        scale: Whether to divide by the standard deviation (real-valued senses) or only to centre (bits, whose rare
            channels would be blown up).
        clip: Largest magnitude of a normalised real-valued channel, in standard deviations.
    """

    mean: Tensor
    square: Tensor

    def __init__(self, in_dim: int, contexts: int, *, scale: bool, clip: float = 5.0) -> None:
        super().__init__()
        self.compiled = False
        self.scale = scale
        self.clip = clip
        self.count = [0.0] * contexts  # on the host: what divides by it never waits for a device
        self.register_buffer("mean", torch.zeros(contexts, in_dim))
        self.register_buffer("square", torch.zeros(contexts, in_dim))

    def forward(self, sense: Tensor, context: int) -> Tensor:
        """Normalise ``sense``, shape ``(B, in_dim)``, by the statistics of one context; changes nothing."""
        if self.compiled and self.scale:
            out = np.empty(sense.shape, np.float32)
            mean, square = self.views["mean"][context], self.views["square"][context]
            kernels().normalize(sense.numpy(), mean, square, self.count[context], self.clip, out)
            return torch.from_numpy(out)
        centred = sense - self.mean[context]
        if not self.scale:
            return centred
        deviation = (self.square[context] / max(self.count[context], 1.0)).add_(1e-8).sqrt_()
        return centred.div_(deviation).clamp_(-self.clip, self.clip)

    def update(self, sense: Tensor, context: int) -> None:
        """Take ``sense``, shape ``(B, in_dim)``, into the statistics of one context."""
        size, count = sense.shape[0], self.count[context]
        total = self.count[context] = count + size
        if self.compiled:
            mean = self.views["mean"][context]
            if self.scale:
                kernels().gather_statistics(sense.numpy(), mean, self.views["square"][context], count)
            else:
                kernels().follow_mean(sense.numpy(), mean, size / total)
            return
        mean = self.mean[context]
        if self.scale:
            variance, batch_mean = torch.var_mean(sense, 0, correction=0)
            shift = batch_mean - mean
            self.square[context].add_(variance, alpha=size).addcmul_(shift, shift, value=count * size / total)
            mean.add_(shift, alpha=size / total)
        else:
            mean.add_(sense.mean(0) - mean, alpha=size / total)

    def clear(self, context: int) -> None:
        """Forget the statistics of one context."""
        self.count[context] = 0.0
        self.mean[context] = 0.0
        self.square[context] = 0.0

    def get_extra_state(self) -> list[float]:
        """How many samples each context has seen: part of ``state_dict()``."""
        return list(self.count)

    def set_extra_state(self, state: list[float]) -> None:
        """Restore how many samples each context has seen."""
        self.count = list(state)
