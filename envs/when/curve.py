"""A number as a function of the age, in one life."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np

NEVER = 2**62
"""An age that no life reaches."""


class Curve(Protocol):
    """A number as a function of the age."""

    def at(self, age: int) -> float:
        """Give its value at an age in life steps, at least 0; asked again, and in any order, it is the same."""
        ...

    def until(self, age: int) -> int:
        """Give an age above ``age`` before which the value stays as it is at ``age``; `NEVER` if it stays for ever.

        The value need not change then. A curve that tells nothing else says the next step.
        """
        return age + 1


class Level(Curve):
    """The curve of a number that never changes."""

    def __init__(self, value: float) -> None:
        """Keep the value."""
        self._value = float(value)

    def at(self, age: int) -> float:
        """Give the value."""
        return self._value

    def until(self, age: int) -> int:
        """Say that it never changes."""
        return NEVER


def values(curve: Curve, ages: Iterable[int]) -> np.ndarray:
    """Give the values of a curve at some ages, ``(len(ages),)`` float64."""
    return np.array([curve.at(int(age)) for age in ages], np.float64)


def changes(curve: Curve, begin: int, end: int) -> list[int]:
    """List the ages above ``begin`` and below ``end``, in life steps, at which the value of a curve is a new one."""
    ages, age, value = [], begin, curve.at(begin)
    while (age := curve.until(age)) < end:
        if (new := curve.at(age)) != value:
            ages.append(age)
            value = new
    return ages
