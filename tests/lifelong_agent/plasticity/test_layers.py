"""Which layers of a network the rule finds, and what it cannot handle."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from lifelong_agent.plasticity import Adaptation, make_plastic
from lifelong_agent.plasticity.tracing import trace
from tests.lifelong_agent.plasticity.networks import FEATURES, NOTHING, dense, dice


class Noisy(nn.Identity):
    def forward(self, input: Tensor) -> Tensor:
        return input + torch.rand(())


def test_looking_at_a_network_leaves_dice_modes_and_hooks_alone():
    network = nn.Sequential(Noisy(), nn.Linear(8, 8), nn.Dropout(), nn.ReLU(), nn.Linear(8, 2))
    network[2].eval()
    before, modes = torch.get_rng_state(), [module.training for module in network.modules()]
    calls = trace(network, torch.zeros(2, 8))
    assert torch.equal(torch.get_rng_state(), before)
    assert [module.training for module in network.modules()] == modes
    assert not any(module._forward_hooks for module in network.modules())
    assert [call.name for call in calls] == ["0", "1", "2", "3", "4"]
    assert all(call.source is former for former, call in pairwise(calls))


class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.act, self.three = nn.Linear(8, 8), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.three(self.act(self.two(functional.relu(self.one(x)))))


@pytest.mark.parametrize(
    ("network", "named"),
    [
        (nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2)), "'1' is a BatchNorm1d"),
        (Functional(), "'two' reads what no module gave"),
        (nn.Sequential(nn.Linear(8, 2)), "found none in Sequential"),
    ],
)
def test_what_the_rule_cannot_handle_is_named(network: nn.Module, named: str):
    with pytest.raises(ValueError, match=named):
        make_plastic(network, torch.zeros(2, 8))


def test_a_module_that_runs_twice_is_named():
    act = nn.ReLU()
    with pytest.raises(ValueError, match="runs more than once"):
        make_plastic(nn.Sequential(nn.Linear(8, 8), act, nn.Linear(8, 8), act, nn.Linear(8, 2)), torch.zeros(2, 8))


def test_modules_are_left_alone_if_asked():
    network = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))
    rule = make_plastic(network, torch.zeros(2, 8), leave_alone=("1",))
    assert [layer.name for layer in rule.anatomy.hidden] == ["3"]
    with pytest.raises(ValueError, match="leave_alone names modules"):
        make_plastic(dense(), torch.zeros(2, FEATURES), leave_alone=("nobody",))


@pytest.mark.parametrize(
    ("alone", "hidden"), [((), ["0", "2", "4"]), (("1",), ["2", "4"]), (("4",), ["0"]), (("6",), ["0", "2"])]
)
def test_units_whose_activation_or_reader_is_left_alone_are_none_of_ours(alone: tuple[str, ...], hidden: list[str]):
    layers = [part for _ in range(3) for part in (nn.Linear(8, 8), nn.ReLU())]
    rule = make_plastic(nn.Sequential(*layers, nn.Linear(8, 2)), torch.zeros(2, 8), leave_alone=alone)
    assert [layer.name for layer in rule.anatomy.hidden] == hidden


class Branches(nn.Module):
    """Two heads that read the same input, as an actor and a critic do."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.senses = nn.Flatten()
            self.one = nn.Sequential(nn.Linear(8, 6), nn.Tanh(), nn.Linear(6, 2))
            self.two = nn.Sequential(nn.Linear(8, 5), nn.Tanh(), nn.Linear(5, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.senses(x)
        return torch.cat([self.one(x), self.two(x)], dim=-1)


def test_all_layers_that_read_the_input_read_it_without_its_mean_and_it_is_followed_once():
    network, plain = Branches(), Branches()
    parts: dict[str, Any] = NOTHING | {"adaptation": Adaptation(hidden=False)}
    rule = make_plastic(network, torch.zeros(2, 8), **parts)
    seen = torch.rand(32, 8, generator=dice())
    torch.testing.assert_close(network(seen), plain(seen - seen.mean(dim=0)))
    assert rule.sensory is not None and rule.sensory.samples == 32
    assert len(rule.anatomy.first) == 2
