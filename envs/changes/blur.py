"""Cameras out of focus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, ClassVar

import numpy as np

from envs.changes.fault import Fault, FaultEffect
from envs.changes.sensors import as_bytes
from envs.effect import Frame
from envs.when import Signal, check_range

SHAPES = ("gaussian", "box")


@dataclass(frozen=True, kw_only=True)
class Blur(Fault, kind="blur"):
    """Blur the image by a kernel that is as wide as high; beyond its edges the image goes on as at the edge.

    ``when`` scales the radius, evenly: a radius between two whole numbers weighs its outermost pixels less.

    Source: separable linear smoothing, Gonzalez and Woods, "Digital Image Processing"; the levels are this
    project's own.

    Attributes:
        radius: How far the kernel reaches, in pixels, above 0; None for the level's.
        shape: Its shape: ``"gaussian"`` of half the radius as standard deviation, or ``"box"``.
    """

    senses: ClassVar[tuple[str, ...]] = ("image",)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"radius": 1.0},
        "medium": {"radius": 2.0},
        "hard": {"radius": 4.0},
    }

    radius: float | None = None
    shape: str = "gaussian"

    @classmethod
    def examples(cls) -> tuple[Blur, ...]:
        """Give both shapes."""
        return (cls(), cls(level="hard", shape="box"))

    def check(self) -> None:
        """Check the parameters."""
        if isinstance(self.radius, Signal):
            raise TypeError("Blur.radius stays as it is; let `when` change over the life")
        check_range("Blur.radius", self.radius, 0.0, 255.0, "a radius in pixels")  # pyright: ignore[reportArgumentType]
        if self.radius == 0:
            raise ValueError("Blur.radius is above 0, or nothing would be blurred; for a sharp sight give when=0.0")
        if self.shape not in SHAPES:
            raise ValueError(f"Blur.shape is one of {', '.join(SHAPES)}; got {self.shape!r}")

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect."""
        return BlurEffect(self, frame, group)


class BlurEffect(FaultEffect):
    """The effect behind `Blur`."""

    def __init__(self, fault: Blur, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self._radius: Any = fault.radius
        self._box = fault.shape == "box"

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Blur down, then across."""
        weights = kernel(self._radius * strength, self._box)
        smooth = smoothed(smoothed(sensed.astype(np.float32), weights, 1), weights, 2)
        return self.in_group(as_bytes(smooth), sensed), self.group


def kernel(radius: float, box: bool) -> np.ndarray:
    """Make the weights of a kernel, ``(2 * ceil(radius) + 1,)`` float32, that add up to 1."""
    distance = np.abs(np.arange(-ceil(radius), ceil(radius) + 1))
    weights = np.clip(radius + 1 - distance, 0, 1) if box else np.exp(-0.5 * (distance / (radius / 2)) ** 2)
    return (weights / weights.sum()).astype(np.float32)


def smoothed(images: np.ndarray, weights: np.ndarray, axis: int) -> np.ndarray:
    """Weigh each pixel with its neighbours along an axis: a new array of the images' shape."""
    reach = len(weights) // 2
    padding = [(reach, reach) if dimension == axis else (0, 0) for dimension in range(images.ndim)]
    padded = np.moveaxis(np.pad(images, padding, mode="edge"), axis, 0)
    length = images.shape[axis]
    result = sum(weight * padded[place : place + length] for place, weight in enumerate(weights))
    return np.moveaxis(np.asarray(result), 0, axis)
