"""Sensors that are noisy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.fault import Fault, FaultEffect
from envs.changes.sensors import as_bytes, check_each, of_channels
from envs.effect import Frame
from envs.when import check_range


@dataclass(frozen=True)
class Noise(Fault, kind="noise"):
    """Add a normal number to each component, anew in each step; images are clipped to bytes.

    ``when`` scales the deviation.

    Source: Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881), and its code's presets: 0.1,
    0.3 and 1 standard deviations. Correlated noise is a first-order autoregressive process.

    Attributes:
        deviation: Standard deviation, in units of the observation (of images: of 255), one for all components or one
            for each channel; None for the level's. How it changes over the life is what ``when`` says.
        correlation: How much of one step's noise is left in the next, from 0 (white) to below 1. The deviation stays
            the same, and each episode begins anew.
    """

    senses: ClassVar[tuple[str, ...]] = ("real", "image")
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"deviation": 0.1},
        "medium": {"deviation": 0.3},
        "hard": {"deviation": 1.0},
    }

    deviation: float | tuple[float, ...] | None = None
    correlation: float = 0.0

    @classmethod
    def examples(cls) -> tuple[Noise, ...]:
        """Give white and correlated noise."""
        return (cls(), cls(correlation=0.9))

    def check(self) -> None:
        """Check the deviations and the correlation."""
        check_each("Noise.deviation", self.deviation, 0.0, np.inf, "a standard deviation")
        check_range("Noise.correlation", self.correlation, 0.0, 1.0, "a correlation")
        if self.correlation == 1:
            raise ValueError("Noise.correlation is below 1, or the noise would never change; for that see bias_drift")

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect.

        Raises:
            ValueError: If there is not one deviation for each channel.
        """
        return NoiseEffect(self, frame, group) if self.correlation == 0 else CorrelatedEffect(self, frame, group)


class NoiseEffect(FaultEffect):
    """The effect behind `Noise`."""

    def __init__(self, fault: Noise, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self._image = frame.observation_space.dtype == np.uint8
        deviation: Any = fault.deviation
        self._deviations = of_channels("Noise.deviation", deviation, group) * np.float32(255 if self._image else 1)

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Add noise."""
        noise = self.numbers(rows, first).reshape(sensed.shape)
        seen = sensed + noise * (self._deviations * np.float32(strength))
        return self.in_group(as_bytes(seen) if self._image else seen, sensed), self.group

    def numbers(self, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Draw numbers of deviation 1, ``(R, components)`` float32."""
        return self.dice.normal(self.count(first), self.group.size, rows)


class CorrelatedEffect(NoiseEffect):
    """The effect behind `Noise` that is correlated.

    Attributes:
        error: The last numbers, ``(N, components)`` float32.
        fresh: Who has none yet, ``(N,)`` bool.
    """

    memory: ClassVar[tuple[str, ...]] = ("error", "fresh")

    def __init__(self, fault: Noise, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self._old, self._new = np.float32(fault.correlation), np.float32(np.sqrt(1 - fault.correlation**2))
        self.error = np.zeros((frame.num_envs, group.size), np.float32)
        self.fresh = np.ones(frame.num_envs, bool)

    def begin(self, rows: np.ndarray | None) -> None:
        """Begin with numbers that have no past."""
        self.fresh[slice(None) if rows is None else rows] = True

    def numbers(self, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Mix each number with the last one."""
        which = slice(None) if rows is None else rows
        drawn = super().numbers(rows, first)
        error = np.where(self.fresh[which][:, None], drawn, self._old * self.error[which] + self._new * drawn)
        self.error[which], self.fresh[which] = error, False
        return error
