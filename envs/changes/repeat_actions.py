"""Actions that are done several times over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from envs.changes.action_change import ActionChange, ActionEffect, check_count
from envs.effect import Frame
from envs.when import Signal, bind, check_range


@dataclass(frozen=True)
class RepeatActions(ActionChange, kind="repeat_actions"):
    """Do an action some steps longer than it was meant; what is meant in these steps comes to nothing.

    Source: Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881), and its presets: probability 1 and 1, 2, 3
    steps. Its code counts the first step among them, so that its easy level changes nothing; here they come after it.

    Attributes:
        probability: That an action is repeated, in [0, 1]: a number or a signal.
        steps: How many steps longer it is done then, at least 1; None for the level's.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"steps": 1},
        "medium": {"steps": 2},
        "hard": {"steps": 3},
    }

    probability: float | Signal = 1.0
    steps: int | None = None

    def check(self) -> None:
        """Check probability and steps."""
        check_range("RepeatActions.probability", self.probability, 0.0, 1.0, "a probability")
        check_count("RepeatActions.steps", self.steps, 1, "how many steps longer an action is done")

    def still(self) -> Self:
        """Give actions that are never repeated."""
        return replace(self, probability=0.0)

    def effect(self, frame: Frame) -> RepeatEffect:
        """Make the effect."""
        return RepeatEffect(self, frame)


class RepeatEffect(ActionEffect):
    """The effect behind `RepeatActions`.

    Attributes:
        left: How many steps longer each body's last action is done, ``(N,)``, int64.
    """

    def __init__(self, change: RepeatActions, frame: Frame) -> None:
        """Prepare for N bodies."""
        super().__init__(change, frame)
        self._curve, self._steps = bind(change.probability, frame.world), change.steps or 0
        self.left = np.zeros(frame.num_envs, np.int64)

    def turn(self, actions: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Let some actions last."""
        where = slice(None) if rows is None else rows
        left = self.left[where]
        goes_on = left > 0
        begins = ~goes_on & (self.chance(rows) < self._curve.at(self.clock.age))
        self.left[where] = np.where(begins, self._steps, np.maximum(left - 1, 0))
        return self.instead(goes_on, self.done[where], actions)

    def forget(self, rows: np.ndarray | slice) -> None:
        """Let no action last into another episode."""
        self.left[rows] = 0

    def state(self) -> dict[str, Any]:
        """Give what was done and what is left of it."""
        return super().state() | {"left": self.left.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Remember what `state` gave."""
        super().restore(state)
        self.left = state["left"].copy()
