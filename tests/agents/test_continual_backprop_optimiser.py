"""What an optimiser forgets of a unit that continual backprop replaces."""

import copy
from typing import Any

import pytest
import torch
from torch import nn

from agents.unit_adam import UnitAdam
from agents.units import forget
from tests.agents.test_continual_backprop import FIRST, begin, learn, tiny
from tests.agents.worlds import dense


@pytest.mark.parametrize("optimizer_class", [UnitAdam, torch.optim.Adam])
def test_the_optimiser_forgets_the_unit_and_nothing_else(optimizer_class: Any) -> None:
    torch.manual_seed(1)
    norm = nn.LayerNorm(5)
    net = nn.Sequential(nn.Linear(3, 5), norm, nn.Tanh(), nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 2))
    optimizer = optimizer_class(net.parameters(), lr=0.01)
    method, _ = begin(net, optimizer, inputs=3)
    for _ in range(4):
        learn(net, optimizer, torch.randn(6, 3))
    remembered: dict[str, dict] = {}
    method.detach()
    learn(net, optimizer, torch.randn(6, 3))
    for name, parameter in net.named_parameters():
        remembered[name] = copy.deepcopy(dict(optimizer.state[parameter]))
    weights = copy.deepcopy(net.state_dict())
    method.attach(optimizer)
    with torch.no_grad():
        method._replace(method.layers[0], method.memories[0], torch.tensor([1, 4]))
    fresh = {
        "0.weight": (torch.tensor([1, 4]),),
        "0.bias": (torch.tensor([1, 4]),),
        "1.weight": (torch.tensor([1, 4]),),
        "1.bias": (torch.tensor([1, 4]),),
        "3.weight": (slice(None), torch.tensor([1, 4])),
    }
    for name, parameter in net.named_parameters():
        touched = torch.zeros_like(parameter, dtype=torch.bool)
        if name in fresh:
            touched[fresh[name]] = True
        keys = ["exp_avg", "exp_avg_sq"] + (["step"] if optimizer_class is UnitAdam else [])
        for key in keys:
            now, old = optimizer.state[parameter][key], remembered[name][key]
            assert now[touched].abs().sum() == 0
            assert torch.equal(now[~touched], old[~touched])
            assert (old != 0).all()
        if optimizer_class is torch.optim.Adam:
            assert optimizer.state[parameter]["step"] == 5
        if name != "3.bias":  # takes over the mean contributions
            assert torch.equal(parameter[~touched], weights[name][~touched])
    assert norm.weight[[1, 4]].tolist() == [1, 1]
    assert norm.bias[[1, 4]].tolist() == [0, 0]
    assert not torch.equal(dense(net, 3).bias, weights["3.bias"])


def test_the_optimiser_keeps_everything_if_asked() -> None:
    net = tiny()
    optimizer = UnitAdam(net.parameters(), lr=0.0)
    _, _ = begin(net, optimizer, replacement_rate=1 / 3, reset_optimizer=False)
    learn(net, optimizer, FIRST)
    assert (optimizer.state[dense(net, 0).weight]["step"] == 1).all()


def test_momentum_is_forgotten_too() -> None:
    net = tiny()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    learn(net, optimizer, FIRST)
    forget(optimizer, dense(net, 0).weight, torch.tensor([0]))
    buffer = optimizer.state[dense(net, 0).weight]["momentum_buffer"]
    assert buffer[0].abs().sum() == 0
    assert buffer[1].abs().sum() > 0
