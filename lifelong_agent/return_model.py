"""What an episode brings in each context: a world that stops paying what it used to pay is another world."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lifelong_agent.host import HostModule


class ReturnModel(HostModule):
    """Each context knows the mean and spread of the discounted returns of its episodes.

    Worlds can look alike and differ in what they reward. Where single rewards are hard to foresee, the returns of whole
    episodes still tell: the evidence of an episode for the context it was lived in is the likelihood ratio of its
    return against a mean that has dropped by ``drop`` standard deviations.

    Source: the sequential test behind CUSUM (Page 1954), as evidence for the filter over contexts.

    Args:
        streams: Number of parallel streams.
        contexts: Number of context slots.
        gamma: Discount per step.
        drop: The drop to be told, in standard deviations.
        ripe: Episodes that a context must have seen before its returns count.
    """

    running: Tensor
    discount: Tensor
    usual: Tensor

    def __init__(self, streams: int, contexts: int, *, gamma: float, drop: float = 1.5, ripe: int = 50) -> None:
        super().__init__()
        self.gamma = gamma
        self.drop = drop
        self.ripe = ripe
        self.register_buffer("running", torch.zeros(streams, dtype=torch.float64))
        self.register_buffer("discount", torch.ones(streams, dtype=torch.float64))
        # Per context: (episodes, mean, variance) of returns.
        self.register_buffer("usual", torch.zeros(contexts, 3, dtype=torch.float64))

    def restart(self, streams: int) -> None:
        """Begin the episodes of so many streams anew."""
        self.running = self.running.new_zeros(streams)
        self.discount = self.discount.new_ones(streams)
        self.forget_views()

    def follow(self, reward: np.ndarray, ended: np.ndarray) -> np.ndarray:
        """Take in the rewards of one step, ``(B,)``; returns the discounted returns of the episodes that ended."""
        size = len(reward)
        running, discount = self.views["running"][:size], self.views["discount"][:size]
        running += discount * reward
        discount *= self.gamma
        finished = running[ended]
        running[ended] = 0.0
        discount[ended] = 1.0
        return finished

    def evidence(self, context: int, returns: np.ndarray) -> float:
        """Evidence of episodes' returns, shape ``(F,)``, for the context they were lived in, in nats."""
        if not len(returns):
            return 0.0
        episodes, mean, variance = self.views["usual"][context].tolist()
        if episodes < self.ripe:
            return 0.0
        spread = max(variance**0.5, 0.1 * abs(mean), 1e-6)
        distance = (returns - mean) / spread
        return float((self.drop * distance + 0.5 * self.drop**2).clip(-3.0, 1.0).sum())

    def learn(self, context: int, returns: np.ndarray) -> None:
        """Let one context learn from the returns of its episodes, ``(F,)``."""
        if not len(returns):
            return
        usual = self.views["usual"][context]
        usual[0] += len(returns)
        rate = max(len(returns) / usual[0], 0.02)
        gap = returns - usual[1]
        usual[1] += rate * gap.mean()
        usual[2] += rate * ((gap**2).mean() - usual[2])

    def clear(self, context: int) -> None:
        """Forget what one context used to bring."""
        self.usual[context] = 0.0
