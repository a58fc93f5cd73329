"""Checks of the fields of signals and paces: what is wrong ends in one line that says what was expected and what came.

Fields are kept as Python's own numbers, so that whatever came (whole numbers, NumPy's) they compare, print and are
written to specs alike.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np


def check_number(owner: str, value: Any, low: float = -np.inf, high: float = np.inf, unit: str = "a value") -> float:
    """Check that something is a finite number in a range, bounds included, and give it as a float.

    Args:
        owner: Whose value it is, such as ``"Linear.start"``.
        value: What came.
        low: Lower bound.
        high: Upper bound.
        unit: What the number is, such as ``"a probability"``.

    Raises:
        TypeError: If it is no number.
        ValueError: If it leaves the range or is not finite.
    """
    if not isinstance(value, (int, float, np.integer, np.floating)) or isinstance(value, bool):
        raise TypeError(f"{owner} is {unit}, a number; got {value!r} of type {type(value).__name__}")
    if not (low <= value <= high) or not np.isfinite(value):
        raise ValueError(f"{owner} is {unit}, {told_range(low, high)}; got {value!r}")
    return float(value)


def check_whole(owner: str, value: Any, low: int, unit: str) -> int:
    """Check that something is a whole number of at least `low`, and give it as an int.

    Raises:
        TypeError: If it is no whole number.
        ValueError: If it is below.
    """
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
        raise TypeError(f"{owner} is {unit}, a whole number; got {value!r} of type {type(value).__name__}")
    if value < low:
        raise ValueError(f"{owner} is {unit}, at least {low}; got {value!r}")
    return int(value)


def check_tuple(owner: str, values: Any, fewest: int, unit: str) -> None:
    """Check that something is a tuple of at least `fewest` things.

    Raises:
        TypeError: If it is no tuple.
        ValueError: If it has too few.
    """
    if not isinstance(values, tuple):
        raise TypeError(f"{owner} is a tuple of {unit}; got {values!r} of type {type(values).__name__}")
    if len(values) < fewest:
        raise ValueError(f"{owner} is a tuple of {unit}, at least {fewest} of them; got {len(values)}")


def set_number(
    thing: Any, name: str, low: float = -np.inf, high: float = np.inf, unit: str = "a value", none: bool = False
) -> None:
    """Check a field of a frozen dataclass as `check_number` does, and keep the float; with ``none`` None is fine."""
    value = getattr(thing, name)
    if not (none and value is None):
        _keep(thing, name, check_number(_owner(thing, name), value, low, high, unit))


def set_positive(thing: Any, name: str, unit: str) -> None:
    """Check that a field is a number above 0, and keep the float; raises TypeError or ValueError."""
    set_number(thing, name, 0, unit=f"{unit} above 0")
    if getattr(thing, name) == 0:
        raise ValueError(f"{_owner(thing, name)} is {unit} above 0; got 0")


def set_whole(thing: Any, name: str, low: int, unit: str, none: bool = False) -> None:
    """Check a field as `check_whole` does, and keep the int; with ``none`` None is fine."""
    value = getattr(thing, name)
    if not (none and value is None):
        _keep(thing, name, check_whole(_owner(thing, name), value, low, unit))


def set_numbers(thing: Any, name: str, fewest: int, unit: str) -> None:
    """Check that a field is a tuple of finite numbers, and keep the floats; raises TypeError or ValueError."""
    owner, values = _owner(thing, name), getattr(thing, name)
    check_tuple(owner, values, fewest, unit)
    kept = tuple(check_number(f"{owner}[{i}]", value, unit=f"one of {unit}") for i, value in enumerate(values))
    _keep(thing, name, kept)


def set_ages(thing: Any, name: str) -> None:
    """Check that a field is a tuple of rising ages from 1 up, and keep the ints.

    Raises:
        TypeError: If it is no tuple of whole numbers.
        ValueError: If one is too small, or they do not rise.
    """
    owner, ages, unit = _owner(thing, name), getattr(thing, name), "ages in life steps"
    check_tuple(owner, ages, 0, unit)
    kept = tuple(check_whole(f"{owner}[{i}]", age, 1, f"one of {unit}") for i, age in enumerate(ages))
    for before, after in pairwise(kept):
        if after <= before:
            raise ValueError(f"{owner} are {unit}, each later than the one before; got {after} after {before}")
    _keep(thing, name, kept)


def check_choice(owner: str, value: Any, choices: tuple[str, ...]) -> None:
    """Check that a field is one of some words; raises ValueError."""
    if value not in choices:
        raise ValueError(f"{owner} is one of {', '.join(choices)}; got {value!r}")


def told_range(low: float, high: float) -> str:
    """Say what a range is: "from 0 to 1", "finite and at least 1"."""
    if np.isfinite(low) and np.isfinite(high):
        return f"from {low:g} to {high:g}"
    if np.isfinite(low):
        return f"finite and at least {low:g}"
    return f"finite and at most {high:g}" if np.isfinite(high) else "finite"


def _owner(thing: Any, name: str) -> str:
    return f"{type(thing).__name__}.{name}"


def _keep(thing: Any, name: str, value: Any) -> None:
    object.__setattr__(thing, name, value)  # the dataclass is frozen, and is just being made
