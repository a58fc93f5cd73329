"""Pictures turned by any angle, which may change over the life."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import isqrt
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces

from envs.changes.base import Change
from envs.changes.reward import remembered
from envs.effect import Effect, Frame
from envs.senses import is_unbounded
from envs.when import Signal, bind, check_range

FEWEST = 4
"""Rows and columns of the smallest vector that is taken for a picture, if no shape is given."""
COLOURS = (1, 3)


@dataclass(frozen=True)
class Turn(Change, kind="turn"):
    """Turn pictures around their middle by an angle that follows a signal, counter-clockwise.

    Between pixels it is interpolated bilinearly; what comes from outside of the picture is black. The angle is rounded
    to a multiple of ``resolution``, so that how to sample the picture is worked out only when that has changed. Images
    of bytes and of unbounded real numbers are turned, and vectors of the latter: such as hold a square picture, row by
    row, of one number a pixel or of three, or one of a given shape. Quarter turns of images alone are cheaper by
    ``rotate``.

    The truth is in ``info["lifelong"]``: ``turn_degrees``, the angle in degrees by which this observation is turned,
    rounded as it was.

    Source: rotated MNIST as a continual problem, Lopez-Paz and Ranzato 2017 (arXiv:1706.08840), section 5.1; turning
    slowly is ours.

    Attributes:
        degrees: The angle over the life, any finite number of degrees: a number or a signal.
        resolution: Degrees to a multiple of which the angle is rounded, above 0.
        shape: Height and width of the picture in a vector, and colours if there are more than one; not needed for
            squares of at least 4 pixels a side, and for images.
    """

    moves_channels: ClassVar[bool] = True

    degrees: float | Signal = 30.0
    resolution: float = 0.5
    shape: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            TypeError: If a field has the wrong type.
            ValueError: If a field is out of its range.
        """
        check_range("Turn.degrees", self.degrees, -np.inf, np.inf, "an angle in degrees")
        if isinstance(self.resolution, Signal):
            raise TypeError(f"Turn.resolution is a number of degrees; got {self.resolution}")
        check_range("Turn.resolution", self.resolution, 0.0, np.inf, "an angle in degrees")
        if self.resolution == 0:
            raise ValueError("Turn.resolution is above 0 degrees; got 0")
        for size in self.shape:
            if not isinstance(size, int) or isinstance(size, bool):
                raise TypeError(f"Turn.shape holds whole numbers of pixels; got {size!r}")
        if self.shape and (len(self.shape) not in (2, 3) or min(self.shape) < 1):
            raise ValueError(f"Turn.shape is height and width, and colours, each at least 1; got {self.shape}")

    @classmethod
    def examples(cls) -> tuple[Turn, ...]:
        """Give a turn that stays."""
        return (cls(),)

    def reports(self) -> tuple[str, ...]:
        """Name what it reports."""
        return ("turn_degrees",)

    def still(self) -> Turn:
        """Give the change that turns nothing."""
        return replace(self, degrees=0.0)

    def effect(self, frame: Frame) -> TurnEffect:
        """Find the picture.

        Raises:
            ValueError: If there is none, or not of the given shape.
        """
        return TurnEffect(self, frame, self._picture(frame))

    def _picture(self, frame: Frame) -> tuple[int, int, int]:
        """Give height, width and colours of the pictures that bodies see."""
        space, came = frame.observation_space, f"got {frame.observation_space} from {frame.owner}"
        real = is_unbounded(space)
        if not isinstance(space, spaces.Box) or not (real or space.dtype == np.uint8):
            raise ValueError(f"Turn needs pictures of bytes or of unbounded real numbers; {came}")
        if len(space.shape) == 3:
            height, width, colours = space.shape
            if self.shape and (*self.shape, 1)[:3] != (height, width, colours):
                raise ValueError(f"Turn.shape is {self.shape}, but {came}; leave it out for images")
            return height, width, colours
        if len(space.shape) != 1 or not real:
            raise ValueError(f"Turn needs images (H, W, C), or pictures in vectors of real numbers; {came}")
        (features,) = space.shape
        if self.shape:
            height, width, colours = (*self.shape, 1)[:3]
            if height * width * colours != features:
                raise ValueError(f"Turn.shape {self.shape} has {height * width * colours} numbers; {came}")
            return height, width, colours
        for colours in COLOURS:
            side = isqrt(features // colours)
            if side >= FEWEST and side * side * colours == features:
                return side, side, colours
        raise ValueError(
            f"Turn takes vectors for square pictures of at least {FEWEST} x {FEWEST} pixels, of one number each or of "
            f"three; {came}; give the shape of others: Turn(shape=(height, width))"
        )


class TurnEffect(Effect):
    """The effect behind `Turn`."""

    def __init__(self, change: Turn, frame: Frame, picture: tuple[int, int, int]) -> None:
        """Prepare for N bodies with pictures of a height, a width and a number of colours."""
        super().__init__(frame)
        self._curve, self._clock = bind(change.degrees, frame.world), frame.clock
        self._resolution, self._picture = change.resolution, picture
        self._bytes = frame.observation_space.dtype == np.uint8
        self._told = np.zeros(frame.num_envs)

    def see(self, sensed: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Turn pictures, and remember by how much."""
        angle = round(self._curve.at(self._clock.age) / self._resolution) * self._resolution
        count = len(sensed) if rows is None else len(rows)
        self._told = remembered(self._told, np.full(count, angle), rows)
        if angle % 360 == 0:
            return sensed
        places, shares = sampling(*self._picture, angle % 360)
        flat = sensed.reshape(len(sensed), -1)
        seen = np.zeros(flat.shape, np.float32)
        for place, share in zip(places, shares, strict=True):  # one after the other: four at once leave the cache
            seen += flat.take(place, axis=1) * share
        if self._bytes:
            seen = np.rint(seen).astype(np.uint8)
        return seen.reshape(sensed.shape)

    def report(self) -> dict[str, np.ndarray]:
        """Tell by how much they are turned."""
        return {"turn_degrees": self._told}

    def state(self) -> dict[str, Any]:
        """Give by how much they were turned last."""
        return {"told": self._told.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Remember by how much they were turned last."""
        self._told = state["told"].copy()


@lru_cache(maxsize=64)
def sampling(height: int, width: int, colours: int, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """Work out which numbers of a picture, row by row, make up each number of the turned one, and how much.

    Args:
        height: Of the picture, in pixels.
        width: Likewise.
        colours: Numbers a pixel, which lie next to each other.
        degrees: Counter-clockwise.

    Returns:
        Indices and shares of the four that surround each one, ``(4, height * width * colours)``, intp and float32;
        shares of what lies outside are 0, and others sum to 1 inside. Not to be written to.
    """
    angle = np.deg2rad(degrees)
    row, column = np.divmod(np.arange(height * width), width)
    x, y = column - (width - 1) / 2, (height - 1) / 2 - row
    # Where the picture has to be looked at is found by turning back. Rounded, so that quarter turns are exact.
    across = np.round(np.cos(angle) * x + np.sin(angle) * y, 9) + (width - 1) / 2
    down = (height - 1) / 2 - np.round(np.cos(angle) * y - np.sin(angle) * x, 9)
    left, top = np.floor(across).astype(int), np.floor(down).astype(int)
    places, shares = [], []
    for below in (0, 1):
        for right in (0, 1):
            at_row, at_column = top + below, left + right
            share = (1 - np.abs(down - at_row)) * (1 - np.abs(across - at_column))
            inside = (at_row >= 0) & (at_row < height) & (at_column >= 0) & (at_column < width)
            places.append(np.where(inside, at_row * width + at_column, 0))
            shares.append(np.where(inside, share, 0.0))
    spread = np.array(places)[:, :, None] * colours + np.arange(colours)
    told = spread.reshape(4, -1), np.repeat(np.array(shares, np.float32), colours, axis=1)
    for array in told:
        array.flags.writeable = False
    return told
