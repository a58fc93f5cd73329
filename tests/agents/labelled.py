"""A labelled world in a few lines: blobs of numbers, each class around its own centre; ends and infos as real."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space


class Blobs(gym.vector.VectorEnv):
    """N bodies name blobs; the classes change places every ``task`` vector steps, if that is above zero.

    Observations come in one array that is written over at each step, as compiled worlds do.
    """

    def __init__(self, num_envs: int = 4, features: int = 6, classes: int = 3, task: int = 0, seed: int = 0) -> None:
        self.num_envs = num_envs
        self.single_observation_space = spaces.Box(0.0, 1.0, (features,), np.float32)
        self.single_action_space = spaces.Discrete(classes)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}
        self.rng = np.random.default_rng(seed)
        self.centres = self.rng.random((classes, features), np.float32)
        self.task, self.count = task, 0
        self.seen = np.zeros((num_envs, features), np.float32)
        self.right: list[float] = []

    def _deal(self) -> None:
        if self.task and self.count % self.task == 0:
            self.centres = np.roll(self.centres, 1, axis=0)
        self.answer = self.rng.integers(len(self.centres), size=self.num_envs)
        spread = 0.1 * self.rng.standard_normal(self.seen.shape, np.float32)
        self.seen[:] = np.clip(self.centres[self.answer] + spread, 0, 1)

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[np.ndarray, dict]:
        self._deal()
        return self.seen, {}

    def step(self, actions: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        assert actions.shape == (self.num_envs,)
        told = self.answer
        reward = (actions == told).astype(np.float64)
        self.right.append(float(reward.mean()))
        self.count += 1
        self._deal()
        over = np.full(self.num_envs, self.count % 25 == 0)
        return self.seen, reward, np.zeros(self.num_envs, bool), over, {"answer": told}
