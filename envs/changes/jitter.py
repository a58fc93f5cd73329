"""Sensors that come more or less late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from envs.changes.fault import FaultEffect
from envs.changes.late import LateEffect, LateFault
from envs.effect import Frame


@dataclass(frozen=True, kw_only=True)
class Jitter(LateFault, kind="jitter"):
    """Show what was sensed some steps ago, as many as each body draws anew in each step.

    Each number from 0 to ``steps`` is drawn equally often, but what is shown never goes back in time: an observation
    that is overtaken by a later one is not shown any more. A first observation is never late. ``when`` scales the
    largest delay, rounded.

    Source: random delays without reordering, Bouteiller et al. 2021, "Reinforcement Learning with Random Delays"; the
    levels are those of the Real-World RL suite's fixed delays.

    Attributes:
        steps: Largest delay in steps of the body, at least 1; None for the level's.
    """

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect."""
        return JitterEffect(self, frame, group)


class JitterEffect(LateEffect):
    """The effect behind `Jitter`.

    Attributes:
        late: How late each body's last observation was, in steps, ``(N,)`` int64.
    """

    memory: ClassVar[tuple[str, ...]] = (*LateEffect.memory, "late")

    def __init__(self, fault: Jitter, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self.late = np.zeros(frame.num_envs, np.int64)

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Remember what is sensed, and show what was."""
        which = slice(None) if rows is None else rows
        self.history.add(sensed, rows, first)
        largest = round(self.steps * strength)
        if first or largest == 0:
            self.late[which] = 0
            return sensed, None
        drawn = (self.draw(1, rows, first)[:, 0] * (largest + 1)).astype(np.int64)
        late = np.minimum(self.late[which] + 1, drawn)  # one more is the same observation again
        self.late[which] = late
        hit = self.of_bodies(late > 0)
        return self.in_group(self.history.ago(late, rows), sensed), hit
