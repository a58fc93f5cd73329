"""What every context expects to be rewarded for, and what its episodes bring, in tensors on the device of a brain."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from lifelong_agent.device.rows import put, row, sent
from lifelong_agent.return_model import ReturnModel
from lifelong_agent.reward_model import RewardModel


class Lesson(NamedTuple):
    """What rewards told, for contexts to learn from.

    Attributes:
        place: Places in the weights of a context that foresaw the reward of an action, ``(B, k)``.
        expected: What each of S contexts expected, ``(S, B)``, float64.
        reward: What came, ``(B,)``, float64.
        told: Whether rewards had ever differed before, ``()``, bool: else there is nothing to learn.
    """

    place: Tensor
    expected: Tensor
    reward: Tensor
    told: Tensor


class DeviceRewards:
    """Does what `RewardModel` does without a host that waits; S is the number of its context slots.

    Args:
        home: Where what was learnt is kept while nobody lives; its weights are changed in place.
    """

    def __init__(self, home: RewardModel) -> None:
        self._home = home

    def load(self) -> None:
        """Go on from what is at home."""
        home = self._home
        self._weight, self._centre, self._projection = home.weight, home.centre, home.projection
        kept = home.lessons, home.bias, home.wrong, home.seen, home.mean, home.largest
        device = home.weight.device
        self.lessons, self.bias, self.wrong, self.seen, self.mean, self.largest = (sent(one, device) for one in kept)

    def settle(self) -> None:
        """Bring home what was learnt; this waits for the device."""
        home = self._home
        for kept, here in ((home.lessons, self.lessons), (home.bias, self.bias), (home.wrong, self.wrong)):
            kept[:] = here.cpu().numpy()
        home.seen, home.mean, home.largest = (float(one) for one in (self.seen, self.mean, self.largest))

    @property
    def informative(self) -> Tensor:
        """Whether rewards have ever differed, ``()``, bool."""
        return self.largest > 1e-6

    def observe(self, sense: Tensor, action: Tensor, reward: Tensor) -> tuple[Lesson, Tensor]:
        """See the rewards of actions, each ``(B,)``, in senses, ``(B, in_dim)``; rewards are float64.

        Returns:
            The lesson, and the evidence for each context, ``(S,)``, in nats, summed over streams.
        """
        home, told = self._home, self.informative
        drive = sense @ self._projection
        winners = (drive - self._centre).topk(home.winners, dim=1, sorted=False).indices
        place = winners + home.neurons * action[:, None]
        promised = self._weight.index_select(1, place.flatten()).view(-1, *place.shape).sum(2)
        expected = promised.double() + self.bias[:, None]
        evidence = torch.where(told, self._evidence(expected, reward).sum(1), 0.0)
        self._notice(drive, reward)
        return Lesson(place, expected, reward, told), evidence

    def learn(self, context: Tensor, lesson: Lesson, mask: Tensor) -> None:
        """Let one context, ``(1,)``, learn a lesson where a mask, ``()``, holds."""
        home, place, reward = self._home, lesson.place, lesson.reward
        mask, expected = mask & lesson.told, row(lesson.expected, context)
        lessons, bias = row(self.lessons, context) + 1.0, row(self.bias, context)
        young = mask & (lessons <= 100.0)
        put(self.bias, context, bias + (reward.mean() - bias) / lessons, young)
        put(self.lessons, context, lessons, young)
        error = reward - expected
        promised = (expected - row(self.bias, context)).abs() > home.noise * self.largest
        count, wrong = promised.sum().double(), row(self.wrong, context)
        square = (error.square() * promised).sum() / count.clamp(min=1.0)
        put(self.wrong, context, wrong + 0.01 * count * (square - wrong), mask & (count > 0.0))
        step = (error * (home.rate / home.winners) * mask).to(self._weight.dtype)
        flat, width = place.flatten(), self._weight.shape[1]
        # Streams in one place would each make the whole step: their changes are shared out.
        crowd = torch.zeros(width, dtype=torch.int64, device=flat.device).index_add_(0, flat, torch.ones_like(flat))
        steps = step[:, None].expand(place.shape).flatten() / crowd.index_select(0, flat)
        # With accumulate, sums are made in the same order every time on every device.
        self._weight.view(-1).index_put_((flat + width * context,), steps, accumulate=True)

    def clear(self, context: Tensor, mask: Tensor) -> None:
        """Forget what one context, ``(1,)``, expects where a mask, ``()``, holds."""
        for table in (self._weight, self.wrong, self.lessons):
            put(table, context, 0.0, mask)
        put(self.bias, context, self.mean, mask)

    def _evidence(self, expected: Tensor, reward: Tensor) -> Tensor:
        noise = self._home.noise * self.largest
        own = (noise.square() + self.wrong[:, None]).sqrt()
        error = ((reward - expected).abs() - 0.5 * own).clamp(min=0.0) / own
        surprise = ((reward - self.mean).abs() - 0.5 * noise).clamp(min=0.0) / noise
        told = 0.5 * (surprise.square() - error.square()) - (own / noise).log() * (surprise > 0.0)
        return told.clamp(-5.0, 5.0)

    def _notice(self, drive: Tensor, reward: Tensor) -> None:
        unsettled = self.seen < 1000.0
        self.seen = self.seen + 1.0
        share = 1.0 / self.seen
        self.mean = self.mean + (reward.mean() - self.mean) * share.clamp(min=1e-4)
        self.largest = torch.maximum(self.largest, (reward - self.mean).abs().amax())
        self._centre.lerp_(drive.mean(0), (share * unsettled).to(drive.dtype))


class DeviceReturns:
    """Does what `ReturnModel` does without a host that waits.

    Args:
        home: Where what was learnt is kept while nobody lives.
    """

    running: Tensor
    discount: Tensor
    usual: Tensor

    def __init__(self, home: ReturnModel) -> None:
        self._home = home

    def load(self, device: torch.device) -> None:
        """Go on from what is at home."""
        home = self._home
        self.running, self.discount, self.usual = (
            kept.to(device, copy=True) for kept in (home.running, home.discount, home.usual)
        )

    def settle(self) -> None:
        """Bring home what was learnt; this waits for the device."""
        home = self._home
        home.running.copy_(self.running)
        home.discount.copy_(self.discount)
        home.usual.copy_(self.usual)

    def follow(self, reward: Tensor, ended: Tensor) -> Tensor:
        """Take in rewards, ``(B,)``, float64; returns the discounted returns, right where episodes ended, ``(B,)``."""
        finished = self.running + self.discount * reward
        self.running = finished.masked_fill(ended, 0.0)
        self.discount = (self.discount * self._home.gamma).masked_fill(ended, 1.0)
        return finished

    def evidence(self, context: Tensor, returns: Tensor, ended: Tensor) -> Tensor:
        """Evidence, ``()``, of returns where episodes ended for the context, ``(1,)``, they were lived in, in nats."""
        home = self._home
        episodes, mean, variance = row(self.usual, context).unbind()
        spread = torch.maximum(variance.sqrt(), 0.1 * mean.abs()).clamp(min=1e-6)
        told = (home.drop * (returns - mean) / spread + 0.5 * home.drop**2).clamp(-3.0, 1.0)
        return (told * ended).sum() * (episodes >= home.ripe)

    def learn(self, context: Tensor, returns: Tensor, ended: Tensor, mask: Tensor) -> None:
        """Let one context, ``(1,)``, learn from the returns where episodes ended, if a mask, ``()``, holds."""
        count = ended.sum().double()
        episodes, mean, variance = row(self.usual, context).unbind()
        episodes = episodes + count
        rate = (count / episodes).clamp(min=0.02)
        gap, some = (returns - mean) * ended, count.clamp(min=1.0)
        mean = mean + rate * (gap.sum() / some)
        variance = variance + rate * (gap.square().sum() / some - variance)
        put(self.usual, context, torch.stack([episodes, mean, variance]), mask & (count > 0.0))

    def clear(self, context: Tensor, mask: Tensor) -> None:
        """Forget what one context, ``(1,)``, used to bring where a mask, ``()``, holds."""
        put(self.usual, context, 0.0, mask)
