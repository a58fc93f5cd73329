"""When a storm does what to which channels, as a function of the age alone."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from envs.changes.storm import Storm

CALM = "calm"


@dataclass(frozen=True)
class Spell:
    """A stretch of one weather: ages ``[start, stop)`` in life steps.

    Attributes:
        start: Age at which it begins.
        stop: Age at which the next one begins.
        kind: A fault, or ``"calm"``.
        mask: Which channels are hit, ``(channels,)`` bool, read-only.
    """

    start: int
    stop: int
    kind: str
    mask: np.ndarray


class Timetable:
    """The weather of a world as a function of the age, drawn as far as it has been asked for.

    Attributes:
        faults: What bursts may do.
    """

    def __init__(self, storm: Storm, channels: int, rng: np.random.Generator) -> None:
        """Begin with calm at age 0."""
        self.faults = storm.faults
        self._storm, self._rng = storm, rng
        self._hit = max(1, round(storm.share * channels))
        self._calm_mask = _frozen(np.zeros(channels, bool))
        self._spells: list[Spell] = []
        self._starts: list[int] = []

    def at(self, age: int) -> Spell:
        """Tell the weather at an age in life steps, at least 0."""
        while not self._spells or self._spells[-1].stop <= age:
            self._extend()
        return self._spells[bisect_right(self._starts, age) - 1]

    def _extend(self) -> None:
        start = self._spells[-1].stop if self._spells else 0
        if len(self._spells) % 2 == 0:
            stop = start + int(self._rng.geometric(1.0 / self._storm.calm))
            spell = Spell(start, stop, CALM, self._calm_mask)
        else:
            stop = start + int(self._rng.geometric(1.0 / self._storm.burst))
            fault = self._storm.faults[int(self._rng.integers(len(self._storm.faults)))]
            mask = np.zeros(len(self._calm_mask), bool)
            mask[self._rng.choice(len(mask), self._hit, replace=False)] = True
            spell = Spell(start, stop, fault, _frozen(mask))
        self._spells.append(spell)
        self._starts.append(start)


def _frozen(mask: np.ndarray) -> np.ndarray:
    mask.flags.writeable = False
    return mask
