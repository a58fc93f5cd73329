"""Signals made of signals: sums, products, and what is kept within bounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

import numpy as np

from envs.when.checking import check_tuple, set_number
from envs.when.curve import Curve
from envs.when.signal import Signal, bind, check_part, check_signal
from envs.when.steps import Window
from envs.when.waves import Saw, Sinusoid


@dataclass(frozen=True)
class Sum(Signal, kind="sum"):
    """Add numbers and signals; in Python, ``a + b`` and ``a - b``. Each random part is drawn for itself.

    Attributes:
        parts: What is added, at least one number or signal.
    """

    parts: tuple[float | Signal, ...]

    def __post_init__(self) -> None:
        """Check the parts."""
        _set_parts(self)

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give a slow and a quick wave on top of each other."""
        return (cls((0.5, Sinusoid(period=400.0, amplitude=0.4), Saw(period=50.0, high=0.1))),)

    def bind(self, rng: np.random.Generator) -> Curve:
        """Make the curve of one life."""
        return _SumCurve([bind(part, rng) for part in self.parts])

    def bounds(self) -> tuple[float, float]:
        """Give the sums of the parts' bounds."""
        lows, highs = zip(*(_bounds_of(part) for part in self.parts), strict=True)
        return _added(lows), _added(highs)


@dataclass(frozen=True)
class Product(Signal, kind="product"):
    """Multiply numbers and signals; in Python, ``a * b`` and ``-a``. Each random part is drawn for itself.

    Attributes:
        parts: What is multiplied, at least one number or signal.
    """

    parts: tuple[float | Signal, ...]

    def __post_init__(self) -> None:
        """Check the parts."""
        _set_parts(self)

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give a wave that comes within a window only."""
        return (cls((Window(300, 700), Saw(period=100.0))),)

    def bind(self, rng: np.random.Generator) -> Curve:
        """Make the curve of one life."""
        return _ProductCurve([bind(part, rng) for part in self.parts])

    def bounds(self) -> tuple[float, float]:
        """Give the extremes of the products of the parts' bounds."""
        low = high = 1.0
        for part in self.parts:
            ends = [0.0 if 0.0 in (a, b) else a * b for a in (low, high) for b in _bounds_of(part)]
            low, high = min(ends), max(ends)
        return low, high


@dataclass(frozen=True)
class Clipped(Signal, kind="clipped"):
    """Keep a signal within bounds; in Python, ``a.clip(low, high)``.

    Attributes:
        of: The signal.
        low: What lower values become.
        high: What higher values become.
    """

    of: Signal
    low: float
    high: float

    def __post_init__(self) -> None:
        """Check the fields."""
        check_signal("Clipped.of", self.of)
        set_number(self, "low")
        set_number(self, "high", self.low, unit="a value of at least Clipped.low")

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give a wave without its top and bottom."""
        return (cls(Sinusoid(period=400.0), -0.8, 0.5),)

    def bind(self, rng: np.random.Generator) -> Curve:
        """Make the curve of one life."""
        return _ClippedCurve(bind(self.of, rng), self.low, self.high)

    def bounds(self) -> tuple[float, float]:
        """Give the bounds, or those of the signal where it does not reach them."""
        low, high = (min(max(end, self.low), self.high) for end in self.of.bounds())
        return low, high


class _SumCurve(Curve):
    def __init__(self, parts: list[Curve]) -> None:
        self._parts = parts

    def at(self, age: int) -> float:
        """Give its value at an age."""
        return _added(part.at(age) for part in self._parts)

    def until(self, age: int) -> int:
        """Give an age before which no part changes."""
        return min(part.until(age) for part in self._parts)


class _ProductCurve(_SumCurve):
    def at(self, age: int) -> float:
        """Give its value at an age."""
        return prod(part.at(age) for part in self._parts)


class _ClippedCurve(Curve):
    def __init__(self, of: Curve, low: float, high: float) -> None:
        self._of, self._low, self._high = of, low, high

    def at(self, age: int) -> float:
        """Give its value at an age."""
        return min(max(self._of.at(age), self._low), self._high)

    def until(self, age: int) -> int:
        """Give an age before which its value stays."""
        return self._of.until(age)


def _added(numbers: Iterable[float]) -> float:
    """Add plainly, one after the other: later Pythons' ``sum`` corrects its rounding, which would differ."""
    total = 0.0
    for number in numbers:
        total += number
    return total


def _set_parts(whole: Sum | Product) -> None:
    owner = f"{type(whole).__name__}.parts"
    check_tuple(owner, whole.parts, 1, "numbers and signals")
    parts = tuple(check_part(f"{owner}[{place}]", part) for place, part in enumerate(whole.parts))
    object.__setattr__(whole, "parts", parts)


def _bounds_of(part: float | Signal) -> tuple[float, float]:
    return part.bounds() if isinstance(part, Signal) else (part, part)
