"""The three-factor rule in tensor operations: what eligibility traces and third factors ask of weights."""

from __future__ import annotations

import torch
from torch import Tensor


def asked_change(
    trace: Tensor, active: Tensor, factor: Tensor, at_once: Tensor | None = None, bounded: int | None = None
) -> Tensor:
    """Sum over streams what traces and third factors ask of the weights of n neurons.

    Args:
        trace: Eligibility of each weight, the present step included, ``(out_dim, B, n)``.
        active: What fires now, ``(B, n)``.
        factor: The third factor of each output, ``(B, out_dim)``.
        at_once: A change of the outputs asked for without delay, ``(B, out_dim)``, outside the traces.
        bounded: Output whose step is divided by the energy of its trace (normalised least mean squares).

    Returns:
        The change, ``(out_dim, n)``.
    """
    if bounded is not None:
        factor = factor.clone()
        factor[:, bounded] /= trace[bounded].square().sum(1).clamp_(min=1.0)
    change = torch.bmm(factor.T[:, None, :], trace)[:, 0]
    return change if at_once is None else change.addmm_(at_once.T, active)


def part_taken(trace: Tensor, scale: float) -> Tensor:
    """Tell how much each weight has to do with what is learnt, in [0, 1], ``(out_dim, n)``, from ``(out_dim, B, n)``.

    Args:
        trace: Eligibility of each weight.
        scale: What a neuron that fires adds to it.
    """
    return trace.abs().amax(1).mul_(1.0 / scale).clamp_(max=1.0)
