"""What changes of images have in common: what an image is, and that its parts trade places."""

from __future__ import annotations

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
    """Parts of an image trade places.

    Attributes:
        order: Which part is seen in each place.
    """

    def __init__(self, frame: Frame, axis: int, shape: tuple[int, ...], order: np.ndarray) -> None:
        """Prepare.

        Args:
            frame: Where it works.
            axis: The axis along which parts trade places, of images that have been given this shape; 0 numbers bodies.
            shape: The shape of one image in which its parts lie along an axis: the longer what lies together, the
                sooner it is copied.
            order: ``(parts,)`` indices.
        """
        super().__init__(frame)
        self._axis, self._shape, self.order = axis, shape, order

    def see(self, sensed: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Show each part where it is seen."""
        return sensed.reshape(-1, *self._shape).take(self.order, axis=self._axis).reshape(sensed.shape)
