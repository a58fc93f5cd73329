"""The compiled forms of `envs.classic.arithmetic`, for one number."""

from __future__ import annotations

import math
from typing import Any

from numba import types
from numba.extending import intrinsic


def cosine(number: float) -> float:
    """Take the cosine of an angle in radians."""
    return math.cos(number)


def sine(number: float) -> float:
    """Take the sine of an angle in radians."""
    return math.sin(number)


def squared(number: float) -> float:
    """Square a float64 as the C library's ``pow`` does, which is called in one case of 25 only."""
    product = number * number
    # What the product lacks to the true square, exactly.
    lacking = _multiply_add(number, number, -product)  # type: ignore[call-arg] - numba gives the first one
    # pow errs by less than 0.515 units in the last place here (glibc's e_pow.c; more only for numbers like 1e50), so it
    # gives another number than the product only where the true square lies almost in the middle between two numbers.
    if product + 1.04 * lacking == product:
        return product
    # An exponent that is plainly 2 would be compiled to the product.
    return math.pow(number, 2.0 + 0.0 * number)


@intrinsic
def _multiply_add(typing_context: Any, one: Any, two: Any, three: Any) -> Any:
    """Give ``one * two + three``, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate
