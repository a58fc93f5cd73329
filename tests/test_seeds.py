"""Named seeds: stable everywhere, independent of each other, and strict about their names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifelong_agent.seeds import generator, seed_for

ROOT = Path(__file__).resolve().parent.parent
NAMES = st.lists(st.one_of(st.text(max_size=8), st.integers()), max_size=4)


def test_values_never_change():
    # Recorded once; published results depend on them. The digest is blake2b of the repr of the path.
    assert seed_for(0) == 2631537505891389924
    assert seed_for(0, "world", 1, 0) == 2398656347743025341
    assert seed_for(7, "exam", "moment", 3) == 5987564575598449029


def test_same_in_another_process():
    code = "from lifelong_agent.seeds import seed_for; print(seed_for(3, 'env', 2))"
    # Another hash salt: Python's own hash() of text would differ here.
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"PYTHONHASHSEED": "77"}, capture_output=True, text=True, check=True
    )
    assert int(answer.stdout) == seed_for(3, "env", 2)


@given(st.integers(), NAMES)
def test_range(root: int, names: list[str | int]):
    assert 0 <= seed_for(root, *names) < 2**63


@given(st.integers(), NAMES, st.integers(), NAMES)
def test_different_paths_differ(root: int, names: list[str | int], other_root: int, other_names: list[str | int]):
    same = (root, names) == (other_root, other_names)
    assert (seed_for(root, *names) == seed_for(other_root, *other_names)) is same


def test_text_and_number_are_different_names():
    assert seed_for(0, "1") != seed_for(0, 1)
    assert seed_for(0, "a", "b") != seed_for(0, "ab")
    assert seed_for(0, "a", "b") != seed_for(0, "b", "a")


def test_numpy_integers_count_as_integers():
    root, index = np.array([4, 2])
    assert seed_for(root, "env", index) == seed_for(4, "env", 2)


def test_seeds_are_spread_evenly():
    # 4,096 seeds in 16 drawers: each count is binomial with mean 256 and deviation 15.5; five deviations either way.
    drawers = np.bincount([seed_for(0, "spread", index) >> 59 for index in range(4096)], minlength=16)
    assert drawers.shape == (16,)
    assert np.abs(drawers - 256).max() < 78


def test_generators_repeat_and_are_independent():
    first, again, other = (generator(5, "moment", 0), generator(5, "moment", 0), generator(5, "moment", 1))
    draws = first.random(2000)
    assert np.array_equal(draws, again.random(2000))
    # The correlation of independent draws has deviation 1 / sqrt(2000) = 0.022.
    assert abs(np.corrcoef(draws, other.random(2000))[0, 1]) < 0.11


@pytest.mark.parametrize("root", [1.0, True, None, "0"])
def test_root_must_be_an_integer(root: object):
    with pytest.raises(TypeError, match=r"root seed is an integer; got .* of type"):
        seed_for(root)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("name", [1.5, False, None, ("env", 1)])
def test_names_must_be_text_or_integers(name: object):
    with pytest.raises(TypeError, match=r"named by text or integers; got .* of type"):
        seed_for(0, "env", name)  # pyright: ignore[reportArgumentType]
