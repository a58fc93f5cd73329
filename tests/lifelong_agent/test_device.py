import copy
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from lifelong_agent.device import DeviceLearner
from lifelong_agent.learner import Learner, Rates, make_learner
from tests.lifelong_agent.on_device import DevicePair, device_learner, tensors
from tests.lifelong_agent.pairs import Senses, Wander, flat, learner

CLOSE = 1e-5


def agree(pair: DevicePair) -> None:
    assert {name: gap for name, gap in pair.gaps().items() if not gap <= CLOSE} == {}
    one, other = pair.outputs()
    np.testing.assert_allclose(other, one, atol=CLOSE)


def live(pair: DevicePair, world: Wander, steps: int) -> None:
    for _ in range(steps // 100):
        pair.live(world, 100)
        agree(pair)


class Field(Wander):
    """Half of the places pay, as long as it is fertile."""

    fertile = True

    def step(self, action: np.ndarray) -> Any:
        before = self.place.copy()
        outcome = super().step(action)
        return outcome._replace(reward=(before < 12).astype(np.float32) * self.fertile)


class Blinking(Wander):
    """Most bits are turned over by chance."""

    def look(self) -> np.ndarray:
        return super().look() ^ (self.dice.random((self.streams, self.width)) < 0.3)


@pytest.mark.parametrize(
    ("senses", "streams", "changes"),
    [
        ("bits", 1, {}),
        ("bits", 8, {}),
        ("bits", 4, {"infer": False}),
        ("bits", 4, {"reach": 2e-4}),
        ("real", 8, {"infer": False}),
    ],
)
def test_it_learns_what_the_reference_learns(senses: Senses, streams: int, changes: dict[str, Any]):
    width = 64 if senses == "bits" else 6
    pair, world = DevicePair(senses, streams, width, **changes), Wander(senses, streams, 1, width)
    pair.begin(world.look())
    live(pair, world, 400)


def test_a_pair_that_does_not_learn_the_same_is_noticed():
    pair, world = DevicePair("bits", 2), Wander("bits", 2, 1)
    pair.begin(world.look())
    live(pair, world, 100)
    pair.device.rates = pair.device.rates._replace(value=0.12)
    pair.live(world, 100)
    with pytest.raises(AssertionError):
        agree(pair)


def test_it_tells_worlds_apart_as_the_reference_does():
    pair, worlds, told = DevicePair("bits", 4, contexts=2), [Field("bits", 4, seed) for seed in (1, 2, 3)], []
    pair.begin(worlds[0].look())
    for world in (0, 1, 0, 2, 1):  # the third has no slot of its own
        live(pair, worlds[world], 200)
        told.append(pair.device.brain.context)
        assert pair.reference.brain.context == told[-1]
    assert told[:3] == [0, 1, 0]
    assert pair.device.brain.contexts == 2


def test_worlds_that_pay_nothing_are_told_apart_alike():
    pair, worlds = DevicePair("bits", 4), [Field("bits", 4, seed) for seed in (1, 2)]
    pair.begin(worlds[0].look())
    for world in worlds:
        world.fertile = False
        live(pair, world, 100)
    assert pair.device.brain.contexts == pair.reference.brain.contexts == 2


@pytest.mark.parametrize(
    "changes",
    [{"gate": False}, {"neurons": 128}, {"fast_share": 0.0}, {"brake": 0.0}, {"consolidation": 0.0}, {"trace": 0.0}],
    ids=str,
)
def test_parts_that_are_left_out_are_left_out_by_both(changes: dict[str, Any]):
    pair, worlds = DevicePair("bits", 2, **changes), [Wander("bits", 2, seed) for seed in (1, 2)]
    pair.begin(worlds[0].look())
    for world in (0, 1, 0):
        live(pair, worlds[world], 100)
    assert pair.device.brain.contexts == 2


def test_a_world_that_pays_no_more_is_doubted_alike():
    pair, world, doubts = DevicePair("bits", 8), Field("bits", 8, 1), []
    pair.begin(world.look())
    live(pair, world, 400)
    world.fertile = False
    for _ in range(10):
        pair.live(world, 10)
        agree(pair)
        doubts.append(pair.device.brain.state_dict()["inference._extra_state"]["doubt"][1][0])
    assert max(doubts) > 0.1


def test_a_storm_is_weathered_alike():
    pair, calm, storm = DevicePair("bits", 4), Wander("bits", 4, 1), Blinking("bits", 4, 1)
    pair.begin(calm.look())
    live(pair, calm, 200)
    pair.live(storm, 40)
    agree(pair)
    lost = pair.device.brain.state_dict()["inference._extra_state"]
    assert lost["lost"] > 0 and lost["credit"] != 0.0
    live(pair, storm, 200)
    live(pair, calm, 100)


@pytest.mark.parametrize("senses", ["bits", "real"])
def test_neurons_are_recruited_alike(senses: Senses, monkeypatch: pytest.MonkeyPatch):
    width = 64 if senses == "bits" else 6
    pair, world = DevicePair(senses, 4, width, infer=senses == "bits"), Wander(senses, 4, 1, width)
    here = getattr(getattr(pair.device, "_here"), "_cortex")  # noqa: B009
    for cortex in (pair.reference.brain.cortex, here):
        monkeypatch.setattr(cortex, "novel", partial(cortex.novel, threshold=1.5 if senses == "bits" else 0.5))
    pair.begin(world.look())
    live(pair, world, 400)
    assert int(pair.device.brain.cortex.born) == int(pair.reference.brain.cortex.born) > 0


def test_without_neurogenesis_nothing_is_recruited_nor_followed():
    pair, world = DevicePair("bits", 2, neurogenesis=False), Wander("bits", 2, 1)
    pair.begin(world.look())
    live(pair, world, 100)


@pytest.mark.parametrize("streams", [1, 3])
def test_a_look_changes_nothing_to_the_last_bit(streams: int):
    ends = []
    for looks in (False, True):
        one, world = device_learner("bits", streams, 64), Wander("bits", streams, 1)
        assert one.brain.inference is not None
        one.brain.inference.full = 100  # from here on steps wait in a queue
        rng = torch.Generator().manual_seed(3)
        one.begin(torch.from_numpy(world.look()))
        for step in range(150):
            one.learn(tensors(world.step(one.act(rng).numpy())))
            if looks and step % 7 == 0:
                twin = copy.deepcopy(one.brain)
                assert same(twin.state_dict(), one.brain.state_dict())
        ends.append({"brain": one.brain.state_dict(), "yardstick": one.yardstick.state_dict()})
    assert same(*ends)


def test_equal_seeds_make_equal_bits():
    ends = []
    for seed in (3, 3, 4):
        one, world = device_learner("bits", 3, 64), Wander("bits", 3, 1)
        rng = torch.Generator().manual_seed(seed)
        one.begin(torch.from_numpy(world.look()))
        for _ in range(60):
            one.learn(tensors(world.step(one.act(rng).numpy())))
        ends.append(one.brain.state_dict())
    assert same(ends[0], ends[1])
    assert not same(ends[0], ends[2])


def test_actions_are_drawn_as_likely_as_they_are():
    one = device_learner("bits", 5000, 16)
    one.begin(torch.zeros(5000, 16))
    one._output = torch.tensor([0.0, 1.0, -1.0, 9.0]).repeat(5000, 1)
    drawn = torch.bincount(one.act(torch.Generator().manual_seed(0)), minlength=3) / 5000
    np.testing.assert_allclose(drawn, one._output[0, :3].softmax(0), atol=0.02)


def test_what_is_changed_from_outside_is_gone_on_from():
    pair, world = DevicePair("bits", 2), Wander("bits", 2, 1)
    pair.begin(world.look())
    live(pair, world, 100)
    kept = copy.deepcopy(pair.device.brain.state_dict())
    live(pair, world, 100)
    for each in (pair.device, pair.reference):
        each.brain.load_state_dict(kept)
        each.brain.readout.core.add_(0.25)
        each.brain.cortex.weight[:100].mul_(0.5)
        each.brain.cortex.forget_projections()
    live(pair, world, 100)


def test_the_reference_can_go_on_from_what_was_learnt_on_a_device():
    pair, world = DevicePair("bits", 2), Wander("bits", 2, 1)
    pair.begin(world.look())
    live(pair, world, 100)
    brain = copy.deepcopy(pair.device.brain)
    heir = Learner(brain, copy.deepcopy(pair.device.yardstick), pair.device.rates)
    seen = world.look()
    heir.begin(seen)
    pair.reference.begin(seen)
    for _ in range(100):
        pair.told.clear()
        pair.reference.act(pair.dice)
        outcome = world.step(heir.act(pair.dice))
        pair.reference.learn(outcome)
        heir.learn(outcome)
    one, other = (dict(flat(each.state_dict())) for each in (brain, pair.reference.brain))
    assert max(float(np.abs(value - other[name]).max(initial=0.0)) for name, value in one.items()) < 1e-4


@pytest.mark.parametrize(
    ("senses", "infer", "expected"),
    [("bits", True, DeviceLearner), ("real", False, DeviceLearner), ("real", True, Learner)],
)
def test_the_learner_is_chosen_by_what_the_world_shows(senses: Senses, infer: bool, expected: type):
    like = learner(senses, 2, 6, "torch", infer=infer)
    assert type(make_learner(like.brain, like.yardstick, like.rates, tensors=True)) is expected
    assert type(make_learner(like.brain, like.yardstick, like.rates)) is Learner


def test_what_cannot_be_learnt_from_is_refused():
    like = learner("real", 2, 6, "torch")
    with pytest.raises(ValueError, match="learns on the host"):
        DeviceLearner(like.brain, like.yardstick, Rates(0.1, 0.1, 0.0))
    one, world = device_learner("bits", 2, 64), Wander("bits", 2, 1)
    with pytest.raises(ValueError, match="lives on 'cpu', what it senses on 'meta'"):
        one.begin(torch.zeros(2, 64, device="meta"))
    one.begin(torch.from_numpy(world.look()))
    outcome = tensors(world.step(one.act(torch.Generator()).numpy()))
    with pytest.raises(ValueError, match=r"\(2, 64\); got \(2, 5\)"):
        one.learn(outcome._replace(after=outcome.after[:, :5]))
    with pytest.raises(TypeError, match="tensors"):
        one.learn(world.step(np.zeros(2, np.int64)))  # pyright: ignore[reportArgumentType]


def same(one: Any, other: Any) -> bool:
    parts, others = (dict(flat(state)) for state in (one, other))
    return parts.keys() == others.keys() and all(np.array_equal(value, others[name]) for name, value in parts.items())
