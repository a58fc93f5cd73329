"""The parts of the rule against their formulas."""

import pytest
import torch

import lifelong_agent.plasticity.consolidation as consolidation_module
from lifelong_agent.plasticity import (
    Adaptation,
    Consolidation,
    Dendrites,
    Prototypes,
    Scaling,
    brake_,
    consolidate_,
    lateral_pool,
    novelty,
    scale_,
)
from lifelong_agent.plasticity.adaptation import Habituation, Sensory
from lifelong_agent.plasticity.dendrites import DendriticGate, centred


def dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("regeneration", [0.0, 0.3])
@pytest.mark.parametrize("kernels", [True, False])
def test_consolidation_is_its_formula(regeneration: float, kernels: bool, monkeypatch: pytest.MonkeyPatch):
    if kernels:
        pytest.importorskip("numba")
    else:
        monkeypatch.setattr(consolidation_module, "consolidating", None)
    settings = Consolidation(7.0, 0.9, regeneration)
    weight, gradient, first = (torch.randn(5, 4, generator=dice(k)) for k in range(3))
    importance = torch.rand(5, 4, generator=dice(3))
    rate = 1 / (1 + 7.0 * importance)
    expected = rate * (gradient + regeneration * (weight - first))
    remembered = 0.9 * importance + rate * gradient**2
    kept = weight.clone()
    consolidate_(gradient, importance, weight, first if regeneration else None, settings)
    torch.testing.assert_close(gradient, expected)
    torch.testing.assert_close(importance, remembered)
    assert torch.equal(weight, kept)


def test_braking_after_a_step_is_consolidating_before_it_for_plain_descent():
    settings, rate = Consolidation(7.0, 0.9, 0.3), 0.1
    weight, gradient, first = (torch.randn(5, 4, generator=dice(k)) for k in range(3))
    importance = torch.rand(5, 4, generator=dice(3))
    before, after = gradient.clone(), importance.clone()
    consolidate_(before, after, weight, first, settings)
    stepped = weight - rate * gradient
    brake_(stepped, weight, gradient, importance, first, settings, rate)
    torch.testing.assert_close(stepped, weight - rate * before)
    torch.testing.assert_close(importance, after)


def test_novelty_is_none_for_the_same_and_whole_for_the_unrelated():
    mean = torch.rand(400, generator=dice())
    assert float(novelty(mean, mean)) == pytest.approx(0, abs=1e-5)
    assert float(novelty(3 * mean + 5, mean)) == pytest.approx(0, abs=1e-4), "brightness and contrast do not count"
    assert float(novelty(mean[torch.randperm(400, generator=dice())], mean)) > 0.8
    assert float(novelty(1 - mean, mean)) == 1
    assert float(novelty(mean, torch.zeros(400))) == 1


def test_senses_follow_news_at_once_and_the_usual_slowly():
    sensory = Sensory(torch.zeros(50), horizon=16)
    usual, news = (torch.rand(32, 50, generator=dice(k)) + (torch.arange(50) % 7 == k) for k in (1, 2))
    sensory.watch(usual)
    sensory.follow()
    torch.testing.assert_close(sensory.mean, usual.mean(dim=0))
    sensory.watch(usual + 0.01 * torch.randn(32, 50, generator=dice()))
    assert float(sensory.rate) < 0.05
    sensory.watch(news)
    assert float(sensory.rate) > 0.5


def test_single_samples_are_averaged_over_the_horizon():
    sensory = Sensory(torch.zeros(3), horizon=4)
    samples = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 2, 2]])
    for sample in samples[:4]:
        sensory.watch(sample[None])
    torch.testing.assert_close(sensory.recent, samples[:4].mean(dim=0))
    sensory.watch(samples[4][None])
    torch.testing.assert_close(sensory.recent, 0.75 * samples[:4].mean(dim=0) + 0.25 * samples[4])


def test_what_is_not_finite_changes_no_running_mean():
    sensory = Sensory(torch.zeros(3), horizon=1)
    sensory.watch(torch.tensor([[1.0, 2, 3]]))
    sensory.follow()
    kept = {name: value.clone() for name, value in sensory.state_dict().items()}
    with pytest.raises(FloatingPointError, match="not finite"):
        sensory.watch(torch.tensor([[1.0, float("nan"), 3]]))
    assert all(torch.equal(kept[name], value) for name, value in sensory.state_dict().items())


@pytest.mark.parametrize("shape", [(6, 5), (6, 7, 5), (6, 5, 4, 4)])
def test_habituation_takes_off_the_mean_of_each_unit(shape: tuple[int, ...]):
    activity = torch.rand(shape, generator=dice())
    dim = 1 if len(shape) == 4 else -1
    habituation = Habituation(5, dim, activity)
    habituation.follow(activity, 1.0)
    sent = habituation.sent(activity)
    torch.testing.assert_close(sent.movedim(dim, 0).flatten(1).mean(dim=1), torch.zeros(5), atol=1e-6, rtol=0)


def test_the_pool_standardises_each_sample_over_open_units():
    sums = torch.randn(6, 10, generator=dice()) * 3 + 2
    pooled = lateral_pool(sums)
    torch.testing.assert_close(pooled.mean(dim=1), torch.zeros(6), atol=1e-6, rtol=0)
    torch.testing.assert_close(pooled.std(dim=1, correction=0), torch.ones(6), atol=1e-4, rtol=0)
    opened = (torch.arange(10) < 7).float()
    part = lateral_pool(sums, opened=opened)
    torch.testing.assert_close(part[:, :7], lateral_pool(sums[:, :7]), atol=1e-5, rtol=1e-5)
    assert (part[:, 7:] == 0).all()


def test_the_pool_of_filters_is_over_places_too():
    sums = torch.randn(3, 4, 5, 5, generator=dice())
    torch.testing.assert_close(lateral_pool(sums, filters=True), lateral_pool(sums.flatten(1)).view_as(sums))
    opened = torch.tensor([1.0, 0, 1, 1])
    part = lateral_pool(sums, filters=True, opened=opened)
    expected = lateral_pool(sums[:, opened.bool()], filters=True)
    torch.testing.assert_close(part[:, opened.bool()], expected, atol=1e-5, rtol=1e-5)


def test_scaling_brings_lengths_back_and_keeps_directions():
    born = torch.randn(4, 6, generator=dice())
    weight = born * torch.tensor([[2.0], [0.5], [1.0], [7.0]])
    scale_(weight, born.norm(dim=1))
    torch.testing.assert_close(weight, born)
    zero = torch.zeros(2, 3)
    scale_(zero, torch.ones(2))
    assert (zero == 0).all()


def test_dendrites_open_a_share_of_units_and_others_for_other_inputs():
    gate = DendriticGate(4000, torch.zeros(100), 0.3, dice())
    opened = []
    for seed in (1, 2):
        gate.turn(centred(torch.rand(100, generator=dice(seed))))
        opened.append(gate.opened.clone())
        assert float(gate.opened.mean()) == pytest.approx(0.3, abs=0.03)
    assert float((opened[0] * opened[1]).mean()) == pytest.approx(0.09, abs=0.05), "nearly independent"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Adaptation(horizon=0),
        lambda: Adaptation(floor=0.0),
        lambda: Consolidation(strength=-1),
        lambda: Consolidation(decay=1.5),
        lambda: Consolidation(regeneration=-0.1),
        lambda: Scaling(every=0),
        lambda: Dendrites(share=1.0),
        lambda: Prototypes(share=0.0),
        lambda: Prototypes(match=1.0),
        lambda: Prototypes(capacity=0),
        lambda: Prototypes(floor=0.0),
    ],
)
def test_constants_out_of_range_are_refused(make):
    with pytest.raises(ValueError, match=r"is .*; got "):
        make()
