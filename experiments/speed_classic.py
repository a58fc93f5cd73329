"""Steps that a CPU second makes in bodies of classic control: ours, Gymnasium's, and gymnax's where it is installed.

One call is one turn of one contestant; whoever compares lets them take turns and divides within a turn, since what else
the machine does changes more than they do. CPU time of the process is counted, not the clock on the wall.
"""

from __future__ import annotations

import os
import time
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import gymnasium as gym
import numpy as np

from envs.classic import BODIES, make_vector_env

OURS = ("numba", "numpy", "torch")
PEERS = ("gymnasium", "gymnasium-sync", "gymnax")
_DRAWN = 64  # steps whose actions are drawn before the clock runs; they are taken again and again


def contestants(body: str) -> list[str]:
    """Name the engines that can be measured here: ours, Gymnasium's vector form if it has one, and gymnax."""
    own_form = gym.spec(body).vector_entry_point is not None
    here = {"gymnasium": own_form, "gymnasium-sync": True, "gymnax": find_spec("gymnax") is not None}
    return [*OURS, *(peer for peer in PEERS if here[peer])]


def steps_per_second(body: str, num_envs: int, engine: str = "numba", steps: int = 200_000, seed: int = 0) -> float:
    """Measure one contestant once, with random actions and episodes that begin again, after a warm-up.

    Args:
        body: One of `envs.classic.BODIES`.
        num_envs: Sub-environments that are stepped together.
        engine: One of our engines, in SAME_STEP mode; ``"gymnasium"`` for Gymnasium's own vector form and
            ``"gymnasium-sync"`` for its ``SyncVectorEnv``, in their own modes; or ``"gymnax"``, a compiled scan over
            64 steps without Python between them, on one thread.
        steps: Steps to take, of all sub-environments together; rounded up to 64 vector steps.
        seed: Of the environments and of the actions.

    Returns:
        Environment steps for each second of CPU time.

    Raises:
        ValueError: If the body or the engine is unknown, or not here.
    """
    if body not in BODIES:
        raise ValueError(f"bodies are {', '.join(BODIES)}; got {body!r}")
    if engine not in contestants(body):
        raise ValueError(f"{body} can be measured here with {', '.join(contestants(body))}; got {engine!r}")
    turn = _gymnax(body, num_envs, seed) if engine == "gymnax" else _vector(body, num_envs, engine, seed)
    turn()
    turns = max(1, -(-steps // (_DRAWN * num_envs)))
    began = time.process_time()
    for _ in range(turns):
        turn()
    return turns * _DRAWN * num_envs / max(time.process_time() - began, 1e-9)


def _vector(body: str, num_envs: int, engine: str, seed: int) -> Any:
    """Make what takes 64 steps in a vector environment of Gymnasium's kind."""
    if engine in OURS:
        env: gym.vector.VectorEnv = make_vector_env(body, num_envs, engine, autoreset_mode="SameStep")
    elif engine == "gymnasium":
        env = gym.make_vec(body, num_envs=num_envs, vectorization_mode="vector_entry_point")
    else:
        env = gym.vector.SyncVectorEnv([partial(gym.make, body)] * num_envs)
    env.action_space.seed(seed)
    actions = [env.action_space.sample() for _ in range(_DRAWN)]
    env.reset(seed=seed)

    def turn() -> None:
        for action in actions:
            env.step(action)

    return turn


def _gymnax(body: str, num_envs: int, seed: int) -> Any:
    """Make what takes 64 steps in gymnax, compiled as one."""
    # Idle threads that wait for work would count as CPU time. Without effect if jax has been imported before.
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    jax, gymnax = import_module("jax"), import_module("gymnax")
    env, parameters = gymnax.make(body)
    many = jax.vmap(env.step, in_axes=(0, 0, 0, None))
    kinds = jax.random.split(jax.random.PRNGKey(seed), num_envs)
    space = BODIES[body]().action_space()
    space.seed(seed)
    actions = np.array([[space.sample() for _ in range(num_envs)] for _ in range(_DRAWN)])

    @jax.jit
    def live(state: Any, key: Any) -> Any:
        def step(carried: Any, action: Any) -> Any:
            state, key = carried
            key, dice = jax.random.split(key)
            seen, state, reward, *_ = many(jax.random.split(dice, num_envs), state, action, parameters)
            return (state, key), (seen.sum(), reward.sum())

        return jax.lax.scan(step, (state, key), actions)

    _, state = jax.vmap(env.reset, in_axes=(0, None))(kinds, parameters)
    carried = [state, jax.random.PRNGKey(seed + 1)]

    def turn() -> None:
        carried[:], told = live(*carried)
        jax.block_until_ready(told)

    return turn
