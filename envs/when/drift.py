"""Drifts from one value to another that are no straight lines."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from math import exp, isfinite, log

import numpy as np

from envs.when.checking import set_number, set_numbers, set_positive, set_whole
from envs.when.linear import between, share_of, still_until
from envs.when.signal import Fixed, Signal


@dataclass(frozen=True)
class _Drift(Fixed):
    """What drifts have in common.

    Attributes:
        start: Value before the drift.
        stop: Value after it.
    """

    start: float
    stop: float

    def __post_init__(self) -> None:
        """Check the fields."""
        set_number(self, "start")
        set_number(self, "stop")
        self._check()

    @abstractmethod
    def _check(self) -> None:
        """Check the fields of the subclass."""

    def bounds(self) -> tuple[float, float]:
        """Give the lower and the higher one of start and stop."""
        return min(self.start, self.stop), max(self.start, self.stop)


@dataclass(frozen=True)
class Geometric(_Drift, kind="geometric"):
    """Drift from one value to another in equal ratios, a straight line on a logarithmic axis, then stay.

    For gains, masses and lengths. Each life step multiplies by ``(stop / start) ** (1 / over)``.

    Source: NS-Gym's ``GeometricProgression``.

    Attributes:
        start: Value until the drift begins, not 0.
        stop: Value after it has ended, of the same sign.
        over: Length of the drift in life steps, at least 1.
        begin: Age at which it begins, in life steps.
    """

    over: int
    begin: int = 0

    def _check(self) -> None:
        set_whole(self, "over", 1, "a length in life steps")
        set_whole(self, "begin", 0, "an age in life steps")
        if self.start == 0 or self.stop == 0 or (self.start > 0) != (self.stop > 0):
            raise ValueError(
                f"Geometric goes in equal ratios, so start and stop are of one sign and not 0; got {self.start} and "
                f"{self.stop}; Linear and Exponential reach 0"
            )

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give two decades."""
        return (cls(0.01, 1.0, over=800, begin=100),)

    def at(self, age: int) -> float:
        """Give its value at an age."""
        share = share_of(age, self.begin, self.over)
        if share in (0.0, 1.0):
            return self.stop if share else self.start
        low, high = self.bounds()
        value = exp(log(abs(self.start)) * (1.0 - share) + log(abs(self.stop)) * share)
        return min(max(value if low > 0 else -value, low), high)

    def until(self, age: int) -> int:
        """Give an age before which its value stays."""
        return still_until(age, self.begin, self.over)


@dataclass(frozen=True)
class Exponential(_Drift, kind="exponential"):
    """Approach a value ever more slowly: the distance to it falls to 1/e in each ``scale`` of life steps.

    Source: NS-Gym's ``ExponetialDecay`` (sic), whose rate is ``1 / scale``.

    Attributes:
        start: Value until the approach begins.
        stop: Value that is approached.
        scale: Life steps in which the distance falls to 1/e, above 0.
        begin: Age at which it begins, in life steps.
    """

    scale: float
    begin: int = 0

    def _check(self) -> None:
        set_positive(self, "scale", "a number of life steps")
        set_whole(self, "begin", 0, "an age in life steps")

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give a fading."""
        return (cls(1.0, 0.2, scale=200.0),)

    def at(self, age: int) -> float:
        """Give its value at an age."""
        return between(self.stop, self.start, exp(-max(0, age - self.begin) / self.scale))

    def until(self, age: int) -> int:
        """Give an age before which its value stays."""
        return max(age, self.begin) + 1


@dataclass(frozen=True)
class Sigmoid(_Drift, kind="sigmoid"):
    """Go over from one value to another along an S: slowly, quickly, slowly.

    Source: NS-Gym's ``SigmoidTransition``, whose steepness is ``1 / scale``.

    Attributes:
        start: Value long before the middle.
        stop: Value long after it.
        middle: Age at which half of the way is done, in life steps.
        scale: Life steps in which the odds of the two values change by e, above 0: from a tenth of the way to nine
            tenths it takes 4.4 of them.
    """

    middle: float
    scale: float

    def _check(self) -> None:
        set_number(self, "middle", unit="an age in life steps")
        set_positive(self, "scale", "a number of life steps")

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give a change of gain halfway."""
        return (cls(0.0, 1.0, middle=500.0, scale=60.0),)

    def at(self, age: int) -> float:
        """Give its value at an age."""
        odds = exp(-min(700.0, abs(age - self.middle) / self.scale))  # below 1, so that nothing overflows
        share = odds / (1.0 + odds) if age < self.middle else 1.0 / (1.0 + odds)
        return between(self.start, self.stop, share)


@dataclass(frozen=True)
class Polynomial(Fixed, kind="polynomial"):
    """Follow a polynomial for some time, then stay: ``sum(coefficients[i] * x**i)``, where x goes from 0 to 1.

    Source: NS-Gym's ``DeterministicTrend``, ``IncrementUpdate``, ``DecrementUpdate`` (degree 1) and
    ``PolynomialTrend``.

    Attributes:
        coefficients: Of the powers 0, 1, 2, ... of x, the share of the time that has passed.
        over: Life steps in which x goes from 0 to 1, at least 1.
        begin: Age at which it begins, in life steps.
    """

    coefficients: tuple[float, ...]
    over: int
    begin: int = 0

    def __post_init__(self) -> None:
        """Check the fields."""
        set_numbers(self, "coefficients", 1, "coefficients")
        set_whole(self, "over", 1, "a length in life steps")
        set_whole(self, "begin", 0, "an age in life steps")
        if not isfinite(len(self.coefficients) * sum(abs(coefficient) for coefficient in self.coefficients)):
            raise ValueError(f"Polynomial.coefficients make finite values; got {self.coefficients}")

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give a cubic."""
        return (cls((0.2, 3.0, -6.0, 3.5), over=900),)

    def bounds(self) -> tuple[float, float]:
        """Give its lowest and highest value, found where its derivative is 0."""
        return self._range

    @cached_property
    def _range(self) -> tuple[float, float]:
        slope = np.polynomial.Polynomial(self.coefficients).deriv()
        turns = slope.trim(1e-12 * np.abs(slope.coef).max()).roots()  # what is negligible makes no turn to speak of
        places = [0.0, 1.0, *(min(1.0, max(0.0, turn.real)) for turn in turns)]  # more places than turns do no harm
        found = [self._value(float(place)) for place in places]
        return min(found), max(found)

    def _value(self, share: float) -> float:
        value = 0.0
        for coefficient in reversed(self.coefficients):
            value = value * share + coefficient
        return value

    def at(self, age: int) -> float:
        """Give its value at an age."""
        low, high = self._range
        return min(max(self._value(share_of(age, self.begin, self.over)), low), high)

    def until(self, age: int) -> int:
        """Give an age before which its value stays."""
        return still_until(age, self.begin, self.over)
