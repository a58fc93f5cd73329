"""Each kind of signal against what is known of it: tables, formulas, naive loops, laws."""

from __future__ import annotations

from math import exp, sin
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.when import (
    Bursts,
    Clipped,
    Constant,
    Cyclic,
    Exponential,
    Geometric,
    Held,
    Linear,
    LogUniform,
    Memoryless,
    OrnsteinUhlenbeck,
    Paced,
    Periodic,
    Polynomial,
    Product,
    RandomWalk,
    Saw,
    Shifted,
    Sigmoid,
    Signal,
    Sinusoid,
    Steps,
    Sum,
    Switching,
    Uniform,
    Window,
    Windows,
    bind,
    changes,
    values,
)
from envs.when.curve import NEVER, Curve
from tests.envs.signals import fixed, lengths, numbers


def curve(signal: float | Signal, seed: int = 0) -> Curve:
    return bind(signal, np.random.default_rng(seed))


@given(st.lists(st.integers(1, 500), unique=True, max_size=8).map(sorted), st.integers(1, 7))
def test_steps_fire_once_each_at_their_ages(ages, stride):
    signal = Steps(tuple(range(len(ages) + 1)), tuple(ages))
    assert changes(curve(signal), 0, 501) == ages
    seen = [curve(signal).at(age) for age in range(0, 520, stride)]  # a step of many bodies adds many to the age
    assert seen == [sum(n <= age for n in ages) for age in range(0, 520, stride)]


def test_tables():
    def at(signal: Signal, *ages: int) -> list[float]:
        return values(curve(signal), ages).tolist()

    assert at(Constant(2), 0, 9) == [2, 2]
    assert at(Cyclic((1, 2, 3), 10), 0, 9, 10, 29, 30) == [1, 1, 2, 3, 1]
    assert at(Cyclic((1, 2), Windows(((5, 7),))), 4, 5, 6, 99) == [1, 2, 1, 1]
    assert at(Window(5, 7), 4, 5, 6, 7, 15) == [0, 1, 1, 0, 0]
    assert at(Window(5, 7, 2, 3, period=10), 4, 5, 6, 7, 15, 17) == [3, 2, 2, 3, 2, 3]
    assert at(Linear(1, 3, over=4, begin=2), 0, 2, 3, 6, 99) == [1, 1, 1.5, 3, 3]
    assert at(Geometric(1, 16, over=4, begin=2), 0, 2, 6, 99) == [1, 1, 16, 16]
    assert at(Geometric(1, 16, over=4), 1, 2, 3) == pytest.approx([2, 4, 8])
    assert at(Geometric(-1, -16, over=4), 1, 2, 3) == pytest.approx([-2, -4, -8])
    assert at(Exponential(3, 1, scale=5, begin=2), 0, 2, 7, 12) == pytest.approx(
        [3, 3, 1 + 2 * exp(-1), 1 + 2 * exp(-2)]
    )
    assert at(Sigmoid(1, 3, middle=10, scale=2), 10, 12, 8) == pytest.approx(
        [2, 1 + 2 / (1 + exp(-1)), 1 + 2 / (1 + exp(1))]
    )
    assert at(Sigmoid(1, 3, middle=10, scale=1e-3), 0, 9, 11, 99) == [1, 1, 3, 3]
    assert at(Polynomial((1, 2, 3), over=2, begin=1), 0, 1, 2, 3, 9) == [1, 1, 1 + 1 + 0.75, 6, 6]
    assert at(Sinusoid(8, phase=0.25, mean=1, amplitude=2), 0, 2, 4) == pytest.approx([3, 1, -1])
    assert at(Sinusoid(7.5), 3, 10**9) == pytest.approx(
        [sin(2 * np.pi * 3 / 7.5), sin(2 * np.pi * (10**9 % 7.5) / 7.5)]
    )
    assert at(Saw(4, low=1, high=2), 0, 1, 3, 4) == [1, 1.25, 1.75, 1]
    assert at(Saw(4, rise=0), 0, 1, 3, 4) == [1, 0.75, 0.25, 1]
    assert at(Saw(4, rise=0.5), 0, 1, 2, 3, 4) == [0, 0.5, 1, 0.5, 0]
    assert at(Saw(4, phase=0.5), 0, 1, 2) == [0.5, 0.75, 0]
    assert at(RandomWalk(0, 0, 1, trend=0.5, high=1, edge="restart"), 0, 1, 2, 3) == [0, 0.5, 0, 0.5]
    assert at(RandomWalk(0, 0, 1, trend=0.5, high=1, edge="turn"), 0, 1, 2, 3, 4, 5) == [0, 0.5, 1, 0.5, 0, -0.5]
    assert at(RandomWalk(0, 0, 1, trend=0.75, high=1), 0, 1, 2, 3) == [0, 0.75, 0.5, 0.75]
    assert at(Held(Saw(10), 3), 0, 2, 3, 5, 6) == pytest.approx([0, 0, 0.3, 0.3, 0.6])
    assert at(Paced(Linear(0, 1, over=2), Periodic(5)), 0, 4, 5, 10, 99) == [0, 0, 0.5, 1, 1]
    assert at(Shifted(Saw(10), 3), 0, 2, 3, 4) == pytest.approx([0, 0, 0, 0.1])
    assert at(Shifted(Saw(10), -3), 0, 2) == pytest.approx([0.3, 0.5])


def test_the_bounds_of_a_polynomial_are_its_own():
    assert Polynomial((0, 4, -4), over=1000).bounds() == pytest.approx((0, 1))
    low, high = Polynomial((0.2, 3.0, -6.0, 3.5), over=100_000).bounds()
    seen = values(curve(Polynomial((0.2, 3.0, -6.0, 3.5), over=100_000)), range(100_001))
    assert (seen.min(), seen.max()) == pytest.approx((low, high), abs=1e-8)


@given(fixed, fixed, numbers, numbers, lengths, st.integers(0, 500))
def test_operators_do_to_values_what_they_say(one, two, number, more, steps, age):
    first, second = curve(one).at(age), curve(two).at(age)
    low, high = sorted((number, more))
    for made, expected in (
        (one + two, first + second),
        (one - two, first - second),
        (one * two, first * second),
        (-one, -first),
        (number + one, number + first),
        (one + number, first + number),
        (number - one, number - first),
        (one - number, first - number),
        (number * one, number * first),
        (one * number, first * number),
        (np.float64(number) * one, number * first),
        (one.clip(low, high), min(max(first, low), high)),
        (one.shift(steps), curve(one).at(max(0, age - steps))),
        (one.hold(steps), curve(one).at(age // steps * steps)),
    ):
        assert curve(made).at(age) == pytest.approx(expected, rel=1e-12, abs=1e-9)


def test_sums_of_sums_are_one_and_each_random_part_is_drawn_for_itself():
    walk = RandomWalk(0, 1, 1)
    assert 1 + walk + 2 + Saw(5) == Sum((1.0, walk, 2.0, Saw(5)))
    assert walk - 1 == Sum((walk, -1.0))
    assert 2 - walk * 3 == Sum((2.0, Product((-1.0, walk, 3.0))))
    assert walk.clip(0, 1).shift(5).hold(3) == Held(Shifted(Clipped(walk, 0.0, 1.0), 5), 3)
    assert values(curve(walk - walk), range(50)).any()
    wrongs: list[Any] = ["x", None, True, np.zeros(3)]
    for wrong in wrongs:
        with pytest.raises(TypeError, match=r"unsupported operand|not support"):
            _ = walk + wrong
        with pytest.raises(TypeError, match=r"unsupported operand|not support"):
            _ = walk - wrong


def test_bounds_of_combinations():
    one, two = Uniform(-1, 2, 5), Uniform(3, 4, 5)
    assert (one + two).bounds() == (2, 6)
    assert (one - two).bounds() == (-5, -1)
    assert (one * two).bounds() == (-4, 8)
    assert (one * one * -1).bounds() == (-4, 2)
    assert (0 * RandomWalk(0, 1, 1)).bounds() == (0, 0)
    assert RandomWalk(5, 1, 1).clip(0, 1).bounds() == (0, 1)
    assert two.clip(0, 3.5).bounds() == (3, 3.5)
    assert two.clip(0, 1).bounds() == (1, 1)


def test_uniform_values_are_uniform_and_new():
    seen = values(curve(Uniform(2, 4, 3)), range(0, 30_000, 3))
    counts, _ = np.histogram(seen, 10, (2, 4))
    assert ((counts - 1000) ** 2 / 1000).sum() < 28  # chi-square, 9 degrees, p = 0.001
    assert len(set(seen)) == len(seen)
    assert abs(np.corrcoef(seen[1:], seen[:-1])[0, 1]) < 0.03


def test_log_uniform_values_are_as_likely_in_each_order_of_magnitude():
    seen = values(curve(LogUniform(0.02, 2.0, 3)), range(0, 30_000, 3))
    counts, _ = np.histogram(np.log10(seen), 10, (np.log10(0.02), np.log10(2.0)))
    assert ((counts - 1000) ** 2 / 1000).sum() < 28  # as above
    assert 0.02 <= seen.min() < 0.0202 and 1.98 < seen.max() <= 2.0


@pytest.mark.parametrize("kind", [Uniform, LogUniform])
def test_what_is_drawn_once_never_changes_and_differs_from_world_to_world(kind: type[Uniform] | type[LogUniform]):
    worlds = [curve(kind(0.02, 2.0), seed) for seed in range(20)]
    assert all(world.until(0) == NEVER and world.at(0) == world.at(10**9) for world in worlds)
    assert len({world.at(0) for world in worlds}) == 20
    # It is the first of those that are drawn again and again.
    assert worlds[0].at(0) == curve(kind(0.02, 2.0, every=500)).at(499)


def test_switching_never_stays_and_goes_where_its_matrix_says():
    matrix = ((0.0, 0.3, 0.7), (1.0, 0.0, 0.0), (0.2, 0.8, 0.0))
    for transitions in (None, matrix):
        places = values(curve(Switching((0, 1, 2), 2, transitions)), range(0, 40_000, 2)).astype(int)
        counts = np.zeros((3, 3))
        np.add.at(counts, (places[:-1], places[1:]), 1)
        assert (np.diag(counts) == 0).all()
        expected = np.array(transitions or 0.5 * (1 - np.eye(3)))
        assert np.abs(counts / counts.sum(1, keepdims=True) - expected).max() < 0.02
    one = curve(Switching((0, 1), Memoryless(50)))
    assert np.diff(changes(one, 0, 200_000)).mean() == pytest.approx(50, rel=0.05)


def test_bursts_have_their_mean_lengths():
    bursts = curve(Bursts(calm=60, burst=15, low=0.25, high=0.75))
    ages = [0, *changes(bursts, 0, 400_000)]
    lengths = np.diff(ages)
    assert bursts.at(0) == 0.25 and bursts.at(ages[1]) == 0.75
    assert lengths[::2].mean() == pytest.approx(60, rel=0.05)
    assert lengths[1::2].mean() == pytest.approx(15, rel=0.05)
    assert lengths[1::2].std() == pytest.approx(np.sqrt(15 * 14), rel=0.07)


def test_a_random_walk_has_independent_normal_steps():
    steps = np.diff(values(curve(RandomWalk(3, 0.5, 4, trend=0.1)), range(0, 80_000, 4)))
    assert steps.mean() == pytest.approx(0.1, abs=0.015)
    assert steps.std() == pytest.approx(0.5, rel=0.02)
    assert ((steps - 0.1) ** 4).mean() / 0.5**4 == pytest.approx(3, rel=0.08)
    assert abs(np.corrcoef(steps[1:], steps[:-1])[0, 1]) < 0.03
    assert len(changes(curve(RandomWalk(3, 0.5, 4)), 0, 400)) == 99


@pytest.mark.parametrize("toward", ["both", "up", "down"])
@pytest.mark.parametrize("edge", ["reflect", "clip", "restart", "turn"])
def test_a_walk_meets_its_bounds_as_a_naive_loop_does(edge, toward):
    free = values(curve(RandomWalk(0, 0.4, 1, toward=toward)), range(6000))
    signal = RandomWalk(0.3, 0.4, 1, toward=toward, low=0, high=1, edge=edge)
    value, sign, expected = 0.3, 1, []
    for step in np.diff(free, append=0):
        expected.append(value)
        value += sign * step
        if edge == "reflect":
            while not 0 <= value <= 1:
                value = -value if value < 0 else 2 - value
        elif not 0 < value < 1:
            value = 0.3 if edge == "restart" else min(max(value, 0), 1)
            sign = -sign if edge == "turn" else sign
    assert values(curve(signal), range(200)) == pytest.approx(expected[:200], abs=1e-9)
    if edge != "reflect":  # folding is not contracting, so rounding grows there
        assert values(curve(signal), range(6000)) == pytest.approx(expected, abs=1e-6)


def test_a_reflected_walk_is_uniform_in_the_long_run():
    seen = values(curve(RandomWalk(0, 0.3, 1, low=-1, high=1)), range(0, 200_000, 40))
    counts, _ = np.histogram(seen, 10, (-1, 1))
    assert ((counts - 500) ** 2 / 500).sum() < 35
    assert values(curve(RandomWalk(0, 5, 1, low=-1)), range(1000)).min() >= -1
    assert values(curve(RandomWalk(0, 5, 1, high=1)), range(1000)).max() <= 1


def test_a_walk_that_only_rises_is_bounded_by_its_start():
    assert RandomWalk(1, 1, 1, toward="up", low=0, high=9, edge="clip").bounds() == (1, 9)
    assert RandomWalk(1, 1, 1, toward="down", low=0, high=9, edge="restart").bounds() == (0, 1)
    assert RandomWalk(1, 1, 1, toward="up", low=0, high=9, edge="turn").bounds() == (0, 9)


@pytest.mark.parametrize("every", [1, 20])
def test_ornstein_uhlenbeck_has_its_mean_deviation_and_memory(every):
    seen = values(curve(OrnsteinUhlenbeck(2, 0.5, rate=0.05, every=every)), range(0, 400_000, every))
    assert seen.mean() == pytest.approx(2, abs=0.02)
    assert seen.std() == pytest.approx(0.5, rel=0.03)
    lag = 20 // every
    assert np.corrcoef(seen[lag:], seen[:-lag])[0, 1] == pytest.approx(exp(-1), abs=0.03)


def test_ornstein_uhlenbeck_begins_where_it_is_told_to_or_as_if_it_had_always_been():
    assert curve(OrnsteinUhlenbeck(2, 0.5, 0.1, start=7)).at(0) == 7
    births = np.array([curve(OrnsteinUhlenbeck(2, 0.5, 0.1), seed).at(0) for seed in range(1000)])
    assert births.mean() == pytest.approx(2, abs=0.06) and births.std() == pytest.approx(0.5, rel=0.08)
    path = values(curve(OrnsteinUhlenbeck(0, 0, 0.1, every=2, start=1)), range(0, 20, 2))
    assert path == pytest.approx(np.exp(-0.1 * np.arange(0, 20, 2)))


def test_fields_are_kept_as_plain_numbers():
    signal = Linear(np.float32(1), 2, over=np.int64(3))  # type: ignore[arg-type]
    assert [type(value) for value in (signal.start, signal.stop, signal.over)] == [float, float, int]
    assert signal == Linear(1.0, 2.0, 3)
    switching = Switching((1, np.float64(2)), 5, ((0, 1), (1, 0)))
    assert repr(switching) == repr(Switching((1.0, 2.0), 5, ((0.0, 1.0), (1.0, 0.0))))
