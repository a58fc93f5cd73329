"""What keeps networks plastic, each against its formula, and all of them on any network and optimiser."""

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from agents import PPOSpec
from agents.continual_backprop import ContinualBackprop
from agents.discovery import discover
from agents.l2init_mechanism import L2Init
from agents.mechanism import Mechanism
from agents.redo_mechanism import ReDo
from agents.shrink_perturb_mechanism import ShrinkPerturb
from agents.unit_adam import UnitAdam
from agents.weight_clipping_mechanism import WeightClipping
from tests.agents.worlds import dense, vector

MAKERS: dict[str, Callable[[nn.Module, Tensor], Mechanism]] = {
    "l2init": lambda net, _seen: L2Init(net.parameters(), 0.1),
    "redo": lambda net, seen: ReDo(discover(net, seen), threshold=0.6, period=5, window=2),
    "gaussian": lambda net, _seen: ShrinkPerturb(net.parameters(), shrink=0.01, noise=0.01),
    "initial": lambda net, _seen: ShrinkPerturb(net.parameters(), shrink=0.01, noise=0.01, kind="initial"),
    "weight_clipping": lambda net, _seen: WeightClipping(net, 0.9),
    "cbp": lambda net, seen: ContinualBackprop(discover(net, seen), replacement_rate=0.05, maturity_threshold=3),
}
WRONG: dict[str, Any] = {"kind": {"kind": "pink"}, "initialization": {"initialization": "zeros"}}
EVERY = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
OPTIMIZERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.01),
    "unit_adam": lambda parameters: UnitAdam(parameters, lr=0.01),
}


def small(seed: int = 0) -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return nn.Sequential(nn.Linear(3, 8), nn.LayerNorm(8), nn.ReLU(), nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 2))


def still(net: nn.Module) -> torch.optim.Optimizer:
    """An optimiser that moves nothing."""
    return torch.optim.SGD(net.parameters(), lr=0.0)


def learn(net: nn.Module, optimizer: torch.optim.Optimizer, seen: Tensor) -> None:
    optimizer.zero_grad()
    (net(seen) - 1).pow(2).mean().backward()
    optimizer.step()


def batches(count: int, seed: int = 0, features: int = 3) -> Tensor:
    return torch.randn((count, 16, features), generator=torch.Generator().manual_seed(seed))


def flat(net: nn.Module) -> Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in net.parameters()])


# --- all of them ----------------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_they_act_once_a_step_while_they_are_attached(make: Any, optimizer: str) -> None:
    net, plain = small(), small()
    mechanism, steps, seen = make(net, torch.zeros(1, 3)), OPTIMIZERS[optimizer](net.parameters()), batches(20)
    others = OPTIMIZERS[optimizer](plain.parameters())
    learn(net, steps, seen[0])
    learn(plain, others, seen[0])
    assert torch.equal(flat(net), flat(plain))
    mechanism.attach(steps)
    with pytest.raises(ValueError, match=f"this {type(mechanism).__name__} is attached already; call detach"):
        mechanism.attach(steps)
    for batch in seen[1:11]:
        learn(net, steps, batch)
        with torch.no_grad():
            net(batch)  # acting does not count
    assert mechanism.updates == 10
    assert not torch.equal(flat(net), flat(plain))
    mechanism.detach()
    plain.load_state_dict(net.state_dict())
    others.load_state_dict(copy.deepcopy(steps.state_dict()))
    if optimizer == "unit_adam":
        return  # elements that were forgotten have step counts of their own, which the other formula rounds elsewhere
    for batch in seen[11:]:
        learn(net, steps, batch)
        learn(plain, others, batch)
    assert torch.equal(flat(net), flat(plain))
    assert mechanism.updates == 10
    assert not any(module._forward_hooks for module in net.modules())
    mechanism.attach(steps)
    learn(net, steps, seen[0])
    assert mechanism.updates == 11


@EVERY
def test_saved_and_loaded_they_go_on_bit_for_bit(make: Any) -> None:
    seen = batches(40)
    net = small()
    mechanism, optimizer = make(net, torch.zeros(1, 3)), OPTIMIZERS["unit_adam"](net.parameters())
    mechanism.attach(optimizer)
    for batch in seen[:19]:  # in the middle of a window
        learn(net, optimizer, batch)
    saved = copy.deepcopy((net.state_dict(), optimizer.state_dict(), mechanism.state_dict()))
    for batch in seen[19:]:
        learn(net, optimizer, batch)
    other = small(seed=1)
    restored, steps = make(other, torch.zeros(1, 3)), OPTIMIZERS["unit_adam"](other.parameters())
    for part, state in zip((other, steps, restored), saved, strict=True):
        part.load_state_dict(state)
    restored.attach(steps)
    for batch in seen[19:]:
        learn(other, steps, batch)
    assert torch.equal(flat(other), flat(net))
    assert restored.updates == mechanism.updates == 40
    assert restored.vitals() == mechanism.vitals()


@EVERY
def test_they_work_in_ppo_too(make: Any) -> None:
    env = vector(4)
    agent = PPOSpec(n_steps=16, batch_size=32, n_epochs=2, policy_widths=(16, 8), value_widths=(16,)).build(env, 0)
    policy = agent.model.policy
    mechanism = make(policy, torch.zeros(1, 3))
    mechanism.attach(policy.optimizer)
    agent.live(env, 64 * 3)
    assert mechanism.updates == 3 * 2 * 2  # rollouts, epochs, minibatches
    assert all(torch.isfinite(parameter).all() for parameter in policy.parameters())


def test_states_of_other_networks_are_refused() -> None:
    net, other = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1)), small()
    for make in (MAKERS["l2init"], MAKERS["redo"], MAKERS["gaussian"], MAKERS["cbp"]):
        with pytest.raises(ValueError, match="was expected; got one of"):
            make(net, torch.zeros(1, 3)).load_state_dict(make(other, torch.zeros(1, 3)).state_dict())


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda net: L2Init(net.parameters(), -1.0), "strength is zero or above; got -1.0"),
        (lambda net: WeightClipping(net, 0.0), "clip is above zero; got 0.0"),
        (lambda net: ShrinkPerturb(net.parameters(), shrink=2.0), r"shrink is in \[0, 1\]; got 2.0"),
        (lambda net: ShrinkPerturb(net.parameters(), noise=-1.0), "noise is zero or above; got -1.0"),
        (lambda net: ShrinkPerturb(net.parameters(), **WRONG["kind"]), "kind is one of gaussian, initial; got 'pink'"),
        (lambda net: ReDo(discover(net, torch.zeros(1, 3)), threshold=-1.0), "threshold is zero or above; got -1.0"),
        (lambda net: ReDo(discover(net, torch.zeros(1, 3)), period=-1), "period is .*; got -1"),
        (lambda net: ReDo(discover(net, torch.zeros(1, 3)), period=5, window=6), "window is 1 to .* 5 steps; got 6"),
        (
            lambda net: ReDo(discover(net, torch.zeros(1, 3)), **WRONG["initialization"]),
            "initialization is one of .*; got 'zeros'",
        ),
    ],
)
def test_impossible_settings_are_refused(make: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make(small())


# --- L2 Init --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_l2init_is_the_gradient_of_its_penalty(optimizer: str) -> None:
    net, plain = small(), small()
    pulled, born = OPTIMIZERS[optimizer](net.parameters()), copy.deepcopy(list(plain.parameters()))
    penalised = OPTIMIZERS[optimizer](plain.parameters())
    L2Init(net.parameters(), 0.3).attach(pulled)
    for batch in batches(30):
        learn(net, pulled, batch)
        penalised.zero_grad()
        distance = sum((now - then.detach()).pow(2).sum() for now, then in zip(plain.parameters(), born, strict=True))
        ((plain(batch) - 1).pow(2).mean() + 0.3 / 2 * distance).backward()
        penalised.step()
    torch.testing.assert_close(flat(net), flat(plain), rtol=1e-3, atol=1e-5)
    assert (flat(net) - flat(small())).abs().max() > 0.05


def test_l2init_pulls_parameters_that_the_loss_does_not_reach() -> None:
    free = nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = torch.optim.SGD([free], lr=0.1)
    L2Init([free], 0.5).attach(optimizer)
    with torch.no_grad():
        free += torch.tensor([4.0, 0.0])
    optimizer.zero_grad()
    optimizer.step()
    assert free.tolist() == pytest.approx([5 - 0.1 * 0.5 * 4, -2])


# --- weight clipping ------------------------------------------------------------------------------------------------


def test_weights_and_biases_are_clipped_to_their_layers_bound_and_nothing_else_is_touched() -> None:
    net = nn.Sequential(nn.Conv2d(2, 5, 3), nn.Flatten(), nn.LayerNorm(20), nn.ReLU(), nn.Linear(20, 4))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.linspace(-2, 2, parameter.numel()).reshape(parameter.shape))
    born, optimizer = copy.deepcopy(dict(net.named_parameters())), still(net)
    WeightClipping(net, 1.5).attach(optimizer)
    optimizer.step()
    bounds = {"0": 1.5 / math.sqrt(2 * 3 * 3), "4": 1.5 / math.sqrt(20), "2": math.inf}
    for name, parameter in net.named_parameters():
        bound = bounds[name[0]]
        torch.testing.assert_close(parameter, born[name].clamp(-bound, bound))


# --- shrink and perturb ---------------------------------------------------------------------------------------------


def test_the_size_after_a_step_is_that_of_the_formula() -> None:
    weight = nn.Parameter(torch.full((1000, 1000), 0.3))
    optimizer = torch.optim.SGD([weight], lr=0.0)
    ShrinkPerturb([weight], shrink=0.1, noise=0.2).attach(optimizer)
    expected = float(weight.detach().pow(2).sum())
    for _ in range(5):
        optimizer.step()
        expected = 0.9**2 * expected + 0.2**2 * weight.numel()
        assert float(weight.detach().pow(2).sum()) == pytest.approx(expected, rel=0.005)
    assert float(weight.detach().mean()) == pytest.approx(0.3 * 0.9**5, abs=0.002)


def test_weight_decay_and_noise_are_dohares_form() -> None:
    net, plain, seen = small(), small(), batches(1)[0]
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, weight_decay=0.02)
    ShrinkPerturb(net.parameters(), noise=1e-3, seed=4).attach(optimizer)
    (plain(seen) - 1).pow(2).mean().backward()
    learn(net, optimizer, seen)
    dice = torch.Generator().manual_seed(4)
    for now, then in zip(net.parameters(), plain.parameters(), strict=True):
        assert then.grad is not None
        noise = 1e-3 * torch.empty_like(then).normal_(generator=dice)
        torch.testing.assert_close(now, then - 0.1 * (then.grad + 0.02 * then) + noise)


def test_initial_noise_is_what_parameters_are_born_as() -> None:
    net = nn.Sequential(nn.Linear(100, 80), nn.LayerNorm(80))
    nn.init.uniform_(dense(net, 0).weight, -0.2, 0.6, generator=torch.Generator().manual_seed(0))
    nn.init.zeros_(dense(net, 0).bias)
    optimizer = still(net)
    ShrinkPerturb(net.parameters(), shrink=1.0, noise=1.0, kind="initial").attach(optimizer)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(7.0)
    optimizer.step()  # all that was is gone: a newborn
    weight = dense(net, 0).weight.detach()
    assert -0.21 < float(weight.min()) < -0.19
    assert 0.59 < float(weight.max()) < 0.61
    assert float(weight.mean()) == pytest.approx(0.2, abs=0.01)
    assert len(weight.unique()) > 7000
    assert not dense(net, 0).bias.any()
    norm: Any = net[1]
    assert torch.equal(norm.weight, torch.ones(80))
    assert not norm.bias.any()


# --- ReDo -----------------------------------------------------------------------------------------------------------


def scored(scale: float = 1.0, **settings: Any) -> tuple[nn.Sequential, ReDo, torch.optim.Optimizer]:
    """Four units that answer an input of 1 with 0, .1, 1 and 2.9, times the scale: scores of 0, .1, 1 and 2.9."""
    net = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 2))
    with torch.no_grad():
        dense(net, 0).weight.copy_(scale * torch.tensor([[-1.0], [0.1], [1.0], [2.9]]))
        dense(net, 0).bias.zero_()
    optimizer = still(net)
    chosen: dict[str, Any] = {"period": 1} | settings
    method = ReDo(discover(net, torch.zeros(1, 1)), **chosen)
    method.attach(optimizer)
    return net, method, optimizer


ONES = torch.ones(5, 1)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize(("threshold", "gone"), [(0.0, [0]), (0.09, [0]), (0.11, [0, 1]), (1.1, [0, 1, 2])])
def test_dormancy_does_not_depend_on_the_scale_of_the_layer(scale: float, threshold: float, gone: list[int]) -> None:
    net, method, optimizer = scored(scale, threshold=threshold)
    learn(net, optimizer, ONES)
    assert torch.nonzero(dense(net, 2).weight.abs().sum(dim=0) == 0).flatten().tolist() == gone
    assert method.replaced == method.vitals()["vitals/replaced_units"] == len(gone)


def test_a_dead_layer_is_recycled_whole_and_one_that_nothing_was_asked_of_is_left() -> None:
    net, method, optimizer = scored()
    with torch.no_grad():
        dense(net, 0).weight.mul_(0)
    for parameter in net.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    assert method.replaced == 0
    learn(net, optimizer, ONES)
    assert method.replaced == 4


@pytest.mark.parametrize("adam", [torch.optim.Adam, UnitAdam])
def test_a_recycled_unit_is_as_new_and_the_optimiser_forgets_it_alone(adam: Any) -> None:
    net = small()
    optimizer = adam(net.parameters(), lr=0.01)
    for batch in batches(3):
        learn(net, optimizer, batch)
    with torch.no_grad():
        dense(net, 3).bias.copy_(torch.tensor([9.0, 9.0, 9.0, 9.0, -99.0, 9.0]))  # one has fallen silent
    layers = discover(net, torch.zeros(1, 3))
    ReDo(layers[1:], threshold=0.0, period=1, initialization="kaiming", seed=9).attach(optimizer)
    before = copy.deepcopy(net.state_dict())
    optimizer.param_groups[0]["lr"] = 0.0
    learn(net, optimizer, batches(1)[0])
    fresh = (2 * torch.rand((1, 8), generator=torch.Generator().manual_seed(9)) - 1) * math.sqrt(2) * math.sqrt(3 / 8)
    torch.testing.assert_close(dense(net, 3).weight[4], fresh[0])
    assert dense(net, 3).bias[4] == 0
    assert not dense(net, 5).weight[:, 4].any()
    touched = {"3.weight": (4,), "3.bias": (4,), "5.weight": (slice(None), 4)}
    for name, parameter in net.named_parameters():
        mask = torch.zeros_like(parameter, dtype=torch.bool)
        if name in touched:
            mask[touched[name]] = True
        assert torch.equal(parameter[~mask], before[name][~mask])
        for key in ("exp_avg", "exp_avg_sq", *(["step"] if adam is UnitAdam else [])):
            state = optimizer.state[parameter][key]
            assert not state[mask].any()
            assert name == "5.weight" or (state[~mask] != 0).any()


def test_it_looks_every_so_many_steps_at_the_last_few_of_them() -> None:
    net, method, optimizer = scored(threshold=0.5, period=6, window=2)
    gone = []
    # The first unit answers negative inputs only. It is silent in the steps that count, but for the second look.
    for step in range(18):
        silent = step != 10
        learn(net, optimizer, ONES if silent else -ONES)
        gone.append(method.replaced)
        if step == 5:
            with torch.no_grad():  # as it was
                dense(net, 0).weight.copy_(torch.tensor([[-1.0], [0.1], [1.0], [2.9]]))
    assert gone[:5] == [0] * 5
    assert gone[5] == 2  # scores 0 and .1
    # Then |h| is 5 / 10 for the first unit, .05, .5 and 1.45 for the others, their mean .625: scores .8, .08, .8, 2.3.
    assert gone[6:12] == [2] * 5 + [3]
    assert method.updates == 18


def test_samples_outside_of_the_window_are_not_even_kept() -> None:
    net, method, optimizer = scored(period=10, window=3)
    kept = []
    for _ in range(10):
        net(ONES)
        kept.append(len(method._recorded[0]))
        method.discard()
        optimizer.step()
    assert kept == [0] * 7 + [1] * 3
    assert np.isfinite(method.replaced)
