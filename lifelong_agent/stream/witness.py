"""Context inference of one stream of bits, compiled: the steps that do not change it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lifelong_agent.inference import Belief, ContextInference
from lifelong_agent.kernels import finding
from lifelong_agent.kernels.finding import CONTEXT, GAUGE_UNIT, INFERENCE, INFORMATIVE, KNOWN
from lifelong_agent.kernels.weighing import CONVINCING
from lifelong_agent.stream.bits import BitStream, fixed_point
from lifelong_agent.stream.stream import RING, Searcher


class Witness:
    """Lets a stream weigh every step, and leaves those that change the belief to `ContextInference`.

    Steps are weighed in the models' own memory, but for a few numbers and the queue of what was not learnt yet, which
    ``settle`` hands over.

    Args:
        inference: Infers from bits, on the CPU, with compiled kernels.
        stream: Holds the observations, and lives the steps.
    """

    def __init__(self, inference: ContextInference, stream: BitStream) -> None:
        self.inference, self.stream = inference, stream
        familiarity, rewards, returns = inference.familiarity, inference.rewards, inference.returns
        assert familiarity is not None
        self.familiarity, self.rewards, self.returns = familiarity, rewards, returns
        rates = (familiarity.limit, familiarity.ripe, familiarity.rate, familiarity.rare, rewards.noise, rewards.rate)
        rates += (returns.gamma, returns.drop, returns.ripe, inference.threshold, inference.fading, inference.ceiling)
        rates += (inference.patience, inference.creditable, inference.disorder, inference.full)
        self.rates = np.array(rates)
        self.weight, stream.ages[GAUGE_UNIT] = fixed_point(rewards.projection.numpy())
        self.exact = np.ascontiguousarray(rewards.views["projection"].T)
        self.plain = np.zeros(stream.width, np.float32)
        self.searcher = Searcher(rewards.neurons, stream.width)
        # One row more, without drive, for the observation without a bit on.
        self.drives = np.zeros((RING + 1, rewards.neurons), np.int32)
        self.code = np.zeros(rewards.winners, np.int64)
        self.life = np.zeros(7)
        slots, queue = inference.contexts + 1, 2 * inference.chunk
        self.senses, self.expected, self.told = (np.zeros(slots) for _ in range(3))
        self.queue, self.queued = np.zeros((queue, len(stream.senses[0])), np.uint8), np.zeros(2, np.int64)
        self.deeds = np.zeros((queue, 2), np.int64)  # action, and whether an episode ended, of what is queued
        self.odds = np.zeros((slots, stream.width, 2), np.float32)  # what bits tell: by context, for it is read so
        actions = rewards.weight.shape[1] // rewards.neurons
        stream.sizes[finding.INFERS :] = 1, rewards.neurons, rewards.winners, actions, slots, queue
        self.load()

    def load(self) -> None:
        """Take over what the models hold."""
        inference, rewards, queued = self.inference, self.rewards, self.queued
        familiarity, returns, stream = self.familiarity.views, self.returns.views, self.stream
        self.familiarity.follow_chances()
        stream.place[CONTEXT], stream.place[KNOWN] = inference.context, inference.known
        self.life[:3] = rewards.seen, rewards.mean, rewards.largest
        self.life[4:] = inference.lost, inference.credit, inference.rival
        queued[:] = 0
        for _, action, after, fresh in inference.queue:
            self.deeds[queued[0]] = int(action), len(fresh)
            for row in (*after.numpy(), *fresh.numpy()):
                np.copyto(self.queue[queued[1], : stream.width], row, casting="unsafe")
                queued[1] += 1
            queued[0] += 1
        self.odds[:] = familiarity["_table"].reshape(stream.width, -1, 2).transpose(1, 0, 2)
        kinds = np.float32, np.uint8, np.int32, np.float32, np.float64
        found = [(self.drives, np.int32), (self.weight, np.int16), (rewards.views["centre"], np.float32)]
        found += [(self.searcher.lists, np.int64), *zip(self.searcher.kit, kinds, strict=True), (self.code, np.int64)]
        found += [(self.rates, np.float64)]
        found += [(one, np.float32) for one in (familiarity["chance"], self.odds, familiarity["_base"])]
        seen = self.familiarity.surprise, self.familiarity.novel, self.familiarity.seen, inference.doubt
        found += [(one, np.float64) for one in (*seen, self.senses, self.expected, self.told)]
        found += [(rewards.views["weight"], np.float32)]
        paid = returns["running"], returns["discount"], returns["usual"]
        found += [(one, np.float64) for one in (rewards.lessons, rewards.bias, rewards.wrong, self.life, *paid)]
        found += [(self.queue, np.uint8), (queued, np.int64), (self.deeds, np.int64)]
        found += [(one, np.float32) for one in (self.exact, self.plain, rewards.views["projection"])]
        stream.keep(INFERENCE, found)

    def settle(self) -> None:
        """Tell the models what only the witness knows."""
        inference, rewards, row = self.inference, self.rewards, 0
        rewards.seen, rewards.mean, rewards.largest, _, lost, inference.credit, inference.rival = self.life.tolist()
        inference.lost = int(lost)
        self.familiarity.views["_table"].reshape(self.stream.width, -1, 2)[:] = self.odds.transpose(1, 0, 2)
        queue: list[tuple[Tensor, ...]] = []
        seen = torch.from_numpy(self.queue[:, : self.stream.width].astype(np.float32))
        for action, over in self.deeds[: self.queued[0]].tolist():
            after, fresh = seen[row : row + 1], seen[row + 1 : row + 1 + over]
            # What bits are learnt from is what was seen after an action: what came before it is not kept.
            queue.append((after, torch.tensor([action]), after, fresh))
            row += 1 + over
        inference.queue = queue

    def conclude(self, told: int, action: int, reward: float, over: bool) -> Belief:
        """Draw what follows where a step may have changed the belief.

        Args:
            told: What `kernels.weighing.weigh` said: ``OPEN`` or ``CONVINCING``.
            action: What was done.
            reward: What it brought.
            over: Whether an episode ended.

        Returns:
            What is believed now.
        """
        stream, inference = self.stream, self.inference
        self.settle()
        if told == CONVINCING:
            inference.open(inference.known)
            self.load()
            return Belief(inference.context, True, True, True)
        sense, after = stream.sense(stream.now)[None], stream.sense(stream.then)[None]
        fresh = stream.sense(stream.last)[None] if over else after[:0]
        code = torch.from_numpy(self.code[None].copy()) if stream.place[INFORMATIVE] else None
        known = inference.known + 1
        belief = inference.conclude(
            (sense, torch.tensor([action]), after, fresh),
            np.array([reward]),
            self.senses[:known].copy(),
            code,
            self.expected[:known, None].copy(),
            self.life[3:4] if over else self.life[:0],
        )
        self.load()
        return belief
