"""Cameras with something in front of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.fault import FaultEffect
from envs.changes.lasting import LastingEffect, LastingFault
from envs.effect import Frame
from envs.when import check_range


@dataclass(frozen=True, kw_only=True)
class Occlude(LastingFault, kind="occlude"):
    """Cover a rectangle of the image, at a place that is drawn anew each time, for some steps.

    ``when`` scales the probability.

    Source: random erasing, Zhong et al. 2017 (arXiv:1708.04896), algorithm 1, with rectangles of a fixed size that
    stay. The levels are this project's own.

    Attributes:
        probability: That an image that is clear is covered in a step, from 0 to 1; None for the level's.
        steps: How long it then is, in steps of the body, at least 1; None for the level's.
        size: Height and width of the rectangle as a share of the image's, above 0 to 1, at least one pixel; None for
            the level's.
        value: Brightness of what covers, from 0 to 255.
    """

    senses: ClassVar[tuple[str, ...]] = ("image",)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"probability": 0.01, "steps": 5, "size": 0.25},
        "medium": {"probability": 0.05, "steps": 10, "size": 0.4},
        "hard": {"probability": 0.1, "steps": 20, "size": 0.6},
    }

    size: float | None = None
    value: int = 0

    def check(self) -> None:
        """Check the parameters."""
        super().check()
        check_range("Occlude.size", self.size, 0.0, 1.0, "a share of the image's height")  # pyright: ignore[reportArgumentType]
        if self.size == 0:
            raise ValueError("Occlude.size is above 0, or nothing would be covered; for a clear sight give when=0.0")
        if self.value not in range(256):
            raise ValueError(f"Occlude.value is a whole number from 0 to 255; got {self.value!r}")

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect."""
        return OccludeEffect(self, frame, group)


class OccludeEffect(LastingEffect):
    """The effect behind `Occlude`.

    Attributes:
        corner: First row and column of what covers each body's image, ``(N, 2)`` int64.
    """

    memory: ClassVar[tuple[str, ...]] = ("lasting.left", "corner")

    def __init__(self, fault: Occlude, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group, bodily=True)
        size: Any = fault.size
        sides = group.shape[:2]
        self._size = np.array([max(1, round(size * side)) for side in sides])
        self._places = np.array(sides) - self._size + 1
        self._down, self._across = (np.arange(side) for side in sides)
        self._value = np.uint8(fault.value)
        self.corner = np.zeros((frame.num_envs, 2), np.int64)

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Cover a rectangle of the images that are covered now."""
        drawn = self.draw(3, rows, first)
        now, begins = self.lasting.step(drawn[:, 0], self._probability * strength, rows)
        covered = np.flatnonzero(now)
        if not len(covered):
            return sensed, None
        corner = self.corner if rows is None else self.corner[rows]
        corner = np.where(begins[:, None], (drawn[:, 1:] * self._places).astype(np.int64), corner)
        self.corner[slice(None) if rows is None else rows] = corner
        down = self._within(self._down, corner[covered, 0], self._size[0])
        across = self._within(self._across, corner[covered, 1], self._size[1])
        hit = np.zeros(sensed.shape, bool)
        hit[covered] = (down[:, :, None] & across[:, None, :])[..., None] & self.group
        return self.broken(sensed, hit, rows, first), hit

    def broken(self, sensed: np.ndarray, now: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Paint over what is covered."""
        seen = sensed.copy()
        np.putmask(seen, now, self._value)
        return seen

    @staticmethod
    def _within(places: np.ndarray, start: np.ndarray, size: int) -> np.ndarray:
        """Tell which places lie in the stretches that start somewhere: ``(R, places)``."""
        return (places >= start[:, None]) & (places < start[:, None] + size)
