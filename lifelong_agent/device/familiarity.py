"""How familiar bits look to every context, in tensors on the device of a brain."""

from __future__ import annotations

import torch
from torch import Tensor

from lifelong_agent.device.rows import put, row, sent
from lifelong_agent.familiarity import Familiarity


class DeviceFamiliarity:
    """Does what `Familiarity` does without a host that waits; S is the number of its context slots.

    Args:
        home: Where what was learnt is kept while nobody lives; its chances are changed in place.
    """

    surprise: Tensor
    novel: Tensor
    seen: Tensor

    def __init__(self, home: Familiarity) -> None:
        self._home = home

    @property
    def width(self) -> int:
        """Number of bits."""
        return self._home.chance.shape[1]

    def load(self) -> None:
        """Go on from what is at home."""
        home = self._home
        self._chance = chance = home.chance
        self.surprise, self.novel, self.seen = (
            sent(kept, chance.device) for kept in (home.surprise, home.novel, home.seen)
        )
        self._table, self._base = self._tables(chance)

    def settle(self) -> None:
        """Bring home what was learnt; this waits for the device."""
        home = self._home
        for kept, here in ((home.surprise, self.surprise), (home.novel, self.novel), (home.seen, self.seen)):
            kept[:] = here.cpu().numpy()
        home._version = -1  # its tables are those of before, and a copy of it begins to count changes anew

    def evidence(self, sense: Tensor) -> Tensor:
        """Evidence of observations, ``(R, in_dim)``, for each context against knowing nothing, in nats: ``(S, R)``."""
        home = self._home
        surprises, unseen = (self._table @ sense.T).unbind(1)
        usual = self.surprise.clamp(min=1.0).to(sense.dtype)[:, None]
        strange = (self.novel.clamp(0.05, 2.0) / 2.0).log().to(sense.dtype)[:, None]
        unseen = (unseen * strange).clamp_(min=-home.limit)
        ratio = (surprises + self._base[:, None]) / usual
        told = ratio.sub_(2.0).clamp_(0.0, 1.0).mul_(-(home.limit + 1.0)).add_(unseen).add_(1.0)
        return told.clamp_(min=-home.limit) * (self.seen >= home.ripe)[:, None]

    def learn(self, context: Tensor, total: Tensor, size: Tensor, mask: Tensor) -> None:
        """Let one context, ``(1,)``, learn from observations where a mask, ``()``, holds.

        Args:
            context: The slot.
            total: Sum of the observations, ``(in_dim,)``: all that is needed of them.
            size: How many they are, ``()``, float64.
            mask: Whether they are learnt from.
        """
        home = self._home
        often, seen = total / size.to(total.dtype), row(self.seen, context)
        now, unseen = (row(self._table, context) @ often).double().unbind()
        surprise, novel, known = row(self.surprise, context), row(self.novel, context), mask & (seen > 0.0)
        least = (0.00125 * size).clamp(max=1.0)
        rate = torch.maximum(size / (seen + size), least)
        put(self.surprise, context, surprise + rate * (now + row(self._base, context) - surprise), known)
        put(self.novel, context, novel + least * (unseen - novel), known)
        share = torch.maximum(size / (seen + 1.0 + size), home.rate * size)
        chance = row(self._chance, context).lerp(often, share.to(often.dtype))
        self._know(context, chance, mask)
        put(self.seen, context, seen + size, mask)

    def clear(self, context: Tensor, mask: Tensor) -> None:
        """Forget what one context, ``(1,)``, knows where a mask, ``()``, holds."""
        self._know(context, torch.full_like(self._chance[0], 0.5), mask)
        for table, value in ((self.surprise, 0.0), (self.novel, 10.0), (self.seen, 0.0)):
            put(table, context, value, mask)

    def _know(self, context: Tensor, chance: Tensor, mask: Tensor) -> None:
        table, base = self._tables(chance[None])
        put(self._chance, context, chance, mask)
        put(self._table, context, table[0], mask)
        put(self._base, context, base[0], mask)

    def _tables(self, chance: Tensor) -> tuple[Tensor, Tensor]:
        """What follows from chances, ``(N, in_dim)``.

        Returns:
            For each bit what it adds to the surprise when it is on, and whether it was all but never seen,
            ``(N, 2, in_dim)``; the surprise of no bit on, ``(N,)``.
        """
        kept = chance.clamp(1e-3, 1.0 - 1e-3)
        off = torch.log1p(-kept)
        rare = (chance < self._home.rare).to(chance.dtype)
        return torch.stack([off - kept.log(), rare], 1), -off.sum(1)
