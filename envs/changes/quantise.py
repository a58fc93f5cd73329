"""Sensors of few steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.fault import Fault, FaultEffect
from envs.changes.sensors import BYTES, as_bytes, check_each, of_channels
from envs.effect import Frame


@dataclass(frozen=True, kw_only=True)
class Quantise(Fault, kind="quantise"):
    """Round what is sensed to steps: of real senses to multiples of one, of images to a few levels of brightness.

    Hit are the components that this changes. ``when`` scales the size of the steps.

    Source: uniform (mid-tread) quantisation, Gray and Neuhoff 1998, "Quantization"; the levels are this
    project's own.

    Attributes:
        step: Size of a step of real senses, above 0, in units of the observation, one for all channels or one for each;
            None for the level's.
        levels: Levels of brightness of images, evenly from 0 to 255, from 2 to 256; None for the level's.
    """

    senses: ClassVar[tuple[str, ...]] = ("real", "image")
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"step": 0.01, "levels": 64},
        "medium": {"step": 0.1, "levels": 16},
        "hard": {"step": 0.5, "levels": 4},
    }

    step: float | tuple[float, ...] | None = None
    levels: int | None = None

    def check(self) -> None:
        """Check the parameters."""
        check_each("Quantise.step", self.step, 0.0, np.inf, "the size of a step")
        if not np.all(self.step):  # pyright: ignore[reportArgumentType, reportCallIssue]
            raise ValueError(f"Quantise.step is above 0; got {self.step}; to leave a channel alone see `channels`")
        if not isinstance(self.levels, (int, np.integer)) or isinstance(self.levels, bool):
            raise TypeError(f"Quantise.levels is a whole number; got {self.levels!r} of {type(self.levels).__name__}")
        if not 2 <= self.levels <= 256:
            raise ValueError(f"Quantise.levels is from 2 to 256; got {self.levels}")

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect.

        Raises:
            ValueError: If there is not one step for each channel.
        """
        return QuantiseEffect(self, frame, group)


class QuantiseEffect(FaultEffect):
    """The effect behind `Quantise`."""

    def __init__(self, fault: Quantise, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self._image = frame.observation_space.dtype == np.uint8
        step, levels = fault.step, fault.levels
        self._step = (
            np.float32(255 / (levels - 1))  # pyright: ignore[reportOptionalOperand]
            if self._image
            else of_channels("Quantise.step", step, group)  # pyright: ignore[reportArgumentType]
        )

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Round to steps; a byte's answer is looked up."""
        step = self._step * np.float32(strength)
        if self._image:
            step = np.maximum(step, 1)
            seen = as_bytes(np.rint(BYTES / step) * step)[sensed]
        else:
            seen = np.rint(sensed / step) * step
        hit = seen != sensed
        if not self.whole:
            hit &= self.group
        return np.where(hit, seen, sensed), hit  # so that a zero keeps its sign
