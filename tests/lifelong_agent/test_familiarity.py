import copy
import math

import pytest
import torch
from torch import Tensor

from lifelong_agent.familiarity import Familiarity


def looks(count: int, seed: int, *, world: int = 0) -> Tensor:
    """Of 40 bits world 0 shows the first twenty, world 1 the last; each view has four on."""
    dice = torch.Generator().manual_seed(seed)
    sense = torch.zeros(count, 40)
    sense.scatter_(1, torch.rand(count, 20, generator=dice).topk(4).indices + 20 * world, 1.0)
    return sense


def taught(steps: int = 400) -> Familiarity:
    model = Familiarity(40, 3)
    for step in range(steps):
        model.learn(0, looks(8, step))
        model.learn(1, looks(8, step, world=1))
    return model


def test_chances_are_the_mean_of_what_was_seen():
    model = Familiarity(40, 2, memory=1e9)
    batches = [looks(5, step) for step in range(30)]
    for sense in batches:
        model.learn(1, sense)
    # The prior, a half, counts as one observation.
    torch.testing.assert_close(model.chance[1], (0.5 + torch.cat(batches).sum(0)) / 151)
    assert model.seen.tolist() == [0, 150]
    assert bool((model.chance[0] == 0.5).all())


def test_surprise_is_the_negative_log_likelihood_of_independent_bits():
    model = Familiarity(2, 2)
    model.chance[1] = torch.tensor([0.9, 0.2])
    told = model.surprises(torch.tensor([[1.0, 1.0], [0.0, 0.0]]))
    torch.testing.assert_close(told[0], torch.full((2,), 2 * math.log(2)))
    expected = [-math.log(0.9 * 0.2), -math.log(0.1 * 0.8)]
    torch.testing.assert_close(told[1], torch.tensor(expected))


def test_evidence_is_for_the_world_that_shows_such_bits_and_against_the_other():
    model = taught()
    for world in (0, 1):
        told = model.evidence(looks(50, 9999, world=world), 3)
        assert told.shape == (3, 50)
        assert bool((told[world] > 0).all())
        assert bool((told[1 - world] == -10).all())
        assert told[2].abs().sum() == 0  # too young to say anything


def test_a_walk_into_a_rare_corner_of_the_same_world_is_still_familiar():
    # The chances are those of a life that saw the first ten bits often, the next ten seldom.
    model = Familiarity(40, 1)
    dice = torch.Generator().manual_seed(3)
    for _ in range(400):
        corner = float(torch.rand((), generator=dice)) < 0.1
        sense = torch.zeros(8, 40)
        sense.scatter_(1, torch.rand(8, 10, generator=dice).topk(4).indices + 10 * corner, 1.0)
        model.learn(0, sense)
    corner = torch.zeros(1, 40)
    corner[:, 10:14] = 1.0
    assert float(model.surprises(corner)[0]) > float(model.surprise[0])
    assert float(model.evidence(corner, 1)) > 0


def test_evidence_is_bounded_and_the_boundaries_are_hand_computed():
    model = Familiarity(4, 1, limit=10.0)
    model.seen[0] = 64
    model.chance[0] = torch.tensor([0.5, 0.5, 0.5, 0.0])
    model.novel[0] = 0.02  # fewer than the least that is reckoned with, .05
    model.chance[0, :3] = 0.05
    bit = torch.eye(4)[:1]  # the first bit is on, and nothing else
    usual = float(model.surprises(bit)[0])
    assert usual > 3.0  # so that the least that surprises are measured by, one nat, plays no part
    for ratio, expected in [(1.9, 1.0), (2.5, 1.0 - 0.5 * 11), (3.0, -10.0)]:
        model.surprise[0] = usual / ratio
        assert float(model.evidence(bit, 1)) == pytest.approx(expected, abs=1e-4)
    model.surprise[0] = 1e6  # surprise says nothing now: one bit never seen, log(.05 / 2) against
    assert float(model.evidence(torch.eye(4)[3:], 1)) == pytest.approx(1.0 + math.log(0.025), abs=1e-5)
    model.novel[0] = 2.0  # a context that shows as many new bits itself does not mind
    assert float(model.evidence(torch.eye(4)[3:], 1)) == pytest.approx(1.0)


def test_tables_follow_the_chances_however_these_change():
    model, other = taught(20), Familiarity(40, 3)
    sense = looks(8, 99)
    expected = model.evidence(sense, 2)
    other.evidence(sense, 2)
    other.load_state_dict(model.state_dict())
    torch.testing.assert_close(other.evidence(sense, 2), expected)
    torch.testing.assert_close(copy.deepcopy(other).evidence(sense, 2), expected)
    third = Familiarity(40, 3)
    for step in range(20):  # as often as the first, but the other way round
        third.learn(0, looks(8, step, world=1))
        third.learn(1, looks(8, step))
    third.evidence(sense, 2)
    third.load_state_dict(model.state_dict(), assign=True)
    torch.testing.assert_close(third.evidence(sense, 2), expected)
    model.chance[0] = 0.001
    assert not torch.equal(model.evidence(sense, 2)[0], expected[0])
    model.clear(1)
    assert model.evidence(sense, 2)[1].abs().sum() == 0


def test_clearing_forgets_one_context_only():
    model, fresh = taught(10), Familiarity(40, 3)
    kept = model.chance[1].clone()
    model.clear(0)
    assert torch.equal(model.chance[0], fresh.chance[0])
    for name in ("surprise", "novel", "seen"):
        assert getattr(model, name)[0] == getattr(fresh, name)[0], name
        assert getattr(model, name)[1] != getattr(fresh, name)[1], name
    assert torch.equal(model.chance[1], kept)
