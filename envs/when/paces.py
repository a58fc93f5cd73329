"""Paces with nothing random about them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from envs.when.checking import check_tuple, check_whole, set_ages, set_whole
from envs.when.curve import NEVER
from envs.when.pace import Beats, Pace, Stretch, bind_pace, set_pace


@dataclass(frozen=True)
class Ages(Pace, kind="ages"):
    """A beat at each of some ages.

    Source: "discrete" scheduler of NS-Gym.

    Attributes:
        ages: The ages in life steps, at least 1, rising.
    """

    ages: tuple[int, ...]

    def __post_init__(self) -> None:
        """Check the fields."""
        set_ages(self, "ages")

    @classmethod
    def examples(cls) -> tuple[Pace, ...]:
        """Give three ages."""
        return (cls((100, 150, 600)),)

    def bind(self, rng: np.random.Generator) -> Beats:
        """Give itself: nothing about it is random."""
        return self

    def stretch(self, age: int) -> Stretch:
        """Tell in which stretch an age is."""
        place = bisect_right(self.ages, age)
        begin = self.ages[place - 1] if place else 0
        return Stretch(place, begin, self.ages[place] if place < len(self.ages) else NEVER)


@dataclass(frozen=True)
class Windows(Pace, kind="windows"):
    """A beat in every life step within some windows, and none outside.

    With a period it is the "burst" scheduler of NS-Gym, without one the "window" scheduler.

    Source: NS-Gym's schedulers (there the end of a window is included).

    Attributes:
        windows: Pairs of begin (included) and end (excluded) in life steps, rising, not overlapping.
        period: Life steps after which the windows come again; None if they come once.
    """

    windows: tuple[tuple[int, int], ...]
    period: int | None = None

    def __post_init__(self) -> None:
        """Check the fields."""
        check_tuple("Windows.windows", self.windows, 1, "pairs of ages (begin, end)")
        last, kept = 0, []
        for place, window in enumerate(self.windows):
            if not isinstance(window, tuple) or len(window) != 2:
                raise TypeError(f"Windows.windows[{place}] is a pair of ages (begin, end); got {window!r}")
            begin, end = window
            begin = check_whole(f"Windows.windows[{place}][0]", begin, last, "an age, after the window before it")
            last = check_whole(f"Windows.windows[{place}][1]", end, begin + 1, "an age, after the window's begin")
            kept.append((begin, last))
        object.__setattr__(self, "windows", tuple(kept))
        set_whole(self, "period", last, "a length in life steps that holds all windows", none=True)

    @classmethod
    def examples(cls) -> tuple[Pace, ...]:
        """Give windows that come once, and some that come again."""
        return (cls(((0, 10), (500, 530))), cls(((20, 30), (30, 31), (60, 100)), period=100))

    def bind(self, rng: np.random.Generator) -> Beats:
        """Give itself: nothing about it is random."""
        return self

    def stretch(self, age: int) -> Stretch:
        """Tell in which stretch an age is."""
        turn, rest = (0, age) if self.period is None else divmod(age, self.period)
        first, last = self.windows[0], self.windows[-1]
        before = sum(min(end, rest + 1) - begin for begin, end in self.windows if begin <= rest)
        number = turn * sum(end - begin for begin, end in self.windows) + before - (first[0] == 0)  # none at age 0
        ends = [min(end - 1, rest) for begin, end in self.windows if begin <= rest]
        begin = ends[-1] if ends else last[1] - 1 - (self.period or 0)
        coming = [max(begin, rest + 1) for begin, end in self.windows if end > rest + 1]
        end = NEVER if not coming and self.period is None else coming[0] if coming else first[0] + (self.period or 0)
        start = age - rest
        return Stretch(number, start + begin if number else 0, NEVER if end == NEVER else start + end)


@dataclass(frozen=True)
class Between(Pace, kind="between"):
    """Another pace, of which the beats outside an interval are left out.

    Source: ``start`` and ``end`` of NS-Gym's schedulers (there the end is included).

    Attributes:
        of: The pace, or a number of life steps.
        begin: Age from which there are beats, in life steps.
        end: Age from which there are none any more; None for no end.
    """

    of: int | Pace
    begin: int = 0
    end: int | None = None

    def __post_init__(self) -> None:
        """Check the fields."""
        set_pace(self, "of")
        set_whole(self, "begin", 0, "an age in life steps")
        set_whole(self, "end", self.begin + 1, "an age after Between.begin", none=True)

    @classmethod
    def examples(cls) -> tuple[Pace, ...]:
        """Give the middle of a periodic one."""
        return (cls(30, begin=300, end=600),)

    def bind(self, rng: np.random.Generator) -> Beats:
        """Make the beats of one life."""
        return _BeatsBetween(bind_pace(self.of, rng), self.begin, NEVER if self.end is None else self.end)


class _BeatsBetween:
    def __init__(self, beats: Beats, begin: int, end: int) -> None:
        self._beats, self._begin, self._end = beats, begin, end
        self._left_out = beats.stretch(begin - 1).number if begin else 0

    def stretch(self, age: int) -> Stretch:
        """Tell in which stretch an age is."""
        looked = min(max(age, self._begin - 1, 0), self._end - 1)
        number, begin, end = self._beats.stretch(looked)
        number -= self._left_out
        return Stretch(number, begin if number else 0, end if end < self._end else NEVER)
