"""Contenders that live changed lives of 64 bodies, beside Gymnasium's own vectors of the same bodies, unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import gymnasium as gym
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from minigrid.wrappers import ImgObsWrapper

from envs import Change, LifelongVectorEnv, Permute, Schedule, Task, changed
from envs.senses import free
from experiments.speed.worlds import stepping

BASES: dict[str, tuple[str, dict[str, Any]]] = {
    "cartpole": ("CartPole-v1", {}),
    "minigrid": ("MiniGrid-Empty-8x8-v0", {}),
    "bits": ("lifelong/Grid-v0", {"base": "MiniGrid-Empty-8x8-v0"}),
}
"""Name -> id and arguments of a body's environment: MiniGrid's own shows its image, ours the same as bits."""
STORMS = ("noise", "drop", "stuck", "spikes", "delay")
"""Kinds of the five faults that are stacked, each at its hardest level."""


def changes(name: str) -> tuple[Change, ...]:
    """Give the changes that are measured, by their name."""
    if name in ("permute", "pixels"):
        return (Permute(what="pixels" if name == "pixels" else "channels"),)
    if name == "five storms":
        return tuple(Change.kinds[kind](level="hard") for kind in STORMS)  # pyright: ignore[reportCallIssue]
    return ()


def vector(base: str, change: str, num_envs: int) -> Iterator[int]:
    """Step Gymnasium's ``SyncVectorEnv``, with changes around it if there are any; yields environment steps.

    Args:
        base: One of `BASES`.
        change: ``"none"`` for the bare vector, ``"permute"``, ``"pixels"`` (those permuted) or ``"five storms"``.
        num_envs: Bodies.
    """
    env_id, arguments = BASES[base]
    env: Any = SyncVectorEnv([partial(_body, env_id, arguments)] * num_envs, autoreset_mode=AutoresetMode.SAME_STEP)
    if change != "none":
        env = changed(env, *changes(change), seed=0)
    env.reset(seed=0)
    yield from stepping(env.step, env.single_action_space, num_envs)


def life(base: str, change: str, num_envs: int) -> Iterator[int]:
    """Live a life of two worlds, as it is shipped; yields environment steps. For the arguments see `vector`."""
    env_id, arguments = BASES[base]
    tasks = tuple(Task(name, env_id, changes(change), arguments) for name in ("one", "two"))
    env = LifelongVectorEnv(Schedule(tasks, steps=100_000, cycles=10_000), num_envs, seed=0)
    env.reset()
    yield from stepping(env.step, env.single_action_space, num_envs)


def _body(env_id: str, arguments: dict[str, Any]) -> gym.Env:
    env = gym.make(env_id, disable_env_checker=True, **arguments)
    return ImgObsWrapper(env) if env_id.startswith("MiniGrid") else free(env)
