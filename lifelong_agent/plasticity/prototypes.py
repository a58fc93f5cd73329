"""Contexts as stored mean inputs: committed when the input is new, known again when it returns."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from lifelong_agent.plasticity.dendrites import centred
from lifelong_agent.plasticity.settings import Prototypes


class ContextStore(nn.Module):
    """Mean inputs of the contexts met so far, and which of them the input belongs to.

    Two inputs are compared by the cosine of their deviations from their own mean over the channels, so that brightness
    and contrast do not count.

    Buffers:
        means: ``(capacity, channels)``; rows of contexts not met yet are zero.
        directions: The same, centred and of length 1.
        variances: The same shape, of the channels in each context when it was left; only with a gain.
        steps: Steps learnt in each context, ``(capacity,)``, int64.
        counts: How many contexts there are, and which one is the present one (-1 for none), ``(2,)``, int64.
    """

    means: Tensor
    directions: Tensor
    variances: Tensor
    steps: Tensor
    counts: Tensor

    def __init__(self, example: Tensor, settings: Prototypes, gain: bool = False) -> None:
        """Begin without contexts.

        Args:
            example: One input.
            settings: The constants.
            gain: Whether contexts keep the variances of the input as well.
        """
        super().__init__()
        self.settings = settings
        capacity = settings.capacity
        self.register_buffer("means", example.new_zeros(capacity, example.numel()))
        self.register_buffer("directions", example.new_zeros(capacity, example.numel()))
        if gain:
            self.register_buffer("variances", example.new_zeros(capacity, example.numel()))
        self.register_buffer("steps", torch.zeros(capacity, dtype=torch.int64))
        self.register_buffer("counts", torch.tensor([0, -1]))

    @property
    def known(self) -> int:
        """How many contexts there are."""
        return int(self.counts[0])

    @property
    def present(self) -> int:
        """The present context, -1 before the first."""
        return int(self.counts[1])

    @torch.no_grad()
    def likeness(self, seen: Tensor) -> Tensor:
        """Compare inputs with all known contexts.

        Args:
            seen: ``(B, ...)``: single inputs, or means of several, with the shape of one input.

        Returns:
            Cosines, ``(B, known)``.
        """
        flat = seen.reshape(len(seen), -1)
        flat = flat - flat.mean(dim=1, keepdim=True)
        flat = flat / flat.norm(dim=1, keepdim=True).clamp_min(1e-8)
        return flat @ self.directions[: self.known].T

    @torch.no_grad()
    def nearest(self, seen: Tensor) -> Tensor:
        """Name the nearest context of each input, ``(B,)``; -1 where none is known."""
        if self.known == 0:
            return torch.full((len(seen),), -1)
        return self.likeness(seen).argmax(dim=1)

    @torch.no_grad()
    def place(self, recent: Tensor) -> int:
        """Find where the input of late belongs: a known context, or -1 for one that is new.

        Stays in the present context as long as the input matches that.
        """
        if self.present >= 0 and float(centred(recent) @ self.directions[self.present]) > self.settings.match:
            return self.present
        if self.known == 0:
            return -1
        cosines = self.likeness(recent[None])[0]
        best = int(cosines.argmax())
        full = self.known == self.settings.capacity
        return best if full or float(cosines[best]) > self.settings.match else -1

    @torch.no_grad()
    def commit(self, recent: Tensor) -> int:
        """Store a new context.

        Raises:
            ValueError: If all places are taken; `place` then gives the nearest.
        """
        context = self.known
        if context == self.settings.capacity:
            raise ValueError(f"a store of {context} contexts is full; give Prototypes a larger capacity")
        self.counts[0] += 1
        self._keep(context, recent)
        return context

    @torch.no_grad()
    def enter(self, context: int) -> None:
        """Make a context the present one."""
        self.counts[1] = context

    @torch.no_grad()
    def forget(self, known: int) -> None:
        """Keep only so many contexts, the oldest ones; the present one is among them."""
        kept = [self.means, self.directions, self.steps, *([self.variances] if hasattr(self, "variances") else [])]
        for rows in kept:
            rows[known:] = 0
        self.counts[0] = known

    @torch.no_grad()
    def follow(self, seen: Tensor) -> float:
        """Move the present prototype to a batch mean, ever more slowly; give the rate, which hidden units may share."""
        context = self.present
        self.steps[context] += 1
        rate = 1 / int(self.steps[context])
        self._keep(context, self.means[context].lerp(seen.flatten(), max(rate, self.settings.floor)))
        return rate

    @property
    def learning(self) -> float:
        """What is left of the learning rate here: ``settled + (1 - settled) exp(-steps / settling)``."""
        settings = self.settings
        if settings.settled == 1 or self.present < 0:
            return 1.0
        return settings.settled + (1 - settings.settled) * math.exp(-int(self.steps[self.present]) / settings.settling)

    def _keep(self, context: int, mean: Tensor) -> None:
        self.means[context] = mean.flatten()
        self.directions[context] = centred(mean)
