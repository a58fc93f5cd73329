"""Images turned round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from envs.changes.base import Change
from envs.changes.images import Turned, image_shape
from envs.effect import Frame


@dataclass(frozen=True)
class Rotate(Change, kind="rotate"):
    """Turn images by 90, 180 or 270 degrees, counter-clockwise.

    Pixels move and keep their colours. The space stays as it is, so that a quarter turn needs a square image.

    Source: rotated inputs as a continual problem, Lopez-Paz and Ranzato 2017 (arXiv:1706.08840), section 5.1.

    Attributes:
        turns: Number of quarter turns, 1 to 3.
    """

    moves_channels: ClassVar[bool] = True

    turns: int = 1

    def __post_init__(self) -> None:
        """Check the turns."""
        if not isinstance(self.turns, int) or isinstance(self.turns, bool):
            raise TypeError(f"Rotate.turns is a whole number of quarter turns; got {self.turns!r}")
        if not 1 <= self.turns <= 3:
            raise ValueError(f"Rotate.turns lies between 1 and 3 quarter turns; got {self.turns}")

    @classmethod
    def examples(cls) -> tuple[Rotate, ...]:
        """Give a quarter turn and a half."""
        return (cls(), cls(turns=2))

    def effect(self, frame: Frame) -> Turned:
        """Make the effect.

        Raises:
            ValueError: If there are no images, or a quarter turn would give them another shape.
        """
        height, width, _ = image_shape(frame, "Rotate")
        if self.turns % 2 and height != width:
            raise ValueError(
                f"a quarter turn needs square images, or their shape would change; got {height} x {width} pixels from "
                f"{frame.owner}; turns=2 turns them upside down"
            )
        return Turned(frame, lambda images: np.rot90(images, self.turns, axes=(1, 2)))
