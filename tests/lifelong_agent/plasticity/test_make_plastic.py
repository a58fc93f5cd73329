"""The rule in standard networks: as drop-in, part by part, with contexts, and what it refuses."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from lifelong_agent.plasticity import Adaptation, Consolidation, Dendrites, Plastic, Prototypes, Scaling, make_plastic
from lifelong_agent.plasticity.tracing import trace

FEATURES, CLASSES = 40, 4
NOTHING: dict[str, Any] = {"adaptation": None, "pool": False, "consolidation": None, "scaling": None}


def dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def dense(width: int = 24) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Linear(FEATURES, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, CLASSES)
        )


def convolutional() -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(2, 8, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 6, 3, padding=1),
            nn.Tanh(),
            nn.Flatten(),
            nn.Linear(6 * 4 * 4, 10),
            nn.ReLU(),
            nn.Linear(10, CLASSES),
        )


class World:
    """Blobs around prototypes of classes; each world has prototypes and a mean of its own."""

    def __init__(self, seed: int, shape: tuple[int, ...] = (FEATURES,)) -> None:
        self.centres = (
            2 * torch.rand(CLASSES, *shape, generator=dice(seed)) * (torch.rand(shape, generator=dice(seed + 50)) < 0.4)
        )
        self.dice = dice(seed + 1000)

    def batch(self, size: int = 16) -> tuple[Tensor, Tensor]:
        answer = torch.randint(CLASSES, (size,), generator=self.dice)
        return self.centres[answer] + 0.3 * torch.randn(size, *self.centres.shape[1:], generator=self.dice), answer


def learn(
    network: nn.Module, optimizer: torch.optim.Optimizer, world: World, steps: int = 150, size: int = 16
) -> float:
    right = 0
    for _ in range(steps):
        seen, answer = world.batch(size)
        logits = network(seen)
        right += int((logits.argmax(dim=1) == answer).sum())
        optimizer.zero_grad()
        functional.cross_entropy(logits, answer).backward()
        optimizer.step()
    return right / steps / size


def accuracy(network: nn.Module, world: World, size: int = 200) -> float:
    seen, answer = World.batch(world, size)
    with torch.no_grad():
        return float((network(seen).argmax(dim=1) == answer).float().mean())


def plastic(network: nn.Module, example: Tensor | None = None, **parts) -> Plastic:
    return make_plastic(network, torch.zeros(2, FEATURES) if example is None else example, **parts)


def test_without_any_part_a_network_is_what_it_was():
    seen = torch.rand(5, FEATURES, generator=dice())
    network = dense()
    expected = network(seen)
    rule = plastic(network, **NOTHING)
    rule.attach(torch.optim.SGD(network.parameters(), lr=0.1))
    assert torch.equal(network(seen), expected)


PARTS = {
    "adaptation": {**NOTHING, "adaptation": Adaptation()},
    "senses": {**NOTHING, "adaptation": Adaptation(hidden=False)},
    "pool": {**NOTHING, "pool": True},
    "consolidation": {**NOTHING, "consolidation": Consolidation(30, 0.999, 1e-3)},
    "scaling": {**NOTHING, "scaling": Scaling(2)},
    "strict": {},
    "dendrites": {"gate": Dendrites(0.5)},
    "prototypes": {"gate": Prototypes(0.5, capacity=8)},
}


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
    assert twin._optimizer is None and twin._handles == []
    assert rule._optimizer is not None and len(rule._handles) == 2
    rule.detach()
    weight = network[0].weight.detach().clone()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.0)
    learn(network, optimizer, World(0), 20)
    assert rule.steps.learnt == 0 and torch.equal(network[0].weight, weight)


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
