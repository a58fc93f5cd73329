"""Which engine does the arithmetic of the hot path: tensor operations anywhere, or compiled kernels on the CPU."""

from __future__ import annotations

import importlib
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
        engine: ``"torch"`` for tensor operations, ``"numba"`` for compiled kernels, ``"auto"`` for these where numba
            can be used.

    Raises:
        ValueError: If numba is asked for and cannot be used here, or the engine is unknown.
    """
    if engine not in ("auto", "torch", "numba"):
        raise ValueError(f"engine is one of auto, torch, numba; got {engine!r}")
    if engine == "torch":
        return False
    try:
        kernels()
    except (ImportError, RuntimeError) as error:  # not installed, or no folder to keep compiled code in
        if engine == "numba":
            raise ValueError(
                f"engine 'numba' cannot be used here: {error}; pip install 'lifelong_agent[fast]', and set "
                f"NUMBA_CACHE_DIR to a folder that can be written to, or use engine 'torch'"
            ) from error
        return False
    return True
