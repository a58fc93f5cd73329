"""Rows of tables that are picked, changed and compared on a device, without the host knowing which."""

from __future__ import annotations

import torch
from torch import Tensor


def row(table: Tensor, which: Tensor) -> Tensor:
    """Read one row, ``(...)``, of a table ``(N, ...)``; ``which`` is an index of shape ``(1,)``.

    An index without dimensions would do the same, but for a host that waits to learn it.
    """
    return table.index_select(0, which)[0]


def put(table: Tensor, which: Tensor, value: Tensor | float, mask: Tensor) -> None:
    """Write a row, ``(...)`` or one number for all of it, into a table ``(N, ...)`` where a mask, ``()``, holds."""
    table.index_copy_(0, which, torch.where(mask, value, table.index_select(0, which)))


def first_least(values: Tensor) -> Tensor:
    """Find the first of the smallest values, ``(N,)``: an index of shape ``(1,)``.

    ``argmin`` may give any of them, and another one on another device.
    """
    numbers = torch.arange(len(values), device=values.device)
    return torch.where(values == values.amin(), numbers, len(values)).amin()[None]


def sent(value: object, device: torch.device) -> Tensor:
    """Bring numbers from the host to a device: a tensor of its own, float64."""
    return torch.tensor(value, dtype=torch.float64, device=device)
