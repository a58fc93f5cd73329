"""Long chains of random values, each made of the one before, that may be asked for in any order and need no history."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Generic, TypeVar

from envs.when.curve import NEVER
from envs.when.pace import Stretch

State = TypeVar("State")
Value = TypeVar("Value", int, float)

SIZE = 1024
"""Values of a block. Even, so that each block begins as the first one."""


class Blocks(Generic[Value]):
    """Independent values numbered from 0 up, in blocks of which one is kept: any number is as near as any other."""

    def __init__(self, fill: Callable[[int], list[Value]]) -> None:
        """Begin; ``fill`` makes the `SIZE` values of block ``number``, as a pure function."""
        self._fill = fill
        self._number, self._block = -1, []

    def __getitem__(self, number: int) -> Value:
        """Give a value."""
        block, place = divmod(number, SIZE)
        return self.block(block)[place]

    def block(self, number: int) -> list[Value]:
        """Give the values of a block, not to be written to."""
        if number != self._number:
            self._block, self._number = self._fill(number), number
        return self._block


class Knots(Blocks[Value], Generic[State, Value]):
    """Values each made of the one before.

    Of each block only the state that it begins with is kept: a chain of 10**9 values keeps some 50 to 100 megabytes.
    Going on costs nothing but the new blocks, some tenths of a microsecond a value; to ask far ahead makes all blocks
    up to there once; to ask for an older value makes its block again.

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
        super().__init__(self._made)
        self.states = [start]
        self._chain = fill

    def block(self, number: int) -> list[Value]:
        """Give the values of a block, not to be written to."""
        while len(self.states) <= number:
            self.extend()
        return super().block(number)

    def extend(self) -> State:
        """Make one more block, and give the state that the next one begins with."""
        super().block(len(self.states) - 1)
        return self.states[-1]

    def _made(self, number: int) -> list[Value]:
        values, after = self._chain(self.states[number], number)
        if len(self.states) == number + 1:
            self.states.append(after)
        return values


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
