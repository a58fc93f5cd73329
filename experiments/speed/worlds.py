"""Contenders in grid worlds with random actions: ours, MiniGrid's, and MiniGrid's behind vectors of Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import FlattenObservation
from minigrid.wrappers import ImgObsWrapper

import envs  # noqa: F401  (registers ours)
from envs.grid.make import make_vector_env
from lifelong_agent.seeds import generator

DRAWN = 64
"""Steps whose actions are drawn before the clock runs; they are taken again and again."""
PART = 4096
"""Environment steps, about, between two looks at the clock."""


def ours(name: str, num_envs: int, engine: str = "numba", senses: str = "image") -> Iterator[int]:
    """Step our batched grid worlds through their vector environment; yields environment steps.

    Args:
        name: Such as ``"DoorKey-8x8"``.
        num_envs: Worlds that are stepped together.
        engine: What does the arithmetic.
        senses: What is shown.
    """
    if engine == "torch":
        one_thread()
    env = make_vector_env(f"{name}-v0", num_envs, senses=senses, engine=engine, autoreset_mode=AutoresetMode.SAME_STEP)
    env.reset(seed=0)
    yield from stepping(env.step, env.single_action_space, num_envs)


def single(env_id: str) -> Iterator[int]:
    """Step one environment through ``gymnasium.make``; yields environment steps."""
    env = gym.make(env_id)
    env.reset(seed=0)
    actions = draw(env.action_space, 1)[:, 0].tolist() * 8

    def live() -> int:
        for action in actions:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()
        return len(actions)

    live()
    yield 0
    while True:
        yield live()


def sync(name: str, num_envs: int) -> Iterator[int]:
    """Step MiniGrid's environments in Gymnasium's ``SyncVectorEnv``; yields environment steps."""
    env = gym.vector.SyncVectorEnv([partial(image_env, name)] * num_envs)
    env.reset(seed=0)
    yield from stepping(env.step, env.single_action_space, num_envs)


def dummy(name: str, num_envs: int) -> Iterator[int]:
    """Step MiniGrid's environments in Stable-Baselines3's ``DummyVecEnv``; yields environment steps."""
    env = dummy_env(name, num_envs, flat=False)
    env.reset()
    yield from stepping(env.step, env.action_space, num_envs)


def dummy_env(name: str, num_envs: int, flat: bool) -> Any:
    """Make Stable-Baselines3's ``DummyVecEnv`` of MiniGrid's environments."""
    from stable_baselines3.common.vec_env import DummyVecEnv  # noqa: PLC0415  (torch)

    one_thread()
    return DummyVecEnv([partial(image_env, name, flat)] * num_envs)


def image_env(name: str, flat: bool = False) -> gym.Env:
    """Make one of MiniGrid's environments that shows its image alone, ``(7, 7, 3)`` or ``(147,)``."""
    env = ImgObsWrapper(gym.make(f"MiniGrid-{name}-v0"))
    return FlattenObservation(env) if flat else env


def draw(space: gym.Space, num_envs: int) -> np.ndarray:
    """Draw `DRAWN` steps of actions, ``(DRAWN, num_envs)`` or ``(DRAWN, num_envs, ...)``."""
    dice = generator(0, "speed", "actions")
    if isinstance(space, spaces.Discrete):
        return dice.integers(space.start, space.start + space.n, (DRAWN, num_envs))
    if isinstance(space, spaces.Box):
        return dice.uniform(space.low, space.high, (DRAWN, num_envs, *space.shape)).astype(space.dtype)
    raise ValueError(f"actions are drawn from a Discrete or a Box; got {space}")


def stepping(step: Callable[[np.ndarray], object], space: gym.Space, num_envs: int) -> Iterator[int]:
    """Call a vector environment's ``step`` again and again, warm after the first 8; yields environment steps."""
    actions = draw(space, num_envs)
    for action in actions[:8]:
        step(action)
    yield 0
    part = max(1, min(DRAWN, PART // num_envs))
    while True:
        for first in range(0, DRAWN, part):
            chosen = actions[first : first + part]
            for action in chosen:
                step(action)
            yield len(chosen) * num_envs


def one_thread() -> None:
    """Keep torch to one thread."""
    import torch  # noqa: PLC0415  (most contenders need none)

    torch.set_num_threads(1)
