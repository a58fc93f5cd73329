"""The same actor-critic where the world lives: acts and learns in tensors of one device, and never asks it."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from lifelong_agent.actor_critic import Yardstick
from lifelong_agent.brain import TriarchicBrain
from lifelong_agent.device.brain import DeviceBrain, Wish
from lifelong_agent.device.cortex import DeviceCode
from lifelong_agent.device.inference import Seen
from lifelong_agent.device.yardstick import DeviceYardstick
from lifelong_agent.learner import Outcome, Rates


class DeviceLearner:
    """Learns what `Learner` does, to rounding, in operations of fixed shapes on one device.

    No step waits for the device: what depends on data is decided by masks on it. The brain and the yardstick are told
    what was learnt when the brain is asked for a part, a buffer or its state; that waits. Senses are not looked at
    whether they are finite, nor actions whether they are in range, for that would be to wait.

    Args:
        brain: Reads one output per action, and the value. Its senses are bits, or it tells no worlds apart.
        yardstick: Measures rewards and TD errors, of as many streams; up to date whenever the brain is.
        rates: How fast it learns.

    Raises:
        ValueError: If the brain infers its world from real-valued senses.
    """

    single: ClassVar[bool] = False

    def __init__(self, brain: TriarchicBrain, yardstick: Yardstick, rates: Rates) -> None:
        if not lives_on_device(brain):
            raise ValueError(
                "a brain that tells worlds apart by real-valued senses learns on the host: use Learner, or "
                "BrainConfig(infer=False)"
            )
        self.brain, self.yardstick, self.rates = brain, yardstick, rates
        self.actions, self._gamma = brain.actions, brain.gamma
        self._here, self._measure = DeviceBrain(brain), DeviceYardstick(yardstick)
        self._code: DeviceCode | None = None
        self._settled = True  # whether the brain knows all, and may have been changed from outside
        brain.attend(self)

    def settle(self) -> None:
        """Tell the brain and the yardstick all that was learnt; called by the brain before anyone looks."""
        if not self._settled:
            self._settled = True
            self._here.settle()
            self._measure.settle()

    def begin(self, observation: Tensor) -> None:
        """Begin a life with its first observations, ``(B, in_dim)``.

        Raises:
            ValueError: If they lie on another device than the brain, have another shape, or are not finite.
        """
        brain = self.brain
        home = brain.trace.device
        if observation.device != home:
            raise ValueError(f"the brain lives on {str(home)!r}, what it senses on {str(observation.device)!r}")
        first = observation.to(torch.float32)
        brain.begin(first)
        self._load()
        self._code = self._here.code(first)
        self._output = self._here.read(self._code.active)

    def act(self, rng: torch.Generator) -> Tensor:
        """Draw actions, ``(B,)``, int64 from 0 on, by a generator of the brain's device."""
        output = self._output.double()
        self._chances, self._value = output[:, : self.actions].softmax(1), output[:, self.actions]
        drawn = torch.rand(len(output), 1, generator=rng, device=output.device, dtype=output.dtype)
        return (self._chances.cumsum(1) < drawn).sum(1).clamp_(max=self.actions - 1)

    def learn(self, outcome: Outcome[Tensor]) -> None:
        """Learn from what came of the actions that were drawn last.

        Raises:
            TypeError: If the outcome is no tensors.
            ValueError: If senses have another shape.
        """
        code = self._code
        assert code is not None, "a life begins with begin()"
        if not isinstance(outcome.upcoming, Tensor):
            raise TypeError(
                f"a life that began with tensors goes on with tensors; got {type(outcome.upcoming).__name__}"
            )
        if self._settled:
            self._load()
        here, measure, size = self._here, self._measure, len(code.sense)
        over = outcome.terminated | outcome.truncated
        after, upcoming = outcome.after.to(torch.float32), outcome.upcoming.to(torch.float32)
        if after.shape != code.sense.shape or upcoming.shape != after.shape:
            raise ValueError(
                f"expected senses of shape (streams, channels) = {tuple(code.sense.shape)}; got {tuple(after.shape)} "
                f"after the actions and {tuple(upcoming.shape)} upcoming"
            )
        reward = outcome.reward.double()
        belief = here.observe(Seen(code.sense, outcome.action, after, upcoming, over), reward)
        learns = belief.sure & belief.switched.logical_not()
        scaled = measure.reward(reward, over, belief.context, sure=learns, switched=belief.switched)
        # What came of the actions, and what is acted on next: they differ where an episode ended.
        ahead = here.code(torch.cat([after, upcoming]))
        foreseen = here.read(ahead.active[:size])[:, self.actions].double()
        error = scaled + self._gamma * outcome.terminated.logical_not() * foreseen - self._value
        standard, rightness = measure.error(error, self._value, belief.context, learns)
        wish = self._wish(outcome.action, error, standard, rightness)
        if self.rates.reach:
            wish = self._within_reach(code, wish, error)
        here.learn(code, wish, learns, bounded=self.actions)
        here.grow(code, learns)
        here.keep(over)
        self._code = ahead.rows(slice(size, None))
        self._output = here.read(self._code.active)

    def _wish(self, action: Tensor, error: Tensor, standard: Tensor, rightness: Tensor) -> Wish:
        """What actions and their errors, each ``(B,)``, ask for; see `Learner` and `policy_direction`."""
        rates, chances, actions = self.rates, self._chances, self.actions
        size = len(error)
        likelier = torch.zeros_like(chances).scatter_(1, action[:, None], 1.0) - chances
        logs = (chances + 1e-9).log()
        entropy = -(chances * logs).sum(1, keepdim=True)
        broader = -chances * (logs + entropy)
        actor = rates.policy * (1.0 - self._gamma * self._here.config.trace) * standard
        surprise = standard.abs().clamp(max=3.0)[:, None]
        one = chances.new_ones(size, 1)
        direction = torch.cat([likelier, one], 1)
        factor = torch.cat([actor[:, None].expand(size, actions), rates.value * error[:, None]], 1)
        at_once = torch.cat([rates.policy * rates.entropy * surprise * broader, torch.zeros_like(one)], 1)
        return Wish(direction.float(), factor.float(), at_once.float(), rightness.float())

    def _within_reach(self, code: DeviceCode, wish: Wish, error: Tensor) -> Wish:
        """Shrink a wish that moves logits too far, or values past what TD errors, ``(B,)``, ask for; see `Rates`."""
        rates, actions = self.rates, self.actions
        moves = self._here.moves(code, wish, bounded=actions)
        furthest = moves[:, :actions].abs().amax().clamp(min=1e-12)
        gone = moves[:, actions].double()
        share = gone @ (rates.value * error) / (gone @ gone).clamp(min=1e-12)
        actor, critic = (rates.reach / furthest).clamp(max=1.0), share.clamp(0.0, 1.0).float()
        shrink = torch.cat([actor.expand(actions), critic[None]])
        return wish._replace(factor=wish.factor * shrink, at_once=wish.at_once * shrink)

    def _load(self) -> None:
        """Go on from what the brain and the yardstick say."""
        self._here.load()
        self._measure.load(self._here.device)
        self._settled = False


def lives_on_device(brain: TriarchicBrain) -> bool:
    """Whether a brain can learn by a `DeviceLearner`: what tells worlds apart by real-valued senses stays on the host.

    Their models invert matrices and are young or ripe, step by step, in ways that the host decides.
    """
    return brain.inference is None or brain.cortex.bits
