"""A straight line from one value to another."""

from __future__ import annotations

from dataclasses import dataclass

from envs.when.checking import set_number, set_whole
from envs.when.curve import NEVER
from envs.when.signal import Fixed, Signal


@dataclass(frozen=True)
class Linear(Fixed, kind="linear"):
    """Drift evenly from one value to another, then stay.

    Source: NS-Gym's ``LinearInterpolation``.

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
        set_number(self, "start")
        set_number(self, "stop")
        set_whole(self, "over", 1, "a length in life steps")
        set_whole(self, "begin", 0, "an age in life steps")

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give a late rise."""
        return (cls(0.0, 1.0, over=500, begin=200),)

    def bounds(self) -> tuple[float, float]:
        """Give its lowest and highest value."""
        return min(self.start, self.stop), max(self.start, self.stop)

    def at(self, age: int) -> float:
        """Give its value at an age."""
        return between(self.start, self.stop, share_of(age, self.begin, self.over))

    def until(self, age: int) -> int:
        """Give an age before which its value stays."""
        return still_until(age, self.begin, self.over)


def share_of(age: int, begin: int, over: int) -> float:
    """Tell how much of a drift is over, from 0 to 1."""
    return 0.0 if age <= begin else 1.0 if age >= begin + over else (age - begin) / over


def between(start: float, stop: float, share: float) -> float:
    """Give a value between two, which rounding does not lead out of them."""
    value = start * (1.0 - share) + stop * share
    low, high = (start, stop) if start < stop else (stop, start)
    return low if value < low else high if value > high else value


def still_until(age: int, begin: int, over: int) -> int:
    """Give an age before which a drift stands still: it moves in the ages above ``begin`` up to ``begin + over``."""
    return NEVER if age >= begin + over else max(age, begin) + 1
