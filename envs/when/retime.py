"""Signals seen at other ages than their own: shifted, held, paced."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from envs.when.checking import set_whole
from envs.when.curve import Curve
from envs.when.drawn_paces import Memoryless
from envs.when.linear import Linear
from envs.when.pace import Pace, Stepwise, bind_pace, set_pace
from envs.when.paces import Windows
from envs.when.signal import Signal, bind, check_signal
from envs.when.walk import RandomWalk
from envs.when.waves import Saw, Sinusoid


@dataclass(frozen=True)
class Shifted(Signal, kind="shifted"):
    """Let a signal be late: its value of ``steps`` life steps ago; in Python, ``a.shift(steps)``.

    Attributes:
        of: The signal.
        steps: How late it is, in life steps; until then it has the value of its birth. Below 0 it is early.
    """

    of: Signal
    steps: int

    def __post_init__(self) -> None:
        """Check the fields."""
        check_signal("Shifted.of", self.of)
        set_whole(self, "steps", -(2**53), "a number of life steps")

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give a late and an early wave."""
        wave = Saw(period=250.0)
        return (cls(wave, 300), cls(wave, -100))

    def bind(self, rng: np.random.Generator) -> Curve:
        """Make the curve of one life."""
        return _ShiftedCurve(bind(self.of, rng), self.steps)

    def bounds(self) -> tuple[float, float]:
        """Give the bounds of the signal."""
        return self.of.bounds()


class _ShiftedCurve(Curve):
    def __init__(self, of: Curve, steps: int) -> None:
        self._of, self._steps = of, steps

    def at(self, age: int) -> float:
        """Give its value at an age."""
        return self._of.at(max(0, age - self._steps))

    def until(self, age: int) -> int:
        """Give an age before which its value stays."""
        return self._of.until(max(0, age - self._steps)) + self._steps


@dataclass(frozen=True)
class Held(Signal, kind="held"):
    """Sample a signal now and then, and hold what it was; in Python, ``a.hold(every)``.

    Attributes:
        of: The signal.
        every: When it is sampled: every so many life steps, or at the beats of a pace; and at birth.
    """

    of: Signal
    every: int | Pace

    def __post_init__(self) -> None:
        """Check the fields."""
        check_signal("Held.of", self.of)
        set_pace(self, "every")

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give a wave that became stairs, even ones and by chance."""
        wave = Sinusoid(period=400.0)
        return (cls(wave, 40), cls(wave, Memoryless(60)))

    def bind(self, rng: np.random.Generator) -> Curve:
        """Make the curve of one life."""
        beats, of = bind_pace(self.every, rng), bind(self.of, rng)
        return Stepwise(beats, lambda stretch: of.at(stretch.begin))

    def bounds(self) -> tuple[float, float]:
        """Give the bounds of the signal."""
        return self.of.bounds()


@dataclass(frozen=True)
class Paced(Signal, kind="paced"):
    """Let a signal's age be the number of beats so far, so that it moves on at the beats and rests between them.

    Any drift or wave on any pace: with ``Linear(1.0, 0.0, over=10)`` and ``Memoryless(5000)``, a tenth is lost once in
    5,000 life steps on average, ten times.

    Source: update functions on schedulers, NS-Gym, Keplinger et al. 2025 (arXiv:2501.09646).

    Attributes:
        of: The signal, whose steps are beats.
        every: When it moves on by one step: every so many life steps, or at the beats of a pace.
    """

    of: Signal
    every: int | Pace

    def __post_init__(self) -> None:
        """Check the fields."""
        check_signal("Paced.of", self.of)
        set_pace(self, "every")

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give stairs of ten steps that come by chance, and a walk in windows."""
        walk = RandomWalk(0.5, 0.1, every=1, low=0.0, high=1.0)
        return (cls(Linear(1.0, 0.0, over=10), Memoryless(80)), cls(walk, Windows(((50, 100),), period=200)))

    def bind(self, rng: np.random.Generator) -> Curve:
        """Make the curve of one life."""
        beats, of = bind_pace(self.every, rng), bind(self.of, rng)
        return Stepwise(beats, lambda stretch: of.at(stretch.number))

    def bounds(self) -> tuple[float, float]:
        """Give the bounds of the signal."""
        return self.of.bounds()
