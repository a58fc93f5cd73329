"""The online actor-critic on a brain: it acts, and learns from what comes of it, at every step of B streams."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, ClassVar, Generic, NamedTuple, TypeVar, overload

import numpy as np
import torch
from torch import Tensor

from lifelong_agent.actor_critic import Yardstick, policy_direction, sample, softmax
from lifelong_agent.brain import Thought, TriarchicBrain

if TYPE_CHECKING:
    from lifelong_agent.device.learner import DeviceLearner

Array = TypeVar("Array", np.ndarray, Tensor)


class Rates(NamedTuple):
    """How fast an actor-critic learns; see `BrainSpec`.

    Attributes:
        value: Share of a TD error that one step of one stream closes, in ``(0, 1]``.
        policy: Step of the policy, in logits per standardised TD error.
        entropy: Weight of the policy's entropy, scaled by surprise.
        reach: How far one step may move any logit of what is thought now, all streams together; 0 for no bound. A step
            that would go further shrinks. Streams that see the same add up, and so does a step that surprises: without
            a bound it may overshoot. The value then goes no further than brings all streams nearest to what they ask
            for, which one stream by itself never does. After the bounded steps of Elsayed, Vasan & Mahmood 2024
            (arXiv:2410.14606), with logits in the place of the TD error.
    """

    value: float
    policy: float
    entropy: float
    reach: float = 0.0


class Outcome(NamedTuple, Generic[Array]):
    """What came of the actions of B streams: arrays for `Learner`, tensors of one device for `DeviceLearner`.

    Attributes:
        action: What was done, ``(B,)``, integers from 0 on.
        reward: What it brought, ``(B,)``, float32.
        terminated: Whether nothing follows, ``(B,)``, bool.
        truncated: Whether an episode was cut, ``(B,)``, bool.
        after: What was seen after it, ``(B, in_dim)``: the final observation where an episode ended.
        upcoming: What is acted on next, ``(B, in_dim)``: the first observation of the next episode there.
    """

    action: Array
    reward: Array
    terminated: Array
    truncated: Array
    after: Array
    upcoming: Array


class Learner:
    """AC(lambda) on the outputs of a brain: one logit per action, and the value.

    Source: Sutton & Barto (2018), section 13.6, with a normalised critic step and TD errors standardised for the actor
    (after Intentional updates, Sharifnassab et al. 2026).

    Args:
        brain: Reads one output per action, and the value.
        yardstick: Measures rewards and TD errors, of as many streams.
        rates: How fast it learns.

    Attributes:
        single: Whether it learns from a single stream, whose outcomes may be told as plain numbers.
    """

    single: ClassVar[bool] = False

    def __init__(self, brain: TriarchicBrain, yardstick: Yardstick, rates: Rates) -> None:
        self.brain, self.yardstick, self.rates = brain, yardstick, rates
        self.actions = brain.actions
        self._raw, self._thought = torch.zeros(0), None
        self._chances, self._value = np.zeros((0, 0)), np.zeros(0)

    def begin(self, observation: np.ndarray) -> None:
        """Begin a life with its first observations, ``(B, in_dim)``."""
        self._raw = self._tensor(observation)
        self.brain.begin(self._raw)
        self._thought = self.brain(self.brain.perceive_first(self._raw))

    def act(self, rng: np.random.Generator) -> np.ndarray:
        """Draw actions, ``(B,)``, integers from 0 on."""
        assert self._thought is not None, "a life begins with begin()"
        output = self._thought.output.cpu().numpy().astype(np.float64)
        self._chances, self._value = softmax(output[:, : self.actions]), output[:, self.actions]
        return sample(self._chances, rng)

    def learn(self, outcome: Outcome[np.ndarray]) -> None:
        """Learn from what came of the actions that were drawn last."""
        thought = self._thought
        assert thought is not None, "a life begins with begin()"
        self._raw, self._thought = self._learn(self._raw, thought, outcome)

    def _learn(self, raw: Tensor, thought: Thought, outcome: Outcome[np.ndarray]) -> tuple[Tensor, Thought]:
        """Learn from one step; returns what the sensors say next, and the thought to act on."""
        brain, yardstick = self.brain, self.yardstick
        over = outcome.terminated | outcome.truncated
        which = over.nonzero()[0]
        after = self._tensor(outcome.after)
        upcoming = self._tensor(outcome.upcoming) if len(which) else after
        action = torch.from_numpy(outcome.action).to(raw.device)
        fresh = upcoming[which] if len(which) else upcoming[:0]
        belief = brain.observe(raw, action, torch.from_numpy(outcome.reward), after, torch.from_numpy(over), fresh)
        scaled = yardstick.reward(outcome.reward, over, belief.context, sure=belief.sure and not belief.switched)
        if belief.switched:
            yardstick.restart()
            return upcoming, brain(brain.perceive_first(upcoming))
        ahead = brain.perceive(after, action)
        ended = torch.from_numpy(over).to(raw.device)
        if len(which):  # one pass for what came of the actions and for the episodes that begin
            ahead = torch.cat([ahead, brain.perceive_first(upcoming, ended)[which]])
        ahead = brain(ahead)
        if belief.sure:
            foreseen = ahead.output[: len(raw), self.actions].cpu().numpy().astype(np.float64)
            error = scaled + brain.gamma * ~outcome.terminated * foreseen - self._value
            self._reinforce(thought, outcome.action, error)
            brain.grow(thought)
        if len(which):
            brain.end(ended)
            rows = np.arange(len(raw))
            rows[which] = len(raw) + np.arange(len(which))
            ahead = ahead.rows(torch.from_numpy(rows).to(raw.device))
        return upcoming, brain.reread(ahead) if belief.sure else ahead

    def _reinforce(self, thought: Thought, action: np.ndarray, error: np.ndarray) -> None:
        """Learn from actions and TD errors, each ``(B,)``, of a thought."""
        rates, actions, brain = self.rates, self.actions, self.brain
        standard, rightness = self.yardstick.error(error, self._value, thought.context)
        direction, at_once, factor = (np.zeros((len(error), actions + 1), np.float32) for _ in range(3))
        likelier, broader = policy_direction(self._chances, action)
        direction[:, :actions], direction[:, actions] = likelier, 1.0
        factor[:, :actions] = (rates.policy * (1.0 - brain.gamma * brain.config.trace) * standard)[:, None]
        factor[:, actions] = rates.value * error
        surprise = np.minimum(np.abs(standard), 3.0)[:, None]
        at_once[:, :actions] = rates.policy * rates.entropy * surprise * broader
        asked = torch.from_numpy(np.stack([direction, factor, at_once])).to(thought.output.device)
        if rates.reach:
            moves = brain.moves(thought, *asked, bounded=actions)
            furthest = float(moves[:, :actions].abs().max())
            asked[1:, :, :actions] *= min(rates.reach / max(furthest, 1e-12), 1.0)
            # Of the value, as much as brings all streams nearest to what they ask for (least squares).
            gone, asked_for = moves[:, actions].double(), torch.from_numpy(rates.value * error).to(moves.device)
            share = float(gone @ asked_for) / max(float(gone @ gone), 1e-12)
            asked[1, :, actions] *= min(max(share, 0.0), 1.0)
        brain.learn(thought, asked[0], asked[1], rightness=rightness, at_once=asked[2], bounded=actions)

    def _tensor(self, observation: np.ndarray) -> Tensor:
        return torch.from_numpy(observation.astype(np.float32)).to(self.brain.trace.device)


@overload
def make_learner(brain: TriarchicBrain, yardstick: Yardstick, rates: Rates) -> Learner: ...


@overload
def make_learner(
    brain: TriarchicBrain, yardstick: Yardstick, rates: Rates, *, tensors: bool
) -> Learner | DeviceLearner: ...


def make_learner(
    brain: TriarchicBrain, yardstick: Yardstick, rates: Rates, *, tensors: bool = False
) -> Learner | DeviceLearner:
    """Make the learner that suits a brain, the number of its streams, and its world.

    Args:
        brain: The brain.
        yardstick: Measures rewards and TD errors.
        rates: How fast it learns.
        tensors: Whether the world shows tensors on the brain's device: then the learner lives there too, unless the
            brain tells worlds apart by real-valued senses.
    """
    if tensors:
        # Only now: it builds on this module.
        from lifelong_agent.device import DeviceLearner, lives_on_device  # noqa: PLC0415

        if lives_on_device(brain):
            return DeviceLearner(brain, yardstick, rates)
    if brain.compiled and brain.trace.shape[1] == 1:
        # By name, and only now: compiled kernels are not there where numba is not.
        return importlib.import_module("lifelong_agent.stream").make_stream_learner(brain, yardstick, rates)
    return Learner(brain, yardstick, rates)
