"""Actions that are noisy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from gymnasium import spaces

from envs.changes.action_change import ActionChange, ActionEffect
from envs.effect import Frame
from envs.when import Signal, bind, check_range


@dataclass(frozen=True)
class NoisyActions(ActionChange, kind="noisy_actions"):
    """Add a normal number to each component of an action, within its bounds; of numbered actions take others.

    Source: Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881), and its presets: 0.1, 0.3 and
    1 standard deviations. Numbered actions as in MiniGrid's ``StochasticActionWrapper``; their levels are ours.

    Attributes:
        deviation: Standard deviation for real actions, in their unit: a number or a signal; None for the level's.
        probability: That a numbered action is any one, drawn uniformly (the meant one among them), in [0, 1]: a number
            or a signal; None for the level's.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"deviation": 0.1, "probability": 0.1},
        "medium": {"deviation": 0.3, "probability": 0.3},
        "hard": {"deviation": 1.0, "probability": 0.5},
    }

    deviation: float | Signal | None = None
    probability: float | Signal | None = None

    def check(self) -> None:
        """Check deviation and probability."""
        check_range("NoisyActions.deviation", self.deviation, 0.0, np.inf, "a standard deviation")  # pyright: ignore[reportArgumentType]
        check_range("NoisyActions.probability", self.probability, 0.0, 1.0, "a probability")  # pyright: ignore[reportArgumentType]

    def still(self) -> Self:
        """Give actions without noise."""
        return replace(self, deviation=0.0, probability=0.0)

    def effect(self, frame: Frame) -> ActionEffect:
        """Make the effect.

        Raises:
            ValueError: If actions are neither real nor numbered.
        """
        space = frame.action_space
        if isinstance(space, (spaces.Discrete, spaces.MultiDiscrete)):
            return RandomEffect(self, frame)
        if isinstance(space, spaces.Box) and np.issubdtype(space.dtype, np.floating):
            return NoisyEffect(self, frame)
        raise ValueError(f"NoisyActions needs real or numbered actions; got {space} from {frame.owner}")


class NoisyEffect(ActionEffect):
    """The effect behind `NoisyActions` on real actions."""

    def __init__(self, change: NoisyActions, frame: Frame) -> None:
        """Prepare for N bodies."""
        super().__init__(change, frame)
        space: Any = frame.action_space
        self._low, self._high = space.low, space.high
        self._curve = bind(change.deviation, frame.world)  # pyright: ignore[reportArgumentType] - filled in

    def turn(self, actions: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Add noise, and stay within bounds."""
        deviation = self._curve.at(self.clock.age)
        if deviation == 0:
            return actions
        drawn = self.dice.normal(self.clock.age, self._low.size, rows).reshape(actions.shape)
        return np.clip(actions + (deviation * drawn).astype(actions.dtype), self._low, self._high)


class RandomEffect(ActionEffect):
    """The effect behind `NoisyActions` on numbered actions."""

    def __init__(self, change: NoisyActions, frame: Frame) -> None:
        """Prepare for N bodies."""
        super().__init__(change, frame)
        space: Any = frame.action_space
        self._count = np.asarray(space.n if isinstance(space, spaces.Discrete) else space.nvec)
        self._start = np.asarray(space.start)
        self._curve = bind(change.probability, frame.world)  # pyright: ignore[reportArgumentType] - filled in

    def turn(self, actions: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Take any action instead of some."""
        drawn = self.dice.uniform(self.clock.age, 2 * max(1, self._count.size), rows)
        chance, choice = np.split(drawn, 2, axis=1)
        others = self._start + (choice.reshape(actions.shape) * self._count).astype(actions.dtype)
        return np.where(chance.reshape(actions.shape) < self._curve.at(self.clock.age), others, actions)
