"""What a brain does in a step of its life, in tensors on its device: no decision waits for the host."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from lifelong_agent.brain import TriarchicBrain
from lifelong_agent.device.cortex import DeviceCode, DeviceCortex, DeviceSenses
from lifelong_agent.device.inference import DeviceBelief, DeviceInference, Seen
from lifelong_agent.three_factor import asked_change, part_taken


class Wish(NamedTuple):
    """What is asked for of outputs; see `TriarchicBrain.learn`.

    Attributes:
        direction: What each output would have to do, ``(B, out_dim)``, float32.
        factor: The third factor, ``(B, out_dim)``, float32.
        at_once: A change asked for without delay, ``(B, out_dim)``, float32.
        rightness: How right predictions are, ``()``, float32, in ``[0, 1]``.
    """

    direction: Tensor
    factor: Tensor
    at_once: Tensor
    rightness: Tensor


class DeviceBrain:
    """A working copy of a `TriarchicBrain` of bits, or of one that tells no worlds apart.

    Tables of neurons and synapses are the brain's own, and changed in place; counters, and all by which decisions are
    made, lie beside them until they are brought home.

    Args:
        home: The brain.
    """

    def __init__(self, home: TriarchicBrain) -> None:
        self._home, self.config = home, home.config
        self._cortex_home, self._readout = home.cortex, home.readout
        self._senses = DeviceSenses(home.normalizer)
        self._cortex = DeviceCortex(home.cortex, self._senses)
        self._inference = None if home.inference is None else DeviceInference(home.inference)
        self._decay = home.gamma * home.config.trace

    def load(self) -> None:
        """Go on from what the brain says."""
        self._trace = self._home.trace
        self.device = device = self._trace.device
        self._senses.load()
        self._cortex.load()
        yes, no = (torch.tensor(kept, device=device) for kept in (True, False))
        self._calm = DeviceBelief(torch.zeros(1, dtype=torch.int64, device=device), yes, no, no)
        if self._inference is not None:
            self._inference.load()
            self._calm = self._calm._replace(context=self._inference.context)
        self.attend(self._calm.context)

    def settle(self) -> None:
        """Tell the brain all that was learnt; this waits for the device."""
        self._senses.settle()
        self._cortex.settle()
        if self._inference is not None:
            self._inference.settle()

    def observe(self, seen: Seen, reward: Tensor) -> DeviceBelief:
        """See what came of actions, and of rewards, ``(B,)``, float64: which world is this? Attends to it."""
        if self._inference is None:
            return self._calm
        belief = self._inference.observe(seen, reward)
        self._open(seen.after, belief)
        self._trace.masked_fill_(belief.switched, 0.0)
        self.attend(belief.context)
        return belief

    def attend(self, context: Tensor) -> None:
        """Gather what belongs to a context, ``(1,)``."""
        self._context, readout = context, self._readout
        self._members = members = self._cortex.members(context)
        self._core, self._fast, self._importance = (
            table.index_select(1, members) for table in (readout.core, readout.fast, readout.importance)
        )

    def code(self, sense: Tensor) -> DeviceCode:
        """Code senses, ``(R, in_dim)``, in the present context. Changes nothing."""
        return self._cortex.code(sense, self._context, self._members)

    def read(self, active: Tensor) -> Tensor:
        """Read activities, ``(R, open_neurons)``: outputs of shape ``(R, out_dim)``."""
        weight = self._core + self._fast if self._readout.fast_share else self._core
        return active @ weight.T

    def learn(self, code: DeviceCode, wish: Wish, mask: Tensor, *, bounded: int) -> None:
        """Learn by the three-factor rule where a mask, ``()``, holds; see `TriarchicBrain.learn`."""
        readout, trace, active = self._readout, self._trace, code.active
        keep = torch.where(mask, self._decay, 1.0)
        trace.mul_(keep).addcmul_((wish.direction * mask).T[:, :, None], active)
        change = asked_change(trace, active, wish.factor, wish.at_once, bounded)
        part = part_taken(trace, self._cortex_home.scale)
        was = self._core, self._fast, self._importance
        core, fast, importance = was
        core = core + change / torch.add(1.0, importance, alpha=readout.brake)
        importance = importance + part * (wish.rightness - importance) * readout.importance_rate
        if readout.fast_share:
            fast = (fast * readout.decay).add_(change, alpha=readout.fast_share)
            moved = readout.consolidation * wish.rightness
            core, fast = core + fast * moved, fast * (1.0 - moved)
        self._core, self._fast, self._importance = (
            torch.where(mask, new, old) for new, old in zip((core, fast, importance), was, strict=True)
        )
        self._cortex.learn(self._context, self._members, code, mask)
        self._senses.update(code.sense, self._context, mask)

    def moves(self, code: DeviceCode, wish: Wish, *, bounded: int) -> Tensor:
        """Foresee how far `learn` would move the outputs, ``(B, out_dim)``; see `TriarchicBrain.moves`."""
        active = code.active
        trace = self._trace * self._decay + wish.direction.T[:, :, None] * active
        return active @ asked_change(trace, active, wish.factor, wish.at_once, bounded).T

    def grow(self, code: DeviceCode, mask: Tensor) -> None:
        """Neurogenesis where a mask, ``()``, holds; see `TriarchicBrain.grow`."""
        if not self.config.neurogenesis:
            return
        which, novel = self._cortex.novel(code.best, self._context, mask)
        protected = self._importance.amax(0) > 0.1
        sense = code.sense.index_select(0, which)[0]
        recruit = self._cortex.recruit(sense, self._context, self._members, protected, novel)
        place = torch.arange(len(protected), device=protected.device) == recruit.place
        for block in (self._core, self._fast, self._importance, self._trace):
            block.masked_fill_(place & recruit.taken, 0.0)

    def keep(self, ended: Tensor) -> None:
        """End a step: keep what was learnt in it, and cut the traces of streams that ended, ``(B,)``, bool."""
        readout = self._readout
        blocks = (readout.core, self._core), (readout.fast, self._fast), (readout.importance, self._importance)
        for table, block in blocks:
            table.index_copy_(1, self._members, block)
        self._trace.masked_fill_(ended[:, None], 0.0)

    def _open(self, after: Tensor, belief: DeviceBelief) -> None:
        """Open neurons for a world that was never met before, if this is one."""
        context, opened, readout = belief.context, belief.opened, self._readout
        if self.config.gate:
            chosen = self._cortex.open(context, readout.importance.amax(0), opened)
            for table in (readout.core, readout.fast, readout.importance):
                table.index_copy_(1, chosen, table.index_select(1, chosen).masked_fill_(opened, 0.0))
        else:
            self._cortex.share(context, opened)
        self._senses.clear(context, opened)
        self._senses.update(after, context, opened)
