"""Arrays that compiled code finds by their addresses: to hand over thirty costs as much as what is done with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numba import types
from numba.extending import intrinsic

Array = np.ndarray[Any, Any]


@intrinsic
def _pointer(_: Any, address: Any) -> Any:
    """Turn an address, an integer, into what ``numba.carray`` makes an array of."""

    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(types.voidptr))

    return types.voidptr(address), generate


pointer: Any = _pointer
carray: Any = getattr(numba, "carray")  # noqa: B009 - numba does not declare it


def addresses(arrays: Sequence[tuple[Array, type[np.generic]]]) -> Array:
    """Write down where arrays are, ``(n,)``, int64. Whoever uses it has to keep the arrays.

    Args:
        arrays: Each with the type of its numbers that compiled code takes it for.

    Raises:
        TypeError: If an array is of another type, or its numbers do not follow one another.
    """
    for place, (array, kind) in enumerate(arrays):
        if array.dtype != kind or not array.flags.c_contiguous:
            raise TypeError(f"array {place} is to hold {kind.__name__} in C order; got {array.dtype}, {array.strides}")
    return np.array([array.ctypes.data for array, _ in arrays], np.int64)
