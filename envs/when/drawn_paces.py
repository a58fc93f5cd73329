"""Paces that are drawn: beats that come by chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from math import exp, log1p

import numpy as np

from envs.counter import CounterDice
from envs.when.checking import set_number, set_positive
from envs.when.curve import NEVER
from envs.when.knots import SIZE, DrawnBeats
from envs.when.pace import Beats, Pace

_LONGEST = NEVER // (2 * SIZE)
"""Longest gap, so that the ages of a block can be added up."""


def gaps(uniform: np.ndarray, mean: np.ndarray | float) -> np.ndarray:
    """Turn uniform numbers in [0, 1) into geometric numbers from 1 up, int64, of a mean of at least 1."""
    with np.errstate(divide="ignore"):
        drawn = np.log1p(-uniform) / np.log1p(-1.0 / np.asarray(mean, np.float64))
    return 1 + np.minimum(drawn, _LONGEST).astype(np.int64)


@dataclass(frozen=True)
class Memoryless(Pace, kind="memoryless"):
    """A beat with the same probability in each life step, so that the times between them are geometric.

    Source: "random" and "memoryless" schedulers of NS-Gym, whose probability is ``1 / mean``.

    Attributes:
        mean: Mean life steps from beat to beat, at least 1.
    """

    mean: float

    def __post_init__(self) -> None:
        """Check the fields."""
        set_number(self, "mean", 1, unit="a mean length in life steps")

    @classmethod
    def examples(cls) -> tuple[Pace, ...]:
        """Give a quick one."""
        return (cls(60),)

    def bind(self, rng: np.random.Generator) -> Beats:
        """Make the beats of one life."""
        dice, mean = CounterDice([rng]), self.mean

        def fill(last: int, number: int) -> list[int]:
            ages = last + np.cumsum(gaps(dice.uniform(number, SIZE)[0], mean))
            return np.minimum(ages, NEVER).tolist()

        return DrawnBeats(fill)


@dataclass(frozen=True)
class Decaying(Pace, kind="decaying"):
    """A beat with a probability that decays with the age, so that a world comes to rest.

    In life step t there is a beat with probability ``probability * exp(-t / scale)``.

    Source: "decaying probability" scheduler of NS-Gym, whose rate is ``1 / scale``.

    Attributes:
        probability: Probability of a beat in a life step at age 0, above 0 to 1.
        scale: Life steps in which it falls to 1/e, above 0.
    """

    probability: float
    scale: float

    def __post_init__(self) -> None:
        """Check the fields."""
        set_positive(self, "probability", "a probability")
        set_number(self, "probability", 0, 1, "a probability")
        set_positive(self, "scale", "a number of life steps")

    @classmethod
    def examples(cls) -> tuple[Pace, ...]:
        """Give one that rests soon."""
        return (cls(0.05, 400.0),)

    def bind(self, rng: np.random.Generator) -> Beats:
        """Make the beats of one life."""
        dice = CounterDice([rng])

        def draws(number: int) -> Iterator[float]:
            for chunk in count():
                yield from dice.uniform((number << 20) + chunk, 256)[0].tolist()

        def fill(last: int, number: int) -> list[int]:
            return self._ages(last, draws(number))

        return DrawnBeats(fill)

    def _ages(self, age: int, draws: Iterator[float]) -> list[int]:
        """Draw the ages of `SIZE` beats after an age, by thinning.

        As long as the probability is at most what it was at a time, beats can be drawn with that one, and each kept
        with the ratio of its own probability to it (Lewis and Shedler 1979).
        """
        ages: list[int] = []
        while len(ages) < SIZE:
            highest = self._probability(age + 1)
            chance = next(draws)
            gap = 0.0 if highest == 1 else log1p(-chance) / log1p(-highest) if highest > 0 else _LONGEST
            if gap >= _LONGEST:
                return ages + [NEVER] * (SIZE - len(ages))
            age += 1 + int(gap)
            if next(draws) * highest < self._probability(age):
                ages.append(age)
        return ages

    def _probability(self, age: int) -> float:
        return self.probability * exp(-age / self.scale)
