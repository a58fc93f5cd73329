"""Signals that cannot be are refused when they are made."""

from __future__ import annotations

import numpy as np
import pytest

from envs import Noise
from envs.when import (
    Bursts,
    Clipped,
    Constant,
    Cyclic,
    Exponential,
    Geometric,
    Linear,
    LogUniform,
    Memoryless,
    OrnsteinUhlenbeck,
    Polynomial,
    RandomWalk,
    Saw,
    Sigmoid,
    Sinusoid,
    Steps,
    Sum,
    Switching,
    Uniform,
    Window,
)

BAD = {
    r"Constant.value is a value, a number; got 'x'": (TypeError, lambda: Constant("x")),  # type: ignore[arg-type]
    r"Constant.value is a value, finite; got nan": (ValueError, lambda: Constant(np.nan)),
    r"Linear.start is a value, a number; got Constant": (TypeError, lambda: Linear(Constant(1), 2, 3)),  # type: ignore[arg-type]
    r"Linear.over is a length in life steps, at least 1; got 0": (ValueError, lambda: Linear(0, 1, 0)),
    r"Steps.values are one more than Steps.ages.*got 2 values and 2 ages": (ValueError, lambda: Steps((0, 1), (5, 6))),
    r"Steps.ages are ages in life steps, each later.*got 3 after 5": (ValueError, lambda: Steps((0, 1, 2), (5, 3))),
    r"Cyclic.values is a tuple of values, at least 2 of them; got 1": (ValueError, lambda: Cyclic((1,), 5)),
    r"Cyclic.every is a number of life steps or a pace, at least 1; got -5": (ValueError, lambda: Cyclic((1, 2), -5)),
    r"Window.end is an age after Window.begin, at least 6; got 5": (ValueError, lambda: Window(5, 5)),
    r"Window.period is a length.*at least 9; got 8": (ValueError, lambda: Window(5, 9, period=8)),
    r"Geometric goes in equal ratios.*got 0.0 and 1.0": (ValueError, lambda: Geometric(0, 1, 5)),
    r"Geometric goes in equal ratios.*got -1.0 and 1.0": (ValueError, lambda: Geometric(-1, 1, 5)),
    r"Exponential.scale is a number of life steps above 0; got 0": (ValueError, lambda: Exponential(0, 1, 0)),
    r"Sigmoid.scale is a number of life steps above 0.*got -1": (ValueError, lambda: Sigmoid(0, 1, 5, -1)),
    r"Polynomial.coefficients make finite values": (ValueError, lambda: Polynomial((1e308, 1e308), 5)),
    r"Sinusoid.period is a period in life steps.*got 0": (ValueError, lambda: Sinusoid(0)),
    r"Sinusoid.amplitude is a height.*got -1": (ValueError, lambda: Sinusoid(5, amplitude=-1)),
    r"Saw.high is a value of at least Saw.low.*got 0": (ValueError, lambda: Saw(5, low=1, high=0)),
    r"Saw.rise is a share of the period, from 0 to 1; got 2": (ValueError, lambda: Saw(5, rise=2)),
    r"LogUniform.low is a value above 0; got 0": (ValueError, lambda: LogUniform(0, 1)),
    r"Uniform.high is a value of at least Uniform.low.*got 0": (ValueError, lambda: Uniform(1, 0, 5)),
    r"Switching.transitions are 2 rows of 2 probabilities": (ValueError, lambda: Switching((0, 1), 5, ((0, 1),))),
    r"Switching.transitions\[0\] sums to 1; got .* sums to 0.5": (
        ValueError,
        lambda: Switching((0, 1), 5, ((0, 0.5), (1, 0))),
    ),
    r"Switching.transitions\[1\]\[0\] is a probability, from 0 to 1; got 1.5": (
        ValueError,
        lambda: Switching((0, 1), 5, ((0, 1), (1.5, -0.5))),
    ),
    r"Switching.transitions\[1\]\[1\] is 0, since a value never switches to itself": (
        ValueError,
        lambda: Switching((0, 1), 5, ((0, 1), (0.5, 0.5))),
    ),
    r"Bursts.calm is a mean length in life steps.*got 0.5": (ValueError, lambda: Bursts(0.5, 5)),
    r"RandomWalk.low is below RandomWalk.high; got 1.0 and 1.0": (
        ValueError,
        lambda: RandomWalk(1, 1, 1, low=1, high=1),
    ),
    r"RandomWalk.start is a value between the bounds, from 0 to 1; got 2": (
        ValueError,
        lambda: RandomWalk(2, 1, 1, low=0, high=1),
    ),
    r"RandomWalk.deviation is a standard deviation.*got -1": (ValueError, lambda: RandomWalk(2, -1, 1)),
    r"RandomWalk.edge is one of reflect, clip, restart, turn; got 'fold'": (
        ValueError,
        lambda: RandomWalk(2, 1, 1, edge="fold"),  # type: ignore[arg-type]
    ),
    r"OrnsteinUhlenbeck.rate is a rate in 1 / life steps above 0; got 0": (
        ValueError,
        lambda: OrnsteinUhlenbeck(0, 1, 0),
    ),
    r"OrnsteinUhlenbeck.every is a number of life steps; got Memoryless.*\.hold\(pace\)": (
        TypeError,
        lambda: OrnsteinUhlenbeck(0, 1, 1, every=Memoryless(3)),  # type: ignore[arg-type]
    ),
    r"OrnsteinUhlenbeck.low is at most OrnsteinUhlenbeck.high": (
        ValueError,
        lambda: OrnsteinUhlenbeck(0, 1, 1, low=1, high=0),
    ),
    r"Sum.parts is a tuple of numbers and signals, at least 1": (ValueError, lambda: Sum(())),
    r"Sum.parts\[1\] is a signal or a number, a number; got 'x'": (TypeError, lambda: Sum((1, "x"))),  # type: ignore[arg-type]
    r"Clipped.of is a signal, one of .*; got 3": (TypeError, lambda: Clipped(3, 0, 1)),  # type: ignore[arg-type]
    r"Clipped.high is a value of at least Clipped.low.*got 0": (ValueError, lambda: Saw(5).clip(1, 0)),
    r"Shifted.steps is a number of life steps, a whole number; got 0.5": (TypeError, lambda: Saw(5).shift(0.5)),  # type: ignore[arg-type]
    r"Held.every is a number of life steps or a pace, a whole number; got None": (
        TypeError,
        lambda: Saw(5).hold(None),  # type: ignore[arg-type]
    ),  # type: ignore[arg-type]
    r"Noise.when is a strength, from 0 to 1; got RandomWalk.*, which goes from -inf to inf; .clip\(low, high\) keeps": (
        ValueError,
        lambda: Noise(when=RandomWalk(0, 1, 1)),
    ),
}


@pytest.mark.parametrize("words", BAD)
def test_bad_signals_are_refused_when_they_are_made(words):
    error, make = BAD[words]
    with pytest.raises(error, match=words):
        make()
