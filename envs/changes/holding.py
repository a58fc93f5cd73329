"""Faults that show what was seen last."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from envs.changes.fault import Fault, FaultEffect
from envs.effect import Frame


class HoldingEffect(FaultEffect):
    """Remembers what each body saw last.

    Attributes:
        last: What was seen last, ``(N, ...)``.
    """

    remembers: ClassVar[bool] = True
    memory: ClassVar[tuple[str, ...]] = ("last",)

    def __init__(self, fault: Fault, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self.last = np.zeros((frame.num_envs, *group.shape), frame.observation_space.dtype)

    def keep(self, seen: np.ndarray, rows: np.ndarray | None) -> None:
        """Remember what is seen."""
        self.last[slice(None) if rows is None else rows] = seen

    def hold(self, sensed: np.ndarray, lost: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Show, and remember, what was seen last where it is ``lost``, ``(R, ...)`` bool, and what is sensed elsewhere.

        Returns:
            What is seen, a new array ``(R, ...)``.
        """
        seen = np.where(lost, self.last if rows is None else self.last[rows], sensed)
        self.keep(seen, rows)
        return seen
