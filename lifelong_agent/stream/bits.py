"""One stream of bits: drives that follow what changed, a whole step in one call."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from lifelong_agent.actor_critic import Yardstick
from lifelong_agent.kernels import drives, living
from lifelong_agent.kernels.finding import (
    BASE,
    CODES,
    COUNT,
    COUNTED,
    LAST,
    LIVED,
    MADE,
    SINCE,
    THEN,
    UNIT,
    VERSION,
)
from lifelong_agent.learner import Rates
from lifelong_agent.stream.stream import RING, Stream

if TYPE_CHECKING:
    from lifelong_agent.brain import TriarchicBrain

BYTE = np.dtype(np.int8)
RECOUNT = 1 << 18
"""Observations after which they are counted anew, before what rounding makes of the usual drives adds up."""


def fixed_point(weight: np.ndarray) -> tuple[np.ndarray, float]:
    """Turn weights, ``(D, m)``, into integers of 16 bits of which no sum of distinct rows overflows 32 bits.

    Returns:
        The integers, ``(D, m)``, each wrong by up to a half, and what an integer 1 stands for.
    """
    bound = max(float(np.abs(weight).sum(0).max()), math.sqrt(len(weight)))
    unit = max(float(np.abs(weight).max()) / np.iinfo(np.int16).max, 2.0 ** math.ceil(math.log2(bound) - 30.0))
    return np.rint(weight / np.float64(unit)).astype(np.int16), unit


def as_bits(sense: np.ndarray) -> np.ndarray:
    """Give an observation the type that kernels know; it is not copied if it has that."""
    if sense.dtype is BYTE and sense.flags.c_contiguous:
        return sense
    return np.ascontiguousarray(sense, np.int8)


class BitStream(Stream):
    """A stream of bits; see `Stream`."""

    def __init__(self, brain: TriarchicBrain, yardstick: Yardstick, rates: Rates) -> None:
        size = brain.cortex.members.shape[1]
        self._drives = np.zeros((RING + 1, size), np.int32)
        self.drives = list(self._drives)
        self.made = np.zeros(RING, np.int64)  # of which weights the drives of a thought were made, counted
        # Usual drives follow what was seen since `origin`: see `code_bits`. The mean input does likewise.
        self.centre, self.origin = np.zeros(size, np.float32), np.zeros(size, np.float32)
        self.counts, self.mean, self.taken = np.zeros(brain.in_dim, np.int32), np.zeros(brain.in_dim), 0.0
        self.seen = np.zeros(2)  # observations before counting began, and since
        self.weight = np.zeros((0, 0), np.int16)
        super().__init__(brain, yardstick, rates)

    @property
    def unit(self) -> float:
        """What an integer 1 of the drives stands for."""
        return float(self.ages[UNIT])

    @property
    def base(self) -> int:
        """The thought that drives are known of."""
        return self.place.item(BASE)

    def live(
        self, after: np.ndarray, upcoming: np.ndarray, action: int, reward: float, terminated: bool, over: bool
    ) -> int:
        """Live one step; see `kernels.living.live`.

        Args:
            after: What was seen after the action, ``(1, D)``.
            upcoming: What is acted on next, ``(1, D)``.
            action: What was done.
            reward: What it brought.
            terminated: Whether nothing follows.
            over: Whether an episode ended.
        """
        after = as_bits(after)
        upcoming = as_bits(upcoming) if over else after
        return living.live(self.at, self.sizes, after, upcoming, action, reward, terminated, over)

    def proceed(self, action: int, reward: float, terminated: bool, over: bool) -> int:
        """Think what came of an action, and learn from it; see `kernels.living.proceed`."""
        return living.proceed(self.at, self.sizes, action, reward, terminated, over)

    def hesitate(self, reward: float, over: bool) -> None:
        """Go on without learning from a step."""
        living.hesitate(self.at, self.sizes, reward, over)

    def heed(self, asked: int) -> None:
        """Do what a step asked for, but for growth; see `kernels.living`."""
        if asked & living.STALE:
            self._remember(self.owed)
        elif asked & living.FULL:
            self._repay()
            self._count_anew(*self._usual())

    def attend(self, which: int) -> None:
        """Code the observation of a thought, read it out, and act on it."""
        living.attend(self.at, self.sizes, which)

    @property
    def then(self) -> int:
        """The thought about what came of the last action."""
        return self.place.item(THEN)

    @property
    def last(self) -> int:
        """The thought about what is acted on after that."""
        return self.place.item(LAST)

    def _room(self) -> np.ndarray:
        return np.zeros((RING + 1, -(-self.width // 8) * 8), np.uint8)

    def _load_weights(self, context: int) -> None:
        weight, _, place = self.cortex._projection(context)
        self.exact = self.cortex.views["weight"][place]
        self.place[VERSION] += 1
        before = self.unit
        self.weight, self.ages[UNIT] = fixed_point(weight.numpy())
        if self.unit != before:  # thoughts keep their drives
            for drive in self.drives:
                drive[:] = np.rint(drive * (before / self.unit))
        self.place[BASE] = RING

    def _load_means(self, context: int) -> None:
        self._count_anew(self.cortex.views["centre"][context], self.normalizer.views["mean"][context])

    def _settle_means(self, context: int) -> None:
        self._repay()
        self.cortex.views["centre"][context], self.normalizer.views["mean"][context] = self._usual()

    def _bind(self, context: int) -> None:
        super()._bind(context)
        self.sizes[COUNTED] = RECOUNT
        self.keep(MADE, [(self.made, np.int64)])
        self.keep(SINCE, [(self.seen, np.float64)])
        codes = [(self._drives, np.int32), (self.weight, np.int16), (self.centre, np.float32)]
        codes += [(self.exact, np.float32), (self.origin, np.float32), (self.counts, np.int32)]
        codes += [(self.normal, np.float32), (self.searcher.lists, np.int64)]
        kinds = np.float32, np.uint8, np.int32, np.float32, np.float64
        self.keep(CODES, codes + list(zip(self.searcher.kit, kinds, strict=True)))

    def _repay(self) -> None:
        """Take in the observation that is owed, if one is."""
        if not self.debt[0]:
            return
        owed = self.owed
        kit = self.places[owed], self.drives[owed], self.unit, self.centre, self.counts, self.seen, self.debt
        drives.repay_bits(*kit)

    def _count_anew(self, centre: np.ndarray, mean: np.ndarray) -> None:
        """Begin to count what is seen: the usual drives and the mean input until now are ``(m,)`` and ``(D,)``."""
        self.centre[:], self.origin[:], self.mean[:] = centre, centre, mean
        self.counts[:] = 0
        self.seen[:], self.taken = (self.ages[LIVED], 0.0), float(self.ages[COUNT])

    def _remember(self, which: int) -> None:
        """Let a thought count with the drives that it had, of weights which have changed since."""
        lived = self.seen[0]
        if lived:
            drive = self.drives[which] * np.float32(self.unit)
            self.origin += (drive - self.exact @ self.places[which].astype(np.float32)) / np.float32(lived)

    def _usual(self) -> tuple[np.ndarray, np.ndarray]:
        """The usual drives, ``(m,)``, and the mean input, ``(D,)``, of all that has been taken in."""
        lived, since = self.seen.tolist()
        counts = self.counts.astype(np.float32)
        drive = (lived * self.origin + self.exact @ counts) / (lived + since) if lived + since else self.origin
        return drive, (self.taken * self.mean + counts) / max(self.taken + since, 1.0)
