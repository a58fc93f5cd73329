"""Sensors of limited range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.fault import Fault, FaultEffect
from envs.changes.sensors import BYTES, as_bytes, check_each, of_channels
from envs.effect import Frame
from envs.when import check_range


@dataclass(frozen=True, kw_only=True)
class Saturate(Fault, kind="saturate"):
    """Clip what is sensed to a range.

    Hit are the components beyond it. With ``when`` below 1 they are moved that share of their way to the bound.

    Source: saturation of sensors, this project's own levels.

    Attributes:
        low: Lowest reading of real senses, in units of the observation, one for all channels or one for each; None for
            the level's.
        high: Highest reading, likewise.
        dark: Lowest byte of images as a share of 255, from 0 to 1; None for the level's.
        bright: Highest byte of images, likewise, at least ``dark``.
    """

    senses: ClassVar[tuple[str, ...]] = ("real", "image")
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"low": -2.0, "high": 2.0, "dark": 0.1, "bright": 0.9},
        "medium": {"low": -1.0, "high": 1.0, "dark": 0.2, "bright": 0.8},
        "hard": {"low": -0.5, "high": 0.5, "dark": 0.3, "bright": 0.7},
    }

    low: float | tuple[float, ...] | None = None
    high: float | tuple[float, ...] | None = None
    dark: float | None = None
    bright: float | None = None

    @classmethod
    def examples(cls) -> tuple[Saturate, ...]:
        """Give ranges that are soon left."""
        return (cls(low=-0.05, high=0.05), cls(level="hard", when=0.5))

    def check(self) -> None:
        """Check the ranges."""
        check_each("Saturate.low", self.low, -np.inf, np.inf, "a reading")
        check_each("Saturate.high", self.high, -np.inf, np.inf, "a reading")
        check_range("Saturate.dark", self.dark, 0.0, 1.0, "a share of 255")  # pyright: ignore[reportArgumentType]
        check_range("Saturate.bright", self.bright, 0.0, 1.0, "a share of 255")  # pyright: ignore[reportArgumentType]
        low, high = np.atleast_1d(self.low), np.atleast_1d(self.high)  # pyright: ignore[reportCallIssue, reportArgumentType]
        if len(low) > 1 and len(high) > 1 and len(low) != len(high):
            raise ValueError(f"Saturate.low and .high are of equally many channels; got {len(low)} and {len(high)}")
        if (low > high).any() or self.dark > self.bright:  # pyright: ignore[reportOperatorIssue]
            raise ValueError(f"Saturate.low is at most .high, and .dark at most .bright; got {self}")

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect.

        Raises:
            ValueError: If there is not one bound for each channel.
        """
        return SaturateEffect(self, frame, group)


class SaturateEffect(FaultEffect):
    """The effect behind `Saturate`."""

    def __init__(self, fault: Saturate, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self._image = frame.observation_space.dtype == np.uint8
        bounds: Any = (fault.dark, fault.bright) if self._image else (fault.low, fault.high)
        if self._image:
            self._low, self._high = (np.float32(255 * bound) for bound in bounds)
        else:
            names = ("Saturate.low", "Saturate.high")
            self._low, self._high = (of_channels(name, one, group) for name, one in zip(names, bounds, strict=True))

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Clip what is beyond the range; a byte's answer is looked up."""
        seen = as_bytes(self._clipped(BYTES, strength))[sensed] if self._image else self._clipped(sensed, strength)
        hit = seen != sensed
        if not self.whole:
            hit &= self.group
        return self.in_group(seen, sensed), hit

    def _clipped(self, sensed: np.ndarray, strength: float) -> np.ndarray:
        clipped = np.clip(sensed, self._low, self._high)
        if strength == 1:
            return clipped
        mixed = sensed * np.float32(1 - strength) + clipped * np.float32(strength)
        return np.where(clipped == sensed, sensed, mixed)  # to the bit within the range
