"""Grid worlds by name: what Gymnasium makes of ``lifelong/DoorKey-8x8-v0``, and lives of their tasks."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import gymnasium as gym

import envs.grid.families  # noqa: F401 - registers them
from envs.batched_vector import BatchedVectorEnv
from envs.grid.family import Family
from envs.grid.single import GridEnv
from envs.grid.world import GridWorld

OWN = {"Layout-v0": "Layout"}
"""Names of worlds that MiniGrid does not have -> families."""


def names() -> list[str]:
    """Give the names of all grid worlds, such as ``"DoorKey-8x8-v0"``."""
    return [name for family in Family.families.values() for name in family.ids] + list(OWN)


def find(name: str) -> tuple[Family, dict[str, Any]]:
    """Find a grid world by MiniGrid's id, with or without ``MiniGrid-``.

    Returns:
        Its family, and the arguments that make it.

    Raises:
        ValueError: If there is none of that name.
    """
    short = name.removeprefix("MiniGrid-").removeprefix("lifelong/")
    if short in OWN:
        return Family.families[OWN[short]], {}
    for family in Family.families.values():
        if short in family.ids:
            return family, dict(family.ids[short])
    close = get_close_matches(short, names(), n=1, cutoff=0.4)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise ValueError(f"no grid world is called {name!r}{hint} There are {', '.join(names())}")


def make_world(name: str, num_envs: int = 1, **arguments: Any) -> GridWorld:
    """Make N worlds of a name; see `GridWorld` for the arguments.

    Raises:
        ValueError: If there is none of that name, or an argument is out of range.
        TypeError: If the world has no such argument.
    """
    family, given = find(name)
    _check_arguments(family, arguments)
    return GridWorld(family, num_envs, **{**given, **arguments})


def make_env(name: str, senses: str = "dict", render_mode: None = None, **arguments: Any) -> GridEnv:
    """Make one world: the entry point of ``gymnasium.make("lifelong/DoorKey-8x8-v0")``."""
    _no_rendering(render_mode)
    return GridEnv(make_world(name, senses=senses, **arguments))


def make_vector_env(
    name: str,
    num_envs: int = 1,
    senses: str = "dict",
    autoreset_mode: Any = gym.vector.AutoresetMode.NEXT_STEP,
    render_mode: None = None,
    **arguments: Any,
) -> BatchedVectorEnv:
    """Make N worlds: the entry point of ``gymnasium.make_vec("lifelong/DoorKey-8x8-v0", num_envs=N)``."""
    _no_rendering(render_mode)
    world = make_world(name, num_envs, senses=senses, **arguments)
    return BatchedVectorEnv(world, autoreset_mode, world.showing.presentation)


def register_grid() -> None:
    """Register every grid world with Gymnasium as ``lifelong/NAME``."""
    for name in names():
        gym.register(
            id=f"lifelong/{name}",
            entry_point="envs.grid.make:make_env",
            vector_entry_point="envs.grid.make:make_vector_env",
            kwargs={"name": name},
        )


def _check_arguments(family: Family, arguments: dict[str, Any]) -> None:
    """Refuse arguments that neither the world nor the family has."""
    own = _keywords(family.shape)
    known = own | _keywords(GridWorld.__init__)
    for name in arguments:
        if name not in known:
            raise TypeError(f"{family.name} worlds have no argument {name!r}; they have {', '.join(sorted(known))}")


def _keywords(function: Callable[..., Any]) -> set[str]:
    kinds = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = {name for name, one in inspect.signature(function).parameters.items() if one.kind in kinds}
    return names - {"self", "family", "num_envs"}


def _no_rendering(render_mode: None) -> None:
    if render_mode is not None:
        raise ValueError(f"batched worlds draw no pictures; got render_mode={render_mode!r}, give none")
