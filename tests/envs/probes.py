"""A base whose every observation can be computed by hand."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from envs import LifelongEnv, LifelongVectorEnv, Permute, Schedule, Storm, Task


class Counter(gym.Env):
    """Observes [steps of this episode, episodes begun, mark]; terminates after ``length`` steps; rewards the action."""

    def __init__(self, mark: float = 0.0, length: int = 5, actions: int = 2) -> None:
        self.observation_space = spaces.Box(0.0, 1e6, (3,), np.float64)
        self.action_space = spaces.Discrete(actions)
        self.mark, self.length = mark, length
        self.steps = self.episodes = 0
        self.seeds: list[int] = []

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        super().reset(seed=seed)
        if seed is not None:
            self.seeds.append(seed)
        self.steps, self.episodes = 0, self.episodes + 1
        return self._observe(), {}

    def step(self, action: Any):
        self.steps += 1
        return self._observe(), float(action), self.steps >= self.length, False, {"steps": self.steps}

    def _observe(self) -> np.ndarray:
        return np.array([self.steps, self.episodes, self.mark])


class Screen(gym.Env):
    """Shows 9 x 8 pixels of three colours: coarse noise, anew in each step, with a block of 200 where the agent is."""

    def __init__(self, length: int = 40) -> None:
        self.observation_space = spaces.Box(0, 255, (9, 8, 3), np.uint8)
        self.action_space = spaces.Discrete(2)
        self.length = length
        self.steps = self.place = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        super().reset(seed=seed)
        self.steps = self.place = 0
        return self._observe(), {}

    def step(self, action: Any):
        self.steps += 1
        self.place = (self.place + 2 * int(action) - 1) % 8
        return self._observe(), float(action), False, self.steps >= self.length, {}

    def _observe(self) -> np.ndarray:
        screen = self.np_random.integers(0, 256, (9, 8, 3), np.uint8)
        screen[:3, self.place] = 200
        return screen


gym.register("probe/Screen-v0", entry_point=lambda **kwargs: Screen(**kwargs))  # noqa: PLW0108
gym.register("probe/Counter-v0", entry_point=lambda **kwargs: Counter(**kwargs))  # noqa: PLW0108


def body(life: LifelongEnv | LifelongVectorEnv, task: int, index: int = 0) -> Any:
    """Reach into a life for the changed environment of one task and sub-environment."""
    return life._worlds.env(task, index)


def counters(steps: int = 12, cycles: int = 2, length: int = 5, worlds: int = 2) -> Schedule:
    """A life of worlds that tell their index (times ten) in their last channel."""
    tasks = tuple(
        Task(f"world{k}", "probe/Counter-v0", kwargs={"mark": 10.0 * k, "length": length}) for k in range(worlds)
    )
    return Schedule(tasks, steps, cycles)


WEATHER = Schedule(
    (
        Task("calm", "CartPole-v1", (Permute(flip=True),)),
        Task("storm", "CartPole-v1", (Permute(offset=1.0), Storm(("noise", "drop"), calm=20, burst=20))),
    ),
    steps=150,
    cycles=2,
)
"""A calm and a stormy body, two visits each."""
