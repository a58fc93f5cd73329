"""Paces against beats that are listed one by one, and drawn ones against what is known of their law."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from envs.when import NEVER, Ages, Between, Decaying, Memoryless, Pace, Periodic, Windows
from envs.when.knots import SIZE
from envs.when.pace import bind_pace
from tests.envs.signals import fixed_paces


def beats_of(pace: int | Pace, age: int, seed: int = 0) -> list[int]:
    """List the beats up to an age, by asking from beat to beat."""
    beats, found = bind_pace(pace, np.random.default_rng(seed)), []
    end = beats.stretch(0).end
    while end <= age:
        found.append(end)
        number, begin, after = beats.stretch(end)
        assert (number, begin) == (len(found), end)
        end = after
    return found


def listed(pace: int | Pace, age: int) -> list[int]:
    """Tell of each age whether there is a beat, by the words of the documentation."""
    if isinstance(pace, int):
        return [t for t in range(1, age + 1) if t % pace == 0]
    if isinstance(pace, Periodic):
        return [t for t in range(pace.begin + 1, age + 1) if (t - pace.begin) % pace.every == 0]
    if isinstance(pace, Ages):
        return [t for t in pace.ages if t <= age]
    assert isinstance(pace, Windows)
    rest = [t if pace.period is None else t % pace.period for t in range(age + 1)]
    return [t for t in range(1, age + 1) if any(begin <= rest[t] < end for begin, end in pace.windows)]


@example(Windows(((0, 10), (20, 21))))
@example(Windows(((0, 1),), period=3))
@given(fixed_paces | st.integers(1, 50))
def test_beats_are_where_they_are_said_to_be(pace):
    assert beats_of(pace, 1200) == listed(pace, 1200)


@given(fixed_paces, st.integers(0, 500), st.none() | st.integers(1, 500))
def test_beats_between_two_ages_are_those_of_the_pace(pace, begin, length):
    end = None if length is None else begin + length
    kept = [t for t in listed(pace, 1200) if begin <= t < (end or NEVER)]
    assert beats_of(Between(pace, begin, end), 1200) == kept


def test_memoryless_beats_come_as_often_as_said_and_remember_nothing():
    gaps = np.diff([0, *beats_of(Memoryless(20), 400_000)])
    assert gaps.min() == 1
    assert gaps.mean() == pytest.approx(20, rel=0.03)
    assert gaps.std() == pytest.approx(np.sqrt(20 * 19), rel=0.05)  # geometric
    assert abs(np.corrcoef(gaps[1:], gaps[:-1])[0, 1]) < 0.03
    assert (gaps[gaps > 30] - 30).mean() == pytest.approx(20, rel=0.1)
    assert beats_of(Memoryless(1), 50) == list(range(1, 51))
    for age in (SIZE - 1, SIZE, SIZE + 1):  # asked first where two blocks meet
        assert bind_pace(Memoryless(1), np.random.default_rng(0)).stretch(age) == (age, age, age + 1)


def test_decaying_beats_are_as_likely_as_said_at_each_age():
    pace = Decaying(0.5, scale=40.0)
    counts = np.zeros(400)
    for seed in range(1500):
        counts[np.array(beats_of(pace, 399, seed), int)] += 1
    expected = 1500 * 0.5 * np.exp(-np.arange(400) / 40)
    for begin, end in ((1, 2), (2, 10), (10, 40), (40, 80), (80, 160), (160, 400)):
        assert counts[begin:end].sum() == pytest.approx(
            expected[begin:end].sum(), abs=4 * np.sqrt(expected[begin:end].sum())
        )
    assert beats_of(Decaying(1.0, 1e12), 50) == list(range(1, 51))
    assert bind_pace(pace, np.random.default_rng(0)).stretch(10**9).end == NEVER


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Periodic(0), ValueError, r"Periodic.every is a number of life steps, at least 1; got 0"),
        (lambda: Periodic(2.0), TypeError, r"Periodic.every is a number of life steps, a whole number; got 2.0"),  # type: ignore[arg-type]
        (lambda: Periodic(5, -1), ValueError, r"Periodic.begin is an age in life steps, at least 0; got -1"),
        (lambda: Ages((5, 5)), ValueError, r"Ages.ages are ages in life steps, each later .* got 5 after 5"),
        (lambda: Ages((0, 5)), ValueError, r"Ages.ages\[0\] is one of ages in life steps, at least 1; got 0"),
        (lambda: Ages([5]), TypeError, r"Ages.ages is a tuple of ages in life steps; got \[5\] of type list"),  # type: ignore[arg-type]
        (lambda: Windows(()), ValueError, r"Windows.windows is a tuple of pairs .* at least 1 of them; got 0"),
        (lambda: Windows(((5, 5),)), ValueError, r"Windows.windows\[0\]\[1\] is an age, after the window's begin"),
        (
            lambda: Windows(((5, 9), (8, 10))),
            ValueError,
            r"Windows.windows\[1\]\[0\] is an age, after the window before",
        ),
        (lambda: Windows((5, 9)), TypeError, r"Windows.windows\[0\] is a pair of ages \(begin, end\); got 5"),  # type: ignore[arg-type]
        (lambda: Windows(((5, 9),), period=8), ValueError, r"Windows.period is a length .* at least 9; got 8"),
        (lambda: Between(5, 9, 9), ValueError, r"Between.end is an age after Between.begin, at least 10; got 9"),
        (lambda: Between("often"), TypeError, r"Between.of is a number of life steps or a pace"),  # type: ignore[arg-type]
        (lambda: Memoryless(0.5), ValueError, r"Memoryless.mean is a mean length .* at least 1; got 0.5"),
        (lambda: Decaying(1.5, 10), ValueError, r"Decaying.probability is a probability, from 0 to 1; got 1.5"),
        (lambda: Decaying(0.5, 0), ValueError, r"Decaying.scale is a number of life steps above 0; got 0"),
    ],
)
def test_bad_paces_are_refused_when_they_are_made(make, error, words):
    with pytest.raises(error, match=words):
        make()
