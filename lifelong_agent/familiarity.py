"""How familiar binary senses look, one model per context: a world is known by which bits it ever shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lifelong_agent.engine import kernels
from lifelong_agent.views import Viewed


class Familiarity(Viewed):
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
    _table: Tensor
    _base: Tensor

    def __init__(self, in_dim: int, contexts: int, *, memory: float = 20_000.0, limit: float = 10.0) -> None:
        super().__init__()
        self.compiled = False
        self.rare = 2e-3
        self.ripe = 64
        self.rate = 1.0 / memory
        self.limit = limit
        self.register_buffer("chance", torch.full((contexts, in_dim), 0.5))
        # On the host, per context: its usual surprise, how many bits all but never seen an observation shows, and how
        # many observations it has learnt from.
        self.surprise = np.zeros(contexts)
        self.novel = np.full(contexts, 10.0)
        self.seen = np.zeros(contexts)
        # What follows from the chances, kept until they change. For each bit and context: what it adds to the surprise
        # when it is on, and whether it was all but never seen. For each context: the surprise of no bit on.
        self.register_buffer("_table", torch.zeros(in_dim, 2 * contexts), persistent=False)
        self.register_buffer("_base", torch.zeros(contexts), persistent=False)
        self._version = -1  # of the chances that the tables were made from

    def surprises(self, sense: Tensor, contexts: slice = slice(None)) -> Tensor:
        """Surprise of observations, ``(B, in_dim)``, under the contexts of a slice, in nats: ``(contexts, B)``."""
        self.follow_chances()
        table = self._table.view(len(self._table), -1, 2)[:, contexts, 0]
        return (sense @ table).T + self._base[contexts, None]

    def evidence(self, sense: Tensor, contexts: int) -> Tensor:
        """Evidence of observations for the first contexts against knowing nothing, in nats: ``(contexts, B)``."""
        self.follow_chances()
        surprises, unseen = (sense @ self._table[:, : 2 * contexts]).view(-1, contexts, 2).permute(2, 1, 0)
        # Poisson counts: as many as this context's own observations still show, against two an observation.
        strange = np.log(self.novel[:contexts].clip(0.05, 2.0) / 2.0)
        usual, strange, ripe = (
            torch.from_numpy(one).to(sense)[:, None]
            for one in (self.surprise[:contexts].clip(min=1.0), strange, self.seen[:contexts] >= self.ripe)
        )
        unseen = (unseen * strange).clamp_(min=-self.limit)
        ratio = (surprises + self._base[:contexts, None]).div_(usual)
        # Up to twice the usual surprise an observation is typical (+1), from three times on it is refuted.
        evidence = ratio.sub_(2.0).clamp_(0.0, 1.0).mul_(-(self.limit + 1.0)).add_(unseen).add_(1.0)
        return evidence.clamp_(min=-self.limit).mul_(ripe)

    def total_evidence(self, sense: Tensor, contexts: int) -> np.ndarray:
        """Evidence of observations, summed over streams, on the host: ``(contexts,)``."""
        if not self.compiled:
            return self.evidence(sense, contexts).sum(1).cpu().numpy().astype(np.float64)
        self.follow_chances()
        products, out = np.empty((len(sense), self._table.shape[1]), np.float32), np.empty(contexts)
        kernels().sum_rows(sense.numpy(), self.views["_table"], products)
        state = self.views["_base"], self.surprise, self.novel, self.seen
        kernels().typical(products, *state, self.limit, self.ripe, out)
        return out

    def follow_chances(self, context: int | None = None) -> None:
        """Let the tables follow changed chances: all of them, unless only those of one context have changed."""
        version = self.chance._version
        if self._version == version:
            return
        which = slice(None) if context is None else slice(context, context + 1)
        chance = self.chance[which].clamp(1e-3, 1.0 - 1e-3)
        off = torch.log1p(-chance)
        rare = (self.chance[which] < self.rare).to(chance.dtype)
        table = self._table.view(len(self._table), -1, 2)
        table[:, which, 0], table[:, which, 1] = (off - chance.log()).T, rare.T
        self._base[which] = -off.sum(1)
        self._version = version

    def learn(self, context: int, sense: Tensor) -> None:
        """Let one context learn from observations, shape ``(B, in_dim)``."""
        size, seen = len(sense), self.seen[context]
        often = sense.mean(0)
        self.follow_chances()
        if seen:
            now, unseen = (often @ self._table[:, 2 * context : 2 * context + 2]).tolist()
            rate = max(size / (seen + size), min(1.0, 0.00125 * size))
            self.surprise[context] += rate * (now + float(self._base[context]) - self.surprise[context])
            self.novel[context] += min(1.0, 0.00125 * size) * (unseen - self.novel[context])
        self.chance[context].lerp_(often, max(size / (seen + 1.0 + size), self.rate * size))
        self.follow_chances(context)
        self.seen[context] += size

    def clear(self, context: int) -> None:
        """Forget what one context knows."""
        self.follow_chances()
        self.chance[context] = 0.5
        self.follow_chances(context)
        self.surprise[context] = 0.0
        self.novel[context] = 10.0
        self.seen[context] = 0.0

    def get_extra_state(self) -> dict[str, list[float]]:
        """What is kept on the host: part of ``state_dict()``."""
        return {name: getattr(self, name).tolist() for name in ("surprise", "novel", "seen")}

    def set_extra_state(self, state: dict[str, list[float]]) -> None:
        """Restore what is kept on the host."""
        self.surprise, self.novel, self.seen = (np.array(state[name]) for name in ("surprise", "novel", "seen"))
        self._version = -1

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        moved = super()._apply(fn, recurse)
        self._version = -1
        return moved
