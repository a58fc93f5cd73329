"""The named lives, each registered with Gymnasium as ``lifelong/NAME-v0``."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from envs.changes import Permute
from envs.life import LifelongEnv
from envs.schedule import Schedule, Task
from envs.vector import LifelongVectorEnv


def cartpole_worlds() -> Schedule:
    """Eight bodies: CartPole with its senses permuted and sign-flipped; every second one also has hidden offsets."""
    wirings = (Permute(flip=True), Permute(flip=True, offset=2.0)) * 4
    tasks = tuple(Task(f"body{k}", "CartPole-v1", (wiring,)) for k, wiring in enumerate(wirings))
    return Schedule(tasks, steps=20_000, cycles=3)


def demo() -> Schedule:
    """Three CartPole bodies, visited twice: a life to watch within minutes."""
    tasks = tuple(Task(f"body{k}", "CartPole-v1", (Permute(flip=True),)) for k in range(3))
    return Schedule(tasks, steps=8_000, cycles=2)


LIVES: dict[str, Callable[[], Schedule]] = {
    "demo": demo,
    "cartpole_worlds": cartpole_worlds,
}
"""The named lives: each name with what makes its schedule."""


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
