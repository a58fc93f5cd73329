"""One stream's working copy of a brain: laid out for learning at every step, settled when the brain is asked."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lifelong_agent.actor_critic import Yardstick
from lifelong_agent.addresses import addresses
from lifelong_agent.kernels import finding, slots
from lifelong_agent.kernels.finding import BEST, COUNT, DEBT, LATEST, LESSONS, LIVED, NOW, OWED, WINNERS
from lifelong_agent.kernels.prefetching import LINE
from lifelong_agent.learner import Rates

if TYPE_CHECKING:
    from lifelong_agent.brain import TriarchicBrain

RING = 5
"""Thoughts that are kept: the one acted on, the one learnt from last, and up to two that came of it, in turn."""


def aligned(shape: tuple[int, ...], kind: type[np.generic]) -> np.ndarray:
    """Make zeros that begin where a line of the cache does."""
    size = math.prod(shape) * np.dtype(kind).itemsize
    room = np.zeros(size + LINE, np.uint8)
    first = -room.ctypes.data % LINE
    return room[first : first + size].view(kind).reshape(shape)


class Searcher:
    """What a coder of ``size`` drives needs to find the largest: memory, and where they were found last."""

    def __init__(self, size: int, width: int) -> None:
        self.lists = np.zeros((2, width + 8), np.int64)
        self.value = np.zeros(size, np.float32)
        self.flag = np.zeros(-(-size // 8) * 8, np.uint8)
        self.where, self.spare = np.zeros(size + 8, np.int32), np.zeros(size, np.float32)
        self.search = np.array([0.0, 0.1, 0.0])
        self.kit = self.value, self.flag, self.where, self.spare, self.search


class Stream(ABC):
    """The open neurons of the present context, and the last thoughts, of a brain that lives in one stream.

    The brain's own buffers stay as they were until ``settle``, which the brain calls before anyone looks at them.
    Looking changes nothing; where something was changed from outside, it is loaded anew.

    Args:
        brain: A brain of one stream, on the CPU, with compiled kernels.
        yardstick: Measures its rewards and errors.
        rates: How fast it learns.
    """

    def __init__(self, brain: TriarchicBrain, yardstick: Yardstick, rates: Rates) -> None:
        self.brain, self.yardstick = brain, yardstick
        self.cortex, self.readout, self.normalizer = brain.cortex, brain.readout, brain.normalizer
        self.inference = brain.inference
        self.width = brain.in_dim
        outputs, size = len(brain.trace), self.cortex.members.shape[1]
        config, readout = brain.config, self.readout
        decay = brain.gamma * config.trace
        horizon = math.ceil(math.log(slots.NEGLIGIBLE) / math.log(decay)) if decay else 1
        speeds = (brain.gamma, decay, horizon, readout.brake, readout.importance_rate, readout.fast_share)
        speeds += (readout.decay, readout.consolidation, self.cortex.scale, 1e-3, *rates)
        speeds += (1.0 - decay, yardstick.rate, yardstick.floor, yardstick.tolerance, 4.0 * config.neurogenesis)
        self.rates = np.array(speeds)

        # One row more than thoughts: no bit on and no drive, what a projection from scratch begins with.
        firing, actions = self.cortex.winners, outputs - 1
        self._senses = self._room()
        self._fired = np.zeros((RING, firing), np.int64)
        self._read = np.zeros((RING, outputs), np.float32), np.zeros((RING, actions)), np.zeros((RING, actions))
        self.senses, self.winners = list(self._senses), list(self._fired)
        self.places = [sense[: self.width] for sense in self.senses]
        self.outputs, self.chances, self.summed = (list(part) for part in self._read)
        self.best = np.zeros(RING)
        # Where the stream stands, and its numbers; where all arrays are, and their sizes: see `kernels.finding`.
        self.place, self.ages = np.zeros(finding.INFORMATIVE + 1, np.int64), np.ones(finding.LIVED + 1)
        self.place[[finding.BASE, OWED, finding.GAUGE]] = RING
        self.at, self.sizes = np.zeros(finding.ADDRESSES, np.int64), np.zeros(finding.QUEUE + 1, np.int64)
        self._kept: dict[int, Any] = {}  # arrays that are found by their addresses

        self.searcher = Searcher(size, self.width)
        self.normal = np.zeros(self.width, np.float32)
        self.rows = aligned((size, 3, outputs), np.float32)
        self.stamps = aligned((size, 2), np.float64)
        # Not a power of two apart, or all that belongs to one neuron would want the same few lines of the cache.
        self.held = np.zeros((4, outputs, size + 80), np.float32)
        self.slot, self.who = np.full(size, -1, np.int32), np.zeros(size, np.int32)
        self.fired, self.empty = np.zeros(size, np.int64), np.zeros(size, np.int32)
        self.code, self.usage = np.zeros(size, np.float32), np.zeros(size, np.float32)
        self.counters = np.zeros(3, np.int64)
        self.numbers, self.debt = np.zeros(6), np.zeros(2)
        self.sizes[: finding.ROOM + 1] = RING, self._senses.shape[1], self.width, size, firing, outputs, size + 80
        self.settled = True  # whether the brain knows all that the stream has learnt
        self._weights: tuple[Any, ...] = ()  # which weights are worked with
        self._marks: tuple[Any, ...] = ()  # what the brain was like when it was settled
        self.load()

    def __getstate__(self) -> None:
        """Refuse to be copied: kernels find what it holds by addresses.

        Raises:
            TypeError: Always.
        """
        raise TypeError("a stream cannot be copied, its brain can: copy that, and make another learner of it")

    @property
    def now(self) -> int:
        """The thought that is acted on."""
        return self.place.item(NOW)

    @property
    def owed(self) -> int:
        """The thought that was learnt from last."""
        return self.place.item(OWED)

    def ready(self) -> bool:
        """Follow what was changed from outside since the last step; False if the brain cannot be followed."""
        if self.settled:
            if self._marks != self._state():
                self.load()
            self.settled = False
        return self.follows

    def load(self) -> None:
        """Take over what the brain holds, for the context it believes in."""
        brain, context = self.brain, self.brain.context
        place = self.cortex.place(context)
        self.follows, self.context = isinstance(place, slice), context
        self.settled = True
        self._marks = self._state()
        if not isinstance(place, slice):
            return
        marks = context, self.cortex.weight._version, self.cortex.members._version, self.cortex.weight.data_ptr()
        if marks != self._weights:
            self._load_weights(context)
            self._weights = marks
        readout, numbers = self.readout, self.numbers
        self.start = place.start
        for part, held in enumerate((readout.core, readout.fast, readout.importance)):
            self.rows[:, part] = held[:, place].T.numpy()
        self.stamps[:] = 1.0, 0.0
        numbers[:3] = 1.0, 0.0, 1.0
        numbers[3:] = self.cortex.similarity[context]
        self.usage[:] = self.cortex.usage[place].numpy()
        trace = brain.trace[:, 0].numpy()
        traced = np.flatnonzero(trace.any(0))
        taken = len(traced)
        self.slot[:] = -1
        self.slot[traced], self.who[:taken] = np.arange(taken), traced
        self.held[0], self.who[taken:] = 0.0, -1
        self.held[0, :, :taken] = trace[:, traced]
        self.held[1:, :, :taken] = self.rows[traced].transpose(1, 2, 0)
        self.fired[:taken] = self.counters[1]
        self.counters[0], self.counters[2] = taken, 0
        self.ages[COUNT], self.ages[LIVED] = self.normalizer.count[context], self.cortex.settled[context]
        self.debt[:] = 0.0, self.ages[COUNT]
        self._load_means(context)
        self._bind(context)

    def settle(self) -> None:
        """Tell the brain all that was learnt."""
        if self.settled or not self.follows:
            return
        self.settled = True
        context, brain = self.context, self.brain
        views = self.readout.views
        weights = views["core"], views["fast"], views["importance"]
        kept = self.rows, self.stamps, self.numbers, self.held, self.slot
        slots.export(*kept, self.start, *weights, brain.views["trace"][:, 0])
        self._settle_means(context)
        run = slice(self.start, self.start + len(self.usage))
        np.multiply(self.usage, np.float32(self.numbers[2]), out=self.cortex.views["usage"][run])
        self.normalizer.count[context] = self.ages[COUNT]
        self.cortex.settled[context] = self.ages[LIVED]
        self.cortex.similarity[context] = tuple(self.numbers[3:].tolist())
        self._marks = self._state()

    def take(self, sense: np.ndarray) -> int:
        """Keep an observation, ``(D,)``; returns the place of the thought about it."""
        self.place[LATEST] = latest = int(self.place[LATEST] + 1) % RING
        np.copyto(self.places[latest], sense, casting="unsafe")
        return latest

    @abstractmethod
    def attend(self, which: int) -> None:
        """Code the observation of a thought, read it out, and act on it."""

    def look(self, which: int) -> None:
        """Read out a thought."""
        finding.look_at(self.at, self.sizes, which)

    def sense(self, which: int) -> Tensor:
        """What a thought is about, ``(D,)``, float32."""
        return torch.from_numpy(self.places[which].astype(np.float32))

    @abstractmethod
    def _room(self) -> np.ndarray:
        """Make room for the observations of all thoughts, and one more."""

    @abstractmethod
    def _load_weights(self, context: int) -> None:
        """Take over the weights by which the senses are projected."""

    @abstractmethod
    def _load_means(self, context: int) -> None:
        """Take over what is usual in a context."""

    @abstractmethod
    def _settle_means(self, context: int) -> None:
        """Tell the brain what is usual."""

    def keep(self, first: int, arrays: list[tuple[np.ndarray, type[np.generic]]]) -> None:
        """Let kernels find arrays, each with the type that they take it for, in `at` from ``first`` on."""
        self.at[first : first + len(arrays)] = addresses(arrays)
        self._kept[first] = arrays

    def _bind(self, context: int) -> None:
        """Let kernels find what they work on: arrays that stay where they are."""
        yardstick, (outputs, chances, summed) = self.yardstick.views, self._read
        shared = [(self.place, np.int64), (self.ages, np.float64), (self._senses, self._senses.dtype.type)]
        self.keep(finding.PLACE, shared)
        self.keep(BEST, [(self.best, np.float64)])
        self.keep(DEBT, [(self.debt, np.float64)])
        self.keep(WINNERS, [(self._fired, np.int64)])
        lessons = [(outputs, np.float32), (chances, np.float64), (summed, np.float64)]
        lessons += [(self.rates, np.float64), (self.numbers, np.float64), (self.counters, np.int64)]
        measures = ("returns", slice(None)), ("spread", context), ("usual", context)
        lessons += [(yardstick[name][which], np.float64) for name, which in measures]
        lessons += [(self.rows, np.float32), (self.stamps, np.float64), (self.held, np.float32), (self.slot, np.int32)]
        lessons += [(self.who, np.int32), (self.fired, np.int64), (self.empty, np.int32)]
        lessons += [(self.code, np.float32), (self.usage, np.float32)]
        self.keep(LESSONS, lessons)

    def _state(self) -> tuple[Any, ...]:
        """What would differ if the brain had been changed from outside."""
        brain, cortex, readout, normalizer = self.brain, self.cortex, self.readout, self.normalizer
        context = self.inference.context if self.inference is not None else 0
        watched = (readout.core, readout.fast, readout.importance, normalizer.mean, normalizer.square)
        watched += (cortex.weight, cortex.members, cortex.usage, cortex.centre, brain.trace)
        versions = [(value._version, value.data_ptr()) for value in watched]
        return context, normalizer.count[context], cortex.settled[context], cortex.similarity[context], versions
