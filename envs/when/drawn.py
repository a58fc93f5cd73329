"""Signals that jump to values that are drawn."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

import numpy as np

from envs.counter import CounterDice
from envs.when.checking import check_number, check_tuple, set_number, set_numbers, set_positive
from envs.when.curve import NEVER, Curve
from envs.when.drawn_paces import Memoryless, gaps
from envs.when.knots import SIZE, Blocks, DrawnBeats, Knots
from envs.when.pace import Pace, Stepwise, bind_pace, set_pace
from envs.when.signal import Signal


@dataclass(frozen=True)
class DrawnBetween(Signal):
    """Draws a value between two bounds, once or again and again; its fields are those of `Uniform`."""

    low: float
    high: float
    every: int | Pace | None = None

    def __post_init__(self) -> None:
        """Check the fields."""
        set_number(self, "low")
        set_number(self, "high", self.low, unit=f"a value of at least {type(self).__name__}.low")
        set_pace(self, "every", none=True)

    @abstractmethod
    def between(self, share: np.ndarray) -> np.ndarray:
        """Turn numbers uniform in [0, 1), ``(R,)``, into values."""

    def bind(self, rng: np.random.Generator) -> Curve:
        """Make the curve of one life: values that are drawn each for itself."""
        beats, dice = bind_pace(self.every, rng), CounterDice([rng])
        blocks = Blocks(
            lambda number: np.clip(self.between(dice.uniform(number, SIZE)[0]), self.low, self.high).tolist()
        )
        return Stepwise(beats, lambda stretch: blocks[stretch.number])

    def bounds(self) -> tuple[float, float]:
        """Give its bounds."""
        return self.low, self.high


@dataclass(frozen=True)
class Uniform(DrawnBetween, kind="uniform"):
    """Draw a value between two bounds, once or again and again; all values are equally likely.

    With ``every=Memoryless(mean=500)`` it jumps by chance, once in 500 life steps on average; without ``every`` each
    world has a value of its own.

    Source: "uniform" of the Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881); on the paces of NS-Gym.

    Attributes:
        low: Lower bound.
        high: Upper bound.
        every: How long a value is held: life steps, or a pace at whose beats a new one is drawn; None for ever.
    """

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give an even and a memoryless one."""
        return (cls(0.0, 1.0, every=80), cls(0.0, 1.0, every=Memoryless(80)))

    def between(self, share: np.ndarray) -> np.ndarray:
        """Mix the bounds."""
        return self.low * (1.0 - share) + self.high * share


@dataclass(frozen=True)
class LogUniform(DrawnBetween, kind="log_uniform"):
    """Draw a value between two bounds, once or again and again; all orders of magnitude are equally likely.

    A tenth is as likely to be doubled as a ten: the logarithm of the value is uniform. So is friction in Slippery Ant,
    ``LogUniform(0.02, 2.0, every=2_000_000)``; without ``every`` each world has a value of its own.

    Source: the frictions of Slippery Ant, Dohare et al. 2024 (Nature 632, doi:10.1038/s41586-024-07711-7), as they
    are written down in its code (``lop/rl/cfg/frictions``).

    Attributes:
        low: Lower bound, above 0.
        high: Upper bound.
        every: How long a value is held: life steps, or a pace at whose beats a new one is drawn; None for ever.
    """

    def __post_init__(self) -> None:
        """Check the fields."""
        set_positive(self, "low", "a value")
        super().__post_init__()

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give one of two orders of magnitude."""
        return (cls(0.01, 1.0, every=80),)

    def between(self, share: np.ndarray) -> np.ndarray:
        """Mix the logarithms of the bounds."""
        return self.low * (self.high / self.low) ** share


@dataclass(frozen=True)
class Switching(Signal, kind="switching"):
    """Switch between some values by chance, never to the same one: a Markov chain.

    With a memoryless pace it is one in continuous time, as in worlds that switch between contexts.

    Source: hidden-mode Markov decision processes, Choi, Yeung and Zhang 1999; "memoryless" scheduler of NS-Gym.

    Attributes:
        values: The values, at least two; life begins with the first one.
        every: How long a value is held: life steps, or a pace at whose beats it switches, such as `Memoryless`.
        transitions: Row i gives the probabilities of going from value i to each value; each row sums to 1 and has 0 at
            place i. None for all others equally likely.
    """

    values: tuple[float, ...]
    every: int | Pace
    transitions: tuple[tuple[float, ...], ...] | None = None

    def __post_init__(self) -> None:
        """Check the fields."""
        set_numbers(self, "values", 2, "values")
        set_pace(self, "every")
        if self.transitions is not None:
            rows = _checked(self.transitions, len(self.values))
            object.__setattr__(self, "transitions", rows)

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give a chain of three, and one that goes round one way only."""
        values, around = (0.0, 0.4, 1.0), ((0.0, 1.0, 0.0), (0.2, 0.0, 0.8), (1.0, 0.0, 0.0))
        return (cls(values, every=Memoryless(70)), cls(values, every=50, transitions=around))

    def bind(self, rng: np.random.Generator) -> Curve:
        """Make the curve of one life."""
        beats, dice, values = bind_pace(self.every, rng), CounterDice([rng]), self.values
        others = 1.0 - np.eye(len(values))
        chances = np.asarray(others / others.sum(1) if self.transitions is None else self.transitions)
        rows = np.cumsum(chances, axis=1)
        rows /= rows[:, -1:]  # so that rounding leaves no gap below 1
        steps = rows.tolist()

        def fill(place: int, number: int) -> tuple[list[int], int]:
            places = []
            for chance in dice.uniform(number, SIZE)[0].tolist():
                places.append(place)
                place = bisect_right(steps[place], chance)
            return places, place

        knots: Knots[int, int] = Knots(0, fill)
        return Stepwise(beats, lambda stretch: values[knots[stretch.number]])

    def bounds(self) -> tuple[float, float]:
        """Give its lowest and highest value."""
        return min(self.values), max(self.values)


def _checked(rows: Any, count: int) -> tuple[tuple[float, ...], ...]:
    """Check a matrix of probabilities, and give it as floats."""
    check_tuple("Switching.transitions", rows, 0, "rows of probabilities")
    if len(rows) != count or any(not isinstance(row, tuple) or len(row) != count for row in rows):
        raise ValueError(
            f"Switching.transitions are {count} rows of {count} probabilities, as many as values; got {rows}"
        )
    rows = tuple(
        tuple(check_number(f"Switching.transitions[{i}][{j}]", one, 0, 1, "a probability") for j, one in enumerate(row))
        for i, row in enumerate(rows)
    )
    for i, row in enumerate(rows):
        if abs(sum(row) - 1) > 1e-6:
            raise ValueError(f"Switching.transitions[{i}] sums to 1; got {row}, which sums to {sum(row):g}")
        if row[i] != 0:
            raise ValueError(
                f"Switching.transitions[{i}][{i}] is 0, since a value never switches to itself; got {row[i]}; how long "
                "it stays is what Switching.every says"
            )
    return rows


@dataclass(frozen=True)
class Bursts(Signal, kind="bursts"):
    """Alternate between calm and bursts of geometric lengths, beginning with calm.

    Source: two-state channel of Gilbert 1960 and Elliott 1963, with the probabilities ``1 / calm`` and ``1 / burst``
    of leaving each state in a step.

    Attributes:
        calm: Mean life steps of a calm, at least 1.
        burst: Mean life steps of a burst, at least 1.
        low: Value in calm.
        high: Value in a burst; it may also be the lower one.
    """

    calm: float
    burst: float
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        """Check the fields."""
        set_number(self, "calm", 1, unit="a mean length in life steps")
        set_number(self, "burst", 1, unit="a mean length in life steps")
        set_number(self, "low")
        set_number(self, "high")

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give frequent bursts."""
        return (cls(calm=120.0, burst=30.0),)

    def bind(self, rng: np.random.Generator) -> Curve:
        """Make the curve of one life."""
        dice, low, high = CounterDice([rng]), self.low, self.high
        means = np.resize([self.calm, self.burst], SIZE)

        def fill(last: int, number: int) -> list[int]:
            return np.minimum(last + np.cumsum(gaps(dice.uniform(number, SIZE)[0], means)), NEVER).tolist()

        return Stepwise(DrawnBeats(fill), lambda stretch: high if stretch.number % 2 else low)

    def bounds(self) -> tuple[float, float]:
        """Give its lower and higher value."""
        return min(self.low, self.high), max(self.low, self.high)
