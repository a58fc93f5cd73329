"""The cortex: a sparse code in which a new world opens the least useful neurons and few of them win."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from lifelong_agent.engine import kernels
from lifelong_agent.projection import project, random_rows
from lifelong_agent.readout import Place
from lifelong_agent.views import Viewed


class Code(NamedTuple):
    """What the open neurons make of senses.

    Attributes:
        winners: Places of the firing neurons among the open ones, ``(B, k)``.
        drive: Drives of the open neurons, ``(B, open_neurons)``, before they are centred.
        best: Drive of the neuron that meets the input best, ``(B,)``.
    """

    winners: Tensor
    drive: Tensor
    best: Tensor

    def active(self, scale: float) -> Tensor:
        """Activity of the open neurons, ``(B, open_neurons)``: ``scale`` where a neuron fires, 0 elsewhere."""
        return torch.zeros_like(self.drive).scatter_(1, self.winners, scale)

    def rows(self, which: slice | Tensor) -> Code:
        """Take some rows of the batch: a slice, or indices of shape ``(R,)``."""
        return Code(*(part[which] for part in self))


class Cortex(Viewed):
    """Random sparse projection, k-winner-take-all among the neurons that the present context has open, neurogenesis.

    Each context owns a subset of ``open_neurons`` of all ``neurons``: the least useful ones when it was opened, so as
    long as there are fresh neurons no two worlds share any, and a new world starts with a code without habits.

    Sources: the fly's olfactory code (Dasgupta, Stevens & Navlakha 2017) for the projection; gating by context
    (Masse, Grant & Freedman 2018); neurogenesis as recruitment of the least useful (Draelos et al. 2017).

    Args:
        in_dim: Number of sense channels.
        neurons: Number of neurons in all.
        open_neurons: Number of neurons that one context has open.
        winners: Number of neurons that fire, of the open ones.
        contexts: Number of context slots.
        bits: Whether the senses are bits: their drives are centred per context and have no other bias; real-valued
            senses come normalised, and biases spread over ``[-1, 1]`` tell their few dimensions apart.
        fan_in: Share of the channels that a neuron sees, in ``(0, 1]``.
        generator: Draws the projection.

    Raises:
        ValueError: If a size does not fit the others.
    """

    weight: Tensor
    bias: Tensor
    members: Tensor
    usage: Tensor
    centre: Tensor
    born: Tensor

    def __init__(
        self,
        in_dim: int,
        *,
        neurons: int,
        open_neurons: int,
        winners: int,
        contexts: int,
        bits: bool,
        fan_in: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        if not 0 < winners <= open_neurons <= neurons:
            raise ValueError(
                f"a cortex needs 0 < winners <= open_neurons <= neurons; got winners={winners}, "
                f"open_neurons={open_neurons}, neurons={neurons}"
            )
        if not 0.0 < fan_in <= 1.0:
            raise ValueError(f"fan_in is a share of the sense channels in (0, 1]; got {fan_in}")
        self.winners = winners
        self.bits = bits
        self.register_buffer("weight", random_rows(neurons, in_dim, fan_in, generator))
        self.register_buffer("bias", (torch.rand(neurons, generator=generator) * 2 - 1) * (not bits))
        self.compiled = False
        # Running mean of each open neuron's drive in each context (bits only), and how many drives it is the mean of.
        self.register_buffer("centre", torch.zeros(contexts, open_neurons))
        self.settled = [0.0] * contexts
        self.register_buffer("members", torch.zeros(contexts, open_neurons, dtype=torch.long))
        self.register_buffer("usage", torch.zeros(neurons))
        # Running mean and variance of how well inputs are met by their best neuron, per context: (mean, variance, n).
        # Scalars that decide what is done next: kept as Python numbers, so that no step waits for a device twice.
        self.similarity = [(0.0, 0.0, 0.0)] * contexts
        self.register_buffer("born", torch.zeros((), dtype=torch.long))
        self._projections: dict[int, tuple[Tensor, Tensor, Place]] = {}

    @property
    def scale(self) -> float:
        """Activity of one winner, so that a code has unit length."""
        return self.winners**-0.5

    def forward(self, sense: Tensor, context: int) -> Code:
        """Code senses, shape ``(B, in_dim)``: bits as they are, real-valued channels normalised. Changes nothing."""
        weight, bias, _ = self._projection(context)
        if self.compiled:
            size = len(sense)
            drive, best = np.empty((size, weight.shape[1]), np.float32), np.empty(size, np.float32)
            winners = np.empty((size, self.winners), np.int64)
            if self.bits:
                kernels().sum_rows(sense.numpy(), weight.numpy(), drive)
            elif len(weight) > 256:  # many channels are what matrix products are for
                drive = torch.addmm(bias, sense, weight).numpy()
            else:
                kernels().combine_rows(sense.numpy(), weight.numpy(), bias.numpy(), drive)
            kernels().fire(drive, self.views["centre"][context], winners, best)
            return Code(torch.from_numpy(winners), torch.from_numpy(drive), torch.from_numpy(best))
        if self.bits:
            drive = project(sense, weight, bits=True)
            best, winners = (drive - self.centre[context]).topk(self.winners, dim=1, sorted=False)
        else:
            drive = torch.addmm(bias, sense, weight)
            best, winners = drive.topk(self.winners, dim=1, sorted=False)
        return Code(winners, drive, best.amax(1))

    def learn(self, context: int, code: Code, rate: float = 1e-3) -> None:
        """Follow how often each open neuron fires, and (bits only) the mean drive that drives are centred by."""
        place = self.place(context)
        size = code.drive.shape[0]
        self.settled[context] += size
        share = size / self.settled[context]
        if self.compiled and isinstance(place, slice):
            kernels().follow_usage(code.winners.numpy(), self.views["usage"][place], rate)
        else:
            # What is given a value may be a copy.
            self.usage[place] = self.usage[place].mul_(1.0 - rate).add_(code.active(1.0).mean(0), alpha=rate)
        if self.bits and self.compiled:
            kernels().follow_mean(code.drive.numpy(), self.views["centre"][context], share)
        elif self.bits:
            self.centre[context] += (code.drive.mean(0) - self.centre[context]) * share

    def place(self, context: int) -> Place:
        """Say which neurons a context has open: as a slice if they follow one another, else as an index."""
        return self._projection(context)[2]

    def open(self, context: int, importance: Tensor) -> Tensor:
        """Give a new context the least useful neurons.

        Args:
            context: The slot.
            importance: How much is known to hang on each neuron, shape ``(neurons,)``, at least 0.

        Returns:
            The neurons, shape ``(open_neurons,)``, in rising order; whoever reads from them must forget what they
            stood for.
        """
        utility = importance + 1e-3 * self.usage
        utility[self.members[:context].flatten()] += 1e-9  # silent so far, but another context's all the same
        # Of equals the first: fresh neurons follow one another, and what follows one another is changed in place.
        chosen = utility.argsort(stable=True)[: self.members.shape[1]].sort().values
        self.members[context] = chosen
        self.usage[chosen] = 0.0
        self.similarity[context] = (0.0, 0.0, 0.0)
        self.centre[context] = 0.0
        self.settled[context] = 0.0
        self.forget_projections()
        return chosen

    def novel(self, best: Tensor, context: int, threshold: float = 4.0) -> int | None:
        """Find the most novel input of a batch, if any is.

        Novel is an input whose best neuron meets it worse than usual in this context by ``threshold`` standard
        deviations.

        Args:
            best: Drives of the best neurons, ``(B,)``.
            context: The present context, whose idea of the usual is updated.
            threshold: In standard deviations.

        Returns:
            Its place in the batch, or None.
        """
        met = best.tolist()
        low, centre, square = min(met), sum(met) / len(met), sum(one * one for one in met) / len(met)
        mean, variance, seen = self.similarity[context]
        step = max(1.0 / (seen + 1.0), 1e-3)
        spread = square - 2.0 * mean * centre + mean * mean
        self.similarity[context] = (mean + step * (centre - mean), variance + step * (spread - variance), seen + 1.0)
        if seen < 100 or low > mean - threshold * max(variance, 0.0) ** 0.5 - 1e-6:
            return None
        return met.index(low)

    def recruit(self, sense: Tensor, context: int, protected: Tensor, mean: Tensor | None = None) -> int | None:
        """Neurogenesis: tune the least used open neuron to an input.

        Args:
            sense: The input, ``(in_dim,)``: bits as they are, real-valued channels normalised.
            context: The present context.
            protected: Which open neurons may not be touched, shape ``(open_neurons,)``, bool.
            mean: The usual input, ``(in_dim,)``, for bits: the neuron is tuned to what differs from it.

        Returns:
            The place of the recruited neuron among the open ones; None if all are protected.
        """
        members = self.members[context]
        usage = self.usage[members].masked_fill(protected, torch.inf)
        place = int(usage.argmin())
        if bool(protected[place]):
            return None
        neuron = members[place]
        tuned = sense if mean is None else sense - mean
        tuned = tuned / tuned.norm().clamp(min=1e-6)
        self.weight[neuron] = tuned
        self.usage[neuron] = self.usage[members].mean()
        self.centre[context, place] = 0.0 if mean is None else tuned @ mean
        self.born += 1
        self.forget_projections()
        return place

    def forget_projections(self) -> None:
        """Drop the cached projections: to be called after the weights or the members were changed from outside."""
        self._projections.clear()

    def _projection(self, context: int) -> tuple[Tensor, Tensor, Place]:
        # Gathering the open rows costs more than using them, so each context's block is kept until something changes.
        if context not in self._projections:
            members = self.members[context]
            first, last = members[[0, -1]].tolist() if members.device.type != "meta" else (0, 0)
            run = last - first == len(members) - 1
            place = slice(first, last + 1) if run else members
            self._projections[context] = (self.weight[members].T.contiguous(), self.bias[members], place)
        return self._projections[context]

    def get_extra_state(self) -> dict[str, Any]:
        """What is usual in each context: part of ``state_dict()``."""
        return {"similarity": list(self.similarity), "settled": list(self.settled)}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore what is usual in each context."""
        self.similarity = [(mean, variance, seen) for mean, variance, seen in state["similarity"]]
        self.settled = list(state["settled"])
        self.forget_projections()

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        self.forget_projections()  # they are no buffers: a move to another device would leave them behind
        return super()._apply(fn, recurse)
