"""A straight line from one value to another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from envs.when.signal import Signal, check_range


@dataclass(frozen=True)
class Linear(Signal, kind="linear"):
    """Drift evenly from one value to another, then stay.

    Attributes:
        start: Value until the drift begins.
        stop: Value after it has ended.
        over: Length of the drift in life steps, at least 1.
        begin: Age at which it begins, in life steps.
    """

    start: float
    stop: float
    over: int
    begin: int = 0

    def __post_init__(self) -> None:
        """Check the fields."""
        check_range("Linear.start", self.start, -np.inf, np.inf, "a value")
        check_range("Linear.stop", self.stop, -np.inf, np.inf, "a value")
        check_range("Linear.over", self.over, 1, np.inf, "a length in life steps")
        check_range("Linear.begin", self.begin, 0, np.inf, "an age in life steps")

    def bind(self, rng: np.random.Generator) -> Linear:
        """Give itself: nothing about it is random."""
        return self

    def bounds(self) -> tuple[float, float]:
        """Give its lowest and highest value."""
        return min(self.start, self.stop), max(self.start, self.stop)

    def at(self, age: int) -> float:
        """Give its value at an age."""
        share = min(1.0, max(0.0, (age - self.begin) / self.over))
        return self.start + (self.stop - self.start) * share
