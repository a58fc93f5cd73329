"""Senses mixed with each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from envs.changes.base import Change
from envs.effect import Effect, Frame
from envs.senses import is_unbounded


@dataclass(frozen=True)
class Mix(Change, kind="mix"):
    """Show ``Q sensed`` instead of what is sensed, with a random orthogonal matrix Q of the world's own.

    Every component tells a little of every sensor, and nothing is lost: lengths and angles stay. Q is drawn uniformly
    among all orthogonal matrices (Haar's measure).

    Source: Mezzadri 2007, "How to generate random matrices from the classical compact groups" (arXiv:math-ph/0609050),
    section 5.
    """

    moves_channels: ClassVar[bool] = True

    def effect(self, frame: Frame) -> MixEffect:
        """Draw the matrix.

        Raises:
            ValueError: If the observations are no unbounded real vectors, or have a single component.
        """
        space = frame.observation_space
        shape = space.shape or ()
        if not is_unbounded(space) or len(shape) != 1:
            raise ValueError(f"Mix needs unbounded real senses of one dimension; got {space} from {frame.owner}")
        if shape[0] < 2:
            raise ValueError(f"Mix needs at least 2 components, or there is nothing to mix; {frame.owner} has 1")
        return MixEffect(frame, random_orthogonal(shape[0], frame.world))


class MixEffect(Effect):
    """The effect behind `Mix`.

    Attributes:
        matrix: The orthogonal matrix Q, ``(components, components)`` float32.
    """

    def __init__(self, frame: Frame, matrix: np.ndarray) -> None:
        """Prepare for a matrix."""
        super().__init__(frame)
        self.matrix = matrix.astype(np.float32)
        self._transposed = np.ascontiguousarray(self.matrix.T)

    def see(self, sensed: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Mix what is sensed."""
        # Many products of one row, not one product of many: that would add up in another order than for one body.
        return np.matmul(sensed[:, None, :], self._transposed)[:, 0, :]


def random_orthogonal(size: int, rng: np.random.Generator) -> np.ndarray:
    """Draw an orthogonal matrix, uniformly among all of them.

    Args:
        size: Rows and columns.
        rng: Where the draw comes from.

    Returns:
        ``(size, size)`` float64.
    """
    orthogonal, triangle = np.linalg.qr(rng.standard_normal((size, size)))
    # What QR gives is not uniform, since its signs are a matter of convention: those of R's diagonal set them right.
    return orthogonal * np.where(np.diagonal(triangle) < 0, -1.0, 1.0)
