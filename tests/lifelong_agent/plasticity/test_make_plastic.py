"""The rule in standard networks: as drop-in, part by part, with contexts, and misuse."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional

from lifelong_agent.plasticity import Consolidation, Dendrites, Prototypes, Scaling
from tests.lifelong_agent.plasticity.networks import (
    FEATURES,
    NOTHING,
    PARTS,
    World,
    accuracy,
    convolutional,
    dense,
    dice,
    learn,
    plastic,
)


def test_without_any_part_a_network_is_what_it_was():
    seen = torch.rand(5, FEATURES, generator=dice())
    network = dense()
    expected = network(seen)
    rule = plastic(network, **NOTHING)
    rule.attach(torch.optim.SGD(network.parameters(), lr=0.1))
    assert torch.equal(network(seen), expected)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize("kind", ["dense", "convolutional"])
def test_every_part_learns_in_every_network_by_every_optimiser(kind: str, parts: str, optimizer: str):
    network, shape = (dense(), (FEATURES,)) if kind == "dense" else (convolutional(), (2, 8, 8))
    rule = plastic(network, torch.zeros(2, *shape), **PARTS[parts])
    make = {
        "sgd": lambda: torch.optim.SGD(network.parameters(), lr=0.1),
        "momentum": lambda: torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.8),
        "adam": lambda: torch.optim.Adam(network.parameters(), lr=3e-3),
    }[optimizer]()
    rule.attach(make)
    world = World(0, shape)
    learn(network, make, world, 250)
    assert learn(network, make, world, 30) > 0.8


def test_importance_slows_a_synapse_down_and_lengths_stay():
    network = dense()
    rule = plastic(network, consolidation=Consolidation(1e6, 1.0), scaling=Scaling(1))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    rule.attach(optimizer)
    born = [layer.weight.detach().norm(dim=1) for layer in (network[0], network[2])]
    learn(network, optimizer, World(0), 20)
    before = network[0].weight.detach().clone()
    learn(network, optimizer, World(1), 20)
    assert float((network[0].weight.detach() - before).abs().max()) < 0.02
    for layer, length in zip((network[0], network[2]), born, strict=True):
        torch.testing.assert_close(layer.weight.detach().norm(dim=1), length)


OTHERS = {
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=3e-3),
    "momentum": lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.8),
    "weight_decay": lambda parameters: torch.optim.SGD(parameters, lr=0.05, weight_decay=0.1),
    "maximize": lambda parameters: torch.optim.SGD(parameters, lr=0.05, maximize=True),
}


@pytest.mark.parametrize("make", OTHERS.values(), ids=OTHERS)
def test_what_other_optimisers_move_is_slowed_down_after_each_step(make):
    network, plain = dense(), dense()
    settings = Consolidation(30.0, 0.9, 1e-2)
    optimizer, other = make(network.parameters()), make(plain.parameters())
    parts: dict[str, Any] = NOTHING | {"consolidation": settings}
    plastic(network, **parts).attach(optimizer)
    layers = [plain[place] for place in (0, 2, 4)]
    first = [layer.weight.detach().clone() for layer in layers]
    importance = [torch.zeros_like(weight) for weight in first]
    one, two = World(0), World(0)
    for _ in range(6):
        learn(network, optimizer, one, 1)
        before = [layer.weight.detach().clone() for layer in layers]
        learn(plain, other, two, 1)
        for place, layer in enumerate(layers):
            slow, gradient = 1 / (1 + 30 * importance[place]), layer.weight.grad
            pull = other.param_groups[0]["lr"] * 1e-2 * (before[place] - first[place])
            with torch.no_grad():
                layer.weight.copy_(before[place] + slow * (layer.weight - before[place] - pull))
            importance[place] = 0.9 * importance[place] + slow * gradient**2
    for mine, theirs in zip(network.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_closed_units_neither_fire_nor_learn():
    network = dense()
    rule = plastic(network, gate=Dendrites(0.5), consolidation=None, scaling=None)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    seen, answer = World(0).batch()
    network(seen)
    closed = [gate.opened == 0 for gate in rule.gates]
    assert all(0 < int(units.sum()) < len(units) for units in closed)
    before = [network[place].weight.detach().clone() for place in (0, 2, 4)]
    functional.cross_entropy(network(seen), answer).backward()
    optimizer.step()
    assert torch.equal(network[0].weight[closed[0]], before[0][closed[0]])
    assert torch.equal(network[2].weight[:, closed[0]], before[1][:, closed[0]])
    assert torch.equal(network[4].weight[:, closed[1]], before[2][:, closed[1]])
    assert not torch.equal(network[0].weight, before[0])


@pytest.mark.parametrize("size", [1, 16])
def test_contexts_are_stored_when_new_and_known_when_they_return(size: int):
    network = dense(64)
    rule = plastic(network, gate=Prototypes(0.25, match=0.6, capacity=8))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
    rule.attach(optimizer)
    worlds = [World(seed) for seed in range(3)]
    met = []
    for place in (0, 1, 2, 1, 0):
        learn(network, optimizer, worlds[place], 2400 // size, size)
        met.append(rule.context)
    assert met == [0, 1, 2, 1, 0]
    assert rule.contexts == 3
    assert (
        torch.cat([rule.recognise(world.batch(100)[0]) for world in worlds]) == torch.arange(3).repeat_interleave(100)
    ).float().mean() > 0.95
    twin = rule.frozen()
    for world in worlds:
        twin.begin_stream()
        assert accuracy(twin.network, world) > 0.6, "chance is a quarter"


def test_what_is_learnt_in_a_context_stays_in_its_own_units():
    network = dense(64)
    rule = plastic(network, gate=Prototypes(0.25, capacity=8), consolidation=None, scaling=None)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.5)
    rule.attach(optimizer)
    first, second = World(0), World(1)
    learn(network, optimizer, first, 50)
    rows, whole = rule.opened[0].chosen[0], network[0].whole_weight
    learnt = network[0].weight.detach().clone()
    learn(network, optimizer, second, 50)
    shared = torch.isin(rows, rule.opened[0].chosen[1])
    assert not shared.all()
    assert torch.equal(whole[rows[~shared]], learnt[~shared])
    moments = optimizer.state[network[0].weight]["momentum_buffer"].clone()
    rule.enter(0)
    assert torch.equal(network[0].weight[~shared], learnt[~shared])
    assert not torch.equal(optimizer.state[network[0].weight]["momentum_buffer"], moments)


def test_misuse_is_refused():
    network = dense()
    stale = torch.optim.SGD(network.parameters(), lr=0.1)
    with pytest.raises(ValueError, match="a gate needs the running mean"):
        plastic(network, adaptation=None, gate=Dendrites())
    rule = plastic(network, gate=Prototypes(0.5))
    with pytest.raises(ValueError, match="plastic already"):
        plastic(network)
    with pytest.raises(ValueError, match="make the optimiser after make_plastic"):
        rule.attach(stale)
    rule.attach(torch.optim.SGD(network.parameters(), lr=0.1))
    with pytest.raises(ValueError, match="attached to an optimiser already"):
        rule.attach(torch.optim.SGD(network.parameters(), lr=0.1))
    with pytest.raises(ValueError, match="contexts"):
        rule.enter(3)
    with pytest.raises(ValueError, match="this rule has none"):
        plastic(dense()).recognise(torch.zeros(1, FEATURES))


@pytest.mark.parametrize("gate", [None, Prototypes(0.5, capacity=8)])
def test_biases_of_hidden_units_stay_as_they_were_born_if_asked(gate: Prototypes | None):
    network = dense()
    rule = plastic(network, biases=False, gate=gate)

    def biases() -> list[torch.Tensor]:
        if rule.store is not None:
            rule.enter(-1)
        return [
            getattr(layer, "whole_bias", layer.bias).detach().clone() for layer in (network[0], network[2], network[4])
        ]

    born = biases()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.5)
    rule.attach(optimizer)
    learn(network, optimizer, World(0), 20)
    learn(network, optimizer, World(1), 20)
    now = biases()
    assert torch.equal(now[0], born[0]) and torch.equal(now[1], born[1])
    assert not torch.equal(now[2], born[2]), "outputs learn theirs"
