"""Sensors whose zero wanders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.fault import Fault, FaultEffect
from envs.changes.sensors import as_bytes, check_steps
from envs.changes.walk import Walk
from envs.effect import Frame
from envs.when import Signal, check_range


@dataclass(frozen=True, kw_only=True)
class BiasDrift(Fault, kind="bias_drift"):
    """Add an offset to each channel that wanders over the life, from 0 and within bounds.

    The offset is a property of the world: a function of its seed and the life clock, equal for all bodies, and no
    episode mends it. ``when`` scales it.

    Source: a random walk reflected at its bounds; bias instability of inertial sensors, IEEE Std 952-1997.
    The levels are this project's own.

    Attributes:
        limit: Largest offset, above 0, in units of the observation (of images: of 255); None for the level's.
        over: Life steps after which a walk without bounds would have ``limit`` as its standard deviation.
    """

    senses: ClassVar[tuple[str, ...]] = ("real", "image")
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"limit": 0.1},
        "medium": {"limit": 0.3},
        "hard": {"limit": 1.0},
    }

    limit: float | None = None
    over: int = 10_000

    def check(self) -> None:
        """Check the parameters."""
        check_limit("BiasDrift.limit", self.limit, 0.0, "an offset")
        check_steps("BiasDrift.over", self.over)

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect."""
        return BiasDriftEffect(self, frame, group)


class BiasDriftEffect(FaultEffect):
    """The effect behind `BiasDrift`."""

    def __init__(self, fault: BiasDrift, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self._image = frame.observation_space.dtype == np.uint8
        limit: Any = fault.limit
        (own,) = frame.world.spawn(1)
        self._walk = Walk(own, group.shape[-1], limit * (255 if self._image else 1), fault.over)

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Add the offsets of this age."""
        if self.clock.age == 0:
            return sensed, None
        seen = sensed + (self._walk.at(self.clock.age) * strength).astype(np.float32)
        return self.in_group(as_bytes(seen) if self._image else seen, sensed), self.group


def check_limit(owner: str, value: Any, above: float, unit: str) -> None:
    """Check the bound of a drift: a plain number above another one; raises TypeError or ValueError."""
    if isinstance(value, Signal):
        raise TypeError(f"{owner} is the bound of {unit}, which stays as it is; let `when` change over the life")
    check_range(owner, value, above, np.inf, f"the bound of {unit}")
    if value == above:
        raise ValueError(f"{owner} is above {above:g}, or nothing would drift; for a calm sensor give when=0.0")
