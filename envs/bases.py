"""Which bases of tasks have a batched form, and how it is made."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from gymnasium import spaces

from envs.batched import BatchedWorld

Maker = Callable[..., BatchedWorld | None]
"""``maker(num_envs, engine, device, **kwargs)``, with the ``kwargs`` of the task, makes the world of a base; None if it
cannot be made with them."""

BATCHED: dict[str, Maker] = {}
"""Gymnasium id of a base -> what makes it batched. Anyone may add to it."""

PICTURED = "MiniGrid-LavaGapS5-v0"
"""What ``lifelong/Pixels-v0`` shows if it is not told."""

_log = logging.getLogger("envs")
_told: set[str] = set()


def batched(env_id: str) -> Callable[[Maker], Maker]:
    """Register what makes a base batched."""

    def register(maker: Maker) -> Maker:
        BATCHED[env_id] = maker
        return maker

    return register


def tell_once(env_id: str, why: str) -> None:
    """Say, once a process, that a base is stepped one environment after the other."""
    if env_id not in _told:
        _told.add(env_id)
        _log.warning("%s is stepped one environment after the other: %s", env_id, why)


@batched("lifelong/Grid-v0")
def _grid(
    num_envs: int,
    engine: Any,
    device: str,
    *,
    base: str,
    actions: Any = ("left", "right", "forward"),
    **arguments: Any,
) -> BatchedWorld:
    from envs.grid.make import make_world  # noqa: PLC0415 - lives without grids need not import them

    return make_world(base, num_envs, senses="bits", actions=actions, engine=engine, device=device, **arguments)


@batched("lifelong/Pixels-v0")
def _pixels(
    num_envs: int,
    engine: Any,
    device: str,
    *,
    base: str = PICTURED,
    actions: Any = ("left", "right", "forward"),
    **arguments: Any,
) -> BatchedWorld:
    from envs.grid.make import make_world  # noqa: PLC0415 - see above

    return make_world(base, num_envs, senses="pixels", actions=actions, engine=engine, device=device, **arguments)


@batched("lifelong/Room-v0")
def _room(
    num_envs: int, engine: Any, device: str, *, actions: Any = ("left", "right", "forward"), **arguments: Any
) -> BatchedWorld:
    from envs.grid.families.room import ROOM  # noqa: PLC0415 - see above
    from envs.grid.world import GridWorld  # noqa: PLC0415

    return GridWorld(ROOM, num_envs, senses="bits", actions=actions, engine=engine, device=device, **arguments)


def _classic(
    body: str, num_envs: int, engine: Any, device: str, *, max_episode_steps: int | None = None, **arguments: Any
) -> BatchedWorld | None:
    from envs.classic import BODIES, ClassicWorld  # noqa: PLC0415 - see above

    if arguments:
        tell_once(body, f"its batched form has no argument {', '.join(map(repr, arguments))}")
        return None
    chosen = BODIES[body]()
    world = ClassicWorld(chosen.limited(max_episode_steps or chosen.limit), num_envs, engine, device)
    # Lives declare real-valued senses unbounded: see `envs.senses.RealSenses`.
    world.observation_space = spaces.Box(-np.inf, np.inf, world.observation_space.shape, np.float32)
    return world


for _body in ("CartPole-v1", "Acrobot-v1", "MountainCar-v0", "Pendulum-v1"):
    BATCHED[_body] = partial(_classic, _body)


def _grid_plan(name: str, num_envs: int, engine: Any, device: str, **arguments: Any) -> BatchedWorld | None:
    from envs.grids import make_world  # noqa: PLC0415 - see above

    if engine == "torch":
        return None
    if engine not in ("auto", "numpy"):
        raise ValueError(f"lifelong/{name} is stepped by engine 'numpy' alone; got {engine!r}, give 'auto'")
    return make_world(name, num_envs, **arguments)


for _plan in ("LGrid-v0", "NineRooms-v0"):
    BATCHED[f"lifelong/{_plan}"] = partial(_grid_plan, _plan)


@batched("lifelong/Labelled-v0")
def _labelled(num_envs: int, engine: Any, device: str, **arguments: Any) -> BatchedWorld | None:
    from envs.labelled.world import LabelledWorld  # noqa: PLC0415 - see above

    if engine == "torch":
        return None
    if engine not in ("auto", "numpy"):
        raise ValueError(f"lifelong/Labelled-v0 is stepped by engine 'numpy' alone; got {engine!r}, give 'auto'")
    world = LabelledWorld(num_envs, **arguments)
    # Lives declare real-valued senses unbounded: see `envs.senses.RealSenses`.
    world.observation_space = spaces.Box(-np.inf, np.inf, world.observation_space.shape, np.float32)
    return world
