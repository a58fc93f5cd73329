"""A number that takes one random step after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from envs.counter import CounterDice
from envs.when.checking import check_choice, set_number
from envs.when.curve import Curve
from envs.when.drawn_paces import Memoryless
from envs.when.knots import SIZE, Knots
from envs.when.pace import Pace, Stepwise, bind_pace, set_pace
from envs.when.signal import Signal

TOWARD = ("both", "up", "down")
EDGES = ("reflect", "clip", "restart", "turn")
_State = tuple[float, float]


@dataclass(frozen=True)
class RandomWalk(Signal, kind="random_walk"):
    """Add a normal number at each beat, between bounds if need be.

    Source: ``RandomWalk``, ``RandomWalkWithDrift``, ``BoundedRandomWalk`` of NS-Gym; and of the Real-World RL suite,
    Dulac-Arnold et al. 2020 (arXiv:2003.11881): "random_walk" (``edge="clip"``), "drift_pos" and "drift_neg"
    (``toward="up"`` or ``"down"``, ``edge="clip"``), "cyclic_pos" and "cyclic_neg" (the same with ``edge="restart"``)
    and "saw_wave" (``toward="up"``, ``edge="turn"``).

    Attributes:
        start: Value at birth.
        deviation: Standard deviation of a step, at least 0, in the units of the value.
        every: When it steps: every so many life steps, or at the beats of a pace.
        trend: What is added to each step, in the units of the value.
        toward: ``"both"`` ways; or only ``"up"`` or ``"down"``, by the size of the normal number without its sign.
        low: Lower bound; None for none.
        high: Upper bound; None for none.
        edge: What happens at a bound: ``"reflect"`` (what is beyond is folded back), ``"clip"`` (it stays at the
            bound), ``"restart"`` (it begins again at ``start``) or ``"turn"`` (it stays there, and from then on steps
            have the opposite sign).
    """

    start: float
    deviation: float
    every: int | Pace
    trend: float = 0.0
    toward: Literal["both", "up", "down"] = "both"
    low: float | None = None
    high: float | None = None
    edge: Literal["reflect", "clip", "restart", "turn"] = "reflect"

    def __post_init__(self) -> None:
        """Check the fields."""
        set_number(self, "low", none=True)
        set_number(self, "high", none=True)
        low, high = self._edges
        if low >= high:
            raise ValueError(f"RandomWalk.low is below RandomWalk.high; got {self.low} and {self.high}")
        set_number(self, "start", low, high, "a value between the bounds")
        set_number(self, "deviation", 0, unit="a standard deviation")
        set_pace(self, "every")
        set_number(self, "trend")
        check_choice("RandomWalk.toward", self.toward, TOWARD)
        check_choice("RandomWalk.edge", self.edge, EDGES)

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give walks with each edge and one without."""
        return (
            cls(0.0, 0.1, every=5),
            cls(0.5, 0.1, every=5, low=0.0, high=1.0),
            cls(0.1, 0.04, every=Memoryless(20), trend=0.01, low=0.0, high=1.0, edge="clip"),
            cls(0.0, 0.05, every=10, toward="up", high=1.0, edge="restart"),
            cls(0.0, 0.05, every=10, toward="up", low=0.0, high=1.0, edge="turn"),
        )

    @property
    def _edges(self) -> tuple[float, float]:
        return -np.inf if self.low is None else self.low, np.inf if self.high is None else self.high

    def bind(self, rng: np.random.Generator) -> Curve:
        """Make the curve of one life."""
        beats, dice, step = bind_pace(self.every, rng), CounterDice([rng]), self._step()

        def fill(state: _State, number: int) -> tuple[list[float], _State]:
            values = []
            for added in self._added(dice.normal(number, SIZE)[0]):
                values.append(state[0])
                state = step(state, added)
            return values, state

        knots: Knots[_State, float] = Knots((self.start, 1.0), fill)
        return Stepwise(beats, lambda stretch: knots[stretch.number])

    def bounds(self) -> tuple[float, float]:
        """Give its bounds, infinite where there are none; one that only rises or falls is bounded by its start."""
        low, high = self._edges
        if self.edge in ("clip", "restart"):
            if self.toward == "up" and self.trend >= 0:
                low = self.start
            if self.toward == "down" and self.trend <= 0:
                high = self.start
        return low, high

    def _added(self, normal: np.ndarray) -> list[float]:
        """Turn normal numbers into steps."""
        if self.toward != "both":
            normal = np.abs(normal) if self.toward == "up" else -np.abs(normal)
        return (normal * self.deviation + self.trend).tolist()

    def _step(self) -> Callable[[_State, float], _State]:
        """Give what makes the next value and sign of steps from the present ones and a step."""
        low, high = self._edges
        start, edge = self.start, self.edge

        def step(state: _State, added: float) -> _State:
            value, sign = state
            value += sign * added
            if low < value < high:
                return value, sign
            if edge == "restart":
                return start, sign
            if edge == "reflect":
                return _reflected(value, low, high), sign
            return min(max(value, low), high), -sign if edge == "turn" else sign

        return step


def _reflected(value: float, low: float, high: float) -> float:
    """Fold a value back between bounds, of which one or both may be infinite."""
    if np.isfinite(low) and np.isfinite(high):
        value = low + abs((value - low + (high - low)) % (2.0 * (high - low)) - (high - low))
    elif value < low:
        value = 2.0 * low - value
    elif value > high:
        value = 2.0 * high - value
    return min(max(value, low), high)
