"""The family of local update rules: its default is consolidation, and every term is its formula."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lifelong_agent.plasticity.consolidation as consolidation_module
from lifelong_agent.plasticity import (
    Consolidation,
    LocalRule,
    Prototypes,
    brake_,
    consolidate_,
    local_brake_,
    local_step_,
    make_plastic,
)
from lifelong_agent.plasticity.consolidation import Synapses
from lifelong_agent.plasticity.local_steps import shared_out
from lifelong_agent.plasticity.local_synapses import LocalSynapses

ALL = LocalRule(
    20.0, 0.99, 1e-3, braking=0.5, pre=0.5, post=-0.5, square=-0.25, magnitude=0.25, size=0.5, rate_novelty=0.5,
    decay_novelty=2.0, shrinkage=1e-4, gain=0.5, absolute=0.1, weighted=0.1, fisher=0.5, path=0.5,
    memory=0.9, trace=0.9,
)  # fmt: skip


def dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def synapses() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Gradient, importance, weight and first weight of a layer."""
    gradient, weight, first = (torch.randn(5, 4, generator=dice(k)) for k in range(3))
    return gradient, torch.rand(5, 4, generator=dice(3)), weight, first


def dense() -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(12, 10), nn.ReLU(), nn.Linear(10, 8), nn.ReLU(), nn.Linear(8, 3))


def convolutional() -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        conv = nn.Conv2d(2, 6, 3, padding=1)
        return nn.Sequential(
            conv, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(24, 8), nn.Tanh(), nn.Linear(8, 3)
        )


def learn(network: nn.Module, optimizer: torch.optim.Optimizer, shape: tuple[int, ...], steps: int = 6) -> None:
    rng = dice(5)
    for _ in range(steps):
        loss = nn.functional.cross_entropy(
            network(torch.rand(7, *shape, generator=rng)), torch.randint(3, (7,), generator=rng)
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@pytest.mark.parametrize("regeneration", [0.0, 0.3])
def test_the_step_with_default_terms_is_consolidation_bit_by_bit(regeneration: float, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(consolidation_module, "consolidating", None)
    gradient, importance, weight, first = synapses()
    two, other = gradient.clone(), importance.clone()
    pulled = first if regeneration else None
    consolidate_(gradient, importance, weight, pulled, Consolidation(7.0, 0.9, regeneration))
    local_step_(two, other, weight, pulled, None, 0.0, LocalRule(7.0, 0.9, regeneration))
    assert torch.equal(gradient, two) and torch.equal(importance, other)


def test_the_brake_with_default_terms_is_that_of_consolidation():
    gradient, importance, before, first = synapses()
    one = before - 0.1 * torch.randn(5, 4, generator=dice(9))
    two, other = one.clone(), importance.clone()
    brake_(one, before, gradient, importance, first, Consolidation(7.0, 0.9, 0.3), 0.1)
    local_brake_(two, before, gradient, other, first, None, 0.0, LocalRule(7.0, 0.9, 0.3), 0.1)
    torch.testing.assert_close(one, two)
    torch.testing.assert_close(importance, other)


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adam])
def test_a_network_by_default_terms_learns_as_by_consolidation_bit_by_bit(make: type):
    found = []
    for settings in (Consolidation(50, 0.99, 1e-3), LocalRule(50, 0.99, 1e-3)):
        network = dense()
        rule = make_plastic(network, torch.zeros(1, 12), consolidation=settings)
        optimizer = make(network.parameters(), lr=0.05)
        rule.attach(optimizer)
        learn(network, optimizer, (12,))
        assert type(rule.synapses[0]) is Synapses
        found.append(network.state_dict())
    assert found[0].keys() == found[1].keys()
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


@pytest.mark.parametrize(
    ("name", "gathered"),
    [
        ("gain", lambda g, w, s, d: s * g**2),
        ("absolute", lambda g, w, s, d: g.abs()),
        ("weighted", lambda g, w, s, d: (w * g).abs()),
        ("fisher", lambda g, w, s, d: g**2),
        ("path", lambda g, w, s, d: (g * d).clamp_min(0)),
    ],
)
def test_importance_gathers_what_it_says(name: str, gathered):
    rule = LocalRule(7.0, 0.9, 3.0, **({"gain": 0.0} | {name: 0.7}))
    gradient, importance, weight, first = synapses()
    slow = 1 / (1 + 7 * importance)
    step = slow * (gradient + 3 * (weight - first))
    assert bool((gradient * step < 0).any()), "a pull may work against the loss"
    expected = 0.9 * importance + 0.7 * gathered(gradient, weight, slow, step)
    local_step_(gradient, importance, weight, first, None, 0.0, rule)
    torch.testing.assert_close(importance, expected)
    torch.testing.assert_close(gradient, step)


@pytest.mark.parametrize(
    ("change", "factor", "decay"),
    [
        ({"braking": 2.0}, lambda brake: brake**-2, 0.9),
        ({"braking": 0.0}, torch.ones_like, 0.9),
        ({"rate_novelty": 3.0}, lambda brake: 2.5 / brake, 0.9),
        ({"rate_novelty": -1.0}, lambda brake: 0.5 / brake, 0.9),
        ({"decay_novelty": 4.0}, lambda brake: 1 / brake, 0.9**3),
    ],
)
def test_braking_and_novelty_set_rate_and_decay(change: dict[str, float], factor, decay: float):
    gradient, importance, weight, _ = synapses()
    step, kept = factor(1 + 7 * importance) * gradient, importance.clone()
    local_step_(gradient, importance, weight, None, None, 0.5, LocalRule(7.0, 0.9, gain=0.0, fisher=1e-9, **change))
    torch.testing.assert_close(gradient, step)
    torch.testing.assert_close(importance, decay * kept)


def test_shrinkage_pulls_to_zero():
    gradient, importance, weight, _ = synapses()
    expected = (gradient + 0.2 * weight) / (1 + 7 * importance)
    local_step_(gradient, importance, weight, None, None, 0.0, LocalRule(7.0, 0.9, shrinkage=0.2))
    torch.testing.assert_close(gradient, expected)


def test_shares_are_relative_bounded_and_one_on_average():
    pre, post = torch.tensor([[1.0, 3.0, 0.0, 4.0]]), torch.tensor([[2.0], [4.0]])
    expected = (pre / 2).clamp(0.01, 100) ** 0.5 * (post / 3) ** -1
    found = shared_out([(pre, 0.5), (post, -1.0)])
    torch.testing.assert_close(found, expected / expected.mean())
    assert torch.equal(found, shared_out([(4 * pre, 0.5), (post, -1.0)])), "what all have alike makes no difference"
    assert torch.equal(shared_out([(torch.zeros(2, 2), -1.0)]), torch.ones(2, 2))
    steep = shared_out([(torch.cat([torch.zeros(999), torch.ones(1)]), 1.0)])
    assert float(steep.max() / steep.min()) == pytest.approx(1e4)


@pytest.mark.parametrize("name", ["pre", "post", "square", "magnitude", "size"])
def test_the_two_ends_the_error_and_the_weight_share_plasticity_out(name: str):
    network = dense()
    rule = LocalRule(0.0, 1.0, **{name: 0.5}, memory=0.75, trace=0.75)
    made = make_plastic(network, torch.zeros(1, 12), adaptation=None, pool=False, scaling=None, consolidation=rule)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    made.attach(optimizer)
    layer: nn.Linear = network[2]  # pyright: ignore[reportAssignmentType]
    mean: Tensor = torch.zeros(())
    for step in range(3):
        given = torch.rand(7, 12, generator=dice(step))
        loss = nn.functional.cross_entropy(network(given), torch.randint(3, (7,), generator=dice(step)))
        optimizer.zero_grad()
        loss.backward()
        assert layer.weight.grad is not None
        gradient, before = layer.weight.grad.clone(), layer.weight.detach().clone()
        with torch.no_grad():
            hidden = network[:2](given)
            now = {
                "pre": lambda: hidden.abs().mean(dim=0)[None].expand(8, 10),  # noqa: B023
                "post": lambda: network[3](layer(hidden)).abs().mean(dim=0)[:, None].expand(8, 10),  # noqa: B023
                "square": lambda: gradient**2,  # noqa: B023
                "magnitude": gradient.abs,
                "size": before.abs,
            }[name]()
        mean = now if name == "size" else 0.75 * mean + 0.25 * now
        share = (mean / mean.mean()).clamp(0.01, 100).sqrt()
        optimizer.step()
        torch.testing.assert_close(before - layer.weight.detach(), 0.5 * gradient * share / share.mean())


@pytest.mark.parametrize("kind", ["dense", "convolutional"])
@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adam])
def test_all_terms_together_learn_are_kept_and_leave_copies_alone(kind: str, make: type):
    shape, network = ((12,), dense()) if kind == "dense" else ((2, 4, 4), convolutional())
    rule = make_plastic(network, torch.zeros(2, *shape), consolidation=ALL)
    optimizer = make(network.parameters(), lr=0.01)
    rule.attach(optimizer)
    learn(network, optimizer, shape)
    state = {name: value.clone() for name, value in network.state_dict().items()}
    assert all(bool(value.isfinite().all()) for value in state.values())
    names = ("importance", "first", "square", "magnitude", "pre", "post")
    assert all(bool((state[f"0.weight_{name}"] != 0).any()) for name in names)
    twin = rule.frozen()
    twin.network(torch.rand(5, *shape, generator=dice(1)))
    assert all(torch.equal(network.state_dict()[name], value) for name, value in state.items())
    assert twin.synapses[0].module is not rule.synapses[0].module


def test_contexts_of_prototypes_carry_the_running_means_of_their_synapses():
    network = dense()
    local = replace(ALL, trace=0.0)
    rule = make_plastic(network, torch.zeros(1, 12), consolidation=local, gate=Prototypes(0.5, own_readout=False))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    rule.attach(optimizer)
    worlds = [(torch.arange(12) % 3 == k).float() + 0.1 * torch.rand(40, 12, generator=dice(k)) for k in (0, 1)]

    def live(world: Tensor) -> None:
        loss = nn.functional.cross_entropy(network(world), torch.arange(40) % 3)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    live(worlds[0])
    middle: nn.Module = network[2]
    rows, columns = (units.chosen[0] for units in rule.opened)
    kept = {name: getattr(middle, name).clone() for name in ("weight_square", "weight_magnitude")}
    live(worlds[1])
    assert rule.context == 1
    for name, value in kept.items():
        assert torch.equal(getattr(middle, f"whole_{name}")[columns[:, None], rows], value)
    rule.enter(0)
    fresh = torch.isin(rule.opened[1].chosen[0], rule.opened[1].chosen[1], invert=True)
    assert bool(fresh.any()) and torch.equal(middle.weight_square[fresh], kept["weight_square"][fresh])  # pyright: ignore


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"strength": -1.0}, "strength is zero or above"),
        ({"braking": 5.0}, r"braking is in \[0, 4\]"),
        ({"pre": 2.5}, r"pre is in \[-2, 2\]; got 2.5"),
        ({"size": float("nan")}, r"size is in \[-2, 2\]"),
        ({"rate_novelty": -1.5}, "rate_novelty is -1 or above"),
        ({"decay_novelty": -0.1}, "decay_novelty is zero or above"),
        ({"shrinkage": -0.1}, "shrinkage is zero or above"),
        ({"path": -0.1}, "path is zero or above"),
        ({"memory": 1.0}, r"memory is in \[0, 1\)"),
        ({"trace": -0.1}, r"trace is in \[0, 1\)"),
    ],
)
def test_constants_out_of_bounds_are_refused(change: dict[str, float], message: str):
    with pytest.raises(ValueError, match=message):
        LocalRule(**change)


def test_rules_that_ask_for_what_is_not_there_are_refused():
    with pytest.raises(ValueError, match="need the novelty that adaptation tells"):
        make_plastic(dense(), torch.zeros(1, 12), adaptation=None, consolidation=LocalRule(rate_novelty=1.0))
    with pytest.raises(ValueError, match="set trace=0"):
        make_plastic(dense(), torch.zeros(1, 12), gate=Prototypes(0.5), consolidation=LocalRule(pre=1.0))


def test_only_a_rule_with_other_terms_needs_its_own_synapses():
    assert LocalRule(3.0, 0.5, 0.1, memory=0.5).consolidation() == Consolidation(3.0, 0.5, 0.1)
    assert LocalRule(gain=0.5).consolidation() is None
    rule = make_plastic(dense(), torch.zeros(1, 12), consolidation=LocalRule(pre=1.0))
    assert all(type(one) is LocalSynapses for one in rule.synapses)


def test_braking_by_all_terms_is_stepping_by_them_for_plain_descent():
    gradient, importance, before, first = synapses()
    share, rate = torch.rand(5, 4, generator=dice(7)) + 0.5, 0.1
    step, stepped = gradient.clone(), importance.clone()
    local_step_(step, stepped, before, first, share, 0.3, ALL)
    weight = before - rate * gradient
    local_brake_(weight, before, gradient, importance, first, share, 0.3, ALL, rate)
    torch.testing.assert_close(weight, before - rate * step)
    torch.testing.assert_close(importance, stepped)


def stepped(
    settings: LocalRule, make: Any = torch.optim.SGD, between: Any = lambda network: None, **options: float
) -> tuple[Tensor, float]:
    """Take one step, and give how the first layer moved and how new its input was."""
    network = dense()
    rule = make_plastic(network, torch.zeros(1, 12), scaling=None, consolidation=settings)
    optimizer = make(network.parameters(), **options)
    rule.attach(optimizer)
    usual, news = torch.rand(20, 12, generator=dice(1)), torch.rand(20, 12, generator=dice(2))
    network(usual)
    before = network.state_dict()["0.weight"].clone()
    nn.functional.cross_entropy(network(news), torch.arange(20) % 3).backward()
    between(network)
    optimizer.step()
    assert rule.sensory is not None
    assert bool(network.state_dict()["0.weight_importance"].isfinite().all())
    return before - network.state_dict()["0.weight"], float(rule.sensory.rate)


def test_novelty_is_that_of_the_input():
    plain, rate = stepped(LocalRule(0.0, fisher=0.1), lr=0.1)
    fast, same = stepped(LocalRule(0.0, fisher=0.1, rate_novelty=2.0), lr=0.1)
    assert rate == same and rate > 0.1
    torch.testing.assert_close(fast, (1 + 2 * rate) * plain, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("name", ["pre", "post"])
def test_what_is_not_learnt_from_leaves_no_trace(name: str):
    def look(network: nn.Module) -> None:
        with torch.no_grad():
            network(100 * torch.rand(20, 12, generator=dice(3)))
        network.eval()(100 * torch.rand(20, 12, generator=dice(4)))
        network.train()

    rule = LocalRule(0.0, **{name: 1.0})
    assert torch.equal(stepped(rule, lr=0.1)[0], stepped(rule, between=look, lr=0.1)[0])


def test_other_optimisers_share_out_by_the_weight_before_their_step():
    moved, _ = stepped(LocalRule(0.0, size=1.0), lr=5.0, momentum=0.5)
    plain, _ = stepped(LocalRule(0.0, size=1.0), lr=5.0)
    torch.testing.assert_close(moved, plain)
    still, _ = stepped(LocalRule(path=1.0, size=1.0), torch.optim.Adam, lr=0.0)
    assert not still.any()
