"""Tiny worlds with known answers for the agents' tests."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from torch import nn


class Echo(gym.Env):
    """Do what you see: reward 1 if the action names the lit lamp; episodes of fixed length, ended as asked.

    Observation: two lamps, one lit, and the share of the episode that is over. Reward of episode = ``length`` at best.
    """

    def __init__(self, length: int = 5, end: str = "terminated") -> None:
        self.observation_space = spaces.Box(0.0, 1.0, (3,), np.float32)
        self.action_space = spaces.Discrete(2)
        self.length, self.end = length, end

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        super().reset(seed=seed)
        self.time = 0
        return self._look(), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict]:
        reward = float(action == self.lamp)
        self.time += 1
        over = self.time == self.length
        return self._look(), reward, over and self.end == "terminated", over and self.end == "truncated", {"lamp": 1}

    def _look(self) -> np.ndarray:
        self.lamp = int(self.np_random.integers(2))
        seen = np.zeros(3, np.float32)
        seen[self.lamp] = 1.0
        seen[2] = self.time / self.length
        return seen


def vector(num_envs: int = 4, seed: int = 0, **kwargs: Any) -> SyncVectorEnv:
    """Echo worlds side by side, seeded once."""
    env = SyncVectorEnv([lambda: Echo(**kwargs)] * num_envs, autoreset_mode=AutoresetMode.SAME_STEP)
    env.reset(seed=seed)
    return env


def cartpoles(num_envs: int = 2, seed: int = 0) -> SyncVectorEnv:
    """CartPoles side by side, seeded once."""
    env = SyncVectorEnv([lambda: gym.make("CartPole-v1")] * num_envs, autoreset_mode=AutoresetMode.SAME_STEP)
    env.reset(seed=seed)
    return env


class Counted(gym.vector.VectorWrapper):
    """Counts vector steps, and runs a hook after each."""

    def __init__(self, env: gym.vector.VectorEnv, after: Any = None) -> None:
        super().__init__(env)
        self.count, self.after = 0, after

    def step(self, actions: Any) -> Any:
        outcome = self.env.step(actions)
        self.count += 1
        if self.after is not None:
            self.after(self.count, outcome)
        return outcome


def dense(network: nn.Module, index: int) -> nn.Linear:
    """The layer at a place of a sequential network, known to be dense."""
    layer = list(network.children())[index]
    assert isinstance(layer, nn.Linear)
    return layer
