"""Sensors that show the same again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.fault import FaultEffect
from envs.changes.holding import HoldingEffect
from envs.changes.lasting import Lasting, LastingFault
from envs.effect import Frame


@dataclass(frozen=True, kw_only=True)
class Repeat(LastingFault, kind="repeat"):
    """Show an observation again, all of it, in some of the steps after it.

    Each fresh observation may, by chance, be the one that is repeated; with a probability of 1 only every
    ``steps + 1``-th is fresh, which is what a slow sensor gives. ``when`` scales the probability.

    Source: "repetition" of the Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881), with the presets of
    its code, probability 1 and 1, 2 and 3 steps. There it is actions that are repeated, and the first time counts as
    one of the steps; here it does not.

    Attributes:
        probability: That a fresh observation will be repeated, from 0 to 1; None for the level's.
        steps: In how many further steps it is, at least 1; None for the level's.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"probability": 1.0, "steps": 1},
        "medium": {"probability": 1.0, "steps": 2},
        "hard": {"probability": 1.0, "steps": 3},
    }

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect."""
        return RepeatEffect(self, frame, group)


class RepeatEffect(HoldingEffect):
    """The effect behind `Repeat`."""

    memory: ClassVar[tuple[str, ...]] = ("last", "lasting.left")

    def __init__(self, fault: Repeat, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self._probability: Any = fault.probability
        steps: Any = fault.steps
        self.lasting = Lasting(np.array(True), frame.num_envs, steps + 1)  # begins with the fresh one

    def begin(self, rows: np.ndarray | None) -> None:
        """Begin with nothing to repeat."""
        self.lasting.forget(rows)

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Show what was seen last where it is repeated."""
        if strength == 0:
            self.lasting.forget(rows)
            self.keep(sensed, rows)
            return sensed, None
        chance = self.draw(1, rows, first)[:, 0]
        now, fresh = self.lasting.step(chance, self._probability * strength, rows)
        lost = self.of_bodies(now & ~fresh)
        return self.hold(sensed, lost, rows), lost
