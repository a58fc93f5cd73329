"""What a brain is given is checked before it learns from it: compiled kernels trust the shapes they are handed."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def check_senses(name: str, sense: Tensor, width: int) -> None:
    """Check senses, ``(B, width)``.

    Raises:
        ValueError: If they have another shape or type than float32, or are not finite.
    """
    if sense.dim() != 2 or sense.shape[1] != width or sense.dtype != torch.float32:
        got = f"{tuple(sense.shape)}, {str(sense.dtype).removeprefix('torch.')}"
        raise ValueError(f"{name}: expected senses of shape (streams, {width}), float32; got {got}")
    if not math.isfinite(float(sense.sum())):  # one look at all channels: the sum is not finite if one of them is not
        where = (~sense.isfinite()).nonzero().tolist()[:3]
        raise ValueError(
            f"{name}: expected finite senses; got {[float(sense[b, d]) for b, d in where]} at (stream, channel) "
            f"{where}: replace what a sensor failed to say by its last reading"
        )


def check_actions(action: Tensor, streams: int, actions: int) -> None:
    """Check actions, ``(streams,)``.

    Raises:
        ValueError: If there are more or fewer, or one is not from 0 to ``actions - 1``.
    """
    acted = action.tolist()
    if len(acted) != streams or min(acted) < 0 or max(acted) >= actions:
        raise ValueError(f"expected {streams} actions, integers from 0 to {actions - 1}; got {acted}")


def check_wishes(shape: torch.Size, streams: int, bounded: int | None, **wishes: Tensor | None) -> None:
    """Check what is asked for of outputs of a shape ``(B, out_dim)``.

    Raises:
        ValueError: If a wish has another shape, B is more than ``streams``, or ``bounded`` is no output.
    """
    for name, value in wishes.items():
        if value is not None and value.shape != shape:
            raise ValueError(f"{name} says what to do with outputs of shape {tuple(shape)}; got {tuple(value.shape)}")
    if shape[0] > streams:
        raise ValueError(f"this brain learns from at most {streams} streams; got {shape[0]}")
    if bounded is not None and not 0 <= bounded < shape[1]:
        raise ValueError(f"bounded is an output, from 0 to {shape[1] - 1}, or None; got {bounded}")
