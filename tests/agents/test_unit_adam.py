import copy

import pytest
import torch
from torch import Tensor, nn

from agents.unit_adam import UnitAdam, correction
from tests.agents.worlds import dense


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))


def descend(net: nn.Module, optimizer: torch.optim.Optimizer, steps: int, seed: int = 0) -> None:
    dice = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        seen = torch.randn((8, 3), generator=dice)
        optimizer.zero_grad()
        (net(seen) - seen[:, :2] ** 2).pow(2).mean().backward()
        optimizer.step()


@pytest.mark.parametrize("settings", [{}, {"betas": (0.0, 0.5)}, {"eps": 1e-5, "weight_decay": 0.1, "lr": 0.02}])
def test_without_forgetting_it_is_torchs_adam_bit_for_bit(settings: dict) -> None:
    ours, theirs = network(), network()
    descend(ours, UnitAdam(ours.parameters(), **settings), 100)
    descend(theirs, torch.optim.Adam(theirs.parameters(), **settings), 100)
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, other)
    assert not torch.equal(dense(ours, 0).weight, dense(network(), 0).weight)


def test_forgotten_elements_begin_again_and_the_others_go_on() -> None:
    rows, count = torch.tensor([1, 3]), 37
    start = torch.linspace(-1, 1, 12).reshape(4, 3)
    gradients = torch.randn((2 * count, 4, 3), generator=torch.Generator().manual_seed(1))

    def walk(optimizer_class: type, first: int, last: int, optimizer: torch.optim.Optimizer | None, at: Tensor):
        if optimizer is None:
            at = at.clone().requires_grad_()
            optimizer = optimizer_class([at], lr=0.1)
        assert optimizer is not None
        for gradient in gradients[first:last]:
            at.grad = gradient.clone()
            optimizer.step()
        return optimizer, at

    ours, parameter = walk(UnitAdam, 0, count, None, start)
    old = parameter.detach().clone()
    assert isinstance(ours, UnitAdam)
    before = copy.deepcopy(ours.state[parameter])
    ours.forget(parameter, rows)
    for name in ("step", "exp_avg", "exp_avg_sq"):
        now = ours.state[parameter][name]
        assert now[rows].abs().sum() == 0
        assert torch.equal(now[[0, 2]], before[name][[0, 2]])
        assert before[name].abs().min() > 0
    walk(UnitAdam, count, 2 * count, ours, parameter)
    _, whole = walk(torch.optim.Adam, 0, 2 * count, None, start)  # never forgets
    _, fresh = walk(torch.optim.Adam, count, 2 * count, None, old)  # a new optimiser from the moment of forgetting
    torch.testing.assert_close(parameter[[0, 2]], whole[[0, 2]], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(parameter[rows], fresh[rows], rtol=1e-5, atol=1e-6)


def test_columns_can_be_forgotten_too() -> None:
    net = network()
    optimizer = UnitAdam(net.parameters())
    descend(net, optimizer, 3)
    weight = dense(net, 2).weight
    optimizer.forget(weight, (slice(None), torch.tensor([4])))
    assert torch.equal(optimizer.state[weight]["step"], torch.tensor([[3.0, 3, 3, 3, 0]] * 2))


def test_forgetting_before_the_first_step_is_harmless() -> None:
    net = network()
    optimizer = UnitAdam(net.parameters())
    optimizer.forget(dense(net, 0).weight, torch.tensor([0]))
    assert len(optimizer.state) == 0


def test_saved_and_loaded_it_goes_on_bit_for_bit() -> None:
    net = network()
    optimizer = UnitAdam(net.parameters(), betas=(0.9, 0.95))
    descend(net, optimizer, 5)
    optimizer.forget(dense(net, 0).weight, torch.tensor([2]))
    other = copy.deepcopy(net)
    restored = UnitAdam(other.parameters())
    restored.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    descend(net, optimizer, 5, seed=1)
    descend(other, restored, 5, seed=1)
    for mine, theirs in zip(net.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_the_closure_is_computed_with_gradients() -> None:
    net = network()
    optimizer = UnitAdam(net.parameters())

    def closure() -> float:
        optimizer.zero_grad()
        loss = net(torch.ones(1, 3)).sum()
        loss.backward()
        return float(loss.detach())

    before = float(net(torch.ones(1, 3)).sum().detach())
    assert optimizer.step(closure) == before


def test_corrections_keep_their_digits() -> None:
    steps = torch.tensor([1.0, 2.0, 50_000.0])
    expected = torch.tensor([1 - 0.999, 1 - 0.999**2, 1.0], dtype=torch.float64)
    torch.testing.assert_close(correction(steps, 0.999).double(), expected, rtol=2e-7, atol=0)
    assert torch.equal(correction(steps, 0.0), torch.ones(3))


@pytest.mark.parametrize("settings", [{"lr": -1}, {"eps": float("nan")}, {"betas": (0.9, 1.0)}, {"weight_decay": -0.1}])
def test_impossible_settings_are_refused(settings: dict) -> None:
    with pytest.raises(ValueError, match=f"UnitAdam: {next(iter(settings))}"):
        UnitAdam(network().parameters(), **settings)
