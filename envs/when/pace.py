"""When something happens again and again: the beats at which a signal takes its next value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from envs.when.checking import set_whole
from envs.when.curve import NEVER, Curve
from envs.when.signal import register


class Stretch(NamedTuple):
    """The time from one beat to the next one: ages ``[begin, end)`` in life steps.

    Attributes:
        number: How many beats there were up to ``begin``, from 0.
        begin: Age of the last beat; 0 before the first one.
        end: Age of the next beat; `NEVER` after the last one.
    """

    number: int
    begin: int
    end: int


class Beats(Protocol):
    """A pace in one life. The first beat is at age 1 or later."""

    def stretch(self, age: int) -> Stretch:
        """Tell in which stretch an age is; asked again, and in any order, it is the same."""
        ...


@dataclass(frozen=True)
class Pace(ABC):
    """When a signal takes its next value, as data: the other half of "what changes, and when".

    Signals that go from value to value have a field ``every``: a whole number of life steps, or a pace. A subclass is a
    frozen dataclass that names its kind, ``class Dawns(Pace, kind="dawns")``; defining it registers it.

    Source: the split into schedulers and update functions of NS-Gym, Keplinger et al. 2025 (arXiv:2501.09646).

    Attributes:
        kinds: All registered paces by kind.
        kind: The name of this pace in specs.
    """

    kinds: ClassVar[dict[str, type[Pace]]] = {}
    kind: ClassVar[str]

    def __init_subclass__(cls, *, kind: str, **rest: object) -> None:
        """Register a new kind of pace.

        Raises:
            TypeError: If another class has claimed the kind.
        """
        super().__init_subclass__(**rest)
        register(Pace.kinds, kind, cls)
        cls.kind = kind

    @classmethod
    def examples(cls) -> tuple[Pace, ...]:
        """Give some paces of this kind with several beats within 1,000 steps, for the tests and the documentation."""
        return (cls(),)

    @abstractmethod
    def bind(self, rng: np.random.Generator) -> Beats:
        """Make the beats of one life; what is random about them is drawn from the generator, which they own."""


@dataclass(frozen=True)
class Periodic(Pace, kind="periodic"):
    """A beat every so many life steps; ``every: 100`` is short for it.

    Attributes:
        every: Life steps from beat to beat, at least 1.
        begin: Age that it is counted from: the first beat is at ``begin + every``.
    """

    every: int
    begin: int = 0

    def __post_init__(self) -> None:
        """Check the fields."""
        set_whole(self, "every", 1, "a number of life steps")
        set_whole(self, "begin", 0, "an age in life steps")

    @classmethod
    def examples(cls) -> tuple[Pace, ...]:
        """Give a late one."""
        return (cls(every=70, begin=200),)

    def bind(self, rng: np.random.Generator) -> Beats:
        """Give itself: nothing about it is random."""
        return self

    def stretch(self, age: int) -> Stretch:
        """Tell in which stretch an age is."""
        number = max(0, (age - self.begin) // self.every)
        begin = self.begin + number * self.every
        return Stretch(number, begin if number else 0, begin + self.every)


class Stepwise(Curve):
    """A curve that takes a value at each beat and keeps it until the next one."""

    def __init__(self, beats: Beats, value: Callable[[Stretch], float]) -> None:
        """Make a curve.

        Args:
            beats: When it takes the next value.
            value: Gives the value in a stretch, as a pure function.
        """
        self._beats, self._value_in = beats, value
        self._begin = self._end = -1
        self._value = 0.0

    def at(self, age: int) -> float:
        """Give its value at an age."""
        if not self._begin <= age < self._end:
            self._find(age)
        return self._value

    def until(self, age: int) -> int:
        """Give the age of the next beat."""
        if not self._begin <= age < self._end:
            self._find(age)
        return self._end

    def _find(self, age: int) -> None:
        stretch = self._beats.stretch(age)
        self._value = self._value_in(stretch)
        _, self._begin, self._end = stretch


def bind_pace(every: int | Pace | None, rng: np.random.Generator) -> Beats:
    """Make the beats of a number of life steps, of a pace, or of None, never, splitting a generator off as `bind`."""
    (own,) = rng.spawn(1)
    if every is None:
        return Periodic(NEVER)
    return every.bind(own) if isinstance(every, Pace) else Periodic(every)


def set_pace(thing: Any, name: str, none: bool = False) -> None:
    """Check that a field of a frozen dataclass is a number of life steps or a pace, and keep the number as an int.

    With ``none`` None is fine.

    Raises:
        TypeError: If it is neither a whole number nor a pace.
        ValueError: If it is a number below 1.
    """
    every = getattr(thing, name)
    if not isinstance(every, Pace):
        set_whole(thing, name, 1, "a number of life steps or a pace", none=none)
