"""A learner on tensors of one device beside the reference, living one life."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lifelong_agent.device import DeviceLearner
from lifelong_agent.device.cortex import DeviceCode, DeviceCortex
from lifelong_agent.learner import Outcome
from tests.lifelong_agent.pairs import Pair, Senses, Wander, flat, learner


def device_learner(senses: Senses, streams: int, width: int, **changes: Any) -> DeviceLearner:
    """A device learner of a small brain, on the CPU."""
    like = learner(senses, streams, width, "torch", **changes)
    return DeviceLearner(like.brain, like.yardstick, like.rates)


def tensors(outcome: Outcome[np.ndarray]) -> Outcome[Tensor]:
    """The same outcome in tensors."""
    return Outcome(*(torch.from_numpy(np.ascontiguousarray(part)) for part in outcome))


class DevicePair(Pair):
    """The reference and a device learner, which are told of the same actions."""

    def __init__(self, senses: Senses, streams: int, width: int = 64, **changes: Any) -> None:
        self.reference = learner(senses, streams, width, "torch", **changes)
        self.device = device_learner(senses, streams, width, **changes)
        self.compiled: Any = self.device
        self.parted, self.told, self.dice = 0, [], np.random.default_rng(0)
        self.rng = torch.Generator().manual_seed(0)
        if senses == "bits":
            self._overhear()

    def begin(self, first: np.ndarray) -> None:
        """Begin both lives."""
        self.told.clear()
        self.device.begin(torch.from_numpy(first))
        self.reference.begin(first)

    def live(self, world: Wander, steps: int) -> None:
        """Live some steps; the device acts."""
        for _ in range(steps):
            self.told.clear()
            self.reference.act(self.dice)
            outcome = world.step(self.device.act(self.rng).numpy())
            self.device.learn(tensors(outcome))
            self.reference.learn(outcome)

    def gaps(self) -> dict[str, float]:
        """As `Pair.gaps`, with the yardstick's."""
        told = super().gaps()
        one, other = (dict(flat(each.yardstick.state_dict())) for each in (self.reference, self.device))
        for name, value in one.items():
            told[f"yardstick{name}"] = float(np.abs(value - other[name]).max() / np.abs(value).max(initial=1.0))
        return told

    def outputs(self) -> tuple[np.ndarray, np.ndarray]:
        """What both read out of what they see now, ``(B, O)``."""
        thought = getattr(self.reference, "_thought")  # noqa: B009
        return thought.output.numpy(), getattr(self.device, "_output").numpy()  # noqa: B009

    def _overhear(self) -> None:
        here = getattr(self.device, "_here")  # noqa: B009
        cortex: DeviceCortex = getattr(here, "_cortex")  # noqa: B009
        code = cortex.code

        def aloud(sense: Tensor, context: Tensor, members: Tensor) -> DeviceCode:
            made = code(sense, context, members)
            fired = made.active.topk(int((made.active[0] > 0).sum())).indices
            self.told.extend(zip(sense.numpy(), fired.numpy(), strict=True))
            return made

        cortex.code = aloud
        self._heed()
