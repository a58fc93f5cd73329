"""The rule in a network: what happens as it runs, and what happens around each step of its optimiser."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from lifelong_agent.plasticity.adaptation import Sensory, novelty
from lifelong_agent.plasticity.around_steps import AroundSteps
from lifelong_agent.plasticity.consolidation import Synapses
from lifelong_agent.plasticity.dendrites import DendriticGate, centred
from lifelong_agent.plasticity.layers import Anatomy
from lifelong_agent.plasticity.open_units import OpenUnits, OpenWeights
from lifelong_agent.plasticity.prototypes import ContextStore
from lifelong_agent.plasticity.unit import Steps, Unit

NEWS = 0.5
"""Novelty above which the input is of another world: dendritic gates are turned at once, not every so many steps."""
TURNED_EVERY = 16


class Plastic:
    """The rule at work in one network; made by `make_plastic`.

    Everything that it remembers lies in buffers of the network's own modules, so that ``network.state_dict()`` holds
    it; a network to load it into is made plastic first.

    While the network trains (``network.training`` and gradients on), running means follow what it is given. Otherwise
    they stand still, unless `following` is set: a stream without labels, as in use. The network then finds its context
    and its means by itself, and still does not learn.

    Attributes:
        network: The network.
        following: Whether running means follow outside of training as well.
    """

    def __init__(self, network: nn.Module, anatomy: Anatomy) -> None:
        """Begin without any part; `make_plastic` puts them in."""
        self.network, self.anatomy = network, anatomy
        self.following = self.holding = self._moving = False
        self.sensory: Sensory | None = None
        self.store: ContextStore | None = None
        self.opened: list[OpenUnits] = []
        self.weights: list[OpenWeights] = []
        self.synapses: list[Synapses] = []
        self.scaled: list[nn.Module] = []
        """Layers whose units keep the length of their weights, which their buffer `weight_length` tells."""
        self.scaled_every = 16
        self.gates: list[DendriticGate] = []
        self.units: list[Unit] = []
        self.rate = 1.0
        """Rate at which hidden units follow their means, at this step."""
        self.floor = 0.05
        self.steps = Steps()
        anatomy.hidden[0].activation.add_module("steps", self.steps)
        self._doubts = False
        self._attached: AroundSteps | None = None

    @property
    def contexts(self) -> int:
        """How many contexts are stored; 0 without such a gate."""
        return 0 if self.store is None else self.store.known

    @property
    def context(self) -> int:
        """The present context; -1 before the first, and without such a gate."""
        return -1 if self.store is None else self.store.present

    def follows(self, module: nn.Module) -> bool:
        """Tell whether running means follow what a module is given now."""
        if self._moving:
            return True
        if module.training:
            return torch.is_grad_enabled() and not self.holding
        return self.following

    def learns(self, module: nn.Module) -> bool:
        """Tell whether what is followed is learnt: contexts are stored, and known ones move on."""
        return module.training or self._moving

    @contextmanager
    def moving(self) -> Iterator[None]:
        """Let running means and contexts learn from all that the network is given in this block, whatever its mode."""
        self._moving = True
        try:
            yield
        finally:
            self._moving = False

    @contextmanager
    def given(self) -> Iterator[list[Tensor]]:
        """Collect what the first layer is given in this block, as `is_news` wants it."""
        found: list[Tensor] = []
        hook = self.anatomy.first[0].register_forward_pre_hook(
            lambda _module, given: found.append(given[0]), prepend=True
        )
        try:
            yield found
        finally:
            hook.remove()

    @torch.no_grad()
    def is_news(self, given: Tensor) -> bool:
        """Tell whether inputs come from another world than the present one; changes nothing.

        Args:
            given: ``(B, ...)``, as the first layer reads them, enough for a mean to tell something.

        Returns:
            Whether they would change the context; without stored ones, whether their mean's novelty is above `NEWS`.

        Raises:
            ValueError: If the rule has no running mean to compare with.
        """
        if self.sensory is None:
            raise ValueError("news differ from a running mean; this rule has none; give adaptation=Adaptation(...)")
        recent = given.reshape(-1, *self.sensory.mean.shape).mean(dim=0)
        if self.store is None:
            return float(novelty(recent, self.sensory.mean)) > NEWS
        return self.store.place(recent) != self.store.present or self.store.present < 0

    def sense(self, module: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        """Meet an input: follow it, find its context, and hand it on without its mean."""
        sensory = self.sensory
        assert sensory is not None  # this hook is put in with it
        if self.follows(module):
            sensory.watch(given[0].detach())
            if self.store is not None:
                self._place(given[0].detach(), learning=self.learns(module))
            else:
                sensory.follow()
                self.rate = max(float(sensory.rate), self.floor)
                sensory.control(given[0].detach(), self.rate)
                if self.gates:
                    self._turn()
        return (sensory.sent(given[0]), *given[1:])

    def hand_on(self, _module: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        """Take the mean off an input that another layer has met already."""
        assert self.sensory is not None
        return (self.sensory.sent(given[0]), *given[1:])

    def _turn(self) -> None:
        """Open the units that like the running mean, at once on news, else every now and then."""
        assert self.sensory is not None
        self.steps.followed += 1
        if self.steps.followed % TURNED_EVERY == 1 or float(self.sensory.rate) > NEWS:
            direction = centred(self.sensory.mean)
            for gate in self.gates:
                gate.turn(direction)

    def _place(self, given: Tensor, learning: bool) -> None:
        """Find the context of the input, and learn its mean."""
        store, sensory = self.store, self.sensory
        assert store is not None and sensory is not None
        context = store.place(sensory.recent)
        if context == store.present and context >= 0:
            self._doubts = False
        elif self._sure(learning and len(given) < sensory.horizon):
            if context < 0:
                context = self._commit(sensory.recent) if learning else int(store.nearest(sensory.recent[None])[0])
            self.enter(context)
        if learning and store.present >= 0:
            self.rate = max(store.follow(sensory.recent), self.floor)
            sensory.mean.copy_(store.means[store.present].view_as(sensory.mean))
            sensory.control(given, self.rate)

    def _sure(self, slowly: bool) -> bool:
        """Tell whether the trace is of one world; begin it anew where it may still hold the one that was left."""
        sensory = self.sensory
        assert sensory is not None
        if slowly and not self._doubts:
            sensory.forget()
            self._doubts = True
            return False
        if slowly and sensory.samples < sensory.horizon:
            return False
        self._doubts = False
        return True

    def _commit(self, recent: Tensor) -> int:
        assert self.store is not None
        context = self.store.commit(recent)
        for units in self.opened:
            units.choose(context, centred(recent))
        return context

    @torch.no_grad()
    def enter(self, context: int) -> None:
        """Leave the present context for a known one: open its units, and take up its means.

        Args:
            context: Its index; -1 to be in none, with the units open that are.

        Raises:
            ValueError: If there is no such context.
        """
        store = self.store
        if store is None or not -1 <= context < store.known:
            raise ValueError(f"there are {self.contexts} contexts, from 0; got {context}")
        if context == store.present:
            return
        sensory = self.sensory
        assert sensory is not None  # there is no gate without
        optimizer = None if self._attached is None else self._attached.optimizer
        habituations = [unit.habituation for unit in self.units]
        if store.present >= 0:
            if sensory.gain:
                store.variances[store.present] = sensory.variance.flatten()
            for weights in self.weights:
                weights.put(store.present, optimizer)
            for units, habituation in zip(self.opened, habituations, strict=True):
                if habituation is not None:
                    units.means[store.present] = habituation.mean
        store.enter(context)
        if context < 0:
            return
        for weights in self.weights:
            weights.get(context, optimizer, known=int(store.steps[context]) > 0)
        for units, habituation in zip(self.opened, habituations, strict=True):
            if habituation is not None:
                habituation.mean.copy_(units.means[context])
        sensory.mean.copy_(store.means[context].view_as(sensory.mean))
        if sensory.gain:
            sensory.vary(store.variances[context])

    def recognise(self, seen: Tensor) -> Tensor:
        """Name the context of single inputs, without any history.

        Args:
            seen: ``(B, ...)``, as the network is given them.

        Returns:
            Indices, ``(B,)``, of the nearest prototypes; -1 where none is stored.

        Raises:
            ValueError: If the rule stores no contexts.
        """
        if self.store is None:
            raise ValueError("contexts are stored by gate=Prototypes(...); this rule has none")
        return self.store.nearest(seen)

    def attach(self, optimizer: torch.optim.Optimizer) -> None:
        """Consolidate and scale around every step of an optimiser.

        Plain gradient descent is given consolidated gradients; what any other optimiser moves is slowed down after its
        step.

        Args:
            optimizer: Made after the network was made plastic: of its parameters of now.

        Raises:
            ValueError: If already attached, or if the optimiser has other parameters than the network.
        """
        if self._attached is not None:
            raise ValueError("this rule is attached to an optimiser already; call detach() before attach(...)")
        self._attached = AroundSteps(self, optimizer)

    def detach(self) -> None:
        """Let the optimiser go; the network stays as it is."""
        if self._attached is not None:
            self._attached.let_go()
            self._attached = None

    def running(self) -> tuple[Tensor, ...]:
        """Copy what a forward pass changes: running means, what is known of the present context, and, last, counts."""
        samples = 0 if self.sensory is None else self.sensory.samples
        counts, present = [samples, self.steps.followed, self._doubts], -1
        if self.store is not None:
            known, present = self.store.counts.tolist()
            counts += [known, present, int(self.store.steps[present])]
        return (*(tensor.clone() for tensor in self._running(present)), torch.tensor(counts))

    @torch.no_grad()
    def restore(self, running: tuple[Tensor, ...]) -> None:
        """Go back to what `running` gave, before anything was learnt since; contexts stored since are forgotten."""
        *means, counts = running
        samples, self.steps.followed, doubts, *context = counts.tolist()
        self._doubts, present = bool(doubts), -1
        store = self.store
        if store is not None:
            known, present, steps = context
            if present < 0:
                store.enter(present)
            self.enter(present)
            store.forget(known)
            store.steps[present] = steps
            for units in self.opened:
                units.means[known:] = 0
        for tensor, value in zip(self._running(present), means, strict=True):
            tensor.copy_(value)
        if store is not None and present >= 0:
            store.directions[present] = centred(store.means[present])
        if self.sensory is not None:
            self.sensory.samples = samples

    def _running(self, present: int) -> list[Tensor]:
        means = [unit.habituation.mean for unit in self.units if unit.habituation is not None]
        if self.sensory is not None:
            means += [self.sensory.mean, self.sensory.recent, self.sensory.rate]
            means += [self.sensory.variance, self.sensory.scales] if self.sensory.gain else []
        if self.store is not None and present >= 0:
            means.append(self.store.means[present])
        return [*means, *(gate.opened for gate in self.gates)]

    def begin_stream(self) -> None:
        """Forget what the input was like of late: a stream of another world, or from another moment, begins.

        Outside of training the context is forgotten too, so that the first input is placed without any history.
        """
        self.steps.followed = 0
        if self.store is not None and not self.network.training:
            self.enter(-1)
        if self.sensory is not None:
            self.sensory.forget()

    def frozen(self) -> Plastic:
        """Copy the network as it is now, in evaluation mode, with its rule: it shares nothing with this one.

        Returns:
            The rule of the copy, whose ``network`` never learns and which follows a stream without labels.
        """
        twin = copy.deepcopy(self)
        twin.network.eval().requires_grad_(False)
        twin.following = True
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """Leave the optimiser out of copies: they learn nothing."""
        return {**self.__dict__, "_attached": None}
