"""Sensors that jump for one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.fault import Fault, FaultEffect
from envs.changes.lasting import check_probability
from envs.changes.sensors import as_bytes, check_each, of_channels
from envs.effect import Frame


@dataclass(frozen=True, kw_only=True)
class Spikes(Fault, kind="spikes"):
    """Add an outlier of random sign to components by chance, for one step; images are clipped to bytes.

    With a magnitude of 1 or more an image gets "salt and pepper". ``when`` scales the probability.

    Source: impulse noise, Gonzalez and Woods, "Digital Image Processing"; the probabilities
    of the presets are those of the Real-World RL suite for dropped values, the magnitudes are this project's own.

    Attributes:
        probability: That a component has one in a step, from 0 to 1; None for the level's.
        magnitude: Its size, in units of the observation (of images: of 255), one for all components or one for each
            channel; None for the level's.
    """

    senses: ClassVar[tuple[str, ...]] = ("real", "image")
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"probability": 0.01, "magnitude": 1.0},
        "medium": {"probability": 0.05, "magnitude": 3.0},
        "hard": {"probability": 0.1, "magnitude": 10.0},
    }

    probability: float | None = None
    magnitude: float | tuple[float, ...] | None = None

    def check(self) -> None:
        """Check the parameters."""
        check_probability("Spikes.probability", self.probability)
        check_each("Spikes.magnitude", self.magnitude, 0.0, np.inf, "the size of a spike")

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect.

        Raises:
            ValueError: If there is not one magnitude for each channel.
        """
        return SpikesEffect(self, frame, group)


class SpikesEffect(FaultEffect):
    """The effect behind `Spikes`."""

    def __init__(self, fault: Spikes, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self._image = frame.observation_space.dtype == np.uint8
        magnitude: Any = fault.magnitude
        self._probability: Any = fault.probability
        self._sizes = of_channels("Spikes.magnitude", magnitude, group) * np.float32(255 if self._image else 1)

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Add spikes: one number tells of each component whether it has one and, by its half, of which sign."""
        probability = self._probability * strength
        chance = self.draw(self.group.size, rows, first).reshape(sensed.shape)
        hit = chance < probability
        if not self.whole:
            hit &= self.group
        # Up in the lower half of the numbers that hit; the other components are to keep their bits, hence `where`.
        spikes = np.where(chance < probability / 2, self._sizes, -self._sizes)
        seen = sensed.copy()
        if self._image:
            seen[hit] = as_bytes(sensed[hit] + spikes[hit])
        else:
            np.add(seen, spikes, out=seen, where=hit)
        return seen, hit
