"""Labelled pictures as a single Gymnasium environment."""

from __future__ import annotations

from typing import Any

import numpy as np

from envs.batched_vector import BatchedEnv
from envs.labelled.world import LabelledWorld


class LabelledEnv(BatchedEnv):
    """A picture is sensed, a class is the action, being right is paid 1; ``info["answer"]`` tells what was right.

    The answer is told with the reward, of the picture that was acted on.
    """

    def __init__(self, data: str = "digits", length: int = 250) -> None:
        """Take up the pictures; see `LabelledWorld`."""
        super().__init__(LabelledWorld(1, data, length))

    def told(self, infos: Any) -> dict[str, Any]:
        """Tell what was right."""
        return {"answer": np.int64(infos["answer"][0])}
