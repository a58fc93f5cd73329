"""What a plastic network remembers: saved, frozen, put back, and followed along a stream."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch

from lifelong_agent.plasticity import Adaptation, Dendrites, Prototypes
from tests.lifelong_agent.plasticity.networks import PARTS, World, dense, learn, plastic


@pytest.mark.parametrize("parts", PARTS)
def test_state_dict_holds_everything(parts: str):
    def made() -> tuple[Any, torch.optim.Optimizer]:
        network = dense()
        rule = plastic(network, **PARTS[parts])
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        rule.attach(optimizer)
        return network, optimizer

    one, first = made()
    learn(one, first, World(0), 20)
    learn(one, first, World(1), 20)
    two, second = made()
    two.load_state_dict(one.state_dict())
    learn(one, first, World(2), 16)
    learn(two, second, World(2), 16)
    for name, value in one.state_dict().items():
        torch.testing.assert_close(two.state_dict()[name], value, msg=name)


@pytest.mark.parametrize("parts", PARTS)
def test_a_frozen_copy_shares_nothing_and_evaluation_changes_nothing(parts: str):
    network = dense()
    rule = plastic(network, **PARTS[parts])
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    rule.attach(optimizer)
    learn(network, optimizer, World(0), 20)
    kept = copy.deepcopy(network.state_dict())
    twin = rule.frozen()
    twin.network(World(1).batch()[0])
    network.eval()
    network(World(1).batch()[0])
    with torch.no_grad():
        network.train()(World(1).batch()[0])
    for name, value in network.state_dict().items():
        assert torch.equal(value, kept[name]), name
    learn(network, optimizer, World(0), 5)
    assert twin.network.training is False
    copied: Any = twin.network
    assert not torch.equal(network[4].weight, copied[4].weight)


def test_running_means_can_be_put_back():
    network = dense()
    rule = plastic(network)
    network(World(0).batch()[0])
    kept = copy.deepcopy(network.state_dict())
    running = rule.running()
    network(World(1).batch()[0])
    rule.restore(running)
    for name, value in network.state_dict().items():
        if "_extra_state" not in name:
            assert torch.equal(value, kept[name]), name


def test_hidden_units_follow_as_fast_as_the_input_is_new_but_never_slower_than_the_floor():
    network, world = dense(), World(0)
    rule = plastic(network, pool=False, adaptation=Adaptation(floor=0.3))
    network(world.batch(64)[0])
    assert rule.rate == 1, "all is new to a newborn"
    habituation = rule.units[0].habituation
    assert habituation is not None
    before, seen = habituation.mean.clone(), world.batch(64)[0]
    network(seen)
    assert rule.sensory is not None and float(rule.sensory.rate) < 0.3 == rule.rate
    activity = (network[0].weight @ (seen - rule.sensory.mean).T + network[0].bias[:, None]).relu().mean(dim=1)
    torch.testing.assert_close(habituation.mean, before.lerp(activity.detach(), 0.3))
    network(World(3).batch(64)[0])
    assert rule.rate == float(rule.sensory.rate) > 0.3


def test_a_stream_without_labels_is_followed_in_use_and_only_if_asked():
    network = dense()
    rule = plastic(network)
    network(World(0).batch()[0])
    assert rule.sensory is not None
    kept = rule.sensory.mean.clone()
    network.eval()
    network(World(1).batch()[0])
    assert torch.equal(rule.sensory.mean, kept)
    rule.following = True
    with torch.no_grad():
        network.train()(World(1).batch()[0])
        assert torch.equal(rule.sensory.mean, kept), "neither learning nor in use"
        network.eval()(World(1).batch()[0])
    assert not torch.equal(rule.sensory.mean, kept)


@pytest.mark.parametrize("parts", [name for name in PARTS if PARTS[name].get("adaptation", True) is not None])
def test_held_means_stand_still_in_training_and_moving_ones_learn_in_any_mode(parts: str):
    one, two = dense(), dense()
    two.load_state_dict(one.state_dict())
    first, second = (plastic(network, **PARTS[parts]) for network in (one, two))
    first.holding = second.holding = True
    kept = copy.deepcopy(one.state_dict())
    worlds = [World(0).batch(32)[0], World(1).batch(32)[0]]
    one.train()(worlds[0])
    for name, value in one.state_dict().items():
        assert torch.equal(value, kept[name]), name
    first.holding = False
    two.eval()
    for seen in worlds:
        one(seen)
        with second.moving(), torch.no_grad():
            two(seen)
        two(seen)
    for name, value in one.state_dict().items():
        assert torch.equal(value, two.state_dict()[name]), name
    assert any(not torch.equal(value, kept[name]) for name, value in two.state_dict().items())


@pytest.mark.parametrize("gate", [None, Prototypes(0.5)], ids=["strict", "gated"])
def test_news_are_told_apart_and_change_nothing(gate: Prototypes | None):
    network = dense()
    rule = plastic(network, gate=gate)
    worlds = [World(0), World(1)]
    assert rule.is_news(worlds[0].batch(64)[0])
    network(worlds[0].batch(64)[0])
    kept = copy.deepcopy(network.state_dict())
    assert not rule.is_news(worlds[0].batch(64)[0])
    assert rule.is_news(worlds[1].batch(64)[0])
    for name, value in network.state_dict().items():
        assert torch.equal(value, kept[name]), name
    network(worlds[1].batch(64)[0])
    assert rule.is_news(worlds[0].batch(64)[0]), "known, but not the present one"
    with pytest.raises(ValueError, match="running mean"):
        plastic(dense(), adaptation=None).is_news(worlds[0].batch()[0])


def test_dendrites_are_asked_at_once_on_news_and_else_every_sixteenth_batch():
    network = dense()
    rule = plastic(network, gate=Dendrites(0.5))
    world, gate = World(0), rule.gates[0]
    network(world.batch(32)[0])
    opened = gate.opened.clone()
    gate.opened.fill_(1)
    for _ in range(15):
        network(world.batch(32)[0])
    assert gate.opened.all()
    network(world.batch(32)[0])
    assert torch.equal(gate.opened, opened) or float((gate.opened != opened).float().mean()) < 0.2
    assert not gate.opened.all()
    gate.opened.fill_(1)
    network(World(3).batch(32)[0])
    assert not gate.opened.all(), "news"
    gate.opened.fill_(1)
    rule.begin_stream()
    network(World(3).batch(32)[0])
    assert not gate.opened.all(), "the first batch of a stream"


def test_running_means_hold_what_was_seen_of_late_and_which_units_are_open():
    network = dense()
    rule = plastic(network, gate=Dendrites(0.5))
    network(World(0).batch(4)[0])
    running = rule.running()
    assert rule.sensory is not None
    kept = [rule.sensory.recent.clone(), *(gate.opened.clone() for gate in rule.gates)]
    for _ in range(5):
        network(World(1).batch(4)[0])
    assert not torch.equal(rule.sensory.recent, kept[0])
    for gate in rule.gates:
        gate.opened.fill_(1)
    rule.restore(running)
    for now, then in zip([rule.sensory.recent, *(gate.opened for gate in rule.gates)], kept, strict=True):
        assert torch.equal(now, then)
    assert (rule.sensory.samples, rule.steps.followed) == (4, 1)
    rule.begin_stream()
    assert (rule.sensory.samples, rule.steps.followed) == (0, 0)


def test_a_frozen_copy_needs_no_gradients_and_holds_no_optimiser():
    network = dense()
    rule = plastic(network)
    rule.attach(torch.optim.SGD(network.parameters(), lr=0.1))
    twin = rule.frozen()
    assert not any(parameter.requires_grad for parameter in twin.network.parameters())
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert twin._attached is None and rule._attached is not None
    rule.detach()
    weight = network[0].weight.detach().clone()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.0)
    learn(network, optimizer, World(0), 20)
    assert rule.steps.learnt == 0 and torch.equal(network[0].weight, weight)
