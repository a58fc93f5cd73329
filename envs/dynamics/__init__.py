"""Which physical parameters bases have, and how they are read and written; each file is one family of bases."""

from __future__ import annotations

from typing import Any

import gymnasium as gym

from envs.batched import BatchedWorld
from envs.batched_wrapper import BatchedWrapper
from envs.dynamics.box2d import box2d_parameters
from envs.dynamics.classic import classic_parameters, world_parameters
from envs.dynamics.mujoco import mujoco_parameters
from envs.dynamics.parameter import Parameter as Parameter
from envs.dynamics.parameter import Parameters as Parameters
from envs.of_envs import OfEnvs

__all__ = ["Parameter", "Parameters", "parameters_of", "parameters_of_world"]

_FAMILIES = (classic_parameters, box2d_parameters, mujoco_parameters)
_KNOWN = (
    "CartPole, Acrobot, MountainCar and Pendulum, LunarLander and BipedalWalker, and all environments of MuJoCo "
    "(pip install 'lifelong_agent[worlds]')"
)


def parameters_of(env: gym.Env) -> Parameters:
    """Give the physical parameters of an environment's base, at the values that they have now.

    Raises:
        ValueError: If it has none that are known here.
    """
    base: Any = env.unwrapped
    for family in _FAMILIES:
        found = family(base)
        if found is not None:
            return found
    raise ValueError(f"{env} has no physical parameters that are known here; those that have are {_KNOWN}")


def parameters_of_world(world: BatchedWorld) -> list[Parameters]:
    """Give the physical parameters of a batched world: of all rows at once, or of each looped environment.

    Raises:
        ValueError: If it has none that are known here.
    """
    inside = world
    while isinstance(inside, BatchedWrapper):
        inside = inside.world
    if isinstance(inside, OfEnvs):
        return [parameters_of(env) for env in inside.envs]
    found = world_parameters(inside)
    if found is None:
        raise ValueError(f"{inside} has no physical parameters that are known here; those that have are {_KNOWN}")
    return [found]
