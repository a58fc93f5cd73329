"""Signals that come and go evenly."""

from __future__ import annotations

from dataclasses import dataclass
from math import fmod, pi, sin

from envs.when.checking import set_number
from envs.when.linear import between
from envs.when.signal import Fixed, Signal


@dataclass(frozen=True)
class _Wave(Fixed):
    """What waves have in common.

    Attributes:
        period: Life steps of one wave.
        phase: Where in the wave life begins.
    """

    period: float
    phase: float

    def _check(self) -> None:
        set_number(self, "period", 1, unit="a period in life steps")
        set_number(self, "phase", 0, 1, "a share of the period")

    def _place(self, age: int) -> float:
        """Give the place in the wave, from 0 to 1."""
        return fmod(fmod(age, self.period) / self.period + self.phase, 1.0)


@dataclass(frozen=True)
class Sinusoid(_Wave, kind="sinusoid"):
    """Swing around a mean: ``mean + amplitude * sin(2 pi (age / period + phase))``.

    Source: NS-Gym's ``OscillatingUpdate``.

    Attributes:
        period: Life steps of one swing, at least 1.
        phase: Where in the swing life begins, from 0 to 1; 0.25 is the top.
        mean: Value in the middle.
        amplitude: Height of the swing above the mean, at least 0.
    """

    phase: float = 0.0
    mean: float = 0.0
    amplitude: float = 1.0

    def __post_init__(self) -> None:
        """Check the fields."""
        self._check()
        set_number(self, "mean")
        set_number(self, "amplitude", 0, unit="a height")

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give two swings and a half."""
        return (cls(period=400.0, mean=0.5, amplitude=0.5),)

    def bounds(self) -> tuple[float, float]:
        """Give its lowest and highest value."""
        return self.mean - self.amplitude, self.mean + self.amplitude

    def at(self, age: int) -> float:
        """Give its value at an age."""
        return self.mean + self.amplitude * sin(2.0 * pi * self._place(age))


@dataclass(frozen=True)
class Saw(_Wave, kind="saw"):
    """Rise evenly from low to high and fall evenly back, again and again.

    Source: "cyclic_pos" (``rise=1``), "cyclic_neg" (``rise=0``) and "saw_wave" (``rise=0.5``, a triangle) of the
    Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881), without its chance; `RandomWalk` has that.

    Attributes:
        period: Life steps of one tooth, at least 1.
        phase: Where in the tooth life begins, from 0 to 1.
        low: Lowest value.
        high: Highest value.
        rise: Share of the period in which it rises, from 0 to 1: 1 jumps back down, 0 jumps up, 0.5 is a triangle.
    """

    phase: float = 0.0
    low: float = 0.0
    high: float = 1.0
    rise: float = 1.0

    def __post_init__(self) -> None:
        """Check the fields."""
        self._check()
        set_number(self, "low")
        set_number(self, "high", self.low, unit="a value of at least Saw.low")
        set_number(self, "rise", 0, 1, "a share of the period")

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give a saw, a falling saw and a triangle."""
        return (cls(period=250.0), cls(period=250.0, rise=0.0), cls(period=250.0, rise=0.5, phase=0.25))

    def bounds(self) -> tuple[float, float]:
        """Give its lowest and highest value."""
        return self.low, self.high

    def at(self, age: int) -> float:
        """Give its value at an age."""
        place = self._place(age)
        share = place / self.rise if place < self.rise else (1.0 - place) / (1.0 - self.rise or 1.0)
        return between(self.low, self.high, share)
