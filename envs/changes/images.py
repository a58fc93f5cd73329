"""What changes of images have in common: what an image is, and how its parts trade places."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from gymnasium import spaces

from envs.effect import Effect, Frame
from envs.senses import is_unbounded


def image_shape(frame: Frame, who: str) -> tuple[int, int, int]:
    """Give height, width and colour channels of the images that bodies see.

    Args:
        frame: Where a change is to work.
        who: The change, to be named in errors.

    Raises:
        ValueError: If they see no images.
    """
    space = frame.observation_space
    if isinstance(space, spaces.Box) and len(space.shape) == 3 and (space.dtype == np.uint8 or is_unbounded(space)):
        height, width, colours = space.shape
        return height, width, colours
    raise ValueError(
        f"{who} needs images (H, W, C), of bytes or of unbounded real numbers; got {space} from {frame.owner}"
    )


class Rearranged(Effect):
    """Pixels of an image trade places, or its colours do.

    Attributes:
        order: Which pixel, or which colour, is seen in each place: ``(H * W,)`` or ``(C,)`` indices.
    """

    def __init__(self, frame: Frame, order: np.ndarray, pixels: bool) -> None:
        """Prepare; ``pixels`` tells whether these trade places, and not colours."""
        super().__init__(frame)
        self.order, self._pixels = order, pixels

    def see(self, sensed: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Show each pixel, or each colour, where it is seen."""
        if not self._pixels:
            return by_colour(sensed, self.order)
        return sensed.reshape(len(sensed), -1, sensed.shape[-1]).take(self.order, axis=1).reshape(sensed.shape)


class Turned(Effect):
    """Images are seen turned or in a mirror."""

    def __init__(self, frame: Frame, turn: Callable[[np.ndarray], np.ndarray]) -> None:
        """Prepare.

        Args:
            frame: Where it works.
            turn: Gives a view of images ``(R, H, W, C)`` that is of the same shape.
        """
        super().__init__(frame)
        self._turn = turn

    def see(self, sensed: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Show a turned copy."""
        turned = self._turn(sensed)
        if turned.strides[2:] == sensed.strides[2:]:
            return np.ascontiguousarray(turned)  # whole rows of pixels stay as they are, and are copied as such
        return by_colour(turned, np.arange(turned.shape[-1]))


def by_colour(images: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Copy images ``(R, H, W, C)``, or views of such, so that colour ``order[i]`` is seen as colour i."""
    # NumPy copies long rows of single numbers sooner than many pixels of three.
    seen = np.empty(images.shape, images.dtype)
    for colour, source in enumerate(order):
        seen[..., colour] = images[..., source]
    return seen
