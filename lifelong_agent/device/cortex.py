"""The cortex and its senses, in tensors on the device of a brain: open neurons are gathered by the context's index."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from lifelong_agent.cortex import Cortex
from lifelong_agent.device.rows import first_least, put, row, sent
from lifelong_agent.normalizer import ContextNormalizer


class DeviceCode(NamedTuple):
    """What the open neurons make of senses; see `Code`.

    Attributes:
        sense: What it is about, ``(R, in_dim)``.
        drive: Drives of the open neurons, ``(R, open_neurons)``.
        best: Drive of the neuron that meets the input best, ``(R,)``.
        active: Activity of the open neurons, ``(R, open_neurons)``.
    """

    sense: Tensor
    drive: Tensor
    best: Tensor
    active: Tensor

    def rows(self, which: slice) -> DeviceCode:
        """Take some rows of the batch."""
        return DeviceCode(*(part[which] for part in self))


class DeviceSenses:
    """Does what `ContextNormalizer` does without a host that waits.

    Args:
        home: Where statistics are kept while nobody lives; those of the channels are changed in place.
    """

    count: Tensor

    def __init__(self, home: ContextNormalizer) -> None:
        self._home = home

    def load(self) -> None:
        """Go on from what is at home."""
        home = self._home
        self.mean, self._square = home.mean, home.square
        self.count = sent(home.count, home.mean.device)

    def settle(self) -> None:
        """Bring home what was counted; this waits for the device."""
        self._home.count = self.count.tolist()

    def __call__(self, sense: Tensor, context: Tensor) -> Tensor:
        """Normalise real-valued senses, ``(R, in_dim)``, by the statistics of a context, ``(1,)``."""
        home = self._home
        count = row(self.count, context).clamp(min=1.0).to(sense.dtype)
        deviation = (row(self._square, context) / count).add_(1e-8).sqrt_()
        return (sense - row(self.mean, context)).div_(deviation).clamp_(-home.clip, home.clip)

    def update(self, sense: Tensor, context: Tensor, mask: Tensor) -> None:
        """Take senses, ``(B, in_dim)``, into the statistics of a context, ``(1,)``, where a mask, ``()``, holds."""
        size, count = len(sense), row(self.count, context)
        total, mean = count + size, row(self.mean, context)
        share = (size / total).to(sense.dtype)
        if self._home.scale:
            variance, centre = torch.var_mean(sense, 0, correction=0)
            shift = centre - mean
            square = row(self._square, context) + variance * size + shift.square() * (count * share).to(sense.dtype)
            put(self._square, context, square, mask)
        else:
            shift = sense.mean(0) - mean
        put(self.mean, context, mean + shift * share, mask)
        put(self.count, context, total, mask)

    def clear(self, context: Tensor, mask: Tensor) -> None:
        """Forget the statistics of a context, ``(1,)``, where a mask, ``()``, holds."""
        for table in (self.count, self.mean, self._square):
            put(table, context, 0.0, mask)


class DeviceCortex:
    """Does what `Cortex` does without a host that waits.

    Args:
        home: Where the cortex is kept while nobody lives; all but a few counters is changed in place.
        senses: Normalises what it codes.
    """

    def __init__(self, home: Cortex, senses: DeviceSenses) -> None:
        self._home, self._senses = home, senses

    def load(self) -> None:
        """Go on from what is at home."""
        home = self._home
        device = home.weight.device
        self.similarity, self.settled = sent(home.similarity, device), sent(home.settled, device)
        self._numbers = torch.arange(len(home.weight), device=device)

    def settle(self) -> None:
        """Bring home what was counted; this waits for the device."""
        home = self._home
        home.similarity = [(mean, variance, seen) for mean, variance, seen in self.similarity.tolist()]
        home.settled = self.settled.tolist()
        home.forget_projections()

    def members(self, context: Tensor) -> Tensor:
        """Which neurons a context, ``(1,)``, has open: ``(open_neurons,)``."""
        return row(self._home.members, context)

    def code(self, sense: Tensor, context: Tensor, members: Tensor) -> DeviceCode:
        """Code senses, ``(R, in_dim)``, by the open neurons of a context, ``(1,)``. Changes nothing."""
        home = self._home
        weight = home.weight.index_select(0, members)
        if home.bits:
            drive = sense @ weight.T
            centred = drive - row(home.centre, context)
        else:
            drive = torch.addmm(home.bias.index_select(0, members), self._senses(sense, context), weight.T)
            centred = drive
        return self._fire(sense, drive, centred)

    def _fire(self, sense: Tensor, drive: Tensor, centred: Tensor) -> DeviceCode:
        home = self._home
        best, winners = centred.topk(home.winners, dim=1, sorted=False)
        active = torch.zeros_like(drive).scatter_(1, winners, home.scale)
        return DeviceCode(sense, drive, best.amax(1), active)

    def learn(self, context: Tensor, members: Tensor, code: DeviceCode, mask: Tensor, rate: float = 1e-3) -> None:
        """Follow how often neurons fire, and (bits) the mean drives, where a mask, ``()``, holds."""
        home, size = self._home, len(code.drive)
        settled = row(self.settled, context) + size
        fired = (code.active > 0.0).to(code.active.dtype).mean(0)
        usage = home.usage.index_select(0, members)
        home.usage.index_copy_(0, members, torch.where(mask, usage * (1.0 - rate) + fired * rate, usage))
        if home.bits:
            centre = row(home.centre, context)
            share = (size / settled).to(centre.dtype)
            put(home.centre, context, centre + (code.drive.mean(0) - centre) * share, mask)
        put(self.settled, context, settled, mask)

    def open(self, context: Tensor, importance: Tensor, mask: Tensor) -> Tensor:
        """Give a new context, ``(1,)``, the least useful neurons where a mask, ``()``, holds.

        Args:
            context: The slot.
            importance: How much is known to hang on each neuron, ``(neurons,)``, at least 0.
            mask: Whether it is opened.

        Returns:
            The neurons, ``(open_neurons,)``, in rising order; whoever reads from them must forget what they stood for.
        """
        home = self._home
        slots = torch.arange(len(home.members), device=mask.device)
        before = (slots < context).to(torch.int32)[:, None].expand(home.members.shape)
        taken = torch.zeros_like(self._numbers, dtype=torch.int32)
        taken.index_add_(0, home.members.flatten(), before.flatten())
        utility = importance + 1e-3 * home.usage
        utility = torch.where(taken > 0, utility + 1e-9, utility)
        # Of equals the first: the bits of numbers that are not negative rise as they do; their places break ties.
        order = (utility.view(torch.int32).to(torch.int64) << 32) | self._numbers
        size = home.members.shape[1]
        chosen = order.topk(size, largest=False, sorted=False).indices.sort().values
        put(home.members, context, chosen, mask)
        usage = home.usage.index_select(0, chosen)
        home.usage.index_copy_(0, chosen, usage.masked_fill(mask, 0.0))
        for table in (self.similarity, home.centre, self.settled):
            put(table, context, 0.0, mask)
        return chosen

    def share(self, context: Tensor, mask: Tensor) -> None:
        """Give a new context, ``(1,)``, the neurons of the first one where a mask, ``()``, holds."""
        put(self._home.members, context, self._home.members[0], mask)

    def novel(self, best: Tensor, context: Tensor, mask: Tensor, threshold: float = 4.0) -> tuple[Tensor, Tensor]:
        """Find the most novel input of a batch by the drives of its best neurons, ``(B,)``; see `Cortex.novel`.

        Args:
            best: Drives of the best neurons, ``(B,)``.
            context: The present context, ``(1,)``, whose idea of the usual is updated where the mask holds.
            mask: Whether this is learnt from, ``()``.
            threshold: In standard deviations.

        Returns:
            Its place in the batch, ``(1,)``, and whether it is novel, ``()``, bool.
        """
        met = best.double()
        mean, variance, seen = row(self.similarity, context).unbind()
        low, centre = met.amin(), met.mean()
        step = (1.0 / (seen + 1.0)).clamp(min=1e-3)
        spread = met.square().mean() - 2.0 * mean * centre + mean * mean
        usual = torch.stack([mean + step * (centre - mean), variance + step * (spread - variance), seen + 1.0])
        put(self.similarity, context, usual, mask)
        least = mean - threshold * variance.clamp(min=0.0).sqrt() - 1e-6
        return first_least(met), mask & (seen >= 100.0) & (low <= least)

    def recruit(self, sense: Tensor, context: Tensor, members: Tensor, protected: Tensor, mask: Tensor) -> Recruit:
        """Tune the least used open neuron that is not protected to an input, ``(in_dim,)``, where a mask holds.

        Args:
            sense: What the sensors say.
            context: The present context, ``(1,)``.
            members: Its open neurons, ``(open_neurons,)``.
            protected: Which of them may not be touched, ``(open_neurons,)``, bool.
            mask: Whether one is wanted, ``()``.
        """
        home = self._home
        used = home.usage.index_select(0, members)
        place = first_least(used.masked_fill(protected, torch.inf))
        neuron, taken = members.index_select(0, place), mask & row(protected, place).logical_not()
        if home.bits:
            mean = row(self._senses.mean, context)
            tuned = sense - mean
        else:
            tuned = self._senses(sense[None], context)[0]
        tuned = tuned / tuned.norm().clamp(min=1e-6)
        put(home.weight, neuron, tuned, taken)
        put(home.usage, neuron, used.mean(), taken)
        centre = row(home.centre, context)
        drive = tuned @ row(self._senses.mean, context) if home.bits else centre.new_zeros(())
        here = (torch.arange(len(centre), device=place.device) == place) & taken
        put(home.centre, context, torch.where(here, drive, centre), taken)
        home.born.add_(taken)
        return Recruit(neuron, place, taken)


class Recruit(NamedTuple):
    """A neuron that stands for something new.

    Attributes:
        neuron: Which of all, ``(1,)``.
        place: Its place among the open ones, ``(1,)``.
        taken: Whether one was recruited, ``()``, bool: else nothing has changed.
    """

    neuron: Tensor
    place: Tensor
    taken: Tensor
