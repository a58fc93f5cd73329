"""Context inference of one stream of bits, compiled: the steps that do not change it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lifelong_agent import coding_kernels, witness_kernels
from lifelong_agent.inference import Belief, ContextInference
from lifelong_agent.stream import RING, Searcher, Stream, fixed_point


class Witness:
    """Weighs every step of a stream, and leaves those that change the belief to `ContextInference`.

    It works on the models' own memory, but for a few numbers and the queue of what was not learnt yet, which ``settle``
    hands over.

    Args:
        inference: Infers from bits, on the CPU, with compiled kernels.
        stream: Holds the observations.
    """

    def __init__(self, inference: ContextInference, stream: Stream) -> None:
        self.inference, self.stream = inference, stream
        familiarity, rewards, returns = inference.familiarity, inference.rewards, inference.returns
        assert familiarity is not None
        self.familiarity, self.rewards, self.returns = familiarity, rewards, returns
        rates = (familiarity.limit, familiarity.ripe, familiarity.rate, familiarity.rare, rewards.noise, rewards.rate)
        rates += (returns.gamma, returns.drop, returns.ripe, inference.threshold, inference.fading, inference.ceiling)
        rates += (inference.patience, inference.creditable, inference.disorder, inference.full)
        self.rates = np.array(rates)
        self.weight, self.unit = fixed_point(rewards.projection.numpy(), np.int32)
        self.searcher = Searcher(rewards.neurons, stream.width)
        # One row more, without drive, for the observation without a bit on.
        self.drives = list(np.zeros((RING + 1, rewards.neurons), np.int32))
        self.code = np.zeros(rewards.winners, np.int64)
        self.base = RING
        self.life = np.zeros(7)
        self.queue = np.zeros((2 * inference.chunk, len(stream.senses[0])), np.uint8)
        self.queued = np.zeros(2, np.int64)
        self.steps: list[tuple[int, bool]] = []  # action, and whether an episode ended, of what is queued
        self.load()

    def load(self) -> None:
        """Take over what the models hold."""
        inference, rewards = self.inference, self.rewards
        familiarity, returns = self.familiarity.views, self.returns.views
        self.familiarity.follow_chances()
        known = inference.known
        self.senses, self.expected, self.told = (np.zeros(known + 1) for _ in range(3))
        tables = familiarity["chance"], familiarity["_table"], familiarity["_base"]
        seen = self.familiarity.surprise, self.familiarity.novel, self.familiarity.seen
        promises = rewards.views["centre"], rewards.views["weight"], rewards.lessons, rewards.bias, rewards.wrong
        self.life[:3] = rewards.seen, rewards.mean, rewards.largest
        self.life[4:] = inference.lost, inference.credit, inference.rival
        paid = self.life, self.expected, self.told, returns["running"], returns["discount"], returns["usual"]
        self.queued[:] = 0
        for _, _, after, fresh in inference.queue:
            for row in (*after.numpy(), *fresh.numpy()):
                np.copyto(self.queue[self.queued[1], : self.stream.width], row, casting="unsafe")
                self.queued[1] += 1
            self.queued[0] += 1
        self.steps = [(int(action), len(fresh) > 0) for _, action, _, fresh in inference.queue]
        queue = self.queue, self.queued
        self.bound: tuple[Any, ...] = (
            self.rates,
            *tables,
            *seen,
            inference.doubt,
            self.senses,
            *promises,
            *paid,
            *queue,
        )

    def settle(self) -> None:
        """Tell the models what only the witness knows."""
        inference, rewards, row = self.inference, self.rewards, 0
        rewards.seen, rewards.mean, rewards.largest, _, lost, inference.credit, inference.rival = self.life.tolist()
        inference.lost = int(lost)
        queue: list[tuple[Tensor, ...]] = []
        seen = torch.from_numpy(self.queue[:, : self.stream.width].astype(np.float32))
        for action, over in self.steps:
            after, fresh = seen[row : row + 1], seen[row + 1 : row + 1 + over]
            # What bits are learnt from is what was seen after an action: what came before it is not kept.
            queue.append((after, torch.tensor([action]), after, fresh))
            row += 1 + over
        inference.queue = queue

    def weigh(self, now: int, then: int, last: int, action: int, reward: float, over: bool) -> Belief | None:
        """Take in a step; see `witness_kernels.weigh`.

        Args:
            now: The thought that was acted on.
            then: The thought about what came of it.
            last: The thought about what is acted on next.
            action: What was done.
            reward: What it brought.
            over: Whether an episode ended.

        Returns:
            What is believed now; None if it is what was believed before, and sure.
        """
        life, senses = self.life, self.stream.senses
        informative, follow = life[2] > 1e-6, life[0] < 1000
        if informative or follow:
            base = self.base
            coding_kernels.code_bits_exactly(
                senses[base],
                senses[now],
                self.weight,
                self.unit,
                self.drives[base],
                self.drives[now],
                self.rewards.views["centre"],
                self.searcher.lists,
                *self.searcher.kit,
                self.code,
            )
            self.base = now
        else:
            self.base = RING
        told = witness_kernels.weigh(
            self.inference.context,
            action,
            reward,
            over,
            senses[then],
            senses[last],
            informative,
            follow,
            self.code,
            self.drives[now],
            self.unit,
            *self.bound,
        )
        self.informative = informative
        if told == witness_kernels.CALM:
            if self.queued[0]:
                self.steps.append((action, over))
            else:
                self.steps.clear()
            return None
        if told == witness_kernels.OPEN:
            return self._conclude(now, then, last, action, reward, over)
        self.steps.clear()
        inference = self.inference
        if told == witness_kernels.UNSURE:
            return Belief(inference.context, False, False, False)
        self.settle()
        inference.open(inference.known)
        self.load()
        return Belief(inference.context, True, True, True)

    def _conclude(self, now: int, then: int, last: int, action: int, reward: float, over: bool) -> Belief:
        """Draw what follows where a step has changed the belief; see ``weigh``."""
        stream = self.stream
        self.settle()
        sense, after = stream.sense(now)[None], stream.sense(then)[None]
        fresh = stream.sense(last)[None] if over else after[:0]
        code = torch.from_numpy(self.code[None].copy()) if self.informative else None
        belief = self.inference.conclude(
            (sense, torch.tensor([action]), after, fresh),
            np.array([reward]),
            self.senses,
            code,
            self.expected[:, None],
            self.life[3:4] if over else self.life[:0],
        )
        self.load()
        return belief
