"""Intervals: hand-computed, deterministic, and covering what they should."""

from __future__ import annotations

import math

import numpy as np
import pytest

from experiments import intervals
from lifelong_agent.seeds import generator


def test_the_bootstrap_of_two_values_is_their_range():
    low, high = intervals.bootstrap(np.array([1.0, 3.0]))
    assert (low, high) == (1.0, 3.0), "a quarter of resamples are (1, 1), a quarter (3, 3)"


def test_the_bootstrap_is_deterministic_and_moves_with_the_values():
    values = np.array([3.0, 1.0, 4.0, 1.0, 5.0])
    first = intervals.bootstrap(values)
    assert first == intervals.bootstrap(values)
    assert intervals.bootstrap(values + 10) == pytest.approx((first[0] + 10, first[1] + 10))


def test_the_bootstrap_of_many_values_is_the_normal_interval():
    values = generator(0, "test").normal(size=400)
    low, high = intervals.bootstrap(values)
    half = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.01)


def test_students_interval_by_hand():
    # mean 3, sd sqrt(2.5), n 5: 3 -+ 2.776 * 0.70711
    assert intervals.student(np.array([1.0, 2.0, 3.0, 4.0, 5.0])) == pytest.approx((1.0371, 4.9629), abs=1e-4)


def test_students_interval_covers_95_percent_of_the_time_where_the_bootstrap_does_not():
    draws = generator(0, "coverage").normal(size=(2000, 5))
    covered = [low <= 0 <= high for low, high in map(intervals.student, draws)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)
    covered = [low <= 0 <= high for low, high in map(intervals.bootstrap, draws[:400])]
    assert np.mean(covered) == pytest.approx(0.84, abs=0.05), "the docstring's warning"


def test_a_long_table_of_student_meets_the_formula_behind_it():
    values = np.arange(33.0)
    low, high = intervals.student(values)
    assert (high - low) / 2 == pytest.approx(2.037 * values.std(ddof=1) / math.sqrt(33), rel=1e-3)


def test_undefined_seeds_are_null_and_left_out():
    entry = intervals.describe([1.0, float("nan"), 3.0])
    assert entry["per_seed"] == [1.0, None, 3.0]
    assert entry["mean"] == 2.0
    assert intervals.describe([float("nan")]) == {"per_seed": [None], "mean": None, "ci95": [None, None]}


def test_one_seed_has_no_interval():
    assert intervals.describe([2.0]) == {"per_seed": [2.0], "mean": 2.0, "ci95": [None, None]}


def test_differences_are_paired_by_seed():
    one, two = [10.0, 200.0, 3000.0], [9.0, 198.0, 2997.0]
    entry = intervals.describe_difference(one, two)
    assert entry["per_seed"] == [1.0, 2.0, 3.0]
    assert entry["ci95"][0] >= 1.0, "unpaired, the seeds' own spread would drown it"
    assert entry["ci95_t"] == pytest.approx([2 - 4.303 / math.sqrt(3), 2 + 4.303 / math.sqrt(3)], abs=1e-3)


def test_ratios_are_of_means_and_resampled_in_pairs():
    entry = intervals.describe_ratio([1.0, 20.0, 300.0], [2.0, 40.0, 600.0])
    assert entry["mean"] == 0.5
    assert entry["ci95"] == [0.5, 0.5]
    assert intervals.describe_ratio([1.0], [0.0])["mean"] is None
