import copy
from typing import Any, Literal

import numpy as np
import pytest
import torch
from torch import Tensor

from lifelong_agent.inference import ContextInference
from tests.lifelong_agent.streams import STREAMS, BitWorld, LinearWorld, Stream, contexts_of

Senses = Literal["real", "bits"]
WORLDS: dict[Senses, type[LinearWorld] | type[BitWorld]] = {"real": LinearWorld, "bits": BitWorld}
WIDTH: dict[Senses, int] = {"real": 4, "bits": 240}
VISIT = 120


def make(senses: Senses, contexts: int = 5, **changes: Any) -> ContextInference:
    dice = torch.Generator().manual_seed(0)
    width = WIDTH[senses]
    return ContextInference(width, 2, contexts, streams=STREAMS, gamma=0.9, senses=senses, generator=dice, **changes)


def everything(inference: ContextInference) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in inference.named_buffers() if name.split(".")[-1] != "_acted"}


@pytest.mark.parametrize("senses", ["real", "bits"])
def test_two_unlabelled_worlds_are_told_apart_and_known_again(senses: Senses):
    stream = Stream(make(senses))
    first, second = WORLDS[senses](10), WORLDS[senses](20)
    assert contexts_of(stream.live(first, VISIT)) == [0]
    met = stream.live(second, VISIT)
    assert contexts_of(met) == [0, 1]
    assert sum(belief.opened for belief in met) == 1
    opening = next(step for step, belief in enumerate(met) if belief.opened)
    assert opening < 20
    assert met[opening].switched
    assert not any(belief.sure for belief in met[1:opening])  # lost until then
    for world, context in ((first, 0), (second, 1), (first, 0)):
        back = stream.live(world, 40)
        assert [belief.context for belief in back[3:]] == [context] * 37
        assert all(belief.sure for belief in back[3:])
    assert stream.inference.known == 2


def test_a_new_world_is_opened_after_patience_and_no_sooner():
    stream = Stream(make("real", patience=25))
    stream.live(LinearWorld(10), VISIT)
    met = stream.live(LinearWorld(20), 40)
    lost = next(step for step, belief in enumerate(met) if not belief.sure)
    assert [step for step, belief in enumerate(met) if belief.opened] == [lost + 25 - 1]


@pytest.mark.parametrize("senses", ["real", "bits"])
def test_a_burst_of_noise_is_no_new_world(senses: Senses):
    stream = Stream(make(senses))
    world, dice = WORLDS[senses](11), torch.Generator().manual_seed(1)
    stream.live(world, VISIT)
    for _ in range(3):
        burst = stream.live(world, 6, fault=lambda sense: torch.rand(sense.shape, generator=dice).round() * 5)
        calm = stream.live(world, 30)
        assert not any(belief.sure for belief in burst[1:])  # nothing to learn from
        assert {belief.context for belief in burst + calm} == {0}
        assert all(belief.sure for belief in calm[6:])
    assert stream.inference.known == 1


def test_worlds_that_look_the_same_and_pay_differently_are_told_apart():
    stream = Stream(make("bits"))
    worlds = BitWorld(10, paid=0), BitWorld(10, paid=1)
    here, there = (stream.live(world, VISIT)[-1].context for world in worlds)
    assert here != there
    opened = stream.inference.known
    for world, context in zip(worlds, (here, there), strict=True):
        back = stream.live(world, VISIT)
        assert {belief.context for belief in back[20:]} == {context}
    assert stream.inference.known == opened


@pytest.mark.parametrize("senses", ["real", "bits"])
def test_a_frozen_model_infers_and_learns_nothing(senses: Senses):
    stream = Stream(make(senses))
    worlds = WORLDS[senses](10), WORLDS[senses](20)
    for world in worlds:
        stream.live(world, VISIT)
    inference = stream.inference
    before = everything(inference)
    stream.inference.forget_belief(STREAMS)
    for world, context in ((worlds[0], 0), (worlds[1], 1), (WORLDS[senses](30), None)):
        beliefs = stream.live(world, 30, learn=False)
        assert context is None or {belief.context for belief in beliefs[3:]} == {context}
        assert not any(belief.opened for belief in beliefs)
    moving = {"returns.running", "returns.discount"}  # what its episodes brought so far
    for name, value in everything(inference).items():
        assert name in moving or torch.equal(value, before[name]), name
    assert inference.known == 2


def test_when_all_slots_are_taken_no_world_is_opened():
    stream = Stream(make("real", contexts=2))
    for seed in (10, 20, 30, 31):
        stream.live(LinearWorld(seed), 60)
    assert stream.inference.known == 2
    assert stream.inference.context in (0, 1)


def test_doubt_is_a_sum_that_never_falls_below_nothing():
    inference = make("real")
    inference.known = 2
    nobody = torch.zeros(0, 4)

    def take(senses: tuple[float, float], rewards: tuple[float, float] = (0.0, 0.0)) -> list[list[float]]:
        inference._doubt(np.array(senses), np.array(rewards), nobody, streams=1)
        return inference.doubt[:, :2].tolist()

    # Against the best there is, less one nat a stream.
    assert take((3.0, -2.0)) == [[0.0, 4.0], [0.0, 0.0]]
    assert take((-3.0, -2.0)) == [[2.0, 5.0], [0.0, 0.0]]  # against knowing nothing, 0
    assert take((0.5, 0.0)) == [[1.0, 4.5], [0.0, 0.0]]
    # Rewards speak where the brain acts, in context 0; doubts from rewards fade in the other one.
    inference.doubt[1, 1] = 2.0
    told = take((0.0, 0.0), (-5.0, -5.0))
    assert told[1] == pytest.approx([5.0, 2.0 * inference.fading])
    told = take((-1000.0, 0.0), (-1000.0, 0.0))
    assert [told[0][0], told[1][0]] == [inference.ceiling] * 2


def test_the_brain_stays_until_another_context_is_clearly_less_doubtful():
    inference = make("real")
    inference.known = 3
    for doubts, expected in [
        ((1.9, 0.0, 5.0), 0),
        ((2.1, 0.0, 5.0), 1),
        ((2.1, 1.5, 3.4), 1),
        ((9.5, 12.0, 9.4), 1),  # nobody is believed: it stays
        ((9.5, 12.0, 7.9), 2),
    ]:
        inference.doubt[0, :3] = doubts
        inference._choose()
        assert inference.context == expected


def test_counters_are_part_of_the_state():
    stream = Stream(make("real"))
    for seed in (10, 20):
        stream.live(LinearWorld(seed), 60)
    stream.live(LinearWorld(30), 4)  # lost
    other = make("real")
    other.load_state_dict(stream.inference.state_dict())
    for name in ("known", "context", "lost", "credit"):
        assert getattr(other, name) == getattr(stream.inference, name), name
    np.testing.assert_array_equal(other.doubt, stream.inference.doubt)
    assert stream.inference.lost > 0


@pytest.mark.parametrize("senses", ["real", "bits"])
def test_a_restored_model_lives_on_as_the_saved_one(senses: Senses):
    stream = Stream(make(senses))
    stream.live(WORLDS[senses](10), 123)  # well known by now: a few steps are waiting to be learnt
    other = make(senses)
    other.load_state_dict(copy.deepcopy(stream.inference.state_dict()))
    assert len(other.queue) == len(stream.inference.queue) > 0
    twin = copy.deepcopy(stream)
    twin.inference = other
    world = WORLDS[senses](20)
    told = [each.live(copy.deepcopy(world), 60) for each in (stream, twin)]
    assert told[0] == told[1]
    for name, value in everything(other).items():
        assert torch.equal(value, everything(stream.inference)[name]), name


def test_what_waits_to_be_learnt_moves_along():
    stream = Stream(make("real"))
    stream.live(LinearWorld(10), 123)
    moved = stream.inference.to("meta")
    assert {part.device.type for parts in moved.queue for part in parts} == {"meta"}


@pytest.mark.parametrize("senses", ["real", "bits"])
def test_an_exam_begins_in_no_particular_world(senses: Senses):
    stream = Stream(make(senses))
    worlds = [WORLDS[senses](seed) for seed in (10, 20, 30)]
    for world in worlds:
        stream.live(world, VISIT)
    inference = stream.inference
    assert (inference.context, inference.known) == (2, 3)
    begun, first = [], worlds[0].first()
    for guess in (0.0, 0.5, 0.99):
        inference.forget_belief(STREAMS, guess)
        begun.append(inference.begin(first, learn=False).context)
    # Bits say at once which world this is; these first observations of real-valued senses leave it open.
    assert begun == ([0, 0, 0] if senses == "bits" else [0, 1, 2])


def test_noise_in_the_bits_is_no_new_world_however_long():
    stream = Stream(make("bits"))
    world, dice = BitWorld(11), torch.Generator().manual_seed(1)
    stream.live(world, VISIT)
    storm = stream.live(
        world, 60, fault=lambda sense: (sense - (torch.rand(sense.shape, generator=dice) < 0.1).float()).abs()
    )
    assert not any(belief.sure for belief in storm[5:])
    assert stream.inference.known == 1
    assert all(belief.sure for belief in stream.live(world, 40)[6:])


@pytest.mark.parametrize("senses", ["real", "bits"])
def test_faring_badly_in_a_known_world_opens_no_new_one(senses: Senses):
    stream = Stream(make(senses))
    world = WORLDS[senses](10)
    stream.live(world, VISIT)
    for _ in range(40):  # all rewards are equal, but episodes bring less than they used to
        stream.inference.doubt[1, 0] = stream.inference.ceiling
        assert not stream.live(world, 1)[0].sure
    assert stream.inference.known == 1


def test_long_noise_in_real_valued_senses_is_no_new_world():
    stream = Stream(make("real"))
    world, dice = LinearWorld(11), torch.Generator().manual_seed(1)
    stream.live(world, VISIT)
    stream.live(world, 150, fault=lambda sense: sense + 0.5 * torch.randn(sense.shape, generator=dice))
    assert stream.inference.known == 1
    assert all(belief.sure for belief in stream.live(world, 40)[6:])


@pytest.mark.parametrize("steps", [60, 200])
def test_failed_sensors_are_another_world_only_when_they_stay(steps: int):
    stream = Stream(make("real"))
    world = LinearWorld(11)
    world.matrix[2:, :2] = world.matrix[:2, 2:] = 0.0  # two pairs swing apart: one will look wrong, and one will not
    stream.live(world, VISIT)
    flipped = torch.tensor([1.0, 1.0, 1.0, -1.0])
    stream.inference.stubborn = 96
    told = stream.live(world, steps, fault=lambda sense: sense * flipped)
    assert stream.inference.known == (1 if steps < 96 else 2)
    assert told[-1].context == (0 if steps < 96 else 1)
    assert {belief.context for belief in stream.live(world, 40)[3:]} == {0}


def test_with_all_slots_taken_failed_sensors_do_not_stop_learning_for_ever():
    stream = Stream(make("real", contexts=1))
    world = LinearWorld(11)
    world.matrix[2:, :2] = world.matrix[:2, 2:] = 0.0
    stream.live(world, VISIT)
    flipped = torch.tensor([1.0, 1.0, 1.0, -1.0])
    stream.live(world, 200, fault=lambda sense: sense * flipped)
    assert all(belief.sure for belief in stream.live(world, 40)[6:])


def test_a_young_world_does_not_refute_itself():
    for seed in range(12):
        stream = Stream(make("real"), seed)
        assert all(belief.sure for belief in stream.live(LinearWorld(seed), 40)), seed
