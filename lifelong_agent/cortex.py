"""The cortex: a sparse code in which a new world opens the least useful neurons and few of them win."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from lifelong_agent.projection import project, random_rows


class Cortex(nn.Module):
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
    settled: Tensor
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
        # Running mean of each open neuron's drive in each context (bits only), and how many drives it is the mean of.
        self.register_buffer("centre", torch.zeros(contexts, open_neurons))
        self.register_buffer("settled", torch.zeros(contexts))
        self.register_buffer("members", torch.zeros(contexts, open_neurons, dtype=torch.long))
        self.register_buffer("usage", torch.zeros(neurons))
        # Running mean and variance of how well inputs are met by their best neuron, per context: (mean, variance, n).
        # Scalars that decide what is done next: kept as Python numbers, so that no step waits for a device twice.
        self.similarity = [(0.0, 0.0, 0.0)] * contexts
        self.register_buffer("born", torch.zeros((), dtype=torch.long))
        self._projections: dict[int, tuple[Tensor, Tensor]] = {}

    @property
    def scale(self) -> float:
        """Activity of one winner, so that a code has unit length."""
        return self.winners**-0.5

    def forward(self, sense: Tensor, context: int) -> tuple[Tensor, Tensor]:
        """Code senses, shape ``(B, in_dim)``: bits as they are, real-valued channels normalised.

        Returns:
            The winners' places among the open neurons, ``(B, k)``, and the drives of these, ``(B, open_neurons)``.
        """
        weight, bias = self._projection(context)
        drive = project(sense, weight, bits=self.bits)
        drive = drive - self.centre[context] if self.bits else drive + bias
        return drive.topk(self.winners, dim=1, sorted=False).indices, drive

    def settle(self, context: int, drive: Tensor) -> None:
        """Take the drives of a batch, ``(B, open_neurons)``, into the running mean that bits are centred by."""
        if self.bits:
            self.settled[context] += drive.shape[0]
            self.centre[context] += drive.sum(0) / self.settled[context]

    def open(self, context: int, importance: Tensor) -> Tensor:
        """Give a new context the least useful neurons.

        Args:
            context: The slot.
            importance: How much is known to hang on each neuron, shape ``(neurons,)``, at least 0.

        Returns:
            The neurons, shape ``(open_neurons,)``; whoever reads from them must forget what they stood for.
        """
        utility = importance + 1e-3 * self.usage
        utility[self.members[:context].flatten()] += 1e-9  # silent so far, but another context's all the same
        chosen = utility.topk(self.members.shape[1], largest=False, sorted=False).indices
        self.members[context] = chosen
        self.usage[chosen] = 0.0
        self.similarity[context] = (0.0, 0.0, 0.0)
        self.centre[context] = 0.0
        self.settled[context] = 0.0
        self.forget_projections()
        return chosen

    def use(self, context: int, active: Tensor, rate: float = 1e-3) -> None:
        """Follow how often each open neuron fires: ``active`` is its share of the batch, shape ``(open_neurons,)``."""
        members = self.members[context]
        self.usage[members] += rate * (active - self.usage[members])

    def novel(self, drive: Tensor, context: int, threshold: float = 4.0) -> int | None:
        """Find the most novel input of a batch, if any is.

        Novel is an input whose best neuron meets it worse than usual in this context by ``threshold`` standard
        deviations.

        Args:
            drive: Drives of the open neurons, ``(B, open_neurons)``.
            context: The present context, whose idea of the usual is updated.
            threshold: In standard deviations.

        Returns:
            Its place in the batch, or None.
        """
        best = drive.amax(1)
        low, centre, square = torch.stack([best.min(), best.mean(), (best**2).mean()]).tolist()
        mean, variance, seen = self.similarity[context]
        step = max(1.0 / (seen + 1.0), 1e-3)
        spread = square - 2.0 * mean * centre + mean * mean
        self.similarity[context] = (mean + step * (centre - mean), variance + step * (spread - variance), seen + 1.0)
        if seen < 100 or low > mean - threshold * max(variance, 0.0) ** 0.5 - 1e-6:
            return None
        return int(best.argmin())

    def recruit(self, sense: Tensor, context: int, protected: Tensor) -> Tensor:
        """Neurogenesis: tune the least used open neuron to an input.

        Args:
            sense: The input, centred or normalised, ``(in_dim,)``.
            context: The present context.
            protected: Which open neurons may not be touched, shape ``(open_neurons,)``, bool.

        Returns:
            The place of the recruited neuron among the open ones, shape ``(1,)``.
        """
        members = self.members[context]
        place = self.usage[members].masked_fill(protected, torch.inf).argmin().view(1)
        neuron = members[place]
        self.weight[neuron] = sense / sense.norm().clamp(min=1e-6)
        self.usage[neuron] = self.usage[members].mean()
        self.centre[context, place] = 0.0
        self.born += 1
        self.forget_projections()
        return place

    def forget_projections(self) -> None:
        """Drop the cached projections: to be called after the weights or the members were changed from outside."""
        self._projections.clear()

    def _projection(self, context: int) -> tuple[Tensor, Tensor]:
        # Gathering the open rows costs more than using them, so each context's block is kept until something changes.
        if context not in self._projections:
            members = self.members[context]
            self._projections[context] = (self.weight[members].T.contiguous(), self.bias[members])
        return self._projections[context]

    def get_extra_state(self) -> list[tuple[float, float, float]]:
        """What is usual in each context: part of ``state_dict()``."""
        return list(self.similarity)

    def set_extra_state(self, state: list[tuple[float, float, float]]) -> None:
        """Restore what is usual in each context."""
        self.similarity = [(mean, variance, seen) for mean, variance, seen in state]
        self.forget_projections()

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        self.forget_projections()  # they are no buffers: a move to another device would leave them behind
        return super()._apply(fn, recurse)
