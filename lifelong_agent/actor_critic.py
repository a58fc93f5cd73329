"""The actor-critic's share of the three factors, as pure functions, and what it measures TD errors by."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def policy_direction(chances: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
    """Directions in which logits move to make actions likelier, and to make the policy less certain.

    Source: ``grad log softmax = onehot(a) - pi`` and ``grad H = -pi (log pi + H)`` (Sutton & Barto 2018, section 13.3;
    Williams & Peng 1991).

    Args:
        chances: Action probabilities, ``(B, A)``.
        action: Actions taken, ``(B,)``, integers in ``[0, A)``.

    Returns:
        Both directions, each ``(B, A)``.
    """
    likelier = nn.functional.one_hot(action, chances.shape[1]).to(chances.dtype) - chances
    logs = (chances + 1e-9).log()
    entropy = -(chances * logs).sum(1, keepdim=True)
    return likelier, -chances * (logs + entropy)


class Yardstick(nn.Module):
    """Measures rewards and TD errors, per context, in units in which one learning rate fits all worlds.

    Rewards are divided by the standard deviation of the running discounted return over all time, but never by less than
    the largest reward: where rewards are rare, the first ones must not be blown up. TD errors are divided by their
    usual size, but never by less than a share of the largest reward: before the first reward they are all but zero.

    Source: reward scaling as in Engstrom et al. (2020); the actor's standardised error after Intentional updates
    (Sharifnassab et al. 2026), with a slow average because the fast one collapses once a policy is certain.

    Args:
        streams: Number of parallel streams.
        contexts: Number of context slots.
        gamma: Discount per step.
        memory: Steps after which an old error counts 1/e.
        floor: Smallest usual error, as a share of the largest reward.
        tolerance: TD error, as a share of the usual value, at which a prediction counts as ``1/e`` right.
    """

    returns: Tensor
    spread: Tensor
    usual: Tensor

    def __init__(
        self,
        streams: int,
        contexts: int,
        *,
        gamma: float,
        memory: float = 1000.0,
        floor: float = 0.05,
        tolerance: float = 0.05,
    ) -> None:
        super().__init__()
        self.gamma = gamma
        self.rate = 1.0 / memory
        self.floor = floor
        self.tolerance = tolerance
        self.register_buffer("returns", torch.zeros(streams))
        # Per context: (samples, mean, sum of squared distances) of discounted returns, and the largest reward.
        self.register_buffer("spread", torch.zeros(contexts, 4, dtype=torch.float64))
        # Per context: (steps, mean |TD error|, mean |value|).
        self.register_buffer("usual", torch.zeros(contexts, 3))

    def reward(self, reward: Tensor, ended: Tensor, context: int) -> Tensor:
        """Take in the rewards of one step, ``(B,)``, and which streams ended, ``(B,)`` bool; return them scaled."""
        self.returns.mul_(self.gamma).add_(reward)
        spread = self.spread[context]
        returns = self.returns.double()
        distance = returns - spread[1]
        spread[0] += returns.shape[0]
        spread[1] += distance.sum() / spread[0]
        spread[2] += (distance * (returns - spread[1])).sum()
        spread[3] = torch.maximum(spread[3], reward.abs().max())
        self.returns *= ~ended
        return reward / self._unit(context)

    def error(self, error: Tensor, value: Tensor, context: int) -> tuple[Tensor, Tensor]:
        """Take in the TD errors and values of one step, each ``(B,)``.

        Returns:
            The errors in units of their usual size, ``(B,)``, and how right they were, a scalar in ``[0, 1]``.
        """
        usual = self.usual[context]
        usual[0] += 1.0
        rate = (1.0 / usual[0]).clamp(min=self.rate)
        size = error.abs().mean()
        usual[1] += rate * (size - usual[1])
        usual[2] += rate * (value.abs().mean() - usual[2])
        rightness = torch.exp(-size / (self.tolerance * usual[2] + 1e-8))
        least = (self.floor * self.spread[context, 3]).to(error.dtype) / self._unit(context)
        return error / torch.maximum(usual[1], least).clamp(min=1e-8), rightness

    def _unit(self, context: int) -> Tensor:
        samples, _, square, largest = self.spread[context]
        unit = torch.maximum((square / samples.clamp(min=1.0)).sqrt(), largest)
        return torch.where(unit > 0, unit, torch.ones_like(unit)).to(self.usual.dtype)
