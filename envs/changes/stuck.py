"""Sensors that hold their last value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.fault import FaultEffect
from envs.changes.holding import HoldingEffect
from envs.changes.lasting import Lasting, LastingFault
from envs.effect import Frame


@dataclass(frozen=True, kw_only=True)
class Stuck(LastingFault, kind="stuck"):
    """Let components hold what they showed last, for some steps.

    One that gets stuck in the first observation of an episode, before which there is nothing, holds that value.

    Source: "stuck" observations of the Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881),
    and its code's presets: 0.01, 0.05 and 0.1 for 1, 5 and 10 steps.
    """

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect."""
        return StuckEffect(self, frame, group)


class StuckEffect(HoldingEffect):
    """The effect behind `Stuck`."""

    memory: ClassVar[tuple[str, ...]] = ("last", "lasting.left")

    def __init__(self, fault: Stuck, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self._probability: Any = fault.probability
        steps: Any = fault.steps
        self.lasting = Lasting(group, frame.num_envs, steps)

    def begin(self, rows: np.ndarray | None) -> None:
        """Begin with sound sensors."""
        self.lasting.forget(rows)

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Hold what is stuck; a first observation is its own past."""
        if first or strength == 0:
            self.keep(sensed, rows)
        if strength == 0:
            self.lasting.forget(rows)
            return sensed, None
        chance = self.draw(self.group.size, rows, first).reshape(sensed.shape)
        now, _ = self.lasting.step(chance, self._probability * strength, rows)
        return self.hold(sensed, now, rows), now
