"""Contenders that move bodies of classic control with random actions: ours, and Gymnasium's."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

import gymnasium as gym

from envs.classic import make_vector_env
from experiments.speed.worlds import one_thread, stepping

Engine = Literal["numba", "numpy", "torch", "gymnasium", "gymnasium-sync"]


def steps(body: str, num_envs: int, engine: Engine = "numba") -> Iterator[int]:
    """Step a vector of bodies; yields environment steps.

    Args:
        body: Gymnasium's name, such as ``"CartPole-v1"``.
        num_envs: Bodies that are stepped together.
        engine: One of our engines, in SAME_STEP mode; ``"gymnasium"`` for Gymnasium's own vector form, or
            ``"gymnasium-sync"`` for its ``SyncVectorEnv``, in their own modes.
    """
    if engine == "torch":
        one_thread()
    if engine == "gymnasium":
        env = gym.make_vec(body, num_envs=num_envs, vectorization_mode="vector_entry_point")
    elif engine == "gymnasium-sync":
        env = gym.vector.SyncVectorEnv([partial(gym.make, body)] * num_envs)
    else:
        env = make_vector_env(body, num_envs, engine, autoreset_mode="SameStep")
    env.reset(seed=0)
    yield from stepping(env.step, env.single_action_space, num_envs)
