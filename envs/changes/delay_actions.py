"""Actions that come late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from envs.changes.action_change import ActionChange, ActionEffect, check_count
from envs.effect import Frame
from envs.when import check_range


@dataclass(frozen=True)
class DelayActions(ActionChange, kind="delay_actions"):
    """Do each action some steps after it was meant.

    Source: Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881), and its presets: 3, 6 and 9
    steps. It fills the first steps of an episode with its first action.

    Attributes:
        steps: By how many steps, at least 0; None for the level's.
        first: What is done until the first action comes: the number of an action, or the value of all components.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"steps": 3},
        "medium": {"steps": 6},
        "hard": {"steps": 9},
    }

    steps: int | None = None
    first: float = 0.0

    def check(self) -> None:
        """Check the steps, and that the first action is a number."""
        check_range("DelayActions.first", self.first, -np.inf, np.inf, "an action")
        check_count("DelayActions.steps", self.steps, 0, "a delay in steps")

    def still(self) -> Self:
        """Give actions that come at once."""
        return replace(self, steps=0)

    def effect(self, frame: Frame) -> DelayEffect:
        """Make the effect.

        Raises:
            ValueError: If ``first`` is no action of the body's.
        """
        return DelayEffect(self, frame)


class DelayEffect(ActionEffect):
    """The effect behind `DelayActions`.

    Attributes:
        waiting: Actions that are still to be done, ``(N, steps, ...)``, as rings.
        at: Where in its ring each body takes the next one from, ``(N,)``, int64.
    """

    def __init__(self, change: DelayActions, frame: Frame) -> None:
        """Prepare for N bodies."""
        super().__init__(change, frame)
        space: Any = frame.action_space
        self._first = np.full(space.shape or (), change.first, self._dtype)
        if self._first.tolist() != np.full(space.shape or (), change.first).tolist() or not space.contains(
            self._first[()]
        ):
            raise ValueError(f"DelayActions.first is an action of {space} from {frame.owner}; got {change.first!r}")
        self._steps = change.steps or 0
        self._every = np.arange(frame.num_envs)
        self.waiting = np.repeat(self._first[None, None], frame.num_envs, 0).repeat(self._steps, 1)
        self.at = np.zeros(frame.num_envs, np.int64)

    def turn(self, actions: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Take what was meant before, and keep what is meant now."""
        if not self._steps:
            return actions
        where = self._every if rows is None else rows
        at = self.at[where]
        done = self.waiting[where, at]
        self.waiting[where, at] = actions
        self.at[where] = (at + 1) % self._steps
        return done

    def forget(self, rows: np.ndarray | slice) -> None:
        """Let no action come in another episode."""
        self.waiting[rows], self.at[rows] = self._first, 0

    def state(self) -> dict[str, Any]:
        """Give what was done, and what is still to be done."""
        return super().state() | {"waiting": self.waiting.copy(), "at": self.at.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Remember what `state` gave."""
        super().restore(state)
        self.waiting, self.at = state["waiting"].copy(), state["at"].copy()
