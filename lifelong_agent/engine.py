"""Which engine does the arithmetic of the hot path: tensor operations anywhere, or compiled kernels on the CPU."""

from __future__ import annotations

import importlib
import importlib.util
from functools import cache
from typing import Any, Literal

Engine = Literal["auto", "torch", "numba"]


@cache
def kernels() -> Any:
    """Load the compiled kernels, once."""
    return importlib.import_module("lifelong_agent.kernels")


def compiles(engine: Engine) -> bool:
    """Say whether compiled kernels are to be used where the brain lives on the CPU.

    Args:
        engine: ``"torch"`` for tensor operations, ``"numba"`` for compiled kernels, ``"auto"`` for these where numba is
            installed.

    Raises:
        ValueError: If numba is asked for and not installed, or the engine is unknown.
    """
    if engine not in ("auto", "torch", "numba"):
        raise ValueError(f"engine is one of auto, torch, numba; got {engine!r}")
    installed = importlib.util.find_spec("numba") is not None
    if engine == "numba" and not installed:
        raise ValueError("engine 'numba' needs numba, which is not installed: pip install 'lifelong_agent[fast]'")
    return engine != "torch" and installed
