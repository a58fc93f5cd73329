"""Bits that are shown otherwise than they are, within the compiled step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from envs.compiled import can_compile
from envs.grid.make import make_world

pytestmark = pytest.mark.skipif(not can_compile(), reason="no numba")
SIZE = 6


def world(engine: Any = "numba", num_envs: int = SIZE, senses: str = "bits") -> Any:
    made = make_world("MiniGrid-DoorKey-5x5-v0", num_envs, senses=senses, engine=engine)
    made.seed(range(num_envs))
    return made


@pytest.mark.parametrize("num_envs", [1, SIZE])
@pytest.mark.parametrize("rewired", [False, True])
def test_bits_are_shown_as_they_are_told_to_be(num_envs: int, rewired: bool):
    ours, bare = world(num_envs=num_envs), world(num_envs=num_envs)
    columns, rng = bare.showing.columns, np.random.default_rng(0)
    if rewired:
        order = rng.permutation(columns)
        assert ours.rewire(order) and bare.rewire(order)
    plain, ones, hit = np.zeros(columns, np.int8), np.ones(columns, np.int8), rng.integers(0, 2, columns, np.int8)
    ended = 0
    for unset, lit in ((plain, 1 - hit), (hit, 1 - hit), (hit, ones), (plain, ones)):
        assert ours.show_bits(unset, lit)
        expected = bare.begin()[0]
        assert np.array_equal(ours.begin()[0], np.where(expected, lit, unset))
        for _ in range(260):
            actions = rng.integers(0, 7, num_envs)
            one, two = (made.step(actions) for made in (ours, bare))
            assert np.array_equal(one.observation, np.where(two.observation, lit, unset))
            assert one.observation.dtype == two.observation.dtype
            over = two.terminated | two.truncated
            ended += over.sum()
            if over.any():
                assert np.array_equal(one.final[over], np.where(two.final, lit, unset)[over])
    assert ended


def test_who_cannot_says_no():
    columns = world().showing.columns
    told = np.zeros(columns, np.int8), np.ones(columns, np.int8)
    assert not world("numpy").show_bits(*told)
    assert not world(senses="image").show_bits(*told)


@pytest.mark.parametrize("wrong", [np.zeros(3, np.int8), 2], ids=["too few", "no bits"])
def test_wrong_values_are_refused(wrong: Any):
    made = world()
    columns = made.showing.columns
    wrong = np.full(columns, wrong) if isinstance(wrong, int) else wrong
    for told in ((wrong, np.ones(columns)), (np.zeros(columns), wrong)):
        with pytest.raises(ValueError, match=f"expected {columns} values, 0 or 1"):
            made.show_bits(*told)
