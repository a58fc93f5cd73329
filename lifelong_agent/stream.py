"""One stream's working copy of a brain: laid out for learning at every step, settled when the brain is asked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lifelong_agent import coding_kernels, synapse_kernels
from lifelong_agent.actor_critic import Yardstick
from lifelong_agent.addresses import addresses
from lifelong_agent.checks import check_senses

if TYPE_CHECKING:
    from lifelong_agent.brain import TriarchicBrain

RING = 5
"""Thoughts that are kept: the one acted on, the one learnt from last, and up to two that came of it, in turn."""
COUNTED = 1 << 18
"""Observations after which they are counted anew, before what rounding makes of the usual drives adds up."""


def fixed_point(weight: np.ndarray, kind: type[np.signedinteger]) -> tuple[np.ndarray, float]:
    """Turn weights, ``(D, m)``, into integers of which no sum of distinct rows overflows 32 bits.

    Args:
        weight: The weights.
        kind: Type of the integers: 32 bits are as good as exact; 16 are fetched in half the time, and each is wrong
            by up to half of an integer 1.

    Returns:
        The integers, ``(D, m)``, and what an integer 1 stands for: a power of two for 32 bits.
    """
    bound = max(float(np.abs(weight).sum(0).max()), math.sqrt(len(weight)))
    unit = 2.0 ** math.ceil(math.log2(bound) - 30.0)
    if kind is not np.int32:
        unit = max(float(np.abs(weight).max()) / np.iinfo(kind).max, unit)
    return np.rint(weight / np.float64(unit)).astype(kind), unit


class Searcher:
    """What a coder of ``size`` drives needs to find the largest: memory, and where they were found last."""

    def __init__(self, size: int, width: int) -> None:
        self.lists = np.zeros((2, width + 8), np.int64)
        self.value = np.zeros(size, np.float32)
        self.flag = np.zeros(-(-size // 8) * 8, np.uint8)
        self.where, self.spare = np.zeros(size + 8, np.int32), np.zeros(size, np.float32)
        self.search = np.array([0.0, 0.1, 0.0])
        self.kit = self.value, self.flag, self.where, self.spare, self.search


class Stream:
    """The open neurons of the present context, and the last thoughts, of a brain that lives in one stream.

    The brain's own buffers stay as they were until ``settle``, which the brain calls before anyone looks at them.
    Looking changes nothing; where something was changed from outside, it is loaded anew.

    Args:
        brain: A brain of one stream, on the CPU, with compiled kernels.
        yardstick: Measures its rewards and errors.
        value_rate: See `BrainSpec`, as are the next two.
        policy_rate: Step of the policy.
        entropy: Weight of the entropy direction.
    """

    # What kernels are handed at every step: see `_bind`.
    _centring: tuple[Any, ...]
    _coding: tuple[Any, ...]
    _reading: tuple[Any, ...]
    _learning: tuple[Any, ...]

    def __init__(
        self, brain: TriarchicBrain, yardstick: Yardstick, value_rate: float, policy_rate: float, entropy: float
    ) -> None:
        self.brain, self.yardstick = brain, yardstick
        self.cortex, self.readout, self.normalizer = brain.cortex, brain.readout, brain.normalizer
        self.inference, self.bits = brain.inference, brain.cortex.bits
        self.width = brain.in_dim
        outputs, size = len(brain.trace), self.cortex.members.shape[1]
        config, readout = brain.config, self.readout
        decay = brain.gamma * config.trace
        horizon = math.ceil(math.log(synapse_kernels.NEGLIGIBLE) / math.log(decay)) if decay else 1
        rates = (brain.gamma, decay, horizon, readout.brake, readout.importance_rate, readout.fast_share)
        rates += (readout.decay, readout.consolidation, self.cortex.scale, 1e-3, value_rate, policy_rate, entropy)
        rates += (1.0 - decay, yardstick.rate, yardstick.floor, yardstick.tolerance, 4.0 * config.neurogenesis)
        self.rates = np.array(rates)

        kind, width = (np.uint8, -(-self.width // 8) * 8) if self.bits else (np.float32, self.width)
        # One row more than thoughts: no bit on and no drive, what a projection from scratch begins with.
        firing, actions = self.cortex.winners, outputs - 1
        self._senses = np.zeros((RING + 1, width), kind)
        self._drives = np.zeros((RING + 1, size if self.bits else 0), np.int32)
        self._fired = np.zeros((RING, firing), np.int64)
        self._read = np.zeros((RING, outputs), np.float32), np.zeros((RING, actions)), np.zeros((RING, actions))
        self.senses, self.drives, self.winners = list(self._senses), list(self._drives), list(self._fired)
        self.places = [sense[: self.width] for sense in self.senses]
        self.outputs, self.chances, self.summed = (list(part) for part in self._read)
        self.best = [0.0] * RING
        self.made, self.version = [0] * RING, 0  # of which weights the drives of a thought were made, counted
        self.latest, self.base, self.owed, self.now = 0, RING, RING, 0

        self.searcher = Searcher(size, self.width)
        self.normal = np.zeros(self.width, np.float32)
        self.rows = np.zeros((size, 3, outputs), np.float32)
        self.stamps = np.zeros((size, 2))
        # Not a power of two apart, or all that belongs to one neuron would want the same few lines of the cache.
        self.held = np.zeros((4, outputs, size + 80), np.float32)
        self.slot, self.who = np.full(size, -1, np.int32), np.zeros(size, np.int32)
        self.fired, self.empty = np.zeros(size, np.int64), np.zeros(size, np.int32)
        self.code, self.usage = np.zeros(size, np.float32), np.zeros(size, np.float32)
        self.counters = np.zeros(3, np.int64)
        # Usual drives follow what was seen since `origin`: see `code_bits`. The mean input does likewise.
        self.centre, self.origin = np.zeros(size, np.float32), np.zeros(size, np.float32)
        self.counts, self.mean, self.taken = np.zeros(self.width, np.int32), np.zeros(self.width), 0.0
        self.seen = np.zeros(2)  # observations before counting began, and since
        self.numbers, self.debt = np.zeros(6), np.zeros(2)
        self.unit, self.weight = 1.0, np.zeros((0, 0), np.float32)
        self.settled = True  # whether the brain knows all that the stream has learnt
        self._weights: tuple[Any, ...] = ()  # which weights `weight` was made of
        self._marks: tuple[Any, ...] = ()  # what the brain was like when it was settled
        self.load()

    def __getstate__(self) -> None:
        """Refuse to be copied: kernels find what it holds by addresses.

        Raises:
            TypeError: Always.
        """
        raise TypeError("a stream cannot be copied, its brain can: copy that, and make another learner of it")

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
        self._load_weights(context)
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
        self.count, self.lived = self.normalizer.count[context], self.cortex.settled[context]
        self.debt[:] = 0.0, self.count
        if self.bits:
            self._count_anew(self.cortex.views["centre"][context], self.normalizer.views["mean"][context])
        self._bind(context)

    def settle(self) -> None:
        """Tell the brain all that was learnt."""
        if self.settled or not self.follows:
            return
        self.settled = True
        context, brain = self.context, self.brain
        self._repay()
        views = self.readout.views
        weights = views["core"], views["fast"], views["importance"]
        kept = self.rows, self.stamps, self.numbers, self.held, self.slot
        synapse_kernels.export(*kept, self.start, *weights, brain.views["trace"][:, 0])
        if self.bits:
            self.cortex.views["centre"][context], self.normalizer.views["mean"][context] = self._usual()
        run = slice(self.start, self.start + len(self.usage))
        np.multiply(self.usage, np.float32(self.numbers[2]), out=self.cortex.views["usage"][run])
        self.normalizer.count[context], self.cortex.settled[context] = self.count, self.lived
        self.cortex.similarity[context] = tuple(self.numbers[3:].tolist())
        self._marks = self._state()

    def take(self, sense: np.ndarray) -> int:
        """Keep an observation, ``(D,)``; returns the place of the thought about it."""
        self.latest = latest = (self.latest + 1) % RING
        np.copyto(self.places[latest], sense, casting="unsafe")
        return latest

    def think(self, which: int) -> None:
        """Code the observation of a thought."""
        if self.bits:
            at, sizes = self._coding
            self.best[which] = coding_kernels.code_bits_at(at, sizes, self.unit, self.base, which, self.owed)
            self.base, self.made[which] = which, self.version
            return
        owed = self.senses[self.owed]
        kit: tuple[Any, ...] = self.senses[which], *self._centring, owed, *self._coding, self.winners[which]
        found = coding_kernels.code_reals(*kit)
        if math.isnan(found):
            check_senses("after", self.sense(which)[None], self.width)
        self.best[which] = found

    def look(self, which: int) -> None:
        """Read out a thought."""
        kit: tuple[Any, ...] = (
            self.winners[which],
            *self._reading,
            self.outputs[which],
            self.chances[which],
            self.summed[which],
        )
        synapse_kernels.look(*kit)

    def learn(self, action: int, reward: float, terminated: bool, over: bool, then: int, last: int) -> bool:
        """Learn from the present thought; see `synapse_kernels.learn`.

        Args:
            action: What was done.
            reward: What it brought.
            terminated: Whether nothing follows.
            over: Whether an episode ended.
            then: The thought about what came of it.
            last: The thought to act on next: it is read out.

        Returns:
            Whether the present thought was about something novel.
        """
        now = self.now
        at, sizes = self._learning
        outcome = action, reward, terminated, over
        novel = synapse_kernels.learn_at(at, sizes, self.best[now], *outcome, now, then, last)
        self.count += 1.0
        self.lived += 1.0
        self.owed, self.debt[0] = now, 1.0
        if not self.bits:
            self.debt[1] = self.count
        elif self.made[now] != self.version:
            self._remember(now)
        elif self.seen[1] > COUNTED:
            self._repay()
            self._count_anew(*self._usual())
        return novel

    def sense(self, which: int) -> Tensor:
        """What a thought is about, ``(D,)``, float32."""
        return torch.from_numpy(self.places[which].astype(np.float32))

    def cut(self) -> None:
        """Cut the traces: an episode ended that nothing was learnt from."""
        self.held[0, :, : self.counters[0]] = 0.0

    def _repay(self) -> None:
        context, owed, debt = self.context, self.owed, self.debt
        if not debt[0]:
            return
        if self.bits:
            kit = self.places[owed], self.drives[owed], self.unit, self.centre, self.counts, self.seen, debt
            coding_kernels.repay_bits(*kit)
            return
        mean, square = self.normalizer.views["mean"][context], self.normalizer.views["square"][context]
        coding_kernels.repay_reals(self.places[owed], mean, square, debt[1] - 1.0)
        debt[0] = 0.0

    def _count_anew(self, centre: np.ndarray, mean: np.ndarray) -> None:
        """Begin to count what is seen: the usual drives and the mean input until now are ``(m,)`` and ``(D,)``."""
        self.centre[:], self.origin[:], self.mean[:] = centre, centre, mean
        self.counts[:] = 0
        self.seen[:], self.taken = (self.lived, 0.0), self.count

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
        drives = (lived * self.origin + self.exact @ counts) / (lived + since) if lived + since else self.origin
        return drives, (self.taken * self.mean + counts) / max(self.taken + since, 1.0)

    def _load_weights(self, context: int) -> None:
        marks = context, self.cortex.weight._version, self.cortex.members._version, self.cortex.weight.data_ptr()
        if marks == self._weights:
            return
        weight, bias, place = self.cortex._projection(context)
        self.exact = self.cortex.views["weight"][place]
        self._weights = marks
        self.bias = bias.numpy()
        if not self.bits:
            self.weight = weight.numpy()
            return
        self.version += 1
        before = self.unit
        self.weight, self.unit = fixed_point(weight.numpy(), np.int16)
        if self.unit != before:  # thoughts keep their drives
            for drive in self.drives:
                drive[:] = np.rint(drive * (before / self.unit))
        self.base = RING

    def _bind(self, context: int) -> None:
        """Put together what kernels are handed at every step: arrays that stay where they are."""
        normalizer, yardstick, searcher = self.normalizer.views, self.yardstick.views, self.searcher
        mean, square = normalizer["mean"][context], normalizer["square"][context]
        measures = ("returns", slice(None)), ("spread", context), ("usual", context)
        (outputs, chances, summed), winners = self._read, self._fired
        size, neurons = len(self.usage), searcher.kit
        if self.bits:
            value, flag, where, spare, search = neurons
            arrays = (self._senses, np.uint8), (self._drives, np.int32), (winners, np.int64), (self.weight, np.int16)
            arrays += (self.centre, np.float32), (self.exact, np.float32), (self.origin, np.float32)
            arrays += (
                (self.counts, np.int32),
                (self.seen, np.float64),
                (self.debt, np.float64),
                (self.normal, np.float32),
            )
            arrays += (searcher.lists, np.int64), (value, np.float32), (flag, np.uint8), (where, np.int32)
            arrays += (spare, np.float32), (search, np.float64)
            sizes = RING + 1, self._senses.shape[1], self.width, size, self.cortex.winners
            self._coding = addresses(arrays), np.array(sizes)
        else:
            self._centring = mean, square, self.debt
            self._coding = self.normalizer.clip, self.weight, self.bias, self.normal, *neurons
        kept = self.rows, self.stamps, self.numbers, self.held, self.slot
        self._reading = self.rates, *kept
        arrays = (winners, np.int64), (outputs, np.float32), (chances, np.float64), (summed, np.float64)
        arrays += (self.rates, np.float64), (self.numbers, np.float64), (self.counters, np.int64)
        arrays += tuple((yardstick[name][which], np.float64) for name, which in measures)
        arrays += (self.rows, np.float32), (self.stamps, np.float64), (self.held, np.float32), (self.slot, np.int32)
        arrays += (self.who, np.int32), (self.fired, np.int64), (self.empty, np.int32)
        arrays += (self.code, np.float32), (self.usage, np.float32)
        sizes = RING, size, self.cortex.winners, outputs.shape[1], self.held.shape[2]
        self._learning = addresses(arrays), np.array(sizes)
        self._found = yardstick, self.exact  # kept, for they are found by their addresses

    def _state(self) -> tuple[Any, ...]:
        """What would differ if the brain had been changed from outside."""
        brain, cortex, readout, normalizer = self.brain, self.cortex, self.readout, self.normalizer
        context = self.inference.context if self.inference is not None else 0
        watched = (readout.core, readout.fast, readout.importance, normalizer.mean, normalizer.square)
        watched += (cortex.weight, cortex.members, cortex.usage, cortex.centre, brain.trace)
        versions = [(value._version, value.data_ptr()) for value in watched]
        return context, normalizer.count[context], cortex.settled[context], cortex.similarity[context], versions
