"""Sensors that come late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.fault import Fault, FaultEffect
from envs.changes.history import History
from envs.changes.sensors import check_steps
from envs.effect import Frame


@dataclass(frozen=True, kw_only=True)
class Delay(Fault, kind="delay"):
    """Show what was sensed a fixed number of steps ago.

    Until an episode is that old, its first observation is shown, which is itself not late. ``when`` scales the number
    of steps, rounded.

    Source: observation delay of the Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881), and
    its code's presets: 3, 6 and 9 steps.

    Attributes:
        steps: How late, in steps of the body, at least 1; None for the level's.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"steps": 3},
        "medium": {"steps": 6},
        "hard": {"steps": 9},
    }

    steps: int | None = None

    def check(self) -> None:
        """Check the number of steps."""
        check_steps("Delay.steps", self.steps)

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect."""
        return DelayEffect(self, frame, group)


class DelayEffect(FaultEffect):
    """The effect behind `Delay`."""

    remembers: ClassVar[bool] = True
    memory: ClassVar[tuple[str, ...]] = ("history.kept", "history.number")

    def __init__(self, fault: Delay, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self._steps: Any = fault.steps
        self.history = History(frame.num_envs, self._steps + 1, group.shape, frame.observation_space.dtype)  # pyright: ignore[reportArgumentType]

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Remember what is sensed, and show what was."""
        self.history.add(sensed, rows, first)
        late = round(self._steps * strength)
        if first or late == 0:
            return sensed, None
        return self.in_group(self.history.ago(late, rows), sensed), self.group
