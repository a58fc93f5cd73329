import copy
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from tests.lifelong_agent.pairs import Pair, Senses, Wander, flat, learner

pytest.importorskip("numba", reason="needs numba: pip install 'lifelong_agent[fast]'")

from lifelong_agent.addresses import addresses
from lifelong_agent.kernels.slots import GROWS
from lifelong_agent.stream import bits as streams
from lifelong_agent.stream import witness
from lifelong_agent.stream.bits import BitStream
from lifelong_agent.stream.learner import BitLearner

CLOSE = 1e-5


LOOSE = {".cortex.usage": 1e-4, ".inference.rewards.weight": 1e-4}
"""What eight streams add up in eight small sums, each rounded, in the kernels and in one in the tensors."""


def agree(pair: Pair, loose: dict[str, float] | None = None) -> None:
    close = loose or {}
    assert {name: gap for name, gap in pair.gaps().items() if gap > close.get(name, CLOSE)} == {}
    one, other = pair.outputs()
    np.testing.assert_allclose(other, one, atol=CLOSE)


def test_a_pair_that_does_not_learn_the_same_is_noticed():
    pair = Pair("bits", 1)
    world = Wander("bits", 1, 1)
    pair.begin(world.look())
    pair.live(world, 50)
    agree(pair)
    pair.compiled.rates = pair.compiled.rates._replace(value=0.12)
    getattr(pair.compiled, "stream").rates[10] = 0.12  # noqa: B009
    pair.live(world, 50)
    with pytest.raises(AssertionError):
        agree(pair)


CASES = [("bits", 1, {}), ("real", 1, {"infer": False}), ("real", 1, {}), ("bits", 8, {}), ("real", 8, {})]


def live(senses: Senses, streams: int, changes: dict[str, Any], steps: int) -> Pair:
    width = 64 if senses == "bits" else 6
    pair = Pair(senses, streams, width, **changes)
    world = Wander(senses, streams, 1, width)
    pair.begin(world.look())
    for _ in range(steps // 100):
        pair.live(world, 100)
        agree(pair, LOOSE if streams > 1 else None)
    return pair


@pytest.mark.parametrize(("senses", "streams", "changes"), CASES)
def test_both_engines_learn_the_same(senses: Senses, streams: int, changes: dict[str, Any]):
    live(senses, streams, changes, 500)


@pytest.mark.parametrize("changes", [{"fast_share": 0.0}, {"brake": 0.0}, {"consolidation": 0.0}, {"trace": 0.0}])
def test_parts_that_are_left_out_are_left_out_by_both(changes: dict[str, Any]):
    live("bits", 1, changes, 200)


@pytest.mark.parametrize(("senses", "streams"), [("bits", 1), ("real", 1), ("bits", 8)])
def test_no_logit_moves_further_than_it_may(senses: Senses, streams: int):
    reach = 2e-4  # less than most lessons ask for
    pair = live(senses, streams, {"infer": False, "reach": reach, "brake": 0.0, "fast_share": 0.0}, 300)
    world = Wander(senses, streams, 1, 64 if senses == "bits" else 6)
    pair.begin(world.look())
    moved = []
    for _ in range(50):
        one, actions = pair.reference, pair.reference.actions
        pair.told.clear()
        one.act(pair.dice)
        thought = getattr(one, "_thought")  # noqa: B009
        one.learn(world.step(pair.compiled.act(pair.dice)))
        moved.append(float((one.brain.reread(thought).output - thought.output)[:, :actions].abs().max()))
    assert 0.9 * reach < max(moved) <= 1.01 * reach


@pytest.mark.long
@pytest.mark.parametrize(("senses", "streams", "changes"), CASES)
def test_both_engines_learn_the_same_for_ten_thousand_steps(senses: Senses, streams: int, changes: dict[str, Any]):
    live(senses, streams, changes, 10_000)


def exact(stream: BitStream) -> bool:
    """Whether the drives of the present thought are those that its weights give, to the last bit."""
    assert stream.base == stream.now
    anew = stream.places[stream.now].astype(np.int32) @ stream.weight
    return np.array_equal(stream.drives[stream.now], anew)


def test_drives_follow_worlds_and_new_neurons_exactly(monkeypatch: pytest.MonkeyPatch):
    pair, contexts = Pair("bits", 1, contexts=3), []
    assert isinstance(pair.compiled, BitLearner)
    stream, cortex = pair.compiled.stream, pair.reference.brain.cortex
    stream.rates[GROWS] = 1.5  # standard deviations: novel is what is only a little unusual
    monkeypatch.setattr(cortex, "novel", partial(cortex.novel, threshold=1.5))
    worlds = [Wander("bits", 1, seed) for seed in (1, 2)]
    pair.begin(worlds[0].look())
    for k in (0, 1, 0, 1):
        for _ in range(4):
            pair.live(worlds[k], 100)
            agree(pair)
            assert exact(stream)
            drive = cortex.weight[cortex.members[stream.context]] @ stream.sense(stream.now)
            half = 0.5 * stream.unit * float(stream.sense(stream.now).sum())  # of what one weight is known to
            np.testing.assert_allclose(stream.drives[stream.now] * stream.unit, drive.numpy(), atol=half + 1e-6)
        contexts.append(pair.compiled.brain.context)
    assert contexts == [0, 1, 0, 1]
    assert int(cortex.born) == int(pair.compiled.brain.cortex.born) > 0


def test_who_fires_does_not_hang_on_how_coarse_weights_are(monkeypatch: pytest.MonkeyPatch):
    def coarse(weight: np.ndarray) -> tuple[np.ndarray, float]:
        unit = float(np.abs(weight).max()) / 63
        return np.rint(weight / unit).astype(np.int16), unit

    for user in (streams, witness):
        monkeypatch.setattr(user, "fixed_point", coarse)
    live("bits", 1, {}, 300)


def test_what_was_seen_can_be_counted_anew_at_any_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streams, "RECOUNT", 30)
    pair = live("bits", 1, {}, 300)
    assert getattr(pair.compiled, "stream").seen[1] <= 31  # noqa: B009


def test_a_state_that_is_loaded_is_what_is_gone_on_from():
    pair, world = Pair("bits", 1), Wander("bits", 1, 1)
    pair.begin(world.look())
    pair.live(world, 100)
    kept = copy.deepcopy(pair.compiled.brain.state_dict())
    pair.live(world, 100)
    for each in (pair.compiled, pair.reference):
        each.brain.load_state_dict(kept)
    pair.live(world, 100)
    agree(pair)


def test_what_is_changed_from_outside_is_gone_on_from():
    pair, world = Pair("bits", 1), Wander("bits", 1, 1)
    pair.begin(world.look())
    pair.live(world, 100)
    for each in (pair.compiled, pair.reference):
        each.brain.readout.core.add_(0.25)
        each.brain.cortex.weight[:100].mul_(0.5)
        each.brain.cortex.forget_projections()
    pair.live(world, 100)
    agree(pair)


def test_what_compiled_code_would_take_for_something_else_is_refused():
    with pytest.raises(TypeError, match="array 1 is to hold float32"):
        addresses([(np.zeros(3), np.float64), (np.zeros(3), np.float32)])
    with pytest.raises(TypeError, match="in C order"):
        addresses([(np.zeros((3, 2)).T, np.float64)])


def test_a_stream_is_not_copied_for_its_memory_is_known_by_address():
    one = learner("bits", 1, 64, "numba")
    with pytest.raises(TypeError, match="cannot be copied"):
        copy.deepcopy(getattr(one, "stream"))  # noqa: B009


@pytest.mark.parametrize("senses", ["bits", "real"])
def test_a_look_changes_nothing_to_the_last_bit(senses: Senses):
    ends = []
    for looks in (False, True):
        one, world = learner(senses, 1, 6, "numba"), Wander(senses, 1, 1, 6)
        dice = np.random.default_rng(0)
        one.begin(world.look())
        for step in range(300):
            one.learn(world.step(one.act(dice)))
            if looks and step % 7 == 0:
                twin = copy.deepcopy(one.brain)
                assert same(twin.state_dict(), one.brain.state_dict())
                one.brain(torch.zeros(1, 6))
        ends.append(one.brain.state_dict())
    assert same(*ends)


def test_a_copy_lives_on_as_the_original():
    pair, world = Pair("bits", 1), Wander("bits", 1, 1)
    pair.begin(world.look())
    pair.live(world, 150)
    twin = copy.deepcopy(pair.compiled.brain)
    before = copy.deepcopy(twin.state_dict())
    pair.live(world, 150)
    assert same(twin.state_dict(), before)  # shares nothing
    agree(pair)


def same(one: Any, other: Any) -> bool:
    parts, others = (dict(flat(state)) for state in (one, other))
    return parts.keys() == others.keys() and all(np.array_equal(value, others[name]) for name, value in parts.items())
