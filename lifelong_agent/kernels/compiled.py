"""Compiling the brain's kernels with numba: kept beside the source, made anew when any kernel changes.

Numba itself looks at the file of a kernel alone, not at those of the kernels that it calls.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit

from lifelong_agent.stamp import SHARED, stamp

_STAMP = stamp(Path(__file__).parent, SHARED)
"""Taken when the sources are read: what is compiled later is what they were then, whatever they are by now."""


def _compiler(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    def compile_kernel(function: Callable[..., Any]) -> Any:
        dispatcher = njit(cache=True, nogil=True, error_model="numpy", **options)(function)
        dispatcher._cache._cache_file._source_stamp = _STAMP  # pyright: ignore[reportAttributeAccessIssue]
        return dispatcher

    return compile_kernel


compiled = _compiler()
contracted = _compiler(fastmath={"contract"})
"""Lets a product and a sum be rounded once."""
reassociated = _compiler(fastmath={"reassoc", "contract"})
"""Lets sums be taken in any order as well."""
