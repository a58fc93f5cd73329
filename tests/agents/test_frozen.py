import numpy as np
import pytest
import torch
from gymnasium import spaces
from torch import nn

from agents import vitals
from agents.frozen import ACTIVATIONS, FrozenNetwork, FrozenPolicy, Standardise
from agents.protocol import Step


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_frozen_networks_compute_what_torch_computes(activation: type[nn.Module]) -> None:
    torch.manual_seed(0)
    layers = [
        nn.Linear(4, 7),
        nn.LayerNorm(7),
        activation(),
        nn.Linear(7, 6, bias=False),
        activation(),
        nn.Linear(6, 2),
    ]
    nn.init.normal_(layers[1].weight)  # type: ignore[arg-type]
    nn.init.normal_(layers[1].bias)  # type: ignore[arg-type]
    seen = torch.randn(20, 4) * 3
    network, torchs = FrozenNetwork(layers), nn.Sequential(*layers)
    hidden, output = network.trace(seen.numpy())
    np.testing.assert_allclose(output, torchs(seen).detach().numpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(hidden[0], torchs[:3](seen).detach().numpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(hidden[1], torchs[:5](seen).detach().numpy(), rtol=1e-4, atol=1e-5)
    assert output.dtype == np.float32
    assert len(network.weights) == 3


def test_frozen_networks_share_no_memory() -> None:
    layer = nn.Linear(3, 2)
    network = FrozenNetwork([layer])
    before = network(np.ones((1, 3)))
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.zero_()
    np.testing.assert_array_equal(network(np.ones((1, 3))), before)


def test_unknown_layers_are_refused() -> None:
    with pytest.raises(TypeError, match=r"built of Linear, LayerNorm, Tanh, .*; got a GRU"):
        FrozenNetwork([nn.GRU(3, 3)])


def fixed(bias: list[float]) -> FrozenNetwork:
    layer = nn.Linear(1, len(bias))
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.copy_(torch.tensor(bias))
    return FrozenNetwork([layer])


def test_discrete_actions_come_as_often_as_their_softmax_says() -> None:
    chance = np.array([0.6, 0.3, 0.1])
    policy = FrozenPolicy(fixed(list(np.log(chance) + 5)), spaces.Discrete(3))
    policy.reset(20_000, np.random.default_rng(0))
    drawn = policy.act(np.zeros((20_000, 1)))
    np.testing.assert_allclose(np.bincount(drawn, minlength=3) / 20_000, chance, atol=0.015)
    policy.reset(20_000, np.random.default_rng(0))
    np.testing.assert_array_equal(policy.act(np.zeros((20_000, 1))), drawn)
    impossible = FrozenPolicy(fixed([-1e9, 0.0, -1e9]), spaces.Discrete(3))
    impossible.reset(1000, np.random.default_rng(0))
    assert set(impossible.act(np.zeros((1000, 1)))) == {1}


def test_real_valued_actions_have_the_mean_and_spread_and_stay_in_the_box() -> None:
    log_std = np.log(np.array([0.1, 2.0], np.float32))
    policy = FrozenPolicy(fixed([0.5, -0.5]), spaces.Box(-1, 1, (2,)), log_std)
    log_std += 3  # the policy has a copy
    policy.reset(20_000, np.random.default_rng(0))
    drawn = policy.act(np.zeros((20_000, 1)))
    assert drawn.dtype == np.float32
    assert drawn[:, 0].mean() == pytest.approx(0.5, abs=0.01)
    assert drawn[:, 0].std() == pytest.approx(0.1, abs=0.005)
    assert np.mean(np.abs(drawn[:, 1]) == 1) == pytest.approx(0.6280, abs=0.015)  # P(|N(-.5, 2)| > 1)
    with pytest.raises(ValueError, match="needs log_std"):
        FrozenPolicy(fixed([0.5]), spaces.Box(-1, 1, (1,)))


def test_policies_act_within_exams_only_and_do_not_learn() -> None:
    policy = FrozenPolicy(fixed([0.0, 0.0]), spaces.Discrete(2))
    with pytest.raises(ValueError, match=r"policy\.reset"):
        policy.act(np.zeros((1, 1)))
    nothing = np.zeros(1)
    policy.observe(Step(nothing, nothing, nothing, nothing, nothing, nothing))


def test_standardised_senses_by_hand() -> None:
    sense = Standardise(np.array([1.0, 0.0]), np.array([3.0, 0.0]), clip=5.0, epsilon=1.0)
    np.testing.assert_allclose(sense(np.array([[3.0, 2.0], [1.0, -9.0]])), [[1.0, 2.0], [0.0, -5.0]])


def test_effective_rank_by_hand() -> None:
    assert vitals.effective_rank(np.eye(5)) == pytest.approx(5)
    assert vitals.effective_rank(np.ones((7, 3))) == pytest.approx(1)
    expected = np.exp(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))
    assert vitals.effective_rank(np.diag([3.0, 1.0])) == pytest.approx(expected)
    assert vitals.effective_rank(np.diag([300.0, -100.0])) == pytest.approx(expected)
    assert vitals.effective_rank(np.zeros((3, 2))) == 0


def test_dormant_share_by_hand() -> None:
    # Mean sizes 2, .02, 0, 1.98 have the mean 1: scores .02 and 0 are at most .025.
    layer = np.array([[2.0, -0.02, 0.0, 1.98], [-2.0, 0.02, 0.0, 1.98]])
    assert vitals.dormant_share([layer]) == 0.5
    assert vitals.dormant_share([layer * 1000]) == 0.5
    assert vitals.dormant_share([layer], threshold=0.01) == 0.25
    assert vitals.dormant_share([layer, np.zeros((2, 4)), np.ones((2, 8))]) == 6 / 16
    assert vitals.dormant_share([]) == 0


def test_weight_magnitude_by_hand() -> None:
    assert vitals.weight_magnitude([np.array([[1.0, -3.0]]), np.array([[2.0]])]) == 2
    assert vitals.weight_magnitude([]) == 0
