"""The named lives, each registered with Gymnasium as ``lifelong/NAME-v0``."""

from __future__ import annotations

from difflib import get_close_matches

import gymnasium as gym

from envs.life import LifelongEnv
from envs.named import LIVES
from envs.schedule import Schedule
from envs.vector import LifelongVectorEnv


def make_life(name: str) -> Schedule:
    """Make the schedule of a named life.

    Raises:
        ValueError: If there is no life of that name.
    """
    if name not in LIVES:
        close = get_close_matches(name, LIVES, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ValueError(f"no life is called {name!r}; {hint}there are {', '.join(sorted(LIVES))}")
    return LIVES[name]()


def make_env(life: str, seed: int = 0, purpose: str = "life") -> LifelongEnv:
    """Live a named life with one body: the entry point of ``gymnasium.make("lifelong/NAME-v0")``."""
    return LifelongEnv(make_life(life), seed, purpose)


def make_vector_env(life: str, num_envs: int = 8, seed: int = 0, purpose: str = "life") -> LifelongVectorEnv:
    """Live a named life with N bodies: the entry point of ``gymnasium.make_vec("lifelong/NAME-v0")``."""
    return LifelongVectorEnv(make_life(life), num_envs, seed, purpose)


def register_lives() -> None:
    """Register all named lives with Gymnasium."""
    for name in LIVES:
        gym.register(
            id=f"lifelong/{name}-v0",
            entry_point="envs.lives:make_env",
            vector_entry_point="envs.lives:make_vector_env",
            kwargs={"life": name},
        )
