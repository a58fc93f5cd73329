"""Steps of a world of tensors, kept on their device until many can be fetched in one go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np


class Told(NamedTuple):
    """What a recorder needs of a step of N sub-environments.

    Attributes:
        life: What is told of the life, by name, each ``(N,)``: `age`, `task`, `visit`, `switched`; always on the host.
        reward: ``(N,)``.
        terminated: ``(N,)``, bool.
        truncated: ``(N,)``, bool.
    """

    life: dict[str, np.ndarray]
    reward: Any
    terminated: Any
    truncated: Any


class Block:
    """Steps that nobody has looked at yet.

    Args:
        size: Steps that are fetched together; until then nobody waits for the device.
    """

    def __init__(self, size: int = 256) -> None:
        self._size = size
        self._steps: list[Told] = []

    @property
    def full(self) -> bool:
        """Whether it is time to fetch them."""
        return len(self._steps) >= self._size

    def add(self, step: Told) -> None:
        """Keep a step of tensors."""
        self._steps.append(step)

    def fetch(self) -> Iterator[Told]:
        """Give the steps in their order, on the host, and begin anew."""
        steps, self._steps = self._steps, []
        if not steps:
            return
        import torch  # noqa: PLC0415 - it takes a second, and who steps worlds of arrays needs none

        parts = zip(*(step[1:] for step in steps), strict=True)
        fetched = (torch.stack(part).cpu().numpy() for part in parts)
        for step, *told in zip(steps, *fetched, strict=True):
            yield Told(step.life, *told)
