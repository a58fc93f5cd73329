"""What is paid for the same deeds: rewards of another sign, scale or level, or noisy ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.base import Change
from envs.counter import CounterDice
from envs.effect import Effect, Frame
from envs.when import Signal, bind, check_range


@dataclass(frozen=True)
class Reward(Change, kind="reward"):
    """Pay ``scale * reward + offset + noise * z`` for each reward, with z standard normal, anew in each step.

    A scale of -1 flips the sign: what was good is bad. Nothing that is seen changes, and episodes end as before. What
    the world paid in the last step lived is in ``info["lifelong"]["true_reward"]``, 0 before the first.

    Source: rewards of another sign after Anand and Precup 2023, "Prediction and control in continual reinforcement
    learning" (arXiv:2312.11669), code ``control/tabular``; reward noise is one of the perturbations of
    Robust-Gymnasium, Gu et al. 2025 (arXiv:2502.19652).

    Attributes:
        scale: Factor on the reward over the life, any finite number: -1 is the sign flip.
        offset: What is paid in each step besides, in units of the reward.
        noise: Standard deviation of what is added by chance, in units of the reward as it is paid, at least 0.
    """

    group: ClassVar[str] = "goals"

    scale: float | Signal = 1.0
    offset: float | Signal = 0.0
    noise: float | Signal = 0.0

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            TypeError: If a field is neither a number nor a signal.
            ValueError: If a field is out of its range.
        """
        check_range("Reward.scale", self.scale, -np.inf, np.inf, "a factor")
        check_range("Reward.offset", self.offset, -np.inf, np.inf, "a reward")
        check_range("Reward.noise", self.noise, 0.0, np.inf, "a standard deviation")

    @classmethod
    def examples(cls) -> tuple[Reward, ...]:
        """Give a sign flip, and a noisy reward."""
        return cls(scale=-1.0), cls(noise=0.5)

    def reports(self) -> tuple[str, ...]:
        """Name what it reports."""
        return ("true_reward",)

    def still(self) -> Reward:
        """Give the change that pays what the world pays."""
        return Reward()

    def effect(self, frame: Frame) -> Effect:
        """Make the effect."""
        return RewardEffect(self, frame)


class RewardEffect(Effect):
    """What `Reward` does."""

    def __init__(self, change: Reward, frame: Frame) -> None:
        """Prepare for N bodies."""
        super().__init__(frame)
        self._clock = frame.clock
        self._scale, self._offset, self._noise = (
            bind(value, frame.world) for value in (change.scale, change.offset, change.noise)
        )
        self._dice = CounterDice(frame.moments())
        self._true = np.zeros(frame.num_envs)

    def pay(self, rewards: np.ndarray, ended: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Pay otherwise, and remember what the world paid."""
        self._true = remembered(self._true, rewards, rows)
        age = self._clock.age
        paid = rewards * self._scale.at(age) + self._offset.at(age)
        noise = self._noise.at(age)
        if noise > 0:
            paid = paid + noise * self._dice.normal(age, 1, rows)[:, 0]
        return paid

    def report(self) -> dict[str, np.ndarray]:
        """Tell what the world paid."""
        return {"true_reward": self._true}

    def state(self) -> dict[str, Any]:
        """Give what the world paid last."""
        return {"true_reward": self._true.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Remember what the world paid last."""
        self._true = state["true_reward"].copy()


def remembered(kept: np.ndarray, fresh: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
    """Put what is new in some rows, or in all, among what is kept: a new array ``(N,)``, never one that was given."""
    if rows is None:
        return fresh.astype(np.float64)
    kept = kept.copy()
    kept[rows] = fresh
    return kept
