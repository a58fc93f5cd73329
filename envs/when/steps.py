"""Signals that jump from value to value, with nothing random about them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from envs.when.checking import set_ages, set_number, set_numbers, set_whole
from envs.when.curve import NEVER, Curve
from envs.when.pace import Pace, Stepwise, bind_pace, set_pace
from envs.when.signal import Fixed, Signal


@dataclass(frozen=True)
class Constant(Fixed, kind="constant"):
    """One value for ever; a plain number is short for it.

    Source: "constant" of the Real-World RL suite; NS-Gym's ``NoUpdate``.

    Attributes:
        value: The value.
    """

    value: float

    def __post_init__(self) -> None:
        """Check the field."""
        set_number(self, "value")

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give one half."""
        return (cls(0.5),)

    def bounds(self) -> tuple[float, float]:
        """Give the value twice."""
        return self.value, self.value

    def at(self, age: int) -> float:
        """Give the value."""
        return self.value

    def until(self, age: int) -> int:
        """Say that it never changes."""
        return NEVER


@dataclass(frozen=True)
class Steps(Fixed, kind="steps"):
    """Jump to the next value at each of some ages: the first observation of age n has the value that begins at n.

    Source: NS-Gym's ``StepWiseUpdate`` on its "discrete" scheduler, but on the life's clock.

    Attributes:
        values: The values in turn, one more than ages; the first one holds from birth.
        ages: Ages at which the next value begins, in life steps, at least 1, rising.
    """

    values: tuple[float, ...]
    ages: tuple[int, ...]

    def __post_init__(self) -> None:
        """Check the fields."""
        set_numbers(self, "values", 1, "values")
        set_ages(self, "ages")
        if len(self.values) != len(self.ages) + 1:
            raise ValueError(
                f"Steps.values are one more than Steps.ages, the first one from birth; got {len(self.values)} values "
                f"and {len(self.ages)} ages"
            )

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give three jumps."""
        return (cls((0.0, 1.0, 0.3, 0.6), (200, 500, 800)),)

    def bounds(self) -> tuple[float, float]:
        """Give its lowest and highest value."""
        return min(self.values), max(self.values)

    def at(self, age: int) -> float:
        """Give its value at an age."""
        return self.values[bisect_right(self.ages, age)]

    def until(self, age: int) -> int:
        """Give the age of the next jump."""
        place = bisect_right(self.ages, age)
        return self.ages[place] if place < len(self.ages) else NEVER


@dataclass(frozen=True)
class Cyclic(Signal, kind="cyclic"):
    """Take some values in turn, round and round, each held for some time.

    Source: NS-Gym's ``CyclicUpdate``.

    Attributes:
        values: The values, at least two.
        every: How long each is held: life steps, or a pace at whose beats the next one comes.
    """

    values: tuple[float, ...]
    every: int | Pace

    def __post_init__(self) -> None:
        """Check the fields."""
        set_numbers(self, "values", 2, "values")
        set_pace(self, "every")

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give a cycle of three."""
        return (cls((0.0, 0.4, 1.0), every=90),)

    def bind(self, rng: np.random.Generator) -> Curve:
        """Make the curve of one life."""
        values = self.values
        return Stepwise(bind_pace(self.every, rng), lambda stretch: values[stretch.number % len(values)])

    def bounds(self) -> tuple[float, float]:
        """Give its lowest and highest value."""
        return min(self.values), max(self.values)


@dataclass(frozen=True)
class Window(Fixed, kind="window"):
    """One value within a window, another one outside; with a period, again and again.

    Multiplied with another signal it lets that one through within the window only.

    Source: "window" and "burst" schedulers of NS-Gym (there the end of a window is included).

    Attributes:
        begin: First age within, in life steps; with a period, counted from the period's begin.
        end: First age after it, in life steps.
        inside: Value within.
        outside: Value outside.
        period: Life steps after which the window comes again; None if it comes once.
    """

    begin: int
    end: int
    inside: float = 1.0
    outside: float = 0.0
    period: int | None = None

    def __post_init__(self) -> None:
        """Check the fields."""
        set_whole(self, "begin", 0, "an age in life steps")
        set_whole(self, "end", self.begin + 1, "an age after Window.begin")
        set_number(self, "inside")
        set_number(self, "outside")
        set_whole(self, "period", self.end, "a length in life steps that holds the window", none=True)

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give one that comes once, and one that comes again."""
        return (cls(300, 600), cls(50, 80, inside=0.2, outside=1.0, period=150))

    def bounds(self) -> tuple[float, float]:
        """Give its lower and higher value."""
        return min(self.inside, self.outside), max(self.inside, self.outside)

    def at(self, age: int) -> float:
        """Give its value at an age."""
        if self.period is not None:
            age %= self.period
        return self.inside if self.begin <= age < self.end else self.outside

    def until(self, age: int) -> int:
        """Give the age at which the window next opens or shuts."""
        rest = age if self.period is None else age % self.period
        if rest < self.end:
            return age - rest + (self.begin if rest < self.begin else self.end)
        return NEVER if self.period is None else age - rest + self.period + self.begin
