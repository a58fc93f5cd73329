"""Fetching what will soon be worked on: many things at once, where work on each would wait for memory in its turn."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from lifelong_agent.kernels.compiled import compiled

Array = np.ndarray[Any, Any]

LINE = 64
"""Bytes that are fetched together."""


@intrinsic
def _touch(_: Any, address: Any) -> Any:
    """Ask for what lies at an address, an integer, to be written to, without waiting for it."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        wanted = [ir.Constant(word, number) for number in (1, 3, 1)]  # to be written, to stay, data
        builder.call(ask, [builder.inttoptr(arguments[0], byte), *wanted])
        return ir.Constant(ir.IntType(64), 0)

    return types.int64(address), generate


touch: Any = _touch


@compiled
def fetch(array: Array, index: int) -> None:
    """Fetch ``array[index]``, all of it, without waiting for it."""
    size = array.strides[0]
    first = array.ctypes.data + index * size
    for offset in range(0, size, LINE):
        touch(first + offset)
