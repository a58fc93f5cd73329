"""Noise on many rows against what NumPy's generators draw for each of them, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from envs.compiled import can_compile
from envs.noise import CompiledNoise, NoiseRows, make_noise
from envs.ziggurat import ziggurat

compiled_only = pytest.mark.skipif(not can_compile(), reason="no numba")
WAYS = [NoiseRows, pytest.param(CompiledNoise, marks=compiled_only)]
SIZE = 75  # nine groups of eight, which are more than are drawn at a time, and three rows


def generators() -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in range(SIZE)]


def expected(dice: list[np.random.Generator], bare: np.ndarray, factors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Add noise one by one."""
    seen = bare.copy()
    for row in rows:
        seen[row] = bare[row] + dice[row].standard_normal(len(factors), np.float32) * factors
    return seen


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 8, 17])
def test_every_row_has_the_numbers_of_its_own_generator(way: Any, channels: int):
    noise, dice, rng = way(generators, channels), generators(), np.random.default_rng(0)
    factors = rng.choice(np.array([0.0, 0.3, 2.0], np.float32), channels)
    for step in range(300):
        bare, final = rng.standard_normal((2, SIZE, channels), np.float32) * (step % 3 > 0)
        rows = None if step % 5 else np.flatnonzero(rng.random(SIZE) < 0.5)
        over = None if step % 7 == 0 else rng.random(SIZE) < 0.2
        every = np.arange(SIZE)
        ended = every if over is None else np.flatnonzero(over)
        seen, last = noise.add(bare.copy(), factors, rows, *((final.copy(), over) if step % 2 else ()))
        if step % 2:
            assert last[ended].tobytes() == expected(dice, final, factors, ended)[ended].tobytes()
        else:
            assert last is None
        assert seen.dtype == np.float32 and seen.shape == bare.shape
        assert seen.tobytes() == expected(dice, bare, factors, every if rows is None else rows).tobytes()


@compiled_only
def test_the_tail_is_numpys_too():
    noise, factors = CompiledNoise(generators, 4), np.ones(4, np.float32)
    bare, steps, beyond = np.zeros((SIZE, 4), np.float32), 10_000, 0
    numbers = np.stack([one.standard_normal((steps, 4), np.float32) for one in generators()], 1)
    for step in range(steps):
        seen, _ = noise.add(bare.copy(), factors)
        assert seen.tobytes() == numbers[step].tobytes()
        beyond += int((np.abs(seen) > 3.66).sum())
    assert beyond > 300


@compiled_only
def test_it_is_compiled_before_the_first_noise():
    noise: Any = CompiledNoise(generators, 4)
    compiled = len(noise._add.signatures)
    noise.add(np.zeros((SIZE, 4), np.float32), np.ones(4, np.float32))
    assert len(noise._add.signatures) == compiled == 1


@compiled_only
def test_observations_may_lie_in_memory_in_any_order():
    bare = np.arange(SIZE * 4, dtype=np.float32).reshape(4, SIZE).T
    seen, _ = CompiledNoise(generators, 4).add(bare.copy("K"), np.ones(4, np.float32))
    assert np.array_equal(seen, expected(generators(), bare, np.ones(4, np.float32), np.arange(SIZE)))


def test_the_tables_are_numpys():
    numpys = pytest.importorskip("numba.np.random._constants")  # numba's copy of them
    theirs = numpys.ki_float, numpys.wi_float, numpys.fi_float
    for ours, table in zip(ziggurat(), theirs, strict=True):
        assert ours.dtype == table.dtype and ours.tobytes() == table.tobytes()


@compiled_only
def test_other_generators_than_pcg64_are_refused():
    noise = CompiledNoise(lambda: [np.random.Generator(np.random.MT19937(0))], 2)
    with pytest.raises(TypeError, match=r"generators of PCG64, as default_rng makes them; got Generator\(MT19937\)"):
        noise.add(np.zeros((1, 2), np.float32), np.ones(2, np.float32))


@compiled_only
def test_the_compiled_form_is_taken_where_arrays_are():
    import torch  # noqa: PLC0415 - for this one

    assert isinstance(make_noise(generators, 2, lambda array: array), CompiledNoise)
    assert isinstance(make_noise(generators, 2, torch.from_numpy), NoiseRows)
