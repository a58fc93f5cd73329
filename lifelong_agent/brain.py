"""The triarchic brain: a sparse cortex, a protected slow core, fast decaying context, a sense of which world it is."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from lifelong_agent.attended import Attended
from lifelong_agent.checks import check_actions, check_senses, check_wishes
from lifelong_agent.config import BrainConfig
from lifelong_agent.cortex import Code, Cortex
from lifelong_agent.dynamics import Dynamics
from lifelong_agent.engine import compiles, kernels
from lifelong_agent.familiarity import Familiarity
from lifelong_agent.inference import Belief, ContextInference
from lifelong_agent.normalizer import ContextNormalizer
from lifelong_agent.readout import Place, Readout
from lifelong_agent.reward_model import RewardModel
from lifelong_agent.sense_filter import SenseFilter
from lifelong_agent.three_factor import asked_change, part_taken


class Thought(NamedTuple):
    """What a forward pass found: all that learning from it needs.

    Attributes:
        output: Read-out, ``(B, out_dim)``.
        code: What the cortex made of the senses.
        context: The context it was thought in.
        sense: What it was thought about, ``(B, in_dim)``.
    """

    output: Tensor
    code: Code
    context: int
    sense: Tensor

    def rows(self, which: slice | Tensor) -> Thought:
        """Take some rows of the batch: a slice, or indices of shape ``(R,)``."""
        return Thought(self.output[which], self.code.rows(which), self.context, self.sense[which])


class TriarchicBrain(Attended):
    """A policy and value head that learns locally, online, and keeps what it learnt in other worlds.

    ``forward`` is pure. ``learn`` changes synapses by a three-factor rule: eligibility (pre: the neuron fired; post:
    the direction asked for at the output), times a third factor that arrives at once or later. No gradients are
    propagated.

    Args:
        in_dim: Number of sense channels.
        out_dim: Number of outputs.
        actions: Number of discrete actions, for the forward models.
        streams: Number of parallel streams B, which live in the same world.
        gamma: Discount per step.
        senses: ``"real"`` for real-valued channels, ``"bits"`` for binary ones.
        config: Sizes and rates.
        seed: Draws the cortex and the codes.

    Raises:
        ValueError: If a size is not positive.
    """

    trace: Tensor

    def __init__(
        self,
        in_dim: int,
        out_dim: int,
        *,
        actions: int,
        streams: int,
        gamma: float,
        senses: Literal["real", "bits"],
        config: BrainConfig | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        for name, size in (("in_dim", in_dim), ("out_dim", out_dim), ("actions", actions), ("streams", streams)):
            if size < 1:
                raise ValueError(f"{name} is a positive number; got {size}")
        if not 0.0 <= gamma < 1.0:
            raise ValueError(f"gamma is a discount in [0, 1); got {gamma}")
        self.gamma = gamma
        self.in_dim, self.actions = in_dim, actions
        self.config = config = config or BrainConfig()
        generator = torch.Generator().manual_seed(seed)
        real = senses == "real"
        slots = config.contexts if config.infer else 1
        self.normalizer = ContextNormalizer(in_dim, slots, scale=real)
        self.cortex = Cortex(
            in_dim,
            neurons=config.neurons,
            open_neurons=config.open_neurons,
            winners=config.winners,
            contexts=slots,
            bits=not real,
            fan_in=config.fan_in,
            generator=generator,
        )
        self.readout = Readout(
            config.neurons,
            out_dim,
            brake=config.brake,
            importance_rate=config.importance_rate,
            fast_share=config.fast_share,
            half_life=config.half_life,
            consolidation=config.consolidation,
        )
        self.inference = (
            ContextInference(in_dim, actions, slots, streams=streams, gamma=gamma, senses=senses, generator=generator)
            if config.infer
            else None
        )
        self.filter = SenseFilter(streams, in_dim) if config.infer and config.repair and real else None
        self.register_buffer("trace", torch.zeros(out_dim, streams, config.open_neurons))
        self._open(0)
        self._choose_engine()

    @property
    def context(self) -> int:
        """The context that the brain believes to be in."""
        return self.inference.context if self.inference is not None else 0

    @property
    def contexts(self) -> int:
        """How many worlds have been told apart."""
        return self.inference.known if self.inference is not None else 1

    def forward(self, sense: Tensor) -> Thought:
        """Think about senses, shape ``(B, in_dim)``, float32 and finite, in the present context. Changes nothing.

        Raises:
            ValueError: If the senses have another shape or type, or are not finite.
        """
        check_senses("sense", sense, self.in_dim)
        context = self.context
        code = self.cortex(sense if self.cortex.bits else self.normalizer(sense, context), context)
        return Thought(self._read(code, context), code, context, sense)

    def reread(self, thought: Thought) -> Thought:
        """Read the same neurons once more, after learning: a thought without coding the senses anew."""
        return thought._replace(output=self._read(thought.code, thought.context))

    def begin(self, first: Tensor, *, learn: bool = True) -> None:
        """Begin a life with its first observations, ``(B, in_dim)``, float32 and finite.

        Raises:
            ValueError: If they have another shape or type, or are not finite.
        """
        check_senses("first", first, self.in_dim)
        if self.inference is not None:
            self.inference.begin(first, learn=learn)
        if learn and self.normalizer.count[self.context] == 0:
            self.normalizer.update(first, self.context)

    def forget_belief(self, streams: int, guess: float = 0.0) -> None:
        """Begin an exam of so many streams, not knowing the world. Keeps all that was learnt.

        Args:
            streams: Number of parallel streams.
            guess: In ``[0, 1)``: picks the world to begin in where the first observations leave a choice.
        """
        if self.inference is not None:
            self.inference.forget_belief(streams, guess)
        if self.filter is not None:
            self.filter.restart(streams)

    def perceive(self, after: Tensor, action: Tensor) -> Tensor:
        """Estimate what sound sensors would say after an action: ``(B, in_dim)`` from ``(B, in_dim)`` and ``(B,)``."""
        if self.filter is None or self.inference is None or self.inference.dynamics is None:
            return after
        return self.filter.step(self.inference.dynamics, self.context, action, after)

    def perceive_first(self, first: Tensor, which: Tensor | None = None) -> Tensor:
        """Estimate what sound sensors would say where episodes begin.

        Args:
            first: What the sensors say, ``(B, in_dim)``, where an episode begins.
            which: Which streams begin an episode, ``(B,)``, bool; None after a change of world, which every stream
                begins by taking its sensors at their word.

        Returns:
            Estimates for all streams, ``(B, in_dim)``: new ones where an episode begins, the last ones elsewhere.
        """
        if self.filter is None or self.inference is None or self.inference.dynamics is None:
            return first
        if which is None:
            self.filter.trust(first)
            return first
        return self.filter.start(self.inference.dynamics, self.context, first, which)

    def observe(
        self,
        sense: Tensor,
        action: Tensor,
        reward: Tensor,
        after: Tensor,
        ended: Tensor,
        fresh: Tensor,
        *,
        learn: bool = True,
    ) -> Belief:
        """See what came of an action: which world is this, and how are its senses distributed.

        Args:
            sense: ``(B, in_dim)``, before the action.
            action: ``(B,)``, integers.
            reward: ``(B,)``, on the host.
            after: ``(B, in_dim)``, after the action; the final observation where an episode ended.
            ended: ``(B,)``, bool, on the host, whether an episode ended with this step.
            fresh: ``(F, in_dim)``, first observations of the episodes that began at this step.
            learn: False for a frozen policy, which only infers.

        Returns:
            The belief. Where it says ``switched``, the traces have been cleared and thoughts must be thought again.

        Raises:
            ValueError: If senses have another shape or type or are not finite, or an action is out of range; nothing
                has been learnt then.
        """
        check_senses("after", after, self.in_dim)
        check_actions(action, len(after), self.actions)
        if self.inference is None:
            belief = Belief(0, True, False, False)
        else:
            belief = self.inference.observe(sense, action, reward, after, ended, fresh, learn=learn)
        if learn:
            self.follow(belief, after)
        return belief

    def follow(self, belief: Belief, after: Tensor) -> None:
        """Do what a belief asks for, after seeing ``after (B, in_dim)``: cut the traces, open neurons for a world."""
        if belief.switched:
            self.trace.zero_()
        if belief.opened:
            self._open(belief.context)
            self.normalizer.update(after, belief.context)

    def learn(
        self,
        thought: Thought,
        direction: Tensor,
        factor: Tensor,
        *,
        rightness: float,
        at_once: Tensor | None = None,
        bounded: int | None = None,
    ) -> None:
        """Learn from a thought by the three-factor rule.

        ``trace <- gamma * lambda * trace + code x direction``; ``weights += sum over streams of factor * trace``.

        Args:
            thought: A thought of this context.
            direction: What each output would have to do, ``(B, out_dim)``: the post-synaptic factor.
            factor: The third factor of each output, ``(B, out_dim)``: a learning rate times an error.
            rightness: How right predictions are, in ``[0, 1]``, for the importances.
            at_once: A change of the outputs asked for without delay, ``(B, out_dim)``, outside the traces.
            bounded: Output whose step is divided by the energy of its trace, so that one step closes at most the given
                share of the error (normalised least mean squares).

        Raises:
            ValueError: If the thought belongs to another context, or what is asked for has another shape.
        """
        if thought.context != self.context:
            raise ValueError(
                f"a thought can be learnt from in its own context only: it was thought in {thought.context}, "
                f"the brain is now in {self.context}; think again after a switch"
            )
        wishes = {"direction": direction, "factor": factor, "at_once": at_once}
        check_wishes(thought.output.shape, self.trace.shape[1], bounded, **wishes)
        place, scale = self.cortex.place(thought.context), self.cortex.scale
        decay = self.gamma * self.config.trace
        if self.compiled and isinstance(place, slice):
            nothing = torch.zeros_like(direction) if at_once is None else at_once
            asked = np.stack([direction.numpy(), factor.numpy(), nothing.numpy()])
            output = -1 if bounded is None else bounded
            self.readout.reinforce(
                self.views["trace"], thought.code.winners, scale, asked, output, decay, place, rightness
            )
        else:
            self._reinforce(thought.code.active(scale), direction, factor, at_once, bounded, decay, place, rightness)
        self.cortex.learn(thought.context, thought.code)
        self.normalizer.update(thought.sense, thought.context)

    def moves(
        self, thought: Thought, direction: Tensor, factor: Tensor, at_once: Tensor, bounded: int | None = None
    ) -> Tensor:
        """Foresee how far `learn` would move the outputs of the same thought: ``(B, out_dim)``.

        What brakes the core and what the fast weights add is left out.

        Args:
            thought: See `learn`, as are all that follow.
            direction: What each output would have to do, ``(B, out_dim)``.
            factor: The third factor, ``(B, out_dim)``.
            at_once: A change that is asked for without delay, ``(B, out_dim)``.
            bounded: Output whose step is divided by the energy of its trace.
        """
        decay, scale = self.gamma * self.config.trace, self.cortex.scale
        if self.compiled:
            asked = np.stack([direction.numpy(), factor.numpy(), at_once.numpy()])
            out, winners = np.empty(direction.shape, np.float32), thought.code.winners.numpy()
            output = -1 if bounded is None else bounded
            kernels().foresee_moves(self.views["trace"], winners, scale, asked, output, decay, out)
            return torch.from_numpy(out)
        active = thought.code.active(scale)
        trace = self.trace[:, : active.shape[0]] * decay + direction.T[:, :, None] * active
        return active @ asked_change(trace, active, factor, at_once, bounded).T

    def _reinforce(
        self,
        active: Tensor,
        direction: Tensor,
        factor: Tensor,
        at_once: Tensor | None,
        bounded: int | None,
        decay: float,
        place: Place,
        rightness: float,
    ) -> None:
        """Follow the three-factor rule in tensor operations."""
        trace = self.trace[:, : active.shape[0]]
        trace.mul_(decay).addcmul_(direction.T[:, :, None], active)
        change = asked_change(trace, active, factor, at_once, bounded)
        self.readout.learn(place, change, part_taken(trace, self.cortex.scale), rightness)

    def grow(self, thought: Thought) -> bool:
        """Neurogenesis: let the most novel input of a thought recruit the least used neuron, if it is novel enough."""
        if not self.config.neurogenesis:
            return False
        context = thought.context
        which = self.cortex.novel(thought.code.best, context)
        return which is not None and self.recruit(thought.sense[which], context)

    def recruit(self, sense: Tensor, context: int) -> bool:
        """Let an input, ``(in_dim,)``, recruit the least used neuron of a context, unless all are protected."""
        protected = self.readout.importance[:, self.cortex.place(context)].amax(0) > 0.1
        if self.cortex.bits:
            place = self.cortex.recruit(sense, context, protected, self.normalizer.mean[context])
        else:
            place = self.cortex.recruit(self.normalizer(sense[None], context)[0], context, protected)
        if place is None:
            return False
        self.readout.forget(self.cortex.members[context, place : place + 1])
        self.trace[:, :, place] = 0.0
        return True

    def end(self, ended: Tensor) -> None:
        """Cut the traces of streams whose episode ended: ``(B,)``, bool."""
        if self.compiled:
            self.views["trace"][:, ended.numpy().nonzero()[0]] = 0.0
        else:
            self.trace[:, : len(ended)].masked_fill_(ended[:, None], 0.0)

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        # Sums over a life and inverses of matrices need their double precision: only the place can be changed.
        def move(value: Tensor) -> Tensor:
            moved = fn(value)
            return moved if moved.dtype == value.dtype else value.to(moved.device)

        super()._apply(move, recurse)
        self._choose_engine()
        return self

    def _choose_engine(self) -> None:
        """Let all parts use compiled kernels if they are wanted, and can be used where the brain lives."""
        self.compiled = compiles(self.config.engine) and self.trace.device.type == "cpu"
        for part in self.modules():
            if isinstance(part, (ContextNormalizer, Cortex, Dynamics, Familiarity, RewardModel)):
                part.compiled = self.compiled

    def _read(self, code: Code, context: int) -> Tensor:
        place = self.cortex.place(context)
        if self.compiled and isinstance(place, slice):
            return self.readout.read(code.winners, self.cortex.scale, place)
        return self.readout(code.active(self.cortex.scale), place)

    def _open(self, context: int) -> None:
        if context and not self.config.gate:
            self.cortex.members[context] = self.cortex.members[0]
            self.cortex.forget_projections()
            self.normalizer.clear(context)
            return
        neurons = self.cortex.open(context, self.readout.importance.amax(0))
        self.readout.forget(neurons)
        self.normalizer.clear(context)
