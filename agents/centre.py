"""Adaptation: what comes in is read as a difference from its running mean."""

from __future__ import annotations

import torch
from torch import Tensor, nn

SLOWEST = 0.05
"""Rate at which hidden means move while nothing is new: about the last twenty minibatches count."""


class Centre(nn.Module):
    """Subtracts a running mean, which moves at every forward pass, in training and evaluation mode alike.

    ``m += rate * (mean over the batch of x - m)``, then ``x - m``. No label is needed, and no gradient passes through
    the mean.
    """

    mean: Tensor
    """The running mean, shape ``(features,)``."""

    def __init__(self, features: int) -> None:
        """Begin with a mean of zero."""
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))

    def forward(self, x: Tensor, rate: Tensor | None) -> Tensor:
        """Move the mean, unless the rate is None, and subtract it.

        Args:
            x: Shape ``(B, features)``.
            rate: Share of the way to the batch's mean that is gone, in [0, 1]; a scalar tensor.
        """
        if rate is not None:
            with torch.no_grad():  # a new tensor, so that whoever kept the former one can go back to it
                self.mean = torch.lerp(self.mean, x.detach().mean(dim=0), rate)
        return x - self.mean


@torch.no_grad()
def novelty(x: Tensor, mean: Tensor) -> Tensor:
    """Tell how new the senses of a batch are: one minus the correlation of their mean pattern with the running one.

    ``1 - max(0, cos(a, b))``, where ``a`` is the batch's mean and ``b`` the running mean, each without its own mean
    over the features.

    Args:
        x: Shape ``(B, features)``.
        mean: The running mean, shape ``(features,)``.

    Returns:
        A scalar tensor in [0, 1]; 1 where either pattern is flat, as at birth.
    """
    new = x.mean(dim=0)
    new = new - new.mean()
    old = mean - mean.mean()
    length = torch.linalg.vector_norm(new) * torch.linalg.vector_norm(old)
    return 1 - (new @ old / length.clamp_min(1e-12)).clamp_(0, 1)
