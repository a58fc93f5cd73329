"""Sensors that tell nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces

from envs.changes.base import Change
from envs.changes.fault import LEVELS
from envs.changes.sensors import sense_of
from envs.counter import CounterDice
from envs.effect import Effect, Frame
from envs.when import check_range

FILLS = ("noise", "constant")


@dataclass(frozen=True, kw_only=True)
class Dummy(Change, kind="dummy"):
    """Add channels that have nothing to do with the world, behind those that do.

    The observation space grows, so all tasks of a life need equally many of them. A dummy is no fault: nothing that is
    sensed is spoilt, and nothing is reported. As it comes before the faults of a task, these hit its channels too.

    Source: "high dimensionality" of the Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881),
    and its code's presets: 10, 20 and 50 standard normal numbers.

    Attributes:
        presets: Level -> parameter -> value.
        level: ``"easy"``, ``"medium"`` or ``"hard"``: where a count that is not given comes from.
        count: Number of added channels, at least 1; None for the level's.
        fill: What they show: ``"noise"``, drawn anew in each step for each body, or a ``"constant"``, drawn once for
            the world. Bits are 0 and 1 equally often.
        deviation: Standard deviation of what is drawn, in units of the observation; of no meaning for bits.
    """

    group: ClassVar[str] = "storms"
    moves_channels: ClassVar[bool] = True
    keeps_spaces: ClassVar[bool] = False
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"count": 10},
        "medium": {"count": 20},
        "hard": {"count": 50},
    }

    level: str = "easy"
    count: int | None = None
    fill: str = "noise"
    deviation: float = 1.0

    def __post_init__(self) -> None:
        """Fill in the level's count and check the fields.

        Raises:
            TypeError: If a field has the wrong type.
            ValueError: If a field is out of its range.
        """
        if self.level not in LEVELS:
            raise ValueError(f"Dummy.level is one of {', '.join(LEVELS)}; got {self.level!r}")
        if self.count is None:
            object.__setattr__(self, "count", self.presets[self.level]["count"])
        if not isinstance(self.count, (int, np.integer)) or isinstance(self.count, bool):
            raise TypeError(f"Dummy.count is a whole number; got {self.count!r} of type {type(self.count).__name__}")
        if self.count < 1:
            raise ValueError(f"Dummy.count is at least 1; got {self.count}")
        if self.fill not in FILLS:
            raise ValueError(f"Dummy.fill is one of {', '.join(FILLS)}; got {self.fill!r}")
        check_range("Dummy.deviation", self.deviation, 0.0, np.inf, "a standard deviation")

    @classmethod
    def examples(cls) -> tuple[Dummy, ...]:
        """Give both fills."""
        return (cls(), cls(count=2, fill="constant"))

    def effect(self, frame: Frame) -> Effect:
        """Make the effect.

        Raises:
            ValueError: If the observations are neither bits nor unbounded real numbers in one dimension.
        """
        space: Any = frame.observation_space
        if sense_of(space) not in ("real", "bits") or len(space.shape) != 1:
            raise ValueError(
                f"Dummy adds channels to bits or to unbounded real senses of one dimension; got {space} "
                f"from {frame.owner}"
            )
        return DummyEffect(self, frame)


class DummyEffect(Effect):
    """The effect behind `Dummy`."""

    def __init__(self, dummy: Dummy, frame: Frame) -> None:
        """Prepare for N bodies."""
        super().__init__(frame)
        space: Any = frame.observation_space
        self._bits, count = isinstance(space, spaces.MultiBinary), int(dummy.count or 0)
        self.observation_space = (
            spaces.MultiBinary(space.shape[0] + count)
            if self._bits
            else spaces.Box(-np.inf, np.inf, (space.shape[0] + count,), space.dtype)
        )
        self._count, self._deviation, self._clock = count, np.float32(dummy.deviation), frame.clock
        self._dice = CounterDice(frame.moments())
        (own,) = frame.world.spawn(1)
        self._constant = self._drawn(CounterDice([own]), 0, None) if dummy.fill == "constant" else None

    def see(self, sensed: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Add the channels."""
        added = self._constant
        if added is None:
            added = self._drawn(self._dice, 2 * self._clock.age + first, rows)
        else:
            added = np.broadcast_to(added, (len(sensed), self._count))
        return np.concatenate((sensed, added), axis=1, dtype=sensed.dtype)

    def _drawn(self, dice: CounterDice, count: int, rows: np.ndarray | None) -> np.ndarray:
        if self._bits:
            return (dice.uniform(count, self._count, rows) < 0.5).astype(np.int8)
        return dice.normal(count, self._count, rows).astype(np.float32) * self._deviation
