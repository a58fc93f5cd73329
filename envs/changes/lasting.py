"""Faults that begin by chance and last some steps, in each component for itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.fault import Fault, FaultEffect
from envs.changes.sensors import check_steps
from envs.effect import Frame
from envs.when import check_range


class Lasting:
    """Which components have a fault now, where each begins by chance and lasts some steps.

    Source: "dropped" and "stuck" sensors of the Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881).

    Attributes:
        left: How many steps more each component will have it, ``(N, ...)``.
    """

    def __init__(self, group: np.ndarray, num_envs: int, steps: int) -> None:
        """Begin with none.

        Args:
            group: Components that can have it, bool; of no dimensions where it is the body that has it.
            num_envs: Number of bodies.
            steps: How long it lasts, in steps of its body, at least 1.
        """
        self._group, self._whole, self._steps = group, bool(group.all()), steps
        self.left = np.zeros((num_envs, *group.shape), np.int16 if steps < 1 << 15 else np.int64)

    def step(self, chance: np.ndarray, probability: float, rows: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Let one step pass.

        Args:
            chance: Uniform numbers in [0, 1), ``(R, ...)``.
            probability: That a sound component begins to have it in this step.
            rows: Whose step it is, as in `Effect.see`.

        Returns:
            Which components have it in this step, ``(R, ...)``, and which of them have it newly, bool.
        """
        begins = chance < probability
        if not self._whole:
            begins &= self._group
        if self._steps == 1:
            return begins, begins
        left = self.left if rows is None else self.left[rows]
        now = left > 0
        np.greater(begins, now, out=begins)  # where it begins and is not already
        left = left - now
        np.putmask(left, begins, self._steps - 1)
        now |= begins
        if rows is None:
            self.left = left
        else:
            self.left[rows] = left
        return now, begins

    def forget(self, rows: np.ndarray | None) -> None:
        """Let all be sound: episodes begin, or a calm."""
        self.left[slice(None) if rows is None else rows] = 0


@dataclass(frozen=True, kw_only=True)
class LastingFault(Fault):
    """A fault that each component gets by chance, and has for some steps.

    ``when`` scales the probability. A new episode begins with sound sensors, and a calm ends what lasts.

    Attributes:
        probability: That a sound component gets it in a step, from 0 to 1; None for the level's.
        steps: How long it then lasts, in steps of the body, at least 1; None for the level's.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"probability": 0.01, "steps": 1},
        "medium": {"probability": 0.05, "steps": 5},
        "hard": {"probability": 0.1, "steps": 10},
    }

    probability: float | None = None
    steps: int | None = None

    def check(self) -> None:
        """Check probability and length."""
        check_probability(f"{type(self).__name__}.probability", self.probability)
        check_steps(f"{type(self).__name__}.steps", self.steps)


class LastingEffect(FaultEffect):
    """What a lasting fault does. A subclass writes `broken`.

    Attributes:
        lasting: Which components have it.
    """

    memory: ClassVar[tuple[str, ...]] = ("lasting.left",)

    def __init__(self, fault: LastingFault, frame: Frame, group: np.ndarray, bodily: bool = False) -> None:
        """Prepare for N bodies; ``bodily`` if whole bodies have it and not single components."""
        super().__init__(fault, frame, group)
        self._probability: Any = fault.probability
        steps: Any = fault.steps
        self.lasting = Lasting(np.array(True) if bodily else group, frame.num_envs, steps)

    def begin(self, rows: np.ndarray | None) -> None:
        """Begin with sound sensors."""
        self.lasting.forget(rows)

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Let a step pass, and break what has the fault."""
        chance = self.draw(self.group.size, rows, first).reshape(sensed.shape)
        now, _ = self.lasting.step(chance, self._probability * strength, rows)
        return self.broken(sensed, now, rows, first), now

    @abstractmethod
    def broken(self, sensed: np.ndarray, now: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Give what is seen, a new array ``(R, ...)``, of which the components ``now`` have the fault."""


def check_probability(owner: str, value: Any) -> None:
    """Check a probability, which is a plain number: how it changes over the life is what ``when`` says."""
    check_range(owner, value, 0.0, 1.0, "a probability")
