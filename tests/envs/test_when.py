"""What holds for every signal and every pace, of whichever kind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.when import (
    NEVER,
    Bursts,
    Memoryless,
    OrnsteinUhlenbeck,
    Pace,
    RandomWalk,
    Signal,
    Switching,
    Uniform,
    bind,
    changes,
    values,
)
from envs.when.knots import SIZE
from envs.when.pace import bind_pace
from tests.envs.signals import ages, every, fixed_paces, paces, signals

SHIPPED = {kind: cls for kind, cls in Signal.kinds.items() if cls.__module__.startswith("envs.")}
SHIPPED_PACES = {kind: cls for kind, cls in Pace.kinds.items() if cls.__module__.startswith("envs.")}
seeds = st.integers(0, 2**32)
far = st.integers(0, 30_000)


def curve(signal: Signal, seed: int = 0):
    return bind(signal, np.random.default_rng(seed))


@given(signals, seeds, st.lists(far, min_size=1, max_size=8), st.randoms())
def test_a_curve_is_a_function_of_the_age_in_any_order(signal, seed, asked, order):
    first = {age: curve(signal, seed).at(age) for age in asked}
    once = curve(signal, seed)
    order.shuffle(asked)
    for age in [*asked, *reversed(asked)]:
        assert once.at(age) == first[age]


@given(signals, seeds, st.lists(ages, min_size=1, max_size=20))
def test_values_lie_within_the_bounds_and_are_floats(signal, seed, asked):
    low, high = signal.bounds()
    once = curve(signal, seed)
    for age in asked:
        assert type(once.at(age)) is float
        assert low <= once.at(age) <= high


@given(signals, seeds, ages)
def test_a_value_stays_until_the_curve_says(signal, seed, age):
    once = curve(signal, seed)
    until = once.until(age)
    assert age < until
    last = min(until - 1, age + 5000)
    for later in (age + 1, (age + last) // 2, last):
        assert later > last or once.at(later) == once.at(age)


@given(paces, seeds, st.integers(1, 2000))
def test_stretches_partition_the_life(pace, seed, age):
    beats = bind_pace(pace, np.random.default_rng(seed))
    stretch = beats.stretch(age)
    assert stretch.begin <= age < stretch.end
    assert bind_pace(pace, np.random.default_rng(seed)).stretch(age) == stretch
    assert beats.stretch(stretch.begin) == stretch
    assert (stretch.number == 0) == (stretch.begin == 0)
    if stretch.begin:
        assert beats.stretch(stretch.begin - 1).number == stretch.number - 1
        assert beats.stretch(stretch.begin - 1).end == stretch.begin
    if stretch.end < NEVER:
        assert beats.stretch(stretch.end)[:2] == (stretch.number + 1, stretch.end)


@given(signals)
def test_signals_say_what_they_are_made_of(signal):
    assert replace(signal) == signal
    assert hash(signal) == hash(replace(signal))
    assert type(signal).__name__ in repr(signal)


@pytest.mark.parametrize("kind", SHIPPED)
def test_every_kind_has_examples_that_change_and_a_docstring(kind):
    cls = SHIPPED[kind]
    assert cls.kind == kind and cls.examples()
    assert "Attributes:" in (cls.__doc__ or "")
    for example in cls.examples():
        assert isinstance(example, cls)
        seen = values(curve(example), range(1000))
        assert changes(curve(example), 0, 1000) == (1 + np.flatnonzero(np.diff(seen))).tolist()
        assert (np.ptp(seen) > 0) == (kind != "constant")


@pytest.mark.parametrize("kind", SHIPPED_PACES)
def test_every_kind_of_pace_has_examples_with_beats_and_a_docstring(kind):
    cls = SHIPPED_PACES[kind]
    assert cls.kind == kind and cls.examples()
    assert "Attributes:" in (cls.__doc__ or "")
    for example in cls.examples():
        assert bind_pace(example, np.random.default_rng(0)).stretch(1000).number >= 3


# What seed 0 gives at the ages 0, 100, 5,000 and 50,000: it is the same on every machine, or results do not compare.
GOLDEN = {
    "uniform 0": (0.00414862017118367, 0.6211937405080135, 0.21940260809397383, 0.48205624644780587),
    "uniform 1": (0.00414862017118367, 0.00414862017118367, 0.21940260809397383, 0.20923299938469242),
    "log_uniform 0": (0.010192887722002813, 0.17473804845062713, 0.027466619815965317, 0.09206880215914347),
    "switching 0": (0.0, 0.0, 1.0, 1.0),
    "switching 1": (0.0, 1.0, 0.4, 0.4),
    "bursts 0": (0.0, 0.0, 1.0, 0.0),
    "ornstein_uhlenbeck 0": (0.9604565620422363, 0.4194667814642664, 0.4734422701443618, -0.20091543919856814),
    "ornstein_uhlenbeck 1": (0.0, 0.7078626476350449, 0.0, 0.37769055800682283),
    "random_walk 0": (0.0, 0.29081691696774215, 3.3448491499730153, 0.5526422562143125),
    "random_walk 1": (0.5, 0.7908169169677421, 0.46976438687124755, 0.5711096264240041),
    "random_walk 2": (0.1, 0.27424408718943594, 0.9516533277928829, 0.9814462321810424),
    "random_walk 3": (0.0, 0.4217828707769513, 0.27531628852011636, 0.7712734912056476),
    "random_walk 4": (0.0, 0.4217828707769513, 0.7246837114798836, 0.7712734912056476),
    "held 1": (0.0, 0.0, 0.600420225325884, 0.8090169943749475),
    "paced 0": (1.0, 1.0, 0.0, 0.0),
    "paced 1": (0.5, 0.7274478041799739, 0.5550715282734018, 0.7936690846854617),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_same_seed_is_the_same_life_everywhere(name):
    kind, _, place = name.partition(" ")
    example = SHIPPED[kind].examples()[int(place)]
    assert values(curve(example), (0, 100, 5_000, 50_000)) == pytest.approx(GOLDEN[name], rel=1e-4, abs=1e-6)


def test_every_random_example_is_pinned_and_differs_between_seeds():
    random = set()
    for kind, cls in SHIPPED.items():
        for place, example in enumerate(cls.examples()):
            one, other = (values(curve(example, seed), range(2000)) for seed in (0, 1))
            if (one != other).any():
                random.add(f"{kind} {place}")
    assert random == set(GOLDEN)


def test_exchanging_a_number_for_a_signal_changes_nothing_else_that_is_drawn():
    one, other = np.random.default_rng(0), np.random.default_rng(0)
    bind(1.0, one)
    bind(Uniform(0, 1, Memoryless(3)), other)
    assert one.random() == other.random()
    assert curve(Uniform(0, 1, 2)).at(7) == bind(Uniform(0, 1, 2), np.random.default_rng(0)).at(7)


def test_the_value_that_is_drawn_does_not_depend_on_the_pace():
    memoryless = bind_pace(Memoryless(30), np.random.default_rng(0).spawn(1)[0])
    even, odd = curve(Uniform(0, 1, 10)), curve(Uniform(0, 1, Memoryless(30)))
    assert odd.at(5000) == even.at(10 * memoryless.stretch(5000).number)


@given(st.integers(0, 5 * SIZE), every)
def test_blocks_of_knots_join(age, pace):
    """A chain asked for at once at some age gives what one gives that was asked for at every age."""
    signal = Switching((0.0, 1.0, 2.0), pace)
    far_away, near = curve(signal), curve(signal)
    near.at(max(0, age - 1))
    assert far_away.at(age) == near.at(age)


@pytest.mark.parametrize(
    "signal",
    [
        RandomWalk(0, 1, 1),
        OrnsteinUhlenbeck(0, 1, 0.1),
        Switching((0, 1, 2), 1),
        Uniform(0, 1, 1),
        Uniform(0, 1, Memoryless(1.5)),
        Bursts(2, 3),
    ],
)
def test_old_ages_may_be_asked_again_between_new_ones(signal):
    once, asked = curve(signal), (5 * SIZE, 7, 9 * SIZE + 3, 5 * SIZE, 7, 2 * SIZE, 12 * SIZE)
    assert [once.at(age) for age in asked] == [curve(signal).at(age) for age in asked]
    assert len(set(values(once, asked))) > 1


@given(fixed_paces, st.integers(0, 700))
def test_paces_that_are_not_drawn_need_no_dice(pace, age):
    assert bind_pace(pace, np.random.default_rng(0)).stretch(age) == bind_pace(pace, np.random.default_rng(1)).stretch(
        age
    )


def test_a_kind_belongs_to_one_class():
    with pytest.raises(TypeError, match=r"kind 'steps' belongs to envs.when.steps.Steps; .* needs a name of its own"):

        class Other(Signal, kind="steps"):
            pass

    with pytest.raises(TypeError, match=r"kind 'ages' belongs to envs.when.paces.Ages"):

        class Others(Pace, kind="ages"):
            pass
