"""The lateral pool: an interneuron that keeps the sums of a layer at mean 0 and spread 1, sample by sample."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

EPSILON = 1e-5
"""Added to the variance, so that a layer without any differences stays at 0."""


def lateral_pool(sums: Tensor, *, filters: bool = False, opened: Tensor | None = None) -> Tensor:
    """Standardise the sums of a layer's open units, for each sample: ``(z - mean(z)) / sd(z)``.

    Without a gate it is layer normalisation without gains and shifts (Ba et al. 2016).

    Args:
        sums: ``z``, ``(B, units)`` or ``(B, units, ...)``.
        filters: Whether units lie in dimension 1 and each has places, as in convolutions; the pool is over both.
        opened: ``(units,)`` of zeros and ones, which units are open; None for all. Closed units take no part, and
            what is given for them means nothing.

    Returns:
        A new tensor of the same shape.
    """
    shape = sums.shape[1:] if filters else sums.shape[-1:]
    if opened is None:
        return functional.layer_norm(sums, shape, eps=EPSILON)
    mask = opened.reshape(-1, *(1,) * (sums.dim() - 2)) if filters else opened
    dims = tuple(range(1, sums.dim())) if filters else (-1,)
    places = sums[0, 0].numel() if filters else 1
    count = opened.sum().clamp_min(1) * places
    mean = (sums * mask).sum(dim=dims, keepdim=True) / count
    off = (sums - mean) * mask
    variance = (off * off).sum(dim=dims, keepdim=True) / count
    return off * (variance + EPSILON).rsqrt()
