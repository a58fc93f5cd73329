"""The latest pictures a learner has seen."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor


class Recent:
    """A ring of the latest observations, by whole vector steps.

    What is kept is a copy: a world may write its next observation into the array of the last one, while a backward pass
    still needs that.

    Attributes:
        num_envs: Rows of a step, N.
    """

    def __init__(self, num_envs: int, shape: tuple[int, ...], samples: int) -> None:
        """Make room.

        Args:
            num_envs: Rows of a step, N.
            shape: Shape of one observation.
            samples: Observations that are kept at most, unless one step has more.
        """
        self.num_envs = num_envs
        steps = max(1, samples // num_envs)
        self._ring = np.zeros((steps, num_envs, *shape), dtype=np.float32)
        self._tensor = torch.from_numpy(self._ring).reshape(steps, num_envs, math.prod(shape))
        self._rows, self._views = list(self._ring), list(self._tensor)
        self._next = self._kept = 0

    def keep(self, observation: np.ndarray) -> Tensor:
        """Copy the observations of a step, shape ``(N, ...)``.

        Returns:
            The copies as float32, flat, shape ``(N, features)``: good until so many steps later.
        """
        place = self._next
        self._rows[place][...] = observation
        self._next = place + 1 if place + 1 < len(self._rows) else 0
        if self._kept < len(self._rows):
            self._kept += 1
        return self._views[place]

    def pictures(self) -> Tensor:
        """Give all that are kept, in no particular order, flat, shape ``(M, features)``."""
        return self._tensor[: self._kept].flatten(0, 1)
