"""Cameras that show the negative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from envs.changes.fault import FaultEffect
from envs.changes.lasting import LastingEffect, LastingFault
from envs.effect import Frame


@dataclass(frozen=True, kw_only=True)
class InvertColours(LastingFault, kind="invert_colours"):
    """Show 255 minus the value in all of an image, for some steps.

    With a probability of 1 it never ends. ``channels`` are colours.

    Source: the negative of an image, Gonzalez and Woods, "Digital Image Processing"; the presets are those
    that the Real-World RL suite has for dropped values.

    Attributes:
        probability: That an image that is sound turns in a step, from 0 to 1; None for the level's.
        steps: How long it then lasts, in steps of the body, at least 1; None for the level's.
    """

    senses: ClassVar[tuple[str, ...]] = ("image",)

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect."""
        return InvertColoursEffect(self, frame, group, bodily=True)


class InvertColoursEffect(LastingEffect):
    """The effect behind `InvertColours`."""

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Turn the images that have it."""
        now, _ = self.lasting.step(self.draw(1, rows, first)[:, 0], self._probability * strength, rows)
        if not now.any():
            return sensed, None
        hit = self.of_bodies(now)
        return self.broken(sensed, hit, rows, first), hit

    def broken(self, sensed: np.ndarray, now: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Show the negative: all bits of a byte the other way are 255 minus its value."""
        return np.where(now, ~sensed, sensed)
