"""Real-valued senses without bounds, so that worlds that permute, flip or shift them have equal spaces."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces


class RealSenses(gym.Wrapper):
    """Declare a floating-point ``Box`` unbounded and hand its observations over as float32.

    A permuted CartPole would have permuted bounds, and two worlds of one life would differ in their spaces, which would
    tell the agent where it is. The numbers are left alone; only the promise about their range is given up.
    """

    def __init__(self, env: gym.Env) -> None:
        """Wrap an environment whose observation space is a floating-point ``Box``.

        Raises:
            TypeError: If the observations are of any other kind.
        """
        super().__init__(env)
        space = env.observation_space
        if not isinstance(space, spaces.Box) or not np.issubdtype(space.dtype, np.floating):
            raise TypeError(f"real senses are a floating-point Box; got {space} from {env}")
        self._cast = space.dtype != np.float32
        self.observation_space = spaces.Box(-np.inf, np.inf, space.shape, np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        """Begin an episode."""
        observation, info = self.env.reset(seed=seed, options=options)
        return (observation.astype(np.float32) if self._cast else observation), info

    def step(self, action: Any) -> tuple[np.ndarray, Any, bool, bool, dict]:
        """Act once."""
        if not self._cast:
            return self.env.step(action)
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation.astype(np.float32), reward, terminated, truncated, info


def free(env: gym.Env) -> gym.Env:
    """Declare real-valued senses unbounded; give any other environment back as it is."""
    space = env.observation_space
    real = isinstance(space, spaces.Box) and np.issubdtype(space.dtype, np.floating)
    return RealSenses(env) if real else env


def is_unbounded(space: gym.Space) -> bool:
    """Tell whether a space is a floating-point ``Box`` that promises no bounds, as `RealSenses` declares it."""
    return (
        isinstance(space, spaces.Box)
        and np.issubdtype(space.dtype, np.floating)
        and bool(np.isneginf(space.low).all() and np.isposinf(space.high).all())
    )
