"""The few functions in which laws of motion are written once for numbers, NumPy arrays and tensors.

A law that is `envs.compiled.compilable` and calls these runs over rows of arrays, on any device, and compiled over
single rows. They give what Gymnasium's own environments compute with NumPy's scalars, bit for bit, except on tensors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from envs.compiled import replaced

_COMPILED = "envs.classic.arithmetic_compiled"


@replaced(_COMPILED)
def cosine(number: Any) -> Any:
    """Take the cosine of an angle in radians."""
    return number.cos() if hasattr(number, "cos") else np.cos(number)


@replaced(_COMPILED)
def sine(number: Any) -> Any:
    """Take the sine of an angle in radians."""
    return number.sin() if hasattr(number, "sin") else np.sin(number)


@replaced(_COMPILED)
def squared(number: Any) -> Any:
    """Square as ``numpy.float64(x) ** 2`` does: by the C library's ``pow``, in 1 of 1,000 cases not the nearest double.

    On tensors it is the plain product.
    """
    return number * number if hasattr(number, "cos") else np.float_power(number, 2.0)
