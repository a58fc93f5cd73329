"""Sensors that come late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from envs.changes.fault import FaultEffect
from envs.changes.late import LateEffect, LateFault
from envs.effect import Frame


@dataclass(frozen=True, kw_only=True)
class Delay(LateFault, kind="delay"):
    """Show what was sensed a fixed number of steps ago.

    Until an episode is that old, its first observation is shown, which is itself not late. ``when`` scales the number
    of steps, rounded.

    Source: observation delay of the Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881), and
    its code's presets: 3, 6 and 9 steps.

    Attributes:
        steps: How late, in steps of the body, at least 1; None for the level's.
    """

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect."""
        return DelayEffect(self, frame, group)


class DelayEffect(LateEffect):
    """The effect behind `Delay`."""

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Remember what is sensed, and show what was."""
        self.history.add(sensed, rows, first)
        late = round(self.steps * strength)
        if first or late == 0:
            return sensed, None
        return self.in_group(self.history.ago(late, rows), sensed), self.group
