"""Senses that adapt to contrast: what is quiet is made louder, by its own running variance."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lifelong_agent.plasticity import Adaptation, Prototypes, Sensory, gains
from tests.lifelong_agent.plasticity.networks import NOTHING, World, dense, dice, learn, plastic


def test_gains_are_their_formula_and_leave_the_average_channel_alone():
    variance = torch.tensor([0.0, 1.0, 4.0, 3.0])
    torch.testing.assert_close(gains(variance, 0.5), (1.5 / (variance / 2 + 0.5)).sqrt())
    assert float(gains(torch.tensor([2.0, 2.0]), 0.01)[0]) == pytest.approx(1)
    torch.testing.assert_close(gains(100 * variance, 0.5), gains(variance, 0.5))  # as a whole contrast does not count
    assert torch.equal(gains(torch.zeros(3), 0.5), torch.ones(3))


def test_channels_that_differ_in_loudness_are_sent_alike():
    loudness = torch.tensor([0.1, 1.0, 3.0])
    sensory = Sensory(torch.zeros(3), horizon=16, gain=1e-3)
    for turn in range(60):
        batch = 5 + loudness * torch.randn(32, 3, generator=dice(turn))
        sensory.watch(batch)
        sensory.follow()
        sensory.control(batch, 0.1)
    batch = 5 + loudness * torch.randn(2000, 3, generator=dice(100))
    sent = sensory.sent(batch)
    torch.testing.assert_close(sent, (batch - sensory.mean) * sensory.scales)
    spread = sent.std(dim=0)
    assert float(spread.max() / spread.min()) < 1.3
    assert float(spread.square().mean()) == pytest.approx(float(loudness.square().mean()), rel=0.2), "as loud as before"


def test_few_samples_move_variances_little():
    sensory = Sensory(torch.zeros(2), horizon=3, gain=0.1)
    sample = torch.tensor([[1.0, 2.0]])
    sensory.control(sample, 1.0)
    torch.testing.assert_close(sensory.variance, torch.tensor([1.0, 4.0]) / 4)
    sensory.control(sample, 0.1)
    torch.testing.assert_close(sensory.variance, torch.tensor([1.0, 4.0]) * (0.25 + 0.1 * 0.75))


def test_the_network_reads_inputs_times_gains_and_only_while_it_follows_do_these_move():
    network, world = dense(), World(0)
    rule = plastic(network, **{**NOTHING, "adaptation": Adaptation(gain=0.2)})
    bare: Any = dense()
    for _ in range(4):
        network(world.batch(32)[0])
    seen = world.batch(32)[0]
    network(seen)
    sensory = rule.sensory
    assert sensory is not None and float((sensory.scales - 1).abs().max()) > 0.1
    hidden = bare[1](bare[0]((seen - sensory.mean) * sensory.scales))
    network.eval()
    scales = sensory.scales.clone()
    network(seen)
    found: list[torch.Tensor] = []
    network[1].register_forward_hook(lambda _module, _given, sent: found.append(sent), prepend=True)
    network(seen)
    torch.testing.assert_close(found[0], hidden)
    assert torch.equal(sensory.scales, scales)
    rule.following = True
    network(World(1).batch(32)[0])
    assert not torch.equal(sensory.scales, scales)


def test_contexts_keep_their_gains():
    network = dense()
    rule = plastic(network, adaptation=Adaptation(gain=0.2), gate=Prototypes(0.5, capacity=8))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    rule.attach(optimizer)
    sensory = rule.sensory
    assert sensory is not None
    learn(network, optimizer, World(0), 20, size=32)
    first = sensory.scales.clone()
    running = rule.running()
    learn(network, optimizer, World(1), 20, size=32)
    assert rule.context == 1 and float((sensory.scales - first).abs().max()) > 0.1
    twin = rule.frozen()
    twin.network(World(0).batch(32)[0])
    assert twin.context == 0 and twin.sensory is not None and torch.equal(twin.sensory.scales, first)
    rule.enter(0)
    assert torch.equal(sensory.scales, first)
    rule.enter(1)
    rule.restore(running)
    assert rule.context == 0 and rule.contexts == 1 and torch.equal(sensory.scales, first)
    assert rule.store is not None and not rule.store.variances[1:].any()


def test_running_gains_can_be_put_back():
    network = dense()
    rule = plastic(network, adaptation=Adaptation(gain=0.2))
    network(World(0).batch(32)[0])
    assert rule.sensory is not None
    kept, running = rule.sensory.scales.clone(), rule.running()
    network(World(1).batch(32)[0])
    assert not torch.equal(rule.sensory.scales, kept)
    rule.restore(running)
    assert torch.equal(rule.sensory.scales, kept)


def test_a_gain_below_zero_is_refused():
    with pytest.raises(ValueError, match="gain is zero or above; got -1"):
        Adaptation(gain=-1)
