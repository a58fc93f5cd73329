"""A number that wanders around a mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from envs.counter import CounterDice
from envs.when.checking import set_number, set_positive, set_whole
from envs.when.curve import Curve
from envs.when.knots import SIZE, Knots
from envs.when.pace import Pace, Stepwise, bind_pace
from envs.when.signal import Signal


@dataclass(frozen=True)
class OrnsteinUhlenbeck(Signal, kind="ornstein_uhlenbeck"):
    """Wander around a mean and be drawn back to it, the more the farther away.

    The process ``dX = rate (mean - X) dt + deviation sqrt(2 rate) dW`` in continuous time, seen every so many life
    steps: from one look to the next, X goes ``1 - exp(-rate * every)`` of its way to the mean, and a normal number is
    added such that the standard deviation stays as it is. So ``every`` changes how often it is looked at and nothing
    else. In the long run values have the given mean and deviation (before they are clipped), and the correlation of two
    falls to 1/e in ``1 / rate`` life steps.

    Source: Uhlenbeck and Ornstein 1930; exact updating formula of Gillespie 1996, equation 1.8a; NS-Gym's
    ``OrnsteinUhlenbeck`` is the first-order one.

    Attributes:
        mean: Mean in the long run.
        deviation: Standard deviation in the long run, at least 0.
        rate: How fast it is drawn back, in 1 / life steps, above 0.
        every: Life steps from value to value, at least 1.
        start: Value at birth; None for one drawn as if it had been wandering for ever.
        low: What values below are clipped to; None for no bound. The process itself wanders on beyond.
        high: What values above are clipped to; None for no bound.
    """

    mean: float
    deviation: float
    rate: float
    every: int = 1
    start: float | None = None
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        """Check the fields."""
        set_number(self, "mean")
        set_number(self, "deviation", 0, unit="a standard deviation")
        set_positive(self, "rate", "a rate in 1 / life steps")
        if isinstance(self.every, Pace):
            raise TypeError(
                f"OrnsteinUhlenbeck.every is a number of life steps; got {self.every}; to look at it at the beats of a "
                "pace, hold it: .hold(pace)"
            )
        set_whole(self, "every", 1, "a number of life steps")
        for name in ("start", "low", "high"):
            set_number(self, name, none=True)
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"OrnsteinUhlenbeck.low is at most OrnsteinUhlenbeck.high; got {self.low} and {self.high}")

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give one without bounds, and one within them from a given start."""
        return (cls(0.0, 0.3, rate=0.02, every=5), cls(0.5, 0.3, rate=0.01, every=10, start=0.0, low=0.0, high=1.0))

    def bind(self, rng: np.random.Generator) -> Curve:
        """Make the curve of one life."""
        beats, dice = bind_pace(self.every, rng), CounterDice([rng])
        keep = float(np.exp(-self.rate * self.every))
        spread = self.deviation * float(np.sqrt(-np.expm1(-2.0 * self.rate * self.every)))
        low, high = self.bounds()
        mean = self.mean
        start = self.deviation * float(dice.normal(0, 1)[0, 0]) if self.start is None else self.start - mean

        def fill(away: float, number: int) -> tuple[list[float], float]:
            values = []
            for added in (spread * dice.normal(number + 1, SIZE)[0]).tolist():
                values.append(min(max(mean + away, low), high))
                away = keep * away + added
            return values, away

        knots: Knots[float, float] = Knots(start, fill)
        return Stepwise(beats, lambda stretch: knots[stretch.number])

    def bounds(self) -> tuple[float, float]:
        """Give its bounds, infinite where there are none."""
        return -np.inf if self.low is None else self.low, np.inf if self.high is None else self.high
