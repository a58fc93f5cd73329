import gymnasium as gym
import pytest
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from agents.discovery import HiddenLayer, discover

SEEN = torch.zeros(1, 4)


def named(network: nn.Module, layers: tuple[HiddenLayer, ...]) -> list[tuple[str, str, list[str]]]:
    names = {module: name for name, module in network.named_modules()}
    return [(x.name, names[x.activation], sorted(names[reader] for reader in x.outgoing)) for x in layers]


def sb3_policy(**kwargs) -> ActorCriticPolicy:
    senses = spaces.Box(-1, 1, (4,))
    return ActorCriticPolicy(senses, spaces.Discrete(2), lambda _: 1e-3, **kwargs)


def test_sb3s_policy_has_a_chain_to_the_actions_and_one_to_the_value() -> None:
    policy = sb3_policy(net_arch={"pi": [8, 6], "vf": [5]})
    extractor = "mlp_extractor"
    assert named(policy, discover(policy, SEEN)) == [
        (f"{extractor}.policy_net.0", f"{extractor}.policy_net.1", [f"{extractor}.policy_net.2"]),
        (f"{extractor}.policy_net.2", f"{extractor}.policy_net.3", ["action_net"]),
        (f"{extractor}.value_net.0", f"{extractor}.value_net.1", ["value_net"]),
    ]


class Shared(BaseFeaturesExtractor):
    def __init__(self, observation_space: gym.Space) -> None:
        super().__init__(observation_space, 7)
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(4, 7), nn.ReLU())

    def forward(self, observations: Tensor) -> Tensor:
        return self.net(observations)


def test_shared_features_are_read_by_policy_and_value() -> None:
    policy = sb3_policy(features_extractor_class=Shared, net_arch={"pi": [3], "vf": [3]})
    first = discover(policy, SEEN)[0]
    assert first.incoming is policy.features_extractor.net[1]  # type: ignore[index,union-attr]
    assert set(first.outgoing) == {policy.mlp_extractor.policy_net[0], policy.mlp_extractor.value_net[0]}
    heads = sb3_policy(features_extractor_class=Shared, net_arch=[])
    (only,) = discover(heads, SEEN)
    assert set(only.outgoing) == {heads.action_net, heads.value_net}


def test_plain_networks_and_what_lies_between() -> None:
    network = nn.Sequential(
        *(nn.Linear(4, 6), nn.LayerNorm(6), nn.ReLU(inplace=True), nn.Dropout(0.5)),
        *(nn.Linear(6, 5), nn.Identity(), nn.Tanh(), nn.Identity(), nn.Linear(5, 2)),
    )
    first, second = discover(network, SEEN)
    assert first.norm is network[1]
    assert first.units == 6
    assert first.outgoing == (network[4],)
    assert second.norm is None
    assert second.activation is network[6]
    assert second.outgoing == (network[8],)


def test_looking_changes_nothing() -> None:
    network = nn.Sequential(
        nn.Linear(4, 6), nn.ReLU(), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.Linear(6, 3), nn.ReLU(), nn.Linear(3, 1)
    )
    network[3].eval()
    modes = [module.training for module in network.modules()]
    dice, state = torch.get_rng_state(), {k: v.clone() for k, v in network.state_dict().items()}
    layers = discover(network, SEEN)
    assert [layer.name for layer in layers] == ["4"]  # the first is read through a batch norm: not by dense layers only
    assert [module.training for module in network.modules()] == modes
    assert torch.equal(torch.get_rng_state(), dice)
    assert all(torch.equal(v, state[k]) for k, v in network.state_dict().items())
    assert not any(module._forward_hooks for module in network.modules())
    policy = sb3_policy()
    dice = torch.get_rng_state()
    discover(policy, SEEN)  # samples an action
    assert torch.equal(torch.get_rng_state(), dice)


def test_the_output_layer_is_never_hidden() -> None:
    with pytest.raises(ValueError, match=r"found none in Sequential, which ran \[0, 1\]"):
        discover(nn.Sequential(nn.Linear(4, 2), nn.ReLU()), SEEN)


def test_modules_in_double_service_are_refused() -> None:
    act = nn.Tanh()
    with pytest.raises(ValueError, match=r"'1' of Sequential ran more than once.*Tanh\(\)"):
        discover(nn.Sequential(nn.Linear(4, 4), act, nn.Linear(4, 4), act, nn.Linear(4, 1)), SEEN)


def test_units_that_others_than_dense_layers_read_are_left_alone() -> None:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.act, self.gate = nn.Linear(4, 3), nn.ReLU(), nn.Sigmoid()
            self.last, self.second, self.tanh, self.out = nn.Linear(3, 2), nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2)

        def forward(self, seen: Tensor) -> Tensor:
            h = self.act(self.first(seen))
            return self.last(h) + self.gate(h).sum() + self.out(self.tanh(self.second(seen)))

    assert [layer.name for layer in discover(Gated(), SEEN)] == ["second"]
