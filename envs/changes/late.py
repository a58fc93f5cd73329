"""Faults that show what was sensed some steps ago."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.fault import Fault, FaultEffect
from envs.changes.history import History
from envs.changes.sensors import check_steps
from envs.effect import Frame


@dataclass(frozen=True, kw_only=True)
class LateFault(Fault):
    """A fault of sensors that come late, at the levels of the Real-World RL suite's fixed delays.

    Attributes:
        steps: How late at most, in steps of the body, at least 1; None for the level's.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"steps": 3},
        "medium": {"steps": 6},
        "hard": {"steps": 9},
    }

    steps: int | None = None

    def check(self) -> None:
        """Check the number of steps."""
        check_steps(f"{type(self).__name__}.steps", self.steps)


class LateEffect(FaultEffect):
    """Remembers what was sensed.

    Attributes:
        steps: How late at most, in steps of the body.
        history: What each body sensed in so many steps, the present one included.
    """

    remembers: ClassVar[bool] = True
    memory: ClassVar[tuple[str, ...]] = ("history.kept", "history.number")

    def __init__(self, fault: LateFault, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self.steps: Any = fault.steps
        self.history = History(frame.num_envs, self.steps + 1, group.shape, frame.observation_space.dtype)  # pyright: ignore[reportArgumentType]
