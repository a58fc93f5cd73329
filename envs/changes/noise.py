"""Sensors that are noisy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.fault import Fault, FaultEffect
from envs.effect import Frame
from envs.when import check_range


@dataclass(frozen=True)
class Noise(Fault, kind="noise"):
    """Add a normal number to each component, anew in each step; images are clipped to bytes.

    Source: Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881), section 2.3 and its code's presets: 0.1,
    0.3 and 1 standard deviations.

    Attributes:
        deviation: Standard deviation, in units of the observation (of images: of 255), one for all components or one
            for each channel; None for the level's. How it changes over the life is what ``when`` says.
    """

    senses: ClassVar[tuple[str, ...]] = ("real", "image")
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"deviation": 0.1},
        "medium": {"deviation": 0.3},
        "hard": {"deviation": 1.0},
    }

    deviation: float | tuple[float, ...] | None = None

    def check(self) -> None:
        """Check the deviations."""
        for one in self.deviation if isinstance(self.deviation, tuple) else (self.deviation,):
            check_range("Noise.deviation", one, 0.0, np.inf, "a standard deviation")  # pyright: ignore[reportArgumentType]

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect.

        Raises:
            ValueError: If there is not one deviation for each channel.
        """
        if isinstance(self.deviation, tuple) and len(self.deviation) != group.shape[-1]:
            raise ValueError(
                f"Noise.deviation needs one number for each of {group.shape[-1]} channels; got {len(self.deviation)}"
            )
        return NoiseEffect(self, frame, group)


class NoiseEffect(FaultEffect):
    """The effect behind `Noise`."""

    def __init__(self, fault: Noise, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self._image = frame.observation_space.dtype == np.uint8
        scale = 255.0 if self._image else 1.0
        self._deviations = (np.asarray(fault.deviation, np.float64) * group * scale).astype(np.float32).ravel()

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Add noise."""
        drawn = self.dice.normal(self.count(first), self.group.size, rows).astype(np.float32)
        noise = (drawn * (self._deviations * np.float32(strength))).reshape(sensed.shape)
        if self._image:
            return np.clip(np.rint(sensed + noise), 0, 255).astype(np.uint8), self.group
        return sensed + noise, self.group
