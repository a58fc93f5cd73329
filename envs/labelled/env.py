"""Labelled pictures as Gymnasium environments: a single one, or a vector of them that share a deck."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from envs.batched_vector import BatchedEnv, BatchedVectorEnv
from envs.labelled.world import LabelledWorld
from envs.setting import ANSWER_KEY


class LabelledEnv(BatchedEnv):
    """A picture is sensed, a class is the action, being right is paid 1; ``info["answer"]`` tells what was right.

    The answer is told with the reward, of the picture that was acted on.
    """

    def __init__(self, data: str = "digits", length: int = 250, shape: str = "flat") -> None:
        """Take up the pictures; see `LabelledWorld`."""
        super().__init__(LabelledWorld(1, data, length, shape))

    def told(self, infos: Mapping[str, Any]) -> dict[str, Any]:
        """Tell what was right."""
        return {ANSWER_KEY: np.int64(infos[ANSWER_KEY][0])}


def make_vector_env(
    num_envs: int = 1,
    data: str = "digits",
    length: int = 250,
    shape: str = "flat",
    autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
) -> BatchedVectorEnv:
    """Make N bodies that share a deck: the entry point of ``gymnasium.make_vec``; see `LabelledWorld`."""
    return BatchedVectorEnv(LabelledWorld(num_envs, data, length, shape), autoreset_mode)
