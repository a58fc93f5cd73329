"""Contexts that open units: what each keeps for itself, what lies where, and what an optimiser remembers of each."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from lifelong_agent.plasticity import (
    Adaptation,
    Consolidation,
    ContextStore,
    Plastic,
    Prototypes,
    Scaling,
    make_plastic,
)
from tests.lifelong_agent.plasticity.networks import FEATURES, World, convolutional, dense, learn

BARE = {"pool": False, "consolidation": None, "scaling": None, "adaptation": Adaptation(hidden=False)}


def gated(network: nn.Module, share: float = 0.5, example: Tensor | None = None, **parts) -> Plastic:
    own = parts.pop("own_readout", True)
    example = torch.zeros(2, FEATURES) if example is None else example
    return make_plastic(network, example, gate=Prototypes(share, own_readout=own, capacity=6), **parts)


def sgd(network: nn.Module, **settings) -> torch.optim.Optimizer:
    return torch.optim.SGD(network.parameters(), lr=0.1, **settings)


def lived_twice(**parts) -> tuple[Any, Plastic, dict[str, Tensor]]:
    """Learn one world, then another; give what the network was when the first was left."""
    network = dense()
    rule = gated(network, **parts)
    optimizer = sgd(network)
    rule.attach(optimizer)
    learn(network, optimizer, World(0), 40)
    left = {name: value.detach().clone() for name, value in network.named_parameters()}
    learn(network, optimizer, World(1), 40)
    assert rule.context == 1
    return network, rule, left


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_context_keeps_its_readout_and_its_biases_to_the_bit(share: float):
    network, rule, left = lived_twice(share=share)
    assert not torch.equal(network[4].weight, left["4.weight"])
    assert not torch.equal(network[0].bias, left["0.bias"])
    rule.enter(0)
    for name in ("4.weight", "4.bias", "2.bias", "0.bias"):
        assert torch.equal(network.get_parameter(name), left[name]), name
    assert not torch.equal(network[2].weight, left["2.weight"]), "hidden weights of units that both open are shared"


def test_readouts_are_shared_if_asked():
    network, rule, left = lived_twice(share=1.0, own_readout=False)
    learnt = {name: value.detach().clone() for name, value in network.named_parameters()}
    rule.enter(0)
    for name, value in network.named_parameters():
        assert torch.equal(value, learnt[name]), name
        assert not torch.equal(value, left[name]), name
    assert not any(name.split(".")[-1].startswith("own_") for name, _ in network.named_buffers())


@pytest.mark.parametrize("own", [True, False])
def test_all_weights_are_consolidated_and_readouts_of_contexts_by_importance_of_their_own(own: bool):
    network = dense()
    rule = gated(network, own_readout=own)
    names = [name for name, _ in network.named_buffers() if name.endswith(".weight_importance")]
    assert sorted(names) == ["0.weight_importance", "2.weight_importance", "4.weight_importance"]
    optimizer = sgd(network)
    rule.attach(optimizer)
    learn(network, optimizer, World(0), 40)
    gathered = network[4].weight_importance.clone()
    for _ in range(2):
        network(World(1).batch(32)[0])
    assert rule.context == 1 and bool((gathered > 0).any())
    assert bool((network[4].weight_importance > 0).any()) is not own, "a new context begins at zero"
    learn(network, optimizer, World(1), 20)
    learnt = network[4].weight_importance.clone()
    rule.enter(0)
    assert torch.equal(network[4].weight_importance, gathered) is own
    rule.enter(1)
    assert torch.equal(network[4].weight_importance, learnt)


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam])
def test_steps_become_smaller_in_a_context_that_settles_and_rates_are_given_back(optimizer: Any):
    def stepped(settled: float) -> tuple[Tensor, Plastic]:
        network = dense()
        gate = Prototypes(0.5, capacity=6, settled=settled, settling=10.0)
        rule = make_plastic(network, torch.zeros(2, FEATURES), gate=gate, scaling=None)
        steps = optimizer(network.parameters(), lr=0.01)
        rule.attach(steps)
        network(World(0).batch(16)[0])
        before = network[0].weight.detach().clone()
        learn(network, steps, World(0), 1)
        assert steps.param_groups[0]["lr"] == 0.01
        return network[0].weight.detach() - before, rule

    whole, _ = stepped(1.0)
    part, rule = stepped(0.25)
    share = 0.25 + 0.75 * math.exp(-2 / 10)
    torch.testing.assert_close(part, whole * share, rtol=1e-3, atol=1e-7)
    assert rule.store is not None and rule.store.learning == pytest.approx(share)
    rule.store.steps[0] = 1000
    assert rule.store.learning == pytest.approx(0.25)
    rule.enter(-1)
    assert rule.store.learning == 1


def test_a_new_context_starts_from_what_others_left_and_means_are_those_of_the_context():
    network = dense()
    rule = gated(network, share=1.0)
    optimizer = sgd(network)
    rule.attach(optimizer)
    learn(network, optimizer, World(0), 40)
    left = {name: value.detach().clone() for name, value in network.named_parameters()}
    habituation = rule.units[0].habituation
    assert habituation is not None
    mean = habituation.mean.clone()
    assert float(mean.abs().sum()) > 0
    for _ in range(2):
        network(World(1).batch(32)[0])
    assert rule.context == 1
    for name, value in network.named_parameters():
        assert torch.equal(value, left[name]), name
    assert not torch.equal(habituation.mean, mean)
    learn(network, optimizer, World(1), 20)
    rule.enter(0)
    assert torch.equal(habituation.mean, mean)
    assert rule.store is not None and rule.sensory is not None
    assert torch.equal(rule.sensory.mean, rule.store.means[0])


def test_importance_and_first_weights_go_with_the_units_that_are_open():
    network = dense()
    rule = gated(network, share=0.5, consolidation=Consolidation(10.0, 1.0, 1e-3))
    optimizer = sgd(network)
    rule.attach(optimizer)
    hidden = network[2]
    whole_first = hidden.whole_weight_first.clone()
    assert torch.equal(whole_first, hidden.whole_weight)
    learn(network, optimizer, World(0), 30)
    learnt = hidden.weight_importance.clone()
    assert float(learnt.min()) >= 0 and float(learnt.sum()) > 0
    learn(network, optimizer, World(1), 1)
    rows, columns = (units.chosen[1] for units in (rule.opened[1], rule.opened[0]))
    fresh = ~torch.isin(rows, rule.opened[1].chosen[0])
    assert fresh.any()
    assert torch.equal(hidden.weight_first, whole_first[rows][:, columns])
    assert torch.equal(hidden.whole_weight_first, whole_first)
    rule.enter(0)
    shared = torch.isin(rule.opened[1].chosen[0], rows)
    assert torch.equal(hidden.weight_importance[~shared], learnt[~shared])


def test_a_frozen_copy_finds_contexts_and_takes_up_their_means_which_stand_still():
    network = dense()
    rule = gated(network)
    optimizer = sgd(network)
    rule.attach(optimizer)
    learn(network, optimizer, World(0), 30)
    left = rule.units[0].habituation.mean.clone()  # type: ignore[union-attr]
    learn(network, optimizer, World(1), 30)
    twin = rule.frozen()
    for _ in range(3):
        twin.network(World(0).batch(8)[0] * 0.9)
    assert (twin.context, rule.context) == (0, 1)
    assert twin.store is not None and rule.store is not None
    assert torch.equal(twin.units[0].habituation.mean, left)  # type: ignore[union-attr]
    assert torch.equal(twin.store.means[0], rule.store.means[0])
    twin.network(100 * torch.rand(8, FEATURES, generator=torch.Generator().manual_seed(7)))
    assert twin.contexts == 2, "nothing is stored without labels: the nearest serves"


def test_lengths_are_those_of_the_units_that_are_open():
    network = dense()
    born = network[2].weight.detach().norm(dim=1)
    rule = gated(network, scaling=Scaling(1))
    optimizer = sgd(network)
    rule.attach(optimizer)
    for seed in (0, 1):
        learn(network, optimizer, World(seed), 20)
        torch.testing.assert_close(network[2].weight.detach().norm(dim=1), born[rule.opened[1].chosen[seed]])
    assert not torch.equal(rule.opened[1].chosen[0], rule.opened[1].chosen[1])


def test_adam_remembers_the_moments_of_each_context():
    network = dense()
    rule = gated(network)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    rule.attach(optimizer)
    learn(network, optimizer, World(0), 20)
    layer, names = network[2], ("exp_avg", "exp_avg_sq")
    kept = {name: optimizer.state[layer.weight][name].clone() for name in names}
    bias = {name: optimizer.state[layer.bias][name].clone() for name in names}
    assert all(float(value.abs().sum()) > 0 for value in (*kept.values(), *bias.values()))
    network(World(1).batch(32)[0])
    assert rule.context == 1
    fresh = ~torch.isin(rule.opened[1].chosen[1], rule.opened[1].chosen[0])
    assert fresh.any()
    for name in names:
        assert not optimizer.state[layer.weight][name][fresh].any(), "units never open before have no moments"
        assert not optimizer.state[layer.bias][name][fresh].any()
    learn(network, optimizer, World(1), 20)
    rule.enter(0)
    lone = ~torch.isin(rule.opened[1].chosen[0], rule.opened[1].chosen[1])
    assert lone.any()
    for name in names:
        assert torch.equal(optimizer.state[layer.weight][name][lone], kept[name][lone])
        assert torch.equal(optimizer.state[layer.bias][name][lone], bias[name][lone])


def test_open_columns_after_flattening_belong_to_open_filters():
    """The open network does what the whole one does with its closed units silenced, in every context."""
    network = convolutional()
    shape = (2, 8, 8)
    rule = gated(network, 0.5, torch.zeros(2, *shape), own_readout=False, **BARE)
    assert [units.opened for units in rule.opened] == [4, 3, 5]
    assert (network[6].in_features, network[6].out_features, network[3].in_channels, network[3].out_channels) == (
        48, 5, 4, 3,
    )  # fmt: skip
    optimizer = sgd(network)
    rule.attach(optimizer)
    for seed in (0, 1, 2):
        learn(network, optimizer, World(seed, shape), 25)
    assert rule.contexts == 3
    for context in (0, 2, 1):
        rule.enter(context)
        for weights in rule.weights:
            weights.put(context, None)
        opened = []
        for units in rule.opened:
            mask = torch.zeros(units.units)
            mask[units.chosen[context]] = 1
            opened.append(mask)
        seen = World(3, shape).batch(5)[0]
        network.eval()
        assert rule.sensory is not None

        def image(mask: Tensor) -> Tensor:
            return mask[:, None, None]

        one = functional.conv2d(seen - rule.sensory.mean, network[0].whole_weight, network[0].whole_bias, padding=1)
        one = functional.max_pool2d(one.relu() * image(opened[0]), 2)
        two = functional.conv2d(one, network[3].whole_weight, network[3].whole_bias, padding=1)
        two = two.tanh() * image(opened[1])
        three = functional.linear(two.flatten(1), network[6].whole_weight, network[6].whole_bias).relu() * opened[2]
        expected = functional.linear(three, network[8].whole_weight, network[8].bias)
        torch.testing.assert_close(network(seen), expected, atol=1e-5, rtol=1e-4)
        network.train()


def test_first_weights_are_scaled_for_the_inputs_that_are_open():
    plain, network = dense(), dense()
    gated(network, 0.25)
    torch.testing.assert_close(network[2].whole_weight, 2 * plain[2].weight.detach())
    torch.testing.assert_close(network[4].whole_weight, 2 * plain[4].weight.detach())
    torch.testing.assert_close(network[0].whole_weight, plain[0].weight.detach())


def test_units_are_chosen_by_their_dendrites_and_others_for_other_worlds():
    network = dense(64)
    rule = gated(network, 0.25)
    for seed in range(4):
        network(World(seed).batch(32)[0])
    assert rule.contexts == 4
    assert rule.store is not None
    for units in rule.opened:
        chosen = units.chosen[:4]
        for context, mine in enumerate(chosen):
            assert mine.tolist() == sorted(set(mine.tolist()))
            others = torch.tensor([unit for unit in range(64) if unit not in mine.tolist()])
            likes = units.dendrites @ rule.store.directions[context]
            assert float(likes[mine].min()) >= float(likes[others].max())
        assert len({tuple(mine.tolist()) for mine in chosen}) == 4


def test_a_full_store_serves_the_nearest_and_known_contexts_stay_while_they_match():
    network = dense()
    rule = make_plastic(network, torch.zeros(2, FEATURES), gate=Prototypes(0.5, capacity=2))
    worlds = [World(seed) for seed in range(3)]
    for world in worlds:
        network(world.batch(32)[0])
    assert rule.contexts == 2
    assert rule.store is not None
    likeness = rule.store.likeness(worlds[2].batch(200)[0].mean(dim=0)[None])[0]
    assert rule.context == int(likeness.argmax())
    with pytest.raises(ValueError, match="a store of 2 contexts is full"):
        rule.store.commit(torch.rand(FEATURES))


def test_the_present_context_is_kept_while_it_matches_even_beside_a_nearer_one():
    store = ContextStore(torch.zeros(100), Prototypes(match=0.5, capacity=4))
    one, other = (torch.rand(100, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2))
    assert store.nearest(one[None]).tolist() == [store.place(one)] == [-1]
    store.commit(one)
    store.commit(0.3 * one + 0.7 * other)
    seen = 0.45 * one + 0.55 * other
    assert store.likeness(seen[None])[0].min() > 0.5
    assert store.place(seen) == 1, "no context yet: the nearest"
    store.enter(0)
    assert store.place(seen) == 0
    assert store.place(other) == 1, "no match any more"
    assert store.place(torch.rand(100, generator=torch.Generator().manual_seed(3))) == -1


def test_prototypes_are_means_of_what_was_met_and_follow_ever_more_slowly():
    network = dense()
    rule = make_plastic(network, torch.zeros(2, FEATURES), gate=Prototypes(0.5, capacity=2, floor=0.25))
    world = World(0)
    batches = [world.batch(32)[0] for _ in range(6)]
    for batch in batches[:4]:
        network(batch)
    assert rule.store is not None
    torch.testing.assert_close(rule.store.means[0].view(FEATURES), torch.cat(batches[:4]).mean(dim=0))
    assert rule.rate == 0.25
    expected = rule.store.means[0].clone()
    for batch in batches[4:]:
        network(batch)
        expected = expected.lerp(batch.mean(dim=0), 0.25)
    torch.testing.assert_close(rule.store.means[0], expected)
    assert int(rule.store.steps[0]) == 6
    assert rule.rate == pytest.approx(1 / 6), "hidden units go on, down to the floor of adaptation"
    torch.testing.assert_close(rule.store.directions[0].norm(), torch.tensor(1.0))
    for _ in range(20):
        network(world.batch(32)[0])
    assert rule.rate == 0.05


def test_single_samples_do_not_open_a_context_before_the_trace_is_of_one_world():
    network = dense()
    rule = gated(network)
    optimizer = sgd(network)
    rule.attach(optimizer)
    learn(network, optimizer, World(0), 100, 1)
    assert rule.context == 0
    met = []
    for _ in range(60):
        learn(network, optimizer, World(1), 1, 1)
        met.append(rule.context)
    changed = met.index(1)
    assert 16 <= changed < 50, "a trace of sixteen samples that hold nothing of the world that was left"
    assert met[changed:] == [1] * (60 - changed)
    assert rule.contexts == 2
    assert rule.store is not None
    clean = World(1).centres.mean(dim=0)
    assert float(rule.store.likeness(clean[None])[0, 1]) > 0.75


def test_a_doubt_that_passes_is_forgotten():
    network = dense()
    rule = gated(network)
    for world, samples in ((World(0), 100), (World(1), 14), (World(0), 100)):
        for _ in range(samples):
            network(world.batch(1)[0])
    assert (rule.context, rule.contexts) == (0, 1), "too short to be a world"
    met = []
    for _ in range(50):
        network(World(1).batch(1)[0])
        met.append(rule.context)
    assert 16 <= met.index(1) < 50, "doubted anew, from a trace without the world that was left"


def test_a_stream_begins_without_history():
    """Two contexts that are alike: whichever was met last, the first input of a stream goes to the nearer one."""
    network = dense(64)
    rule = gated(network, 0.25)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
    rule.attach(optimizer)
    worlds = [World(0), World(1)]
    for world in worlds:
        learn(network, optimizer, world, 40)
    twin = rule.frozen()
    assert twin.store is not None
    object.__setattr__(twin.store.settings, "match", -0.99)  # everything matches the context that one is in
    for first in (0, 1, 0):
        twin.begin_stream()
        twin.network(worlds[first].batch(64)[0])
        assert twin.context == first
