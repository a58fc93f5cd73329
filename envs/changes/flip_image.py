"""Images in a mirror."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from envs.changes.base import Change
from envs.changes.images import Turned, image_shape
from envs.effect import Frame

DIRECTIONS = ("horizontal", "vertical")


@dataclass(frozen=True)
class FlipImage(Change, kind="flip_image"):
    """Show images in a mirror.

    Pixels move and keep their colours.

    Attributes:
        direction: ``"horizontal"``: left and right trade places; ``"vertical"``: top and bottom do.
    """

    moves_channels: ClassVar[bool] = True

    direction: str = "horizontal"

    def __post_init__(self) -> None:
        """Check the direction."""
        if self.direction not in DIRECTIONS:
            raise ValueError(f"FlipImage.direction is one of {', '.join(DIRECTIONS)}; got {self.direction!r}")

    @classmethod
    def examples(cls) -> tuple[FlipImage, ...]:
        """Give both mirrors."""
        return tuple(cls(direction) for direction in DIRECTIONS)

    def effect(self, frame: Frame) -> Turned:
        """Make the effect.

        Raises:
            ValueError: If there are no images.
        """
        image_shape(frame, "FlipImage")
        upside_down = self.direction == "vertical"
        return Turned(frame, lambda images: images[:, ::-1] if upside_down else images[:, :, ::-1])
