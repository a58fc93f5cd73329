"""Compiled kernels of the rule against torch: the same numbers, and the same refusals."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import lifelong_agent.plasticity.adaptation as adaptation_module
import lifelong_agent.plasticity.consolidation as consolidation_module
from lifelong_agent.plasticity import Consolidation, Habituation, Sensory, consolidate_, novelty

pytest.importorskip("numba")


def dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def traced(batches: list[Tensor], horizon: int, kernels: bool, monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """What the senses remember after each batch, with or without kernels."""
    with monkeypatch.context() as patched:
        if not kernels:
            patched.setattr(adaptation_module, "adapting", None)
        sensory, told = Sensory(torch.zeros(batches[0].shape[1:]), horizon), []
        for batch in batches:
            sensory.watch(batch)
            told += [sensory.recent.clone(), sensory.rate.clone()]
            sensory.follow()
            told.append(sensory.mean.clone())
    return told


@pytest.mark.parametrize("shape", [(50,), (3, 4, 5)])
@pytest.mark.parametrize(("size", "horizon"), [(1, 4), (3, 16), (8, 32), (16, 16), (32, 16)])
def test_senses_are_followed_alike(size: int, horizon: int, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch):
    worlds = [torch.rand(shape, generator=dice(seed)) for seed in (1, 2)]
    batches = [worlds[turn // 6 % 2] + torch.rand(size, *shape, generator=dice(turn)) / 5 for turn in range(18)]
    one, two = (traced(batches, horizon, kernels, monkeypatch) for kernels in (True, False))
    for mine, theirs in zip(one, two, strict=True):
        torch.testing.assert_close(mine, theirs, atol=2e-6, rtol=1e-5)
    rates = torch.stack(one[1::3])
    assert float(rates.max()) > 0.1 and float(rates.min()) < 0.1, "both the usual and the new were met"


@pytest.mark.parametrize("value", [0.0, 0.1, 3.0])
@pytest.mark.parametrize("size", [1, 16])
def test_what_is_constant_over_channels_is_new(value: float, size: int, monkeypatch: pytest.MonkeyPatch):
    batches = [torch.full((size, 60), value)] * 3 + [torch.rand(size, 60, generator=dice())]
    for kernels in (True, False):
        told = traced(batches, 16, kernels, monkeypatch)
        assert [float(rate) for rate in told[1::3][:3]] == pytest.approx([1, 1, 1], abs=1e-3)
        torch.testing.assert_close(told[8], batches[0][0])
    assert float(novelty(torch.full((60,), value), torch.rand(60, generator=dice()))) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("kernels", [True, False])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("size", [1, 4, 32])
def test_one_number_that_is_not_finite_is_refused_before_anything_moves(
    size: int, bad: float, kernels: bool, monkeypatch: pytest.MonkeyPatch
):
    if not kernels:
        monkeypatch.setattr(adaptation_module, "adapting", None)
    sensory = Sensory(torch.zeros(20), 16)
    sensory.watch(torch.rand(size, 20, generator=dice()))
    sensory.follow()
    kept, samples = [value.clone() for value in sensory.buffers()], sensory.samples
    batch = torch.rand(size, 20, generator=dice(1))
    batch[-1, 7] = bad
    with pytest.raises(FloatingPointError, match="not finite"):
        sensory.watch(batch)
    assert all(torch.equal(now, then) for now, then in zip(sensory.buffers(), kept, strict=True))
    assert sensory.samples == samples


@pytest.mark.parametrize("kernels", [True, False])
def test_small_batches_count_by_their_samples(kernels: bool, monkeypatch: pytest.MonkeyPatch):
    if not kernels:
        monkeypatch.setattr(adaptation_module, "adapting", None)
    sensory = Sensory(torch.zeros(20), 16)
    batches = [torch.rand(size, 20, generator=dice(size)) for size in (3, 5, 1, 7)]
    for batch in batches:
        sensory.watch(batch)
    torch.testing.assert_close(sensory.recent, torch.cat(batches).mean(dim=0))
    last = torch.rand(4, 20, generator=dice(9))
    sensory.watch(last)
    torch.testing.assert_close(sensory.recent, 0.75 * torch.cat(batches).mean(dim=0) + 0.25 * last.mean(dim=0))


@pytest.mark.parametrize("rate", [0.05, 0.5, 1.0])
@pytest.mark.parametrize("size", [1, 7, 32])
def test_hidden_units_are_followed_alike(size: int, rate: float, monkeypatch: pytest.MonkeyPatch):
    means = []
    for kernels in (True, False):
        with monkeypatch.context() as patched:
            if not kernels:
                patched.setattr(adaptation_module, "adapting", None)
            habituation = Habituation(30, -1, torch.zeros(()))
            for turn in range(5):
                habituation.follow(torch.rand(size, 30, generator=dice(turn)), rate)
            means.append(habituation.mean)
    torch.testing.assert_close(means[0], means[1])


def test_strided_and_double_activity_is_followed_without_kernels():
    activity = torch.rand(30, 6, generator=dice()).T
    for given in (activity, activity.double()):
        habituation = Habituation(30, -1, torch.zeros((), dtype=given.dtype))
        habituation.follow(given, 0.5)
        torch.testing.assert_close(habituation.mean, given.mean(dim=0) / 2)
    sensory = Sensory(torch.zeros(30), 16)
    sensory.watch(activity)
    torch.testing.assert_close(sensory.recent, activity.mean(dim=0))


@pytest.mark.parametrize("regeneration", [0.0, 0.3])
def test_consolidation_goes_on_alike(regeneration: float, monkeypatch: pytest.MonkeyPatch):
    settings, outcomes = Consolidation(50.0, 0.9, regeneration), []
    for kernels in (True, False):
        with monkeypatch.context() as patched:
            if not kernels:
                patched.setattr(consolidation_module, "consolidating", None)
            weight, first = (torch.randn(9, 7, generator=dice(k)) for k in (1, 2))
            importance = torch.zeros(9, 7)
            for turn in range(6):
                gradient = torch.randn(9, 7, generator=dice(10 + turn))
                consolidate_(gradient, importance, weight, first if regeneration else None, settings)
                weight -= 0.1 * gradient
            outcomes.append((weight, importance))
    for mine, theirs in zip(*outcomes, strict=True):
        torch.testing.assert_close(mine, theirs)
