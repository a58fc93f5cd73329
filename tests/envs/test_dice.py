"""The rows of dice against NumPy's own generators, in plain Python and compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gymnasium.utils import seeding

from envs.compiled import can_compile, compiled
from envs.dice import draw_below, draw_between, draw_double, fresh_dice, read_generator, shuffle, write_generator


def draw_all(dice: Any, bounds: Any, drawn: Any, items: Any) -> float:
    """Draw integers below bounds, then shuffle, then a double, then an integer again (after an odd half word)."""
    for i in range(len(bounds)):
        drawn[i] = draw_below(dice, bounds[i])
    shuffle(dice, items)
    double = draw_double(dice)
    drawn[0] = draw_between(dice, 3, 9)
    return double


WAYS = [draw_all, pytest.param(None, id="compiled", marks=pytest.mark.skipif(not can_compile(), reason="no numba"))]


@pytest.mark.parametrize("way", WAYS)
def test_draws_are_numpys(way: Callable[..., float] | None):
    draw = way or compiled(draw_all)
    sizes = np.random.default_rng(0)
    for seed in range(40):
        bounds = np.concatenate([sizes.integers(1, 30, 150), sizes.integers(2**30, 2**31, 51)])
        generator, _ = seeding.np_random(seed)
        expected = [int(generator.integers(0, bound)) for bound in bounds]
        order = list(range(13))
        generator.shuffle(order)
        double, last = generator.random(), int(generator.integers(3, 9))
        dice, drawn, items = fresh_dice([seed])[0], np.zeros(len(bounds), np.int64), np.arange(13)
        assert draw(dice, bounds, drawn, items) == double
        assert drawn[0] == last and drawn[1:].tolist() == expected[1:]
        assert items.tolist() == order
        assert read_generator(dice).integers(0, 1 << 40) == generator.integers(0, 1 << 40)


def test_a_generator_goes_in_and_out_in_the_middle_of_a_word():
    generator = np.random.default_rng(5)
    generator.integers(0, 10)  # leaves half a word over
    row = np.empty(6, np.uint64)
    source: Any = generator.bit_generator
    write_generator(row, source)
    assert row[4] == 1
    assert read_generator(row).integers(0, 1000, 20).tolist() == generator.integers(0, 1000, 20).tolist()


def test_wrong_seeds_are_refused_by_numpy():
    with pytest.raises(ValueError, match="non-negative"):
        fresh_dice([-1])
