"""Contenders that live in changed worlds, and in whole lives, on one clock; beside the same worlds unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from envs import Change, Clock, Goal, LifelongVectorEnv, Permute, Schedule, Storm, Task
from envs.looped import LoopedWorld
from envs.worlds import Worlds
from experiments.speed.worlds import stepping

ACTIONS = ("left", "right", "forward", "pickup", "drop", "toggle", "done")
BASES: dict[str, tuple[str, dict[str, Any]]] = {
    "grid": ("lifelong/Grid-v0", {"base": "MiniGrid-Empty-8x8-v0", "actions": ACTIONS}),
    "room": ("lifelong/Room-v0", {}),
    "cartpole": ("CartPole-v1", {}),
}
"""Name -> id and arguments of a task's base."""
# Calm and bursts of about a hundred steps of 1,024 bodies each, so that half of what is measured is storm.
WEATHER: dict[str, Any] = {"calm": 100_000.0, "burst": 100_000.0, "share": 0.25}
CHANGES: dict[str, tuple[Change, ...]] = {
    "none": (),
    "permute": (Permute(),),
    "permute+flip+offset": (Permute(flip=True, offset=2.0),),
    "drop": (Storm(("drop",), **WEATHER),),
    "invert": (Storm(("invert",), **WEATHER),),
    "noise": (Storm(("noise",), noise=0.3, **WEATHER),),
    "goal": (Goal(where="north-west"),),
}
"""Name -> changes of a task."""


def task(base: str, change: str = "none", name: str = "world") -> Task:
    """Make a task of a base and a change, by their names."""
    env_id, arguments = BASES[base]
    return Task(name, env_id, CHANGES[change], arguments)


def changed(base: str, change: str, num_envs: int) -> Iterator[int]:
    """Step a batched world with a change and nothing around it; yields environment steps.

    Args:
        base: One of `BASES`.
        change: One of `CHANGES`.
        num_envs: Sub-environments that are stepped together.

    Raises:
        ValueError: If there is no batched form of it.
    """
    worlds = Worlds(Schedule((task(base, change),), steps=num_envs), seed=0)
    world = worlds.batch(0, num_envs)
    if isinstance(world, LoopedWorld):
        raise ValueError(f"there is no batched form of {base} with {change}")
    world.begin()
    yield from stepping(partial(_step, world, worlds.clock), world.action_space, num_envs)


def _step(world: Any, clock: Clock, actions: Any) -> None:
    clock.advance(world.num_envs)
    world.step(actions)


def life(num_envs: int) -> Iterator[int]:
    """Live a life of two permuted grid worlds that take turns; yields environment steps.

    Args:
        num_envs: Bodies.
    """
    schedule = Schedule(tuple(task("grid", "permute", name) for name in ("one", "two")), steps=1_000_000, cycles=1000)
    env = LifelongVectorEnv(schedule, num_envs, seed=0)
    env.reset()
    yield from stepping(env.step, env.single_action_space, num_envs)
