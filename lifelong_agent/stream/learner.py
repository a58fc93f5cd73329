"""The same actor-critic for one stream on the CPU: a handful of compiled calls a step."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left
from typing import ClassVar, Generic, TypeVar

import numpy as np
import torch

from lifelong_agent.actor_critic import Yardstick
from lifelong_agent.brain import TriarchicBrain
from lifelong_agent.checks import check_senses
from lifelong_agent.inference import Belief
from lifelong_agent.kernels.living import NOVEL
from lifelong_agent.kernels.weighing import CALM, CONVINCING, OPEN, UNSURE
from lifelong_agent.learner import Learner, Outcome, Rates
from lifelong_agent.stream.bits import BitStream
from lifelong_agent.stream.reals import RealStream
from lifelong_agent.stream.stream import Stream
from lifelong_agent.stream.witness import Witness

Kind = TypeVar("Kind", bound=Stream)


class StreamLearner(Learner, Generic[Kind]):
    """Learns what `Learner` does, to rounding, from one stream.

    Where the neurons of a context do not follow one another, it leaves the steps to `Learner`.
    """

    single: ClassVar[bool] = True
    stream: Kind

    def __init__(self, brain: TriarchicBrain, yardstick: Yardstick, rates: Rates) -> None:
        super().__init__(brain, yardstick, rates)
        self._thinks = False  # whether the stream holds the present thought
        self._choices = [np.array([action]) for action in range(self.actions)]  # a copy costs half of a new array
        brain.attend(self)

    @abstractmethod
    def _live(
        self, action: int, reward: float, terminated: bool, over: bool, after: np.ndarray, upcoming: np.ndarray
    ) -> None:
        """Learn from a step, with the present thought in the stream: see `learn_one`."""

    def settle(self) -> None:
        """Tell the brain all that was learnt; called by the brain before anyone looks."""
        self.stream.settle()

    def begin(self, observation: np.ndarray) -> None:
        """Begin a life with its first observations, ``(1, in_dim)``."""
        super().begin(observation)
        self._adopt()

    def act(self, rng: np.random.Generator) -> np.ndarray:
        """Draw an action, ``(1,)``."""
        if not self._thinks:
            return super().act(rng)
        return self._choices[min(bisect_left(self._summed.tolist(), rng.random()), self.actions - 1)].copy()

    def learn(self, outcome: Outcome) -> None:
        """Learn from what came of the action that was drawn last."""
        terminated = outcome.terminated.item()
        over = terminated or outcome.truncated.item()
        numbers = outcome.action.item(), outcome.reward.item(), terminated, over
        self.learn_one(*numbers, outcome.after, outcome.upcoming)

    def learn_one(
        self, action: int, reward: float, terminated: bool, over: bool, after: np.ndarray, upcoming: np.ndarray
    ) -> None:
        """Learn from what came of the action that was drawn last, told as plain numbers.

        Args:
            action: What was done.
            reward: What it brought, rounded to float32.
            terminated: Whether nothing follows.
            over: Whether an episode ended.
            after: What was seen after the action, ``(1, in_dim)``: see `Outcome`.
            upcoming: What is acted on next, ``(1, in_dim)``.
        """
        stream = self.stream
        if self._thinks and (not stream.settled or self._ready()):
            self._live(action, reward, terminated, over, after, upcoming)
            self._summed = stream.summed[stream.now]
            return
        cut = np.array([over and not terminated])
        paid = np.array([reward], np.float32)
        super().learn(Outcome(np.array([action]), paid, np.array([terminated]), cut, after, upcoming))
        self._adopt()

    def _ready(self) -> bool:
        """Follow what was changed from outside; False, with a thought for `Learner`, if that cannot be done."""
        stream = self.stream
        if self.brain.compiled and stream.ready():
            return True
        self._thinks, stream.settled = False, True
        now = stream.now
        thought = self.brain(stream.sense(now)[None].to(self.brain.trace.device))
        self._chances, self._value = stream.chances[now][None], stream.outputs[now][-1:].astype(np.float64)
        self._thought = thought
        return False

    def _adopt(self) -> None:
        """Take over the present thought of `Learner`, if its context can be followed."""
        stream, thought = self.stream, self._thought
        assert thought is not None
        stream.settle()
        stream.load()
        self._thinks = stream.follows and self.brain.compiled
        if self._thinks:
            stream.attend(stream.take(thought.sense[0].numpy()))
            self._summed = stream.summed[stream.now]

    def _pass(self, belief: Belief, reward: float, over: bool) -> None:
        """Let a reward that nothing is learnt from run into the returns."""
        self.yardstick.reward(np.array([reward]), np.array([over]), belief.context, sure=False)

    def _switch(self, belief: Belief, after: np.ndarray, upcoming: np.ndarray) -> None:
        """Go to another context."""
        brain = self.brain
        self.yardstick.restart()
        brain.follow(belief, torch.from_numpy(after.astype(np.float32)))
        self._raw = torch.from_numpy(upcoming.astype(np.float32))
        self._thought = brain(brain.perceive_first(self._raw))
        self._adopt()

    def _grow(self, which: int) -> None:
        """Let what a thought was about recruit a neuron; then read the present thought anew."""
        self.settle()
        self.brain.recruit(self.stream.sense(which), self.stream.context)
        if self._ready():
            self.stream.look(self.stream.now)


class BitLearner(StreamLearner[BitStream]):
    """Learns from one stream of bits: a step is one call, but where the belief changes."""

    def __init__(self, brain: TriarchicBrain, yardstick: Yardstick, rates: Rates) -> None:
        self.stream = BitStream(brain, yardstick, rates)
        self.witness = Witness(brain.inference, self.stream) if brain.inference is not None else None
        super().__init__(brain, yardstick, rates)

    def settle(self) -> None:
        """Tell the brain all that was learnt; called by the brain before anyone looks."""
        if not self.stream.settled:
            self.stream.settle()
            if self.witness is not None:
                self.witness.settle()

    def _live(
        self, action: int, reward: float, terminated: bool, over: bool, after: np.ndarray, upcoming: np.ndarray
    ) -> None:
        stream = self.stream
        told = stream.live(after, upcoming, action, reward, terminated, over)
        if told in (CALM, UNSURE):
            return
        if told in (OPEN, CONVINCING):
            assert self.witness is not None
            belief = self.witness.conclude(told, action, reward, over)
            if belief.switched:
                self._pass(belief, reward, over)
                self._switch(belief, after, upcoming)
                return
            if not belief.sure:
                stream.hesitate(reward, over)
                return
            told = stream.proceed(action, reward, terminated, over)
        stream.heed(told)
        if told & NOVEL:
            self._grow(stream.owed)

    def _ready(self) -> bool:
        if super()._ready():
            if self.witness is not None:
                self.witness.load()
            return True
        if self.witness is not None:
            assert self._thought is not None
            self._raw = self._thought.sense
        return False


class RealLearner(StreamLearner[RealStream]):
    """Learns from one stream of real-valued channels, whose world `ContextInference` infers."""

    def __init__(self, brain: TriarchicBrain, yardstick: Yardstick, rates: Rates) -> None:
        self.stream = RealStream(brain, yardstick, rates)
        super().__init__(brain, yardstick, rates)
        self._inference, self._filter = brain.inference, brain.filter

    def _live(
        self, action: int, reward: float, terminated: bool, over: bool, after: np.ndarray, upcoming: np.ndarray
    ) -> None:
        stream = self.stream
        now = stream.now
        if self._inference is None:
            then = stream.take(after[0])
            last = stream.take(upcoming[0]) if over else then
        else:
            belief, then, last = self._observe(action, reward, over, after, upcoming)
            if belief.switched:
                self._pass(belief, reward, over)
                self._switch(belief, after, upcoming)
                return
            if not belief.sure:
                self._pass(belief, reward, over)
                if over:
                    stream.cut()
                stream.attend(last)
                return
        stream.think(then)
        if over:
            stream.think(last)
        if stream.learn(action, reward, terminated, over, then, last):
            self._grow(now)

    def _observe(
        self, action: int, reward: float, over: bool, after: np.ndarray, upcoming: np.ndarray
    ) -> tuple[Belief, int, int]:
        """Infer the world from what was seen, and perceive it; see `Learner`."""
        inference, stream = self._inference, self.stream
        assert inference is not None
        seen = torch.from_numpy(after.astype(np.float32))
        check_senses("after", seen, stream.width)
        first = torch.from_numpy(upcoming.astype(np.float32)) if over else seen
        did, ended = torch.tensor([action]), torch.tensor([over])
        paid = torch.tensor([reward], dtype=torch.float32)
        belief = inference.observe(self._raw, did, paid, seen, ended, first if over else seen[:0])
        self._raw = first
        if belief.switched:
            return belief, 0, 0
        if self._filter is not None and inference.dynamics is not None:
            seen = self._filter.step(inference.dynamics, inference.context, did, seen)
            first = self._filter.start(inference.dynamics, inference.context, first, ended) if over else seen
        then = stream.take(seen[0].numpy())
        return belief, then, stream.take(first[0].numpy()) if over else then


def make_stream_learner(brain: TriarchicBrain, yardstick: Yardstick, rates: Rates) -> StreamLearner:
    """Make the learner that suits the senses of a brain of one stream, on the CPU, with compiled kernels."""
    return (BitLearner if brain.cortex.bits else RealLearner)(brain, yardstick, rates)
