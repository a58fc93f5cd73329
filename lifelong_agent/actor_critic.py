"""The actor-critic's share of the three factors and of acting, as pure functions; what it measures errors by."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from lifelong_agent.host import HostModule


def policy_direction(chances: np.ndarray, action: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Directions in which logits move to make actions likelier, and to make the policy less certain.

    Source: ``grad log softmax = onehot(a) - pi`` and ``grad H = -pi (log pi + H)`` (Sutton & Barto 2018, section 13.3;
    Williams & Peng 1991).

    Args:
        chances: Action probabilities, ``(B, A)``.
        action: Actions taken, ``(B,)``, integers in ``[0, A)``.

    Returns:
        Both directions, each ``(B, A)``.
    """
    likelier = -chances
    likelier[np.arange(len(action)), action] += 1.0
    logs = np.log(chances + 1e-9)
    entropy = -(chances * logs).sum(1, keepdims=True)
    return likelier, -chances * (logs + entropy)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Turn logits, shape ``(N, actions)``, into probabilities, row by row."""
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def sample(chances: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw one action a row from probabilities, shape ``(N, actions)``: integers of shape ``(N,)``."""
    drawn = rng.random((chances.shape[0], 1))
    return np.minimum((chances.cumsum(1) < drawn).sum(1), chances.shape[1] - 1)


class Yardstick(HostModule):
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
        self.register_buffer("returns", torch.zeros(streams, dtype=torch.float64))
        # Per context: (samples, mean, sum of squared distances) of discounted returns, and the largest reward.
        self.register_buffer("spread", torch.zeros(contexts, 4, dtype=torch.float64))
        # Per context: (steps, mean |TD error|, mean |value|).
        self.register_buffer("usual", torch.zeros(contexts, 3, dtype=torch.float64))

    def reward(self, reward: np.ndarray, ended: np.ndarray, context: int, *, sure: bool = True) -> np.ndarray:
        """Take in the rewards of one step and return them scaled.

        Args:
            reward: ``(B,)``.
            ended: Whether an episode ended with this step, ``(B,)``, bool.
            context: The context believed in.
            sure: Whether the rewards are held to be this context's: otherwise they only run into the returns.

        Returns:
            Rewards in units of the context, ``(B,)``.
        """
        returns = self.views["returns"]
        returns *= self.gamma
        returns += reward
        if sure:
            spread = self.views["spread"][context]
            samples, mean, square, largest = spread.tolist()
            samples += len(returns)
            distance = returns - mean
            mean += float(distance.sum()) / samples
            square += float(distance @ (returns - mean))
            spread[:] = samples, mean, square, max(largest, float(np.abs(reward).max()))
        returns[ended] = 0.0
        return reward / self._unit(context)

    def restart(self) -> None:
        """Begin the returns of all streams anew: after a change of world."""
        self.returns.zero_()

    def error(self, error: np.ndarray, value: np.ndarray, context: int) -> tuple[np.ndarray, float]:
        """Take in the TD errors and values of one step, each ``(B,)``.

        Returns:
            The errors in units of their usual size, ``(B,)``, and how right they were, in ``[0, 1]``.
        """
        usual = self.views["usual"][context]
        steps, usual_error, usual_value = usual.tolist()
        rate = max(1.0 / (steps + 1.0), self.rate)
        size = float(np.abs(error).sum()) / len(error)
        usual_error += rate * (size - usual_error)
        usual_value += rate * (float(np.abs(value).sum()) / len(value) - usual_value)
        usual[:] = steps + 1.0, usual_error, usual_value
        rightness = math.exp(-size / (self.tolerance * usual_value + 1e-8))
        least = self.floor * float(self.views["spread"][context, 3]) / self._unit(context)
        return error / max(usual_error, least, 1e-8), rightness

    def _unit(self, context: int) -> float:
        samples, _, square, largest = self.views["spread"][context].tolist()
        return max(math.sqrt(square / max(samples, 1.0)), largest) or 1.0
