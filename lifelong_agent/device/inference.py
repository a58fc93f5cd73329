"""Context inference for bits, in tensors on the device of a brain: the context is an index, decisions are masks."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import torch
from torch import Tensor

from lifelong_agent.device.familiarity import DeviceFamiliarity
from lifelong_agent.device.rewards import DeviceReturns, DeviceRewards
from lifelong_agent.device.rows import first_least, row, sent
from lifelong_agent.inference import ContextInference


class DeviceBelief(NamedTuple):
    """What inference made of a step; see `Belief`.

    Attributes:
        context: The context to act in, ``(1,)``, int64.
        sure: Whether the context explains what was seen, ``()``, bool.
        switched: Whether the context is another one than before this step, ``()``, bool.
        opened: Whether the context has just been opened, ``()``, bool.
    """

    context: Tensor
    sure: Tensor
    switched: Tensor
    opened: Tensor


class Seen(NamedTuple):
    """What was seen in one step of B streams.

    Attributes:
        sense: Before the action, ``(B, in_dim)``.
        action: What was done, ``(B,)``, int64.
        after: After it, ``(B, in_dim)``: the final observation where an episode ended.
        upcoming: What is acted on next, ``(B, in_dim)``.
        over: Whether an episode ended, ``(B,)``, bool.
    """

    sense: Tensor
    action: Tensor
    after: Tensor
    upcoming: Tensor
    over: Tensor


class DeviceInference:
    """Does what `ContextInference` does for bits without a host that waits.

    What a well-known context learns in one go is kept as sums: familiarity needs no more. The steps themselves are
    remembered beside them, for the day on which all is brought home.

    Args:
        home: Where what was learnt is kept while nobody lives.
    """

    def __init__(self, home: ContextInference) -> None:
        assert home.familiarity is not None, "real-valued senses are inferred on the host"
        self._home = home
        self.familiarity = DeviceFamiliarity(home.familiarity)
        self.rewards, self.returns = DeviceRewards(home.rewards), DeviceReturns(home.returns)

    def load(self) -> None:
        """Go on from what is at home."""
        home = self._home
        device = home.rewards.weight.device
        self.familiarity.load()
        self.rewards.load()
        self.returns.load(device)
        self.doubt = sent(home.doubt, device)
        self.credit, self.rival, self.lost = (sent(kept, device) for kept in (home.credit, home.rival, home.lost))
        self.known, self.context = (torch.tensor([kept], device=device) for kept in (home.known, home.context))
        self._slots = torch.arange(self.doubt.shape[1], device=device)
        # Steps that are not learnt from yet: how many, of how many observations, and their sum.
        self._queued, self._size = sent(len(home.queue), device), sent(0.0, device)
        self._total = torch.zeros(self.familiarity.width, device=device)
        self._steps: deque[tuple[Tensor, ...]] = deque(home.queue, maxlen=home.chunk)
        for _, _, after, fresh in home.queue:
            self._size += len(after) + len(fresh)
            self._total += after.sum(0) + fresh.sum(0)

    def settle(self) -> None:
        """Bring home what was learnt; this waits for the device."""
        home = self._home
        self.familiarity.settle()
        self.rewards.settle()
        self.returns.settle()
        home.doubt[:] = self.doubt.cpu().numpy()
        home.credit, home.rival = float(self.credit), float(self.rival)
        home.known, home.context, home.lost = int(self.known), int(self.context), int(self.lost)
        queued, home.queue = int(self._queued), []
        for sense, action, after, fresh, *over in list(self._steps)[len(self._steps) - queued :]:
            home.queue.append((sense, action, after, fresh[over[0]] if over else fresh))

    def observe(self, seen: Seen, reward: Tensor) -> DeviceBelief:
        """Take in one step of B streams and its rewards, ``(B,)``, float64; learn from it."""
        size, before, candidate = len(reward), self.context, self.known
        told = self.familiarity.evidence(torch.cat([seen.after, seen.upcoming]))
        senses = told[:, :size].sum(1).double()
        first = (told[:, size:] * seen.over).sum(1).double()
        lesson, paid = self.rewards.observe(seen.sense, seen.action, reward)
        finished = self.returns.follow(reward, seen.over)
        acted = row(paid, before) + self.returns.evidence(before, finished, seen.over)
        self._weigh(senses + first, acted, size)
        doubts = self._choose()
        sure = row(doubts, self.context) < self._home.threshold
        unsure = sure.logical_not()
        hunting = unsure & (candidate[0] < self._home.contexts)
        forgotten = sure & (row(self.familiarity.seen, candidate) > 0.0)
        self.lost = torch.where(sure, 0.0, self.lost + 1.0)
        self._credit(senses, candidate, hunting)
        target = torch.where(sure, self.context, candidate)
        self.rewards.learn(target, lesson, sure | hunting)
        self._queue(seen, unsure | (self.context != before)[0])
        self._learn(target, sure, hunting)
        self.returns.learn(self.context, finished, seen.over, sure)
        opened = hunting & (self.lost >= self._home.patience) & self._convincing(candidate, size)
        self._open(candidate, opened)
        # Slots that nobody stands for begin anew: that of a candidate given up, or of the next one.
        self._clear(candidate + opened, forgotten | opened)
        return DeviceBelief(self.context, sure | opened, (self.context != before)[0], opened)

    def _weigh(self, senses: Tensor, acted: Tensor, streams: int) -> None:
        """Add evidence of the senses, ``(S,)``, and of rewards in the present context, ``()``, to the doubts."""
        home, known = self._home, self._slots < self.known
        best = senses.masked_fill(known.logical_not(), -torch.inf).amax().clamp(min=0.0)
        looks, pays = self.doubt.unbind()
        pays = torch.where(self._slots == self.context, pays - acted, pays * home.fading)
        doubt = torch.stack([looks + (best - streams - senses), pays]).clamp_(0.0, home.ceiling)
        self.doubt = torch.where(known, doubt, self.doubt)

    def _choose(self) -> Tensor:
        """Change to the least doubtful context if it is clearly less doubtful than the present one; returns doubts."""
        doubts = self.doubt.sum(0).masked_fill(self._slots >= self.known, torch.inf)
        best = first_least(doubts)
        least = row(doubts, best)
        better = (least < row(doubts, self.context) - 2.0) & (least < self._home.threshold)
        self.context = torch.where(better, best, self.context)
        return doubts

    def _credit(self, senses: Tensor, candidate: Tensor, hunting: Tensor) -> None:
        credit = row(senses, candidate)
        rival = senses.masked_fill(self._slots >= candidate, -torch.inf).amax()
        again = self.lost > 1.0
        credit = torch.where(again, 0.8 * self.credit + 0.2 * credit, credit)
        rival = torch.where(again, 0.8 * self.rival + 0.2 * rival, rival)
        self.credit = torch.where(hunting, credit, self.credit)
        self.rival = torch.where(hunting, rival, self.rival)

    def _queue(self, seen: Seen, fresh: Tensor) -> None:
        """Put a step in the queue, which begins with it where the context is not the one of before, or not sure."""
        self._steps.append((*seen[:-1], seen.over))
        total = seen.after.sum(0) + seen.over.to(seen.upcoming.dtype) @ seen.upcoming
        size = len(seen.over) + seen.over.sum()
        self._total = torch.where(fresh, total, self._total + total)
        self._size = torch.where(fresh, size, self._size + size)
        self._queued = torch.where(fresh, 1.0, self._queued + 1.0)

    def _learn(self, target: Tensor, sure: Tensor, hunting: Tensor) -> None:
        """Let the context that is sure, or the candidate, learn what is queued, if it is time to."""
        home = self._home
        unripe = row(self.familiarity.seen, target) < home.full
        due = hunting | (sure & (unripe | (self._queued >= home.chunk)))
        self.familiarity.learn(target, self._total, self._size, due)
        kept = sure & due.logical_not()
        self._queued, self._size, self._total = (
            torch.where(kept, waiting, 0.0) for waiting in (self._queued, self._size, self._total)
        )

    def _convincing(self, candidate: Tensor, streams: int) -> Tensor:
        """Whether the candidate may become a context, ``()``, bool."""
        home, surprise = self._home, self.familiarity.surprise
        usual = surprise.masked_fill(self._slots >= candidate, -torch.inf).amax()
        ordered = row(surprise, candidate) <= home.disorder * usual
        told = self.rewards.informative | (self.credit > self.rival)
        return (self.credit > home.creditable * streams) & told & ordered

    def _open(self, candidate: Tensor, opened: Tensor) -> None:
        """Make the candidate a context, and believe in it, where a mask, ``()``, holds."""
        self.context = torch.where(opened, candidate, self.context)
        self.known = candidate + opened
        self.lost = torch.where(opened, 0.0, self.lost)
        self.doubt.masked_fill_((self._slots == candidate) & opened, 0.0)

    def _clear(self, context: Tensor, mask: Tensor) -> None:
        for model in (self.familiarity, self.rewards, self.returns):
            model.clear(context, mask)
