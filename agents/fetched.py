"""Worlds of tensors for learners that live on the host: what they need is fetched at every step."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import torch


class Fetched(gym.vector.VectorWrapper):
    """Fetches observations, rewards and ends from the device of a world; infos stay there, but for what was seen last.

    Resets are not fetched: a life that is under way is wrapped.
    """

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Act once in every sub-environment."""
        *outcome, infos = self.env.step(actions)
        seen, reward, terminated, truncated = (fetch(part) for part in outcome)
        if "final_obs" in infos:
            infos = {**infos, "final_obs": fetch(infos["final_obs"])}
        return seen, reward, terminated, truncated, infos


def fetch(value: Any) -> np.ndarray:
    """Fetch a tensor from its device; what is an array stays one."""
    return value.cpu().numpy() if torch.is_tensor(value) else np.asarray(value)
