"""The table of named lives."""

from __future__ import annotations

from collections.abc import Callable

from envs.schedule import Schedule

LIVES: dict[str, Callable[[], Schedule]] = {}
"""The named lives: each name with what makes its schedule."""


def life(make: Callable[[], Schedule]) -> Callable[[], Schedule]:
    """Name a life after the function that makes its schedule; its docstring is what is told about it.

    Raises:
        ValueError: If there is a life of that name.
    """
    name = make.__name__
    if name in LIVES:
        raise ValueError(f"a life is called {name!r} already, by {LIVES[name].__module__}; choose another name")
    LIVES[name] = make
    return make
