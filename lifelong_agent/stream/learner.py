"""The same actor-critic for one stream on the CPU: a handful of compiled calls a step."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left
from typing import Generic, TypeVar

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

    stream: Kind

    def __init__(self, brain: TriarchicBrain, yardstick: Yardstick, rates: Rates) -> None:
        super().__init__(brain, yardstick, rates)
        self._thinks = False  # whether the stream holds the present thought
        self._choices = [np.array([action]) for action in range(self.actions)]  # a copy costs half of a new array
        brain.attend(self)

    @abstractmethod
    def _live(self, outcome: Outcome, action: int, reward: float, terminated: bool, over: bool) -> None:
        """Learn from a step, with the present thought in the stream."""

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
        stream = self.stream
        if not self._thinks or (stream.settled and not self._ready()):
            super().learn(outcome)
            self._adopt()
            return
        terminated = outcome.terminated.item()
        over = terminated or outcome.truncated.item()
        self._live(outcome, outcome.action.item(), outcome.reward.item(), terminated, over)
        self._summed = stream.summed[stream.now]

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

    def _switch(self, belief: Belief, outcome: Outcome) -> None:
        """Go to another context."""
        brain = self.brain
        self.yardstick.restart()
        brain.follow(belief, torch.from_numpy(outcome.after.astype(np.float32)))
        self._raw = torch.from_numpy(outcome.upcoming.astype(np.float32))
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

    def _live(self, outcome: Outcome, action: int, reward: float, terminated: bool, over: bool) -> None:
        stream = self.stream
        told = stream.live(outcome.after, outcome.upcoming, action, reward, terminated, over)
        if told in (CALM, UNSURE):
            return
        if told in (OPEN, CONVINCING):
            assert self.witness is not None
            belief = self.witness.conclude(told, action, reward, over)
            if belief.switched:
                self.yardstick.reward(
                    outcome.reward, outcome.terminated | outcome.truncated, belief.context, sure=False
                )
                self._switch(belief, outcome)
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

    def _live(self, outcome: Outcome, action: int, reward: float, terminated: bool, over: bool) -> None:
        stream = self.stream
        now = stream.now
        if self._inference is None:
            then = stream.take(outcome.after[0])
            last = stream.take(outcome.upcoming[0]) if over else then
        else:
            belief, then, last = self._observe(outcome, over)
            if belief.switched or not belief.sure:
                self._falter(belief, outcome, last)
                return
        stream.think(then)
        if over:
            stream.think(last)
        if stream.learn(action, reward, terminated, over, then, last):
            self._grow(now)

    def _observe(self, outcome: Outcome, over: bool) -> tuple[Belief, int, int]:
        """Infer the world from what was seen, and perceive it; see `Learner`."""
        inference, stream = self._inference, self.stream
        assert inference is not None
        after = torch.from_numpy(outcome.after.astype(np.float32))
        check_senses("after", after, stream.width)
        upcoming = torch.from_numpy(outcome.upcoming.astype(np.float32)) if over else after
        action, ended = torch.from_numpy(outcome.action), torch.from_numpy(outcome.terminated | outcome.truncated)
        fresh = upcoming if over else after[:0]
        belief = inference.observe(self._raw, action, torch.from_numpy(outcome.reward), after, ended, fresh)
        self._raw = upcoming
        if belief.switched:
            return belief, 0, 0
        first = upcoming
        if self._filter is not None and inference.dynamics is not None:
            after = self._filter.step(inference.dynamics, inference.context, action, after)
            first = self._filter.start(inference.dynamics, inference.context, upcoming, ended) if over else after
        then = stream.take(after[0].numpy())
        return belief, then, stream.take(first[0].numpy()) if over else then

    def _falter(self, belief: Belief, outcome: Outcome, last: int) -> None:
        """Go on from a step that nothing was learnt from, or that led to another context."""
        over = outcome.terminated | outcome.truncated
        self.yardstick.reward(outcome.reward, over, belief.context, sure=False)
        if belief.switched:
            self._switch(belief, outcome)
            return
        if over[0]:
            self.stream.cut()
        self.stream.attend(last)


def make_stream_learner(brain: TriarchicBrain, yardstick: Yardstick, rates: Rates) -> StreamLearner:
    """Make the learner that suits the senses of a brain of one stream, on the CPU, with compiled kernels."""
    return (BitLearner if brain.cortex.bits else RealLearner)(brain, yardstick, rates)
