"""How familiar binary senses look, one model per context: a world is known by which bits it ever shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lifelong_agent.engine import kernels


class Familiarity(nn.Module):
    """Each context knows how often each bit is on, and how surprising its own observations usually are.

    Bits of a view are far from independent, so a naive likelihood would take a walk into another corner for another
    world. What counts instead is typicality: an observation speaks against a context only if it is surprising beyond
    that context's own usual surprise, several times over, or shows bits that this context has all but never shown, more
    of them than its own observations still do.

    Source: typicality tests in place of likelihoods (Nalisnick et al. 2019), on an independent Bernoulli density.

    Args:
        in_dim: Number of bits.
        contexts: Number of context slots.
        memory: Samples after which an old sample counts 1/e.
        limit: Largest evidence of one observation against a context, in nats.
    """

    chance: Tensor
    surprise: Tensor
    novel: Tensor
    seen: Tensor

    def __init__(self, in_dim: int, contexts: int, *, memory: float = 20_000.0, limit: float = 10.0) -> None:
        super().__init__()
        self.compiled = False
        self.rare = 2e-3
        self.ripe = 64
        self.rate = 1.0 / memory
        self.limit = limit
        self.register_buffer("chance", torch.full((contexts, in_dim), 0.5))
        self.register_buffer("surprise", torch.zeros(contexts))
        self.register_buffer("novel", torch.full((contexts,), 10.0))
        self.register_buffer("seen", torch.zeros(contexts))
        self._cached: tuple[Any, tuple[Tensor, Tensor]] | None = None

    def surprises(self, sense: Tensor, contexts: slice = slice(None)) -> Tensor:
        """Surprise of observations, ``(B, in_dim)``, under the contexts of a slice, in nats: ``(contexts, B)``."""
        chance = self.chance[contexts].clamp(1e-3, 1.0 - 1e-3)
        on, off = chance.log(), (1.0 - chance).log()
        return -((on - off) @ sense.T + off.sum(1, keepdim=True))

    def evidence(self, sense: Tensor, contexts: int) -> Tensor:
        """Evidence of observations for the first contexts against knowing nothing, in nats: ``(contexts, B)``."""
        table, base = self._tables(contexts)
        surprises, unseen = (table @ sense.T).split(contexts)
        # Poisson counts: as many as this context's own observations still show, against two an observation.
        expected = self.novel[:contexts, None].clamp(0.05, 2.0)
        unseen = unseen.mul_((expected / 2.0).log_()).clamp_(min=-self.limit)
        ratio = surprises.add_(base).div_(self.surprise[:contexts, None].clamp(min=1.0))
        # Up to twice the usual surprise an observation is typical (+1), from three times on it is refuted.
        evidence = ratio.sub_(2.0).clamp_(0.0, 1.0).mul_(-(self.limit + 1.0)).add_(unseen).add_(1.0)
        return evidence.clamp_(min=-self.limit).mul_(self.seen[:contexts, None] >= self.ripe)

    def total_evidence(self, sense: Tensor, contexts: int) -> np.ndarray:
        """Evidence of observations, summed over streams, on the host: ``(contexts,)``."""
        if not self.compiled:
            return self.evidence(sense, contexts).sum(1).cpu().numpy().astype(np.float64)
        table, base = self._tables(contexts)
        products, out = np.empty((len(sense), 2 * contexts), np.float32), np.empty(contexts)
        kernels().sum_rows(sense.numpy(), table.numpy(), products)
        state = base[:, 0].numpy(), self.surprise.numpy(), self.novel.numpy(), self.seen.numpy()
        kernels().typical(products, *state, self.limit, self.ripe, out)
        return out

    def _tables(self, contexts: int) -> tuple[Tensor, Tensor]:
        # What a bit that is on adds to the surprise, and whether it was all but never seen, for each context, one below
        # the other (side by side for kernels); and the surprise of no bit on. Kept until chances change.
        key = (contexts, self.compiled, self.chance.data_ptr(), self.chance._version)
        if self._cached is None or self._cached[0] != key:
            chance = self.chance[:contexts].clamp(1e-3, 1.0 - 1e-3)
            off = torch.log1p(-chance)
            rare = (self.chance[:contexts] < self.rare).to(chance.dtype)
            table = torch.cat([off - chance.log(), rare])
            self._cached = key, (table.T.contiguous() if self.compiled else table, -off.sum(1, keepdim=True))
        return self._cached[1]

    def learn(self, context: int, sense: Tensor) -> None:
        """Let one context learn from observations, shape ``(B, in_dim)``."""
        size = sense.shape[0]
        seen = self.seen[context]
        if seen > 0:
            now = self.surprises(sense, slice(context, context + 1)).mean()
            rate = (size / (seen + size)).clamp(min=min(1.0, 0.00125 * size))
            self.surprise[context] += rate * (now - self.surprise[context])
            unseen = (sense @ (self.chance[context] < self.rare).to(sense.dtype)).mean()
            self.novel[context] += min(1.0, 0.00125 * size) * (unseen - self.novel[context])
        rate = (size / (seen + 1.0 + size)).clamp(min=self.rate * size)
        self.chance[context] += rate * (sense.mean(0) - self.chance[context])
        self.seen[context] += size

    def clear(self, context: int) -> None:
        """Forget what one context knows."""
        self.chance[context] = 0.5
        self.surprise[context] = 0.0
        self.novel[context] = 10.0
        self.seen[context] = 0.0
