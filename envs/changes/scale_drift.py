"""Sensors whose gain wanders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.bias_drift import check_limit
from envs.changes.fault import Fault, FaultEffect
from envs.changes.sensors import as_bytes, check_steps
from envs.changes.walk import Walk
from envs.effect import Frame


@dataclass(frozen=True, kw_only=True)
class ScaleDrift(Fault, kind="scale_drift"):
    """Multiply each channel by a factor that wanders over the life, from 1 and within bounds.

    The logarithm of the factor is a bounded random walk: a function of the world's seed and the life clock, equal for
    all bodies. ``when`` scales the logarithm.

    Source: a random walk reflected at its bounds; scale-factor error of inertial sensors, IEEE Std 952-1997. The levels
    are this project's own.

    Attributes:
        limit: Largest factor, above 1; the smallest is one divided by it. None for the level's.
        over: Life steps after which a walk without bounds would have the logarithm of ``limit`` as its standard
            deviation.
    """

    senses: ClassVar[tuple[str, ...]] = ("real", "image")
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"limit": 1.1},
        "medium": {"limit": 1.5},
        "hard": {"limit": 3.0},
    }

    limit: float | None = None
    over: int = 10_000

    def check(self) -> None:
        """Check the parameters."""
        check_limit("ScaleDrift.limit", self.limit, 1.0, "a factor")
        check_steps("ScaleDrift.over", self.over)

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect."""
        return ScaleDriftEffect(self, frame, group)


class ScaleDriftEffect(FaultEffect):
    """The effect behind `ScaleDrift`."""

    def __init__(self, fault: ScaleDrift, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self._image = frame.observation_space.dtype == np.uint8
        limit: Any = fault.limit
        (own,) = frame.world.spawn(1)
        self._walk = Walk(own, group.shape[-1], float(np.log(limit)), fault.over)

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Multiply by the factors of this age."""
        if self.clock.age == 0:
            return sensed, None
        seen = sensed * np.exp(self._walk.at(self.clock.age) * strength).astype(np.float32)
        return self.in_group(as_bytes(seen) if self._image else seen, sensed), self.group
