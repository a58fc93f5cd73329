"""Continual backprop against numbers worked out by hand, one step at a time."""

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from agents.continual_backprop import ContinualBackprop
from agents.discovery import discover
from agents.unit_adam import UnitAdam
from agents.units import bound, instant_utility
from tests.agents.worlds import dense


def tiny() -> nn.Sequential:
    """Two inputs, three ReLU units, two outputs; all numbers chosen to be worked with by hand."""
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
    with torch.no_grad():
        dense(net, 0).weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
        dense(net, 0).bias.copy_(torch.tensor([0.0, 0.0, -1.0]))
        dense(net, 2).weight.copy_(torch.tensor([[1.0, -2.0, 0.5], [3.0, 0.0, -0.5]]))
        dense(net, 2).bias.copy_(torch.tensor([0.1, -0.1]))
    return net


FIRST = torch.tensor([[1.0, 2.0], [3.0, 0.0]])  # activations [[1, 2, 2], [3, 0, 2]]: means 2, 1, 2
SECOND = torch.tensor([[0.0, 1.0], [0.0, 3.0]])  # activations [[0, 1, 0], [0, 3, 2]]: means 0, 2, 1


def begin(net: nn.Module, optimizer: Any = None, inputs: int = 2, **settings: Any) -> tuple[ContinualBackprop, Any]:
    """Attach with an optimiser that moves nothing, unless another is given."""
    settings = {"replacement_rate": 0.0, "maturity_threshold": 0, "decay_rate": 0.5} | settings
    method = ContinualBackprop(discover(net, torch.zeros(1, inputs)), **settings)
    optimizer = optimizer or torch.optim.SGD(net.parameters(), lr=0.0)
    method.attach(optimizer)
    return method, optimizer


def learn(net: nn.Module, optimizer: torch.optim.Optimizer, seen: Tensor) -> None:
    optimizer.zero_grad()
    net(seen).pow(2).mean().backward()
    optimizer.step()


def test_two_steps_worked_by_hand() -> None:
    # Mean absolute outgoing weights of the three units: (1+3)/2 = 2, (2+0)/2 = 1, (.5+.5)/2 = .5.
    net = tiny()
    method, optimizer = begin(net)
    (memory,) = method.memories
    learn(net, optimizer, FIRST)
    torch.testing.assert_close(memory.age, torch.tensor([1.0, 1, 1]))
    torch.testing.assert_close(memory.mean, torch.tensor([1.0, 0.5, 1.0]))  # half of the means 2, 1, 2
    torch.testing.assert_close(memory.utility, torch.tensor([2.0, 0.5, 0.5]))  # half of 2*2, 1*1, 2*.5
    learn(net, optimizer, SECOND)
    torch.testing.assert_close(memory.age, torch.tensor([2.0, 2, 2]))
    torch.testing.assert_close(memory.mean, torch.tensor([0.5, 1.25, 1.0]))  # .5*[1, .5, 1] + .5*[0, 2, 1]
    torch.testing.assert_close(memory.utility, torch.tensor([1.0, 1.25, 0.5]))  # .5*[2, .5, .5] + .5*[0, 2, .5]
    assert method.updates == 2
    assert method.replaced == 0


def test_the_other_utilities_by_hand() -> None:
    (layer,) = discover(tiny(), FIRST)
    activations, mean = torch.tensor([[1.0, 2.0, 2.0], [3.0, 0.0, 2.0]]), torch.tensor([2.0, 2.0, 0.0])
    # mean|h - f|: 1, 1, 2; times mean|w| 2, 1, .5; over mean|v| .5, .5, 1.
    zero = instant_utility([layer], activations, mean, "zero_contribution")
    torch.testing.assert_close(zero, torch.tensor([2.0, 1.0, 1.0]))
    adaptable = instant_utility([layer], activations, mean, "adaptable_contribution")
    torch.testing.assert_close(adaptable, torch.tensor([4.0, 2.0, 1.0]))


def test_what_is_lost_is_measured_from_the_corrected_mean() -> None:
    net = tiny()
    method, optimizer = begin(net, utility="zero_contribution")
    learn(net, optimizer, FIRST)
    # Corrected means are 2, 1, 2 (raw: half of that), distances from them 1, 1, 0; read by 2, 1, .5; half enters.
    torch.testing.assert_close(method.memories[0].utility, torch.tensor([1.0, 0.5, 0.0]))


def test_averages_are_corrected_for_each_units_own_age() -> None:
    net = tiny()
    method, optimizer = begin(net, replacement_rate=1 / 3)
    (memory,) = method.memories
    memory.age[:], memory.utility[:] = torch.tensor([9.0, 0, 9]), torch.tensor([3.0, 0, 4])
    learn(net, optimizer, SECOND)
    # Instant utilities 0, 2, .5 make raw averages 1.5, 1, 2.25: the infant in the middle has the least. Corrected by
    # 1 - 2**-10 for the old and 1 - 2**-1 for the infant they are 1.501, 2, 2.252: the first unit goes.
    assert memory.age.tolist() == [0, 1, 10]


def test_maturity_is_strict_and_the_least_useful_goes() -> None:
    net = tiny()
    method, optimizer = begin(net, maturity_threshold=2, replacement_rate=1 / 3)
    for _ in range(2):
        learn(net, optimizer, FIRST)  # ages 1, 2: not above 2
    assert method.replaced == 0
    learn(net, optimizer, FIRST)  # age 3; utilities 4, 1, 1: a tie goes to the first of the two
    assert method.replaced == 1
    assert method.memories[0].age.tolist() == [3, 0, 3]
    for _ in range(2):
        learn(net, optimizer, FIRST)  # two of three are mature: 1/3 * 2 is due each step, carried over
    assert method.replaced == 2  # .667 + .667 = 1.333
    assert method.memories[0].age.tolist() == [5, 2, 0]
    assert method.memories[0].owed == pytest.approx(1 / 3)


def test_a_replaced_unit_is_as_new_and_its_mean_moves_into_the_next_bias() -> None:
    net = tiny()
    method, optimizer = begin(net, replacement_rate=1 / 3, initialization="lecun", seed=4)
    before = copy.deepcopy(net.state_dict())
    learn(net, optimizer, FIRST)  # unit 1 goes; its corrected mean activation is exactly 1
    after = net.state_dict()
    dice = torch.Generator().manual_seed(4)
    fresh = (2 * torch.rand((1, 2), generator=dice) - 1) * np.sqrt(3 / 2)
    torch.testing.assert_close(after["0.weight"], torch.stack([before["0.weight"][0], fresh[0], before["0.weight"][2]]))
    assert after["0.bias"].tolist() == [0, 0, -1]
    torch.testing.assert_close(after["2.weight"], torch.tensor([[1.0, 0, 0.5], [3.0, 0, -0.5]]))
    torch.testing.assert_close(after["2.bias"], torch.tensor([0.1 - 2.0 * 1, -0.1 + 0.0 * 1]))
    (memory,) = method.memories
    assert [tensor[1].item() for tensor in (memory.age, memory.mean, memory.utility)] == [0, 0, 0]


@pytest.mark.parametrize("transfer", [True, False])
def test_outputs_stay_where_the_unit_is_at_its_mean(transfer: bool) -> None:
    net = tiny()
    seen = torch.tensor([[1.0, 1.0], [2.0, 1.0]])  # the second unit says 1 to both
    before = net(seen).detach()
    method, optimizer = begin(net, replacement_rate=1 / 3, bias_transfer=transfer)
    with torch.no_grad():
        method.memories[0].utility[:] = torch.tensor([9.0, -9.0, 9.0])
    learn(net, optimizer, seen)
    assert method.memories[0].age.tolist() == [1, 0, 1]
    after = net(seen).detach()
    if transfer:
        torch.testing.assert_close(after, before)
    else:
        torch.testing.assert_close(after, before + torch.tensor([[2.0, 0.0], [2.0, 0.0]]))  # it said -2 and 0


def test_all_layers_choose_before_any_changes_and_shared_units_reach_all_readers() -> None:
    class Forked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.trunk = nn.Sequential(nn.Linear(2, 4), nn.ReLU())
            self.left, self.right = nn.Linear(4, 1), nn.Linear(4, 3)

        def forward(self, seen: Tensor) -> Tensor:
            features = self.trunk(seen)
            return torch.cat([self.left(features), self.right(features)], dim=1)

    torch.manual_seed(2)
    net = Forked()
    seen = torch.rand(16, 2)
    (layer,) = discover(net, seen)
    activations = net.trunk(seen).detach()
    joined = torch.cat([net.left.weight, net.right.weight]).detach()  # four rows read the four units
    expected = activations.abs().mean(0) * joined.abs().mean(0)
    torch.testing.assert_close(instant_utility([layer], activations, torch.zeros(4), "contribution").detach(), expected)
    method, optimizer = begin(net, replacement_rate=0.5)
    biases = torch.cat([net.left.bias, net.right.bias]).detach()
    learn(net, optimizer, seen)
    gone = torch.argsort(expected)[:2]
    assert set(torch.nonzero(method.memories[0].age == 0).flatten().tolist()) == set(gone.tolist())
    now = torch.cat([net.left.weight, net.right.weight]).detach()
    assert now[:, gone].abs().sum() == 0
    kept = [unit for unit in range(4) if unit not in gone.tolist()]
    assert torch.equal(now[:, kept], joined[:, kept])
    moved = torch.cat([net.left.bias, net.right.bias]).detach() - biases
    torch.testing.assert_close(moved, joined[:, gone] @ activations.mean(0)[gone])


def test_neighbouring_layers_choose_from_the_same_moment() -> None:
    net = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    with torch.no_grad():
        dense(net, 0).weight.copy_(torch.tensor([[1.0], [1.0]]))
        dense(net, 2).weight.copy_(torch.tensor([[4.0, 1.0], [0.0, 25.0]]))
        dense(net, 4).weight.copy_(torch.tensor([[0.09, 0.1]]))
        for index in (0, 2, 4):
            dense(net, index).bias.zero_()
    method, optimizer = begin(net, inputs=1, replacement_rate=0.5, utility="adaptable_contribution")
    learn(net, optimizer, torch.tensor([[1.0], [2.0], [3.0]]))
    # First layer: read by 2 and 13 in the mean, all else equal: its first unit goes. Second layer: 5 * .09 / 2.5 = .18
    # against 25 * .1 / 12.5 = .2, times an equal spread: its first unit goes, too. Had the first layer's change come
    # before the choice, that unit's incoming weights would be 0 and 1, its utility .9, and it would stay.
    assert [memory.age.tolist() for memory in method.memories] == [[0, 1], [0, 1]]


def test_replacements_add_up_to_the_rate_times_the_mature() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
    method, optimizer = begin(net, replacement_rate=0.0131, maturity_threshold=5)
    seen, due = torch.rand(2, 2), 0.0
    for _ in range(1000):
        due += 0.0131 * int((method.memories[0].age + 1 > 5).sum())
        learn(net, optimizer, seen)
    assert due > 150
    assert -1e-6 < due - method.replaced < 1


def test_a_die_gives_the_same_number_in_the_mean() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
    method, optimizer = begin(net, replacement_rate=0.0131, maturity_threshold=5, accumulate=False)
    seen, due = torch.rand(2, 2), 0.0
    for _ in range(1000):
        due += 0.0131 * int((method.memories[0].age + 1 > 5).sum())
        learn(net, optimizer, seen)
    assert method.memories[0].owed == 0
    assert abs(method.replaced - due) < 4 * np.sqrt(due)
    method.replacement_rate = 0.2  # of at least 11 mature units: two or three, whole numbers only
    assert method._due(method.memories[0], 14) == 2


def test_acting_and_evaluating_do_not_count() -> None:
    net = tiny()
    method, optimizer = begin(net)
    with torch.no_grad():
        net(FIRST)
    net.eval()
    net(FIRST)
    net.train()
    optimizer.step()
    assert method.memories[0].age.tolist() == [0, 0, 0]
    learn(net, optimizer, FIRST)
    torch.testing.assert_close(method.memories[0].mean, torch.tensor([1.0, 0.5, 1.0]))
    method.detach()
    learn(net, optimizer, FIRST)
    assert method.memories[0].age.tolist() == [1, 1, 1]
    assert not net[1]._forward_hooks


def test_batches_of_one_step_are_taken_together() -> None:
    net = tiny()
    method, optimizer = begin(net)
    for half in (FIRST[:1], FIRST[1:]):
        net(half).sum().backward()
    optimizer.step()
    torch.testing.assert_close(method.memories[0].mean, torch.tensor([1.0, 0.5, 1.0]))


@pytest.mark.parametrize(
    ("initialization", "expected"),
    [
        ("kaiming", np.sqrt(2) * np.sqrt(3 / 2)),
        ("lecun", np.sqrt(3 / 2)),
        ("default", np.sqrt(1 / 2)),
        ("xavier", np.sqrt(2) * np.sqrt(6 / 5)),
        ("matched", np.sqrt(3) * np.std([1, 0, 0, 1, 1, 1])),
    ],
)
def test_bounds_of_new_weights_by_hand(initialization: Any, expected: float) -> None:
    (layer,) = discover(tiny(), FIRST)
    std = ContinualBackprop([layer]).memories[0].initial_std
    assert bound(layer, initialization, std) == pytest.approx(expected)


def test_new_weights_fill_their_bounds() -> None:
    net = nn.Sequential(nn.Linear(50, 20), nn.Tanh(), nn.Linear(20, 1))
    nn.init.orthogonal_(dense(net, 0).weight, 1.3)
    std = float(dense(net, 0).weight.detach().std())
    method, optimizer = begin(net, inputs=50, replacement_rate=1.0)
    learn(net, optimizer, torch.randn(4, 50))
    assert method.replaced == 20
    assert float(dense(net, 0).weight.detach().std()) == pytest.approx(std, rel=0.06)
    assert float(dense(net, 0).weight.detach().abs().max()) <= np.sqrt(3) * std * 1.001
    assert dense(net, 2).weight.abs().sum() == 0


def test_saved_and_loaded_it_goes_on_bit_for_bit() -> None:
    def born() -> tuple[nn.Sequential, ContinualBackprop, UnitAdam]:
        torch.manual_seed(3)
        net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1))
        optimizer = UnitAdam(net.parameters(), lr=0.01)
        method, _ = begin(net, optimizer, replacement_rate=0.03, maturity_threshold=3, decay_rate=0.9, accumulate=False)
        return net, method, optimizer

    dice = torch.Generator().manual_seed(0)
    batches = torch.randn((60, 8, 2), generator=dice)
    net, method, optimizer = born()
    for seen in batches[:30]:
        learn(net, optimizer, seen)
    saved = copy.deepcopy((net.state_dict(), method.state_dict(), optimizer.state_dict()))
    for seen in batches[30:]:
        learn(net, optimizer, seen)
    other, restored, adam = born()
    for part, state in zip((other, restored, adam), saved, strict=True):
        part.load_state_dict(state)
    assert restored.replaced > 0
    for seen in batches[30:]:
        learn(other, adam, seen)
    assert restored.replaced == method.replaced > saved[1]["replaced"]
    for mine, theirs in zip(net.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    with pytest.raises(ValueError, match=r"\{'0': 3\} \(units each\) was expected; got one of \{'0': 8, '2': 8\}"):
        begin(tiny())[0].load_state_dict(saved[1])


def test_impossible_settings_are_refused() -> None:
    layers = discover(tiny(), FIRST)
    for name, value in {
        "replacement_rate": 1.5,
        "maturity_threshold": -1,
        "decay_rate": 1.0,
        "utility": "fame",
        "initialization": "zeros",
    }.items():
        with pytest.raises(ValueError, match=f"{name} is .*; got {value!r}"):
            ContinualBackprop(layers, **{name: value})  # type: ignore[arg-type]
    method, optimizer = begin(tiny())
    with pytest.raises(ValueError, match="attached already"):
        method.attach(optimizer)


@pytest.mark.parametrize("how", ["one alone", "batches of unequal size", "side by side"])
def test_layers_are_judged_by_what_they_did_however_many_did_anything(how: str) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    layers = discover(net, FIRST)
    method = ContinualBackprop(layers, decay_rate=0.5, replacement_rate=0.0)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.0)
    method.attach(optimizer)
    heard = [[], [torch.rand(4, 2)]] if how == "one alone" else [[torch.rand(5, 3)], [torch.rand(4, 2)]]
    if how == "side by side":
        heard[0] = [torch.rand(4, 3)]
    for recorded, rows in zip(method._recorded, heard, strict=True):
        recorded.extend(rows)
    optimizer.step()
    for layer, memory, rows in zip(layers, method.memories, heard, strict=True):
        assert memory.age.tolist() == [len(rows)] * layer.units
        if rows:
            torch.testing.assert_close(memory.mean, rows[0].mean(dim=0) / 2)
            utility = instant_utility([layer], rows[0], 2 * memory.mean, "contribution") / 2
            torch.testing.assert_close(memory.utility, utility.detach())
        else:
            assert not memory.mean.any()
            assert not memory.utility.any()
