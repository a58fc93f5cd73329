"""CartPole, Acrobot, MountainCar and Pendulum, batched: what Gymnasium's own do, many at a time."""

from __future__ import annotations

import gymnasium as gym
from gymnasium.vector import AutoresetMode

from envs.batched_vector import BatchedEnv, BatchedVectorEnv
from envs.classic.acrobot import Acrobot as Acrobot
from envs.classic.body import Body
from envs.classic.cartpole import CartPole as CartPole
from envs.classic.mountain_car import MountainCar as MountainCar
from envs.classic.pendulum import Pendulum as Pendulum
from envs.classic.world import ClassicWorld as ClassicWorld

__all__ = [
    "BODIES",
    "Acrobot",
    "CartPole",
    "ClassicWorld",
    "MountainCar",
    "Pendulum",
    "make_env",
    "make_vector_env",
    "register_classic",
]

BODIES: dict[str, type[Body]] = {body.name: body for body in (CartPole, Acrobot, MountainCar, Pendulum)}
"""The bodies by Gymnasium's names; with ``lifelong/`` before them, the names they are registered by here."""


def make_env(body: str, engine: str = "auto", **parameters: float) -> BatchedEnv:
    """Make one environment.

    Args:
        body: One of `BODIES`.
        engine: ``"auto"``, ``"numba"`` or ``"numpy"``.
        parameters: Physical parameters that are not Gymnasium's.

    Raises:
        ValueError: If the body, the engine or a parameter is unknown.
    """
    if engine == "torch":
        raise ValueError("one environment alone runs on auto, numba or numpy; engine 'torch' is for vectors of them")
    return BatchedEnv(ClassicWorld(_body(body, parameters), 1, engine))


def make_vector_env(
    body: str,
    num_envs: int = 1,
    engine: str = "auto",
    device: str = "cpu",
    autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    **parameters: float,
) -> BatchedVectorEnv:
    """Make a vector of environments: see `make_env`, `ClassicWorld` and `BatchedVectorEnv`.

    Raises:
        ValueError: If an argument is unknown or out of range.
    """
    return BatchedVectorEnv(ClassicWorld(_body(body, parameters), num_envs, engine, device), autoreset_mode)


def register_classic() -> None:
    """Register all bodies with Gymnasium, as ``lifelong/NAME``. Worlds truncate episodes by themselves: no wrapper."""
    for name in BODIES:
        gym.register(
            id=f"lifelong/{name}",
            entry_point="envs.classic:make_env",
            vector_entry_point="envs.classic:make_vector_env",
            kwargs={"body": name},
        )


def _body(name: str, parameters: dict[str, float]) -> Body:
    if name not in BODIES:
        raise ValueError(f"bodies are {', '.join(BODIES)}; got {name!r}")
    return BODIES[name]().changed(**parameters)
