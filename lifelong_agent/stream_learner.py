"""The same actor-critic for one stream on the CPU: a handful of compiled calls a step."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
import torch

from lifelong_agent.actor_critic import Yardstick
from lifelong_agent.brain import TriarchicBrain
from lifelong_agent.checks import check_senses
from lifelong_agent.inference import Belief
from lifelong_agent.learner import Learner, Outcome, Rates
from lifelong_agent.stream import Stream
from lifelong_agent.witness import Witness


class StreamLearner(Learner):
    """Learns what `Learner` does, to rounding, from one stream.

    Where the neurons of a context do not follow one another, it leaves the steps to `Learner`.
    """

    def __init__(self, brain: TriarchicBrain, yardstick: Yardstick, rates: Rates) -> None:
        super().__init__(brain, yardstick, rates)
        self.stream = stream = Stream(brain, yardstick, *rates)
        self._inference, self._filter = brain.inference, brain.filter
        bits = brain.inference is not None and brain.cortex.bits
        self.witness = Witness(brain.inference, stream) if bits and brain.inference is not None else None
        self._thinks = False  # whether the stream holds the present thought
        brain.attend(self)

    def settle(self) -> None:
        """Tell the brain all that was learnt; called by the brain before anyone looks."""
        if not self.stream.settled:
            self.stream.settle()
            if self.witness is not None:
                self.witness.settle()

    def begin(self, observation: np.ndarray) -> None:
        """Begin a life with its first observations, ``(1, in_dim)``."""
        super().begin(observation)
        self._adopt()

    def act(self, rng: np.random.Generator) -> np.ndarray:
        """Draw an action, ``(1,)``."""
        if not self._thinks:
            return super().act(rng)
        return np.array([min(bisect_left(self._summed.tolist(), rng.random()), self.actions - 1)])

    def learn(self, outcome: Outcome) -> None:
        """Learn from what came of the action that was drawn last."""
        if not self._thinks or not self._ready():
            super().learn(outcome)
            self._adopt()
            return
        stream, witness = self.stream, self.witness
        action, reward = int(outcome.action[0]), float(outcome.reward[0])
        terminated = bool(outcome.terminated[0])
        over = terminated or bool(outcome.truncated[0])
        now = stream.now
        if witness is not None:
            then = stream.take(outcome.after[0])
            last = stream.take(outcome.upcoming[0]) if over else then
            belief = witness.weigh(now, then, last, action, reward, over)
            if belief is not None and (belief.switched or not belief.sure):
                self._falter(belief, outcome, last)
                return
        elif self._inference is None:
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
            self._grow(now, last)
        stream.now = last
        self._summed = stream.summed[last]

    def _ready(self) -> bool:
        """Follow what was changed from outside; False, with a thought for `Learner`, if that cannot be done."""
        stream = self.stream
        if not stream.settled:
            return True
        if self.brain.compiled and stream.ready():
            if self.witness is not None:
                self.witness.load()
            return True
        self._thinks, stream.settled = False, True
        thought = self.brain(stream.sense(stream.now)[None].to(self.brain.trace.device))
        self._chances, self._value = (
            stream.chances[stream.now][None],
            stream.outputs[stream.now][-1:].astype(np.float64),
        )
        if self.witness is not None:
            self._raw = thought.sense
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
            self._attend(stream.take(thought.sense[0].numpy()))

    def _attend(self, which: int) -> None:
        """Think a thought, and act on it."""
        stream = self.stream
        stream.think(which)
        stream.look(which)
        stream.now, self._summed = which, stream.summed[which]

    def _observe(self, outcome: Outcome, over: bool) -> tuple[Belief, int, int]:
        """Infer the world from real-valued senses, and perceive them; see `Learner`."""
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
        if not belief.switched:
            if over[0]:
                self.stream.cut()
            self._attend(last)
            return
        self.yardstick.restart()
        brain = self.brain
        brain.follow(belief, torch.from_numpy(outcome.after.astype(np.float32)))
        self._raw = torch.from_numpy(outcome.upcoming.astype(np.float32))
        self._thought = brain(brain.perceive_first(self._raw))
        self._adopt()

    def _grow(self, now: int, last: int) -> None:
        """Let what a thought was about recruit a neuron; then read the next thought anew."""
        self.settle()
        self.brain.recruit(self.stream.sense(now), self.stream.context)
        self._ready()
        self.stream.look(last)
