"""One stream of real-valued channels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lifelong_agent.checks import check_senses
from lifelong_agent.kernels import finding, reals
from lifelong_agent.kernels.finding import COUNT, LIVED, NOW, OWED
from lifelong_agent.stream.stream import RING, Stream


class RealStream(Stream):
    """A stream of real-valued channels; see `Stream`."""

    _coding: tuple[Any, ...]

    def think(self, which: int) -> None:
        """Code the observation of a thought.

        Raises:
            ValueError: If a channel is not finite.
        """
        owed = self.senses[self.owed]
        found = reals.code_reals(self.senses[which], *self._centring, owed, *self._coding, self.winners[which])
        if math.isnan(found):
            check_senses("after", self.sense(which)[None], self.width)
        self.best[which] = found

    def attend(self, which: int) -> None:
        """Code the observation of a thought, read it out, and act on it."""
        self.think(which)
        self.look(which)
        self.place[NOW] = which

    def learn(self, action: int, reward: float, terminated: bool, over: bool, then: int, last: int) -> bool:
        """Learn from the present thought; see `kernels.lessons.learn`.

        Args:
            action: What was done.
            reward: What it brought.
            terminated: Whether nothing follows.
            over: Whether an episode ended.
            then: The thought about what came of it.
            last: The thought to act on next: it is read out.

        Returns:
            Whether the present thought was about something novel.
        """
        now = self.now
        novel = finding.learn_from(self.at, self.sizes, action, reward, terminated, over, now, then, last)
        self.ages[COUNT] += 1.0
        self.ages[LIVED] += 1.0
        self.place[OWED], self.place[NOW] = now, last
        self.debt[:] = 1.0, self.ages[COUNT]
        return novel

    def cut(self) -> None:
        """Cut the traces: an episode ended that nothing was learnt from."""
        self.held[0, :, : self.counters[0]] = 0.0

    def _room(self) -> np.ndarray:
        return np.zeros((RING + 1, self.width), np.float32)

    def _load_weights(self, context: int) -> None:
        weight, bias, _ = self.cortex._projection(context)
        self.weight, self.bias = weight.numpy(), bias.numpy()

    def _load_means(self, context: int) -> None:
        mean, square = self.normalizer.views["mean"][context], self.normalizer.views["square"][context]
        self._centring = mean, square, self.debt

    def _settle_means(self, context: int) -> None:
        if self.debt[0]:
            mean, square, _ = self._centring
            reals.repay_reals(self.places[self.owed], mean, square, self.debt[1] - 1.0)
            self.debt[0] = 0.0

    def _bind(self, context: int) -> None:
        super()._bind(context)
        self._coding = self.normalizer.clip, self.weight, self.bias, self.normal, *self.searcher.kit
