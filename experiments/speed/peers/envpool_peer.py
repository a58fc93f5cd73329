"""EnvPool, MiniGrid in C++ (https://github.com/sail-sg/envpool): its vector environment, one thread."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import numpy as np


def steps(name: str, num_envs: int) -> Iterator[int]:
    """Take random actions; yields environment steps.

    Args:
        name: MiniGrid's, such as ``"DoorKey-8x8"``.
        num_envs: Environments that are stepped together.
    """
    envpool = import_module("envpool")
    env = envpool.make_gymnasium(f"MiniGrid-{name}-v0", num_envs=num_envs, num_threads=1, seed=0)
    actions = np.random.default_rng(0).integers(env.action_space.n, size=(64, num_envs)).astype(np.int32)
    env.reset()
    for action in actions[:8]:
        env.step(action)
    yield 0
    part = max(1, min(64, 4096 // num_envs))
    while True:
        for first in range(0, 64, part):
            for action in actions[first : first + part]:
                env.step(action)
            yield len(actions[first : first + part]) * num_envs
