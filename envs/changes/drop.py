"""Sensors that read nothing for a while."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from envs.changes.fault import FaultEffect
from envs.changes.lasting import LastingEffect, LastingFault
from envs.changes.sensors import sense_of
from envs.effect import Frame
from envs.when import check_range


@dataclass(frozen=True, kw_only=True)
class Drop(LastingFault, kind="drop"):
    """Let components read 0, or another given value, for some steps.

    Each component fails for itself: of images, single bytes (dead pixels).

    Source: "dropped" observations of the Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881),
    and its code's presets: 0.01, 0.05 and 0.1 for 1, 5 and 10 steps.

    Attributes:
        value: What they read, in units of the observation: 0 or 1 of bits, a whole number from 0 to 255 of images.
    """

    value: float = 0.0

    def check(self) -> None:
        """Check the parameters."""
        super().check()
        check_range("Drop.value", self.value, -np.inf, np.inf, "a reading")

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect.

        Raises:
            ValueError: If the value is none that such sensors can read.
        """
        highest = {"bits": 1, "image": 255}.get(sense_of(frame.observation_space))
        if highest and self.value not in range(highest + 1):
            raise ValueError(
                f"Drop.value is a whole number from 0 to {highest} in {frame.observation_space} from {frame.owner}; "
                f"got {self.value!r}"
            )
        return DropEffect(self, frame, group)


class DropEffect(LastingEffect):
    """The effect behind `Drop`."""

    def __init__(self, fault: Drop, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self._value = np.asarray(fault.value, frame.observation_space.dtype)

    def broken(self, sensed: np.ndarray, now: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Let components read the value."""
        seen = sensed.copy()
        np.putmask(seen, now, self._value)
        return seen
