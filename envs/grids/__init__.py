"""Small grids of published protocols, many at a time: L-Grid and NineRooms."""

from __future__ import annotations

from functools import cache
from typing import Any

import gymnasium as gym
from gymnasium.vector import AutoresetMode

from envs.batched_vector import BatchedEnv, BatchedVectorEnv
from envs.grids.l_grid import LGrid as LGrid
from envs.grids.nine_rooms import NineRooms as NineRooms
from envs.grids.plan import Plan as Plan
from envs.grids.world import PlanWorld as PlanWorld
from envs.places import read_place

__all__ = ["PLANS", "LGrid", "NineRooms", "Plan", "PlanWorld", "make_env", "make_vector_env", "make_world"]

PLANS: dict[str, type[Plan]] = {"LGrid-v0": LGrid, "NineRooms-v0": NineRooms}
"""The grids by the names they are registered by, after ``lifelong/``."""


@cache
def plan_of(name: str) -> Plan:
    """Give the tables of a grid, worked out once.

    Raises:
        ValueError: If there is no grid of that name.
    """
    if name not in PLANS:
        raise ValueError(f"grids are {', '.join(PLANS)}; got {name!r}")
    return PLANS[name]()


def make_world(name: str, num_envs: int = 1, goal: Any = None, **arguments: Any) -> PlanWorld:
    """Make N sub-environments of a grid.

    Args:
        name: One of `PLANS`.
        num_envs: N.
        goal: Where the goal is, ``(column, row)`` or ``"column,row"``; None for the grid's usual place.
        **arguments: ``reveal_goal`` and ``max_steps``: see `PlanWorld`.

    Raises:
        ValueError: If there is no such grid, or an argument is out of range.
        TypeError: If the goal is no place.
    """
    place = None if goal is None else read_place(f"the goal of {name}", goal)
    return PlanWorld(plan_of(name), num_envs, goal=place, **arguments)


def make_env(name: str, **arguments: Any) -> BatchedEnv:
    """Make one grid: the entry point of ``gymnasium.make("lifelong/NineRooms-v0")``; see `make_world`."""
    return BatchedEnv(make_world(name, 1, **arguments))


def make_vector_env(
    name: str,
    num_envs: int = 1,
    autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    **arguments: Any,
) -> BatchedVectorEnv:
    """Make N grids: the entry point of ``gymnasium.make_vec("lifelong/NineRooms-v0")``; see `make_world`."""
    return BatchedVectorEnv(make_world(name, num_envs, **arguments), autoreset_mode)


def register_grids() -> None:
    """Register all grids with Gymnasium. They truncate episodes by themselves: no wrapper."""
    for name in PLANS:
        gym.register(
            id=f"lifelong/{name}",
            entry_point="envs.grids:make_env",
            vector_entry_point="envs.grids:make_vector_env",
            kwargs={"name": name},
        )
