"""Compiling plain functions with numba, where it is installed: registered by name, cached on disk, never stale."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from lifelong_agent.stamp import SHARED, stamp

Function = TypeVar("Function", bound=Callable[..., Any])

OPTIONS: Any = {"error_model": "numpy", "nogil": True}
_compilable: list[Callable[..., Any]] = []
_replacements: dict[Callable[..., Any], str] = {}
_registered: set[Callable[..., Any]] = set()
_inlined: set[Callable[..., Any]] = set()


def compilable(function: Function) -> Function:
    """Mark a function that compiled functions may call. It stays what it is; numba is not imported."""
    _compilable.append(function)
    return function


def inlined(function: Function) -> Function:
    """Mark a function as `compilable`, and to be made part of whatever calls it: a call with ten arrays costs 20 ns."""
    _inlined.add(function)
    return compilable(function)


def forms(make: Callable[[int], Function], sizes: tuple[int, ...], home: dict[str, Any]) -> dict[int, Function]:
    """Make compilable forms of a function in which a size is a constant: loops of known length are unrolled.

    Args:
        make: Makes the form for a size.
        sizes: The sizes.
        home: Globals of the module that asks: forms are found there by name, so that numba's cache knows them again.

    Returns:
        Size -> form.
    """
    made = {}
    for size in sizes:
        form = make(size)
        form.__name__ = form.__qualname__ = f"{form.__name__}_{size}"
        home[form.__name__] = made[size] = inlined(form)
    return made


def replaced(where: str) -> Callable[[Function], Function]:
    """Mark a function whose compiled form is another one of the same name.

    Args:
        where: Module that holds the compiled form, imported when something is compiled.
    """

    def mark(function: Function) -> Function:
        _replacements[function] = where
        return function

    return mark


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function for the CPU.

    What it calls must be `compilable`. Compiled code is kept beside the source and made anew when any module of this
    package changes: numba itself looks at the file of the function alone, not at those of what it calls.

    Raises:
        ImportError: If numba is not installed.
        RuntimeError: If there is no folder to keep compiled code in.
    """
    from numba import njit  # noqa: PLC0415 - numba takes a second to import: only who compiles needs it

    _register()
    dispatcher = njit(cache=True, **OPTIONS)(function)
    dispatcher._cache._cache_file._source_stamp = _STAMP  # pyright: ignore[reportAttributeAccessIssue]
    return dispatcher


@cache
def can_compile() -> bool:
    """Say whether numba can be used here."""
    try:
        compiled(_nothing)
    except (ImportError, RuntimeError):
        return False
    return True


def _nothing() -> None:
    """Do nothing; what is compiled to see whether anything can be."""


def _register() -> None:
    """Make numba know all functions that have been marked so far."""
    from importlib import import_module  # noqa: PLC0415

    from numba.extending import overload, register_jitable  # noqa: PLC0415 - see `compiled`

    for function in _compilable:
        if function not in _registered:
            _registered.add(function)
            register_jitable(forceinline=function in _inlined, **OPTIONS)(function)
    for function, where in _replacements.items():
        if function not in _registered:
            _registered.add(function)
            form = getattr(import_module(where), function.__name__)
            overload(function, jit_options=OPTIONS, strict=False)(_always(form))


def _always(form: Callable[..., Any]) -> Callable[..., Any]:
    """Make what tells numba the compiled form of a function whatever the types of its one argument."""
    return lambda dice: form


_STAMP = stamp(Path(__file__).parent, SHARED)
"""Taken when the sources are read: what is compiled later is what they were then, whatever they are by now."""
