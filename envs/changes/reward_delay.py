"""Rewards that come late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.base import Change
from envs.changes.fault import LEVELS
from envs.changes.reward import remembered
from envs.effect import Effect, Frame


@dataclass(frozen=True)
class RewardDelay(Change, kind="reward_delay"):
    """Pay each reward some steps after it was earned.

    What is still owed when an episode ends is paid with its last step, so that returns of episodes stay as they are and
    nothing of one episode is paid in the next. Only an episode that a switch of worlds cuts short loses what it was
    owed: its world does not know that it is left. What was earned in the last step lived is in
    ``info["lifelong"]["earned_reward"]``, 0 before the first.

    Source: delayed rewards of the Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881), with the levels of
    its code: 10, 20 and 40 steps. What happens at the end of an episode is ours.

    Attributes:
        presets: Level -> parameter -> value.
        level: ``"easy"``, ``"medium"`` or ``"hard"``, for 10, 20 or 40 steps, where ``steps`` is not given.
        steps: How many steps of its body later a reward is paid, at least 0; None for the level's.
    """

    group: ClassVar[str] = "goals"
    presets: ClassVar[Mapping[str, Mapping[str, int]]] = {
        "easy": {"steps": 10},
        "medium": {"steps": 20},
        "hard": {"steps": 40},
    }

    level: str = "easy"
    steps: int | None = None

    def __post_init__(self) -> None:
        """Fill in the level's steps and check the fields.

        Raises:
            TypeError: If steps are no integer.
            ValueError: If the level is unknown, or steps are negative.
        """
        if self.level not in LEVELS:
            raise ValueError(f"RewardDelay.level is one of {', '.join(LEVELS)}; got {self.level!r}")
        if self.steps is None:
            object.__setattr__(self, "steps", self.presets[self.level]["steps"])
        elif not isinstance(self.steps, int) or isinstance(self.steps, bool):
            raise TypeError(
                f"RewardDelay.steps is an integer, or None for the level's; got {self.steps!r} of type "
                f"{type(self.steps).__name__}"
            )
        elif self.steps < 0:
            raise ValueError(f"RewardDelay.steps is at least 0; got {self.steps}")

    @classmethod
    def examples(cls) -> tuple[RewardDelay, ...]:
        """Give a delay that episodes of any base outlast."""
        return (cls(steps=3),)

    def reports(self) -> tuple[str, ...]:
        """Name what it reports."""
        return ("earned_reward",)

    def still(self) -> RewardDelay:
        """Give the change that pays at once."""
        return RewardDelay(self.level, 0)

    def effect(self, frame: Frame) -> Effect:
        """Make the effect."""
        return RewardDelayEffect(self.steps or 0, frame)


class RewardDelayEffect(Effect):
    """What `RewardDelay` does: a ring of what is owed, a slot for each step of the delay."""

    def __init__(self, steps: int, frame: Frame) -> None:
        """Prepare for N bodies, nothing owed."""
        super().__init__(frame)
        self._steps = steps
        self._every = np.arange(frame.num_envs)
        self._owed = np.zeros((frame.num_envs, steps))
        self._slot = np.zeros(frame.num_envs, np.int64)
        self._earned = np.zeros(frame.num_envs)

    def begin(self, rows: np.ndarray | None) -> None:
        """Owe nothing."""
        where = slice(None) if rows is None else rows
        self._owed[where], self._slot[where] = 0.0, 0

    def pay(self, rewards: np.ndarray, ended: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Owe what is earned now, pay what was earned ``steps`` ago; at the end of an episode pay everything."""
        self._earned = remembered(self._earned, rewards, rows)
        if not self._steps:
            return rewards
        which = self._every if rows is None else rows
        slot = self._slot[which]
        paid = self._owed[which, slot]
        self._owed[which, slot] = rewards
        self._slot[which] = (slot + 1) % self._steps
        if ended.any():
            last = which[ended]
            # One after the other, so that the sum is the same however many episodes end at once.
            paid[ended] += np.add.accumulate(self._owed[last], axis=1)[:, -1]
        return paid

    def report(self) -> dict[str, np.ndarray]:
        """Tell what was earned."""
        return {"earned_reward": self._earned}

    def state(self) -> dict[str, Any]:
        """Give what is owed."""
        return {"owed": self._owed.copy(), "slot": self._slot.copy(), "earned": self._earned.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Owe what was owed."""
        self._owed, self._slot, self._earned = (state[name].copy() for name in ("owed", "slot", "earned"))
