"""Long chains of random values, each made of the one before, that may be asked for in any order and need no history."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Generic, TypeVar

from envs.when.curve import NEVER
from envs.when.pace import Stretch

State = TypeVar("State")
Value = TypeVar("Value", int, float)

SIZE = 4096
"""Values of a block. Even, so that each block begins as the first one."""


class Knots(Generic[State, Value]):
    """Values numbered from 0 up, in blocks that are made when they are asked for.

    Of each block only the state that it begins with is kept, and the values of one block: a chain of 10**9 values
    keeps some 10 to 30 megabytes. Going on costs nothing but the new blocks; to ask far ahead makes all blocks up to
    there once; to ask for an older value makes its block again.

    Attributes:
        states: What the blocks begin with, as far as it is known.
    """

    def __init__(self, start: State, fill: Callable[[State, int], tuple[list[Value], State]]) -> None:
        """Begin a chain.

        Args:
            start: What the first block begins with.
            fill: Makes block ``number`` of the state it begins with, as a pure function: its `SIZE` values, and what
                the next block begins with.
        """
        self.states = [start]
        self._fill = fill
        self._number, self._block = -1, []

    def __getitem__(self, number: int) -> Value:
        """Give a value."""
        block, place = divmod(number, SIZE)
        return self.block(block)[place]

    def block(self, number: int) -> list[Value]:
        """Give the values of a block, not to be written to."""
        while len(self.states) <= number:
            self._make(len(self.states) - 1)
        if number != self._number:
            self._make(number)
        return self._block

    def extend(self) -> State:
        """Make one more block, and give the state that the next one begins with."""
        self._make(len(self.states) - 1)
        return self.states[-1]

    def _make(self, number: int) -> None:
        self._block, after = self._fill(self.states[number], number)
        self._number = number
        if len(self.states) == number + 1:
            self.states.append(after)


class DrawnBeats:
    """Beats whose ages are drawn, each after the one before."""

    def __init__(self, fill: Callable[[int, int], list[int]]) -> None:
        """Make beats.

        Args:
            fill: Draws the ages of the beats of block ``number``, `SIZE` of them, rising, given the age of the beat
                before them; `NEVER` for those that never come. A pure function.
        """

        def made(last: int, number: int) -> tuple[list[int], int]:
            ages = fill(last, number)
            return ages, ages[-1]

        self._knots: Knots[int, int] = Knots(0, made)

    def stretch(self, age: int) -> Stretch:
        """Tell in which stretch an age is."""
        lasts = self._knots.states
        while lasts[-1] <= age < NEVER:
            self._knots.extend()
        number = bisect_right(lasts, age) - 1
        ages = self._knots.block(number)
        place = bisect_right(ages, age)
        return Stretch(number * SIZE + place, ages[place - 1] if place else lasts[number], ages[place])
