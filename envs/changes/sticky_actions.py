"""Actions that stick."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from envs.changes.action_change import ActionChange, ActionEffect
from envs.effect import Frame
from envs.when import Signal, bind, check_range


@dataclass(frozen=True)
class StickyActions(ActionChange, kind="sticky_actions"):
    """Do again what was done last, with some probability, whatever is meant; never in the first step of an episode.

    Source: Machado et al. 2018 (arXiv:1709.06009), section 5: probability 0.25.

    Attributes:
        probability: That a step repeats the last action, in [0, 1]: a number or a signal.
    """

    probability: float | Signal = 0.25

    def check(self) -> None:
        """Check the probability."""
        check_range("StickyActions.probability", self.probability, 0.0, 1.0, "a probability")

    def still(self) -> Self:
        """Give actions that never stick."""
        return replace(self, probability=0.0)

    def effect(self, frame: Frame) -> StickyEffect:
        """Make the effect."""
        return StickyEffect(self, frame)


class StickyEffect(ActionEffect):
    """The effect behind `StickyActions`."""

    def __init__(self, change: StickyActions, frame: Frame) -> None:
        """Prepare for N bodies."""
        super().__init__(change, frame)
        self._curve = bind(change.probability, frame.world)

    def turn(self, actions: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Let some actions be the last ones."""
        where = slice(None) if rows is None else rows
        sticks = (self.chance(rows) < self._curve.at(self.clock.age)) & ~self.fresh[where]
        return self.instead(sticks, self.done[where], actions)
