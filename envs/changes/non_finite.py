"""Sensors that give no number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.fault import FaultEffect
from envs.changes.lasting import LastingEffect, LastingFault
from envs.effect import Frame

VALUES = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}
ANY = "any"


@dataclass(frozen=True, kw_only=True)
class NonFinite(LastingFault, kind="non_finite"):
    """Let components read NaN or infinity for some steps: what an agent must survive, and never learn from.

    Source: this project's own; drivers of real sensors tell a missing reading so.

    Attributes:
        value: What they read: ``"nan"``, ``"inf"``, ``"-inf"``, or ``"any"`` of them, drawn anew in each step.
    """

    keeps_finite: ClassVar[bool] = False
    senses: ClassVar[tuple[str, ...]] = ("real",)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"probability": 0.001, "steps": 1},
        "medium": {"probability": 0.01, "steps": 1},
        "hard": {"probability": 0.05, "steps": 5},
    }

    value: str = ANY

    @classmethod
    def examples(cls) -> tuple[NonFinite, ...]:
        """Give faults that come often."""
        return (cls(level="hard"), cls(level="hard", value="nan"))

    def check(self) -> None:
        """Check the parameters."""
        super().check()
        if self.value != ANY and self.value not in VALUES:
            raise ValueError(f"NonFinite.value is one of {', '.join((*VALUES, ANY))}; got {self.value!r}")

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect."""
        return NonFiniteEffect(self, frame, group)


class NonFiniteEffect(LastingEffect):
    """The effect behind `NonFinite`."""

    def __init__(self, fault: NonFinite, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        values = tuple(VALUES.values()) if fault.value == ANY else (VALUES[fault.value],)
        self._values = np.array(values, np.float32)

    def broken(self, sensed: np.ndarray, now: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Let components read what is no number."""
        values = self._values
        if len(values) > 1:
            size = self.group.size  # the first so many numbers of this moment tell what breaks
            which = self.draw(2 * size, rows, first)[:, size:].reshape(sensed.shape)
            values = values[(which * len(values)).astype(np.intp)]
        return np.where(now, values, sensed)
