import copy

import numpy as np
import pytest
import torch
from torch import Tensor

from lifelong_agent.reward_model import RewardModel


def make(contexts: int = 3, *, bits: bool = False, rate: float = 0.1, winners: int = 8) -> RewardModel:
    dice = torch.Generator().manual_seed(0)
    return RewardModel(4, 2, contexts, bits=bits, generator=dice, neurons=64, winners=winners, rate=rate)


def looks(count: int, seed: int) -> Tensor:
    return torch.randn(count, 4, generator=torch.Generator().manual_seed(seed))


def taught() -> RewardModel:
    """Context 0 pays action 0, context 1 action 1."""
    model = make()
    for step in range(300):
        sense = looks(8, step)
        action = torch.arange(8) % 2
        drive, paid = model.drive(sense), action.double().numpy()
        model.notice(drive, paid)
        code = model.code(drive)
        expected = model.predict(code, action, 2)
        model.learn(0, code, action, expected[0], 1.0 - paid)
        model.learn(1, code, action, expected[1], paid)
    return model


def test_the_code_are_the_neurons_with_the_largest_centred_drives():
    model = make()
    model.centre += torch.linspace(-1, 1, 64)
    sense = looks(5, 1)
    drive = sense @ model.projection - model.centre
    for row, code in zip(drive, model.code(model.drive(sense)), strict=True):
        assert set(code.tolist()) == set(row.sort(descending=True).indices[:8].tolist())


@pytest.mark.parametrize("bits", [False, True])
def test_drives_are_centred_by_the_mean_over_life_which_then_settles(bits: bool):
    model = make(bits=bits)
    senses = [(looks(4, step) > 0.3).float() for step in range(12)]
    for sense in senses:
        model.notice(model.drive(sense), np.zeros(4))
    torch.testing.assert_close(model.centre, (torch.cat(senses) @ model.projection).mean(0))
    assert not model.settled
    model.seen = 1000.0
    assert model.settled
    before = model.centre.clone()
    model.notice(None, np.zeros(4))
    assert torch.equal(model.centre, before)


def test_one_sample_closes_its_share_of_the_error():
    model = make(rate=0.25)
    model.lessons[2] = 100  # an old context: what it expects where it knows nothing is settled, 0
    code, action = model.code(model.drive(looks(1, 0))), torch.tensor([1])
    for step in range(1, 4):
        model.learn(2, code, action, model.predict(code, action, 3)[2], np.array([8.0]))
        told = model.predict(code, action, 3)
        assert told[:, 0].tolist() == pytest.approx([0.0, 0.0, 8.0 * (1 - 0.75**step)])
    assert np.abs(model.predict(code, torch.tensor([0]), 3)).sum() == 0


def test_streams_in_one_place_share_the_step():
    alone, together = make(), make()
    sense = looks(1, 0)
    alone.learn(0, alone.code(alone.drive(sense)), torch.tensor([0]), np.zeros(1), np.ones(1))
    crowd = together.code(together.drive(sense.expand(5, -1)))
    together.learn(0, crowd, torch.zeros(5, dtype=torch.long), np.zeros(5), np.ones(5))
    assert alone.weight.abs().sum() > 0
    torch.testing.assert_close(together.weight, alone.weight)


def test_rewards_tell_worlds_apart_that_look_the_same():
    model = taught()
    sense, action = looks(40, 999), torch.arange(40) % 2
    expected = model.predict(model.code(model.drive(sense)), action, 3)
    paid = action.double().numpy()
    first, second, blank = model.evidence(expected, 1.0 - paid).sum(1).tolist()
    assert first > 20
    assert second < -20
    assert first > blank > second
    first, second, _ = model.evidence(expected, paid).sum(1).tolist()
    assert second > 20
    assert first < -20


def test_expecting_nothing_and_getting_nothing_says_nothing():
    model = make()
    sense = looks(6, 0)
    model.notice(model.drive(sense), np.array([1.0, 0, 0, 0, 0, 0]))
    model.mean = 0.0
    action = torch.zeros(6, dtype=torch.long)
    told = model.evidence(model.predict(model.code(model.drive(sense)), action, 3), np.zeros(6))
    assert np.abs(told).sum() == 0


@pytest.mark.parametrize("usual", [-5.0, 3.0])
def test_the_usual_reward_is_no_surprise_to_a_context_that_knows_nothing(usual: float):
    model, rng = make(), np.random.default_rng(0)
    for step in range(60):
        model.notice(model.drive(looks(8, step)), rng.normal(usual, 1.0, 8))
    model.clear(1)  # a new one, and the first, in its first lessons
    sense, action = looks(40, 999), torch.zeros(40, dtype=torch.long)
    code = model.code(model.drive(sense))
    paid = rng.normal(usual, 1.0, 40)
    for step in range(8):
        few = model.code(model.drive(looks(8, step)))
        known = model.predict(few, action[:8], 1)[0]
        model.learn(0, few, action[:8], known, rng.normal(usual, 1.0, 8))
    told = model.evidence(model.predict(code, action, 2), paid)
    assert np.abs(told.mean(1)).max() < 0.5


def test_a_broken_promise_by_hand():
    model = make(contexts=1, winners=8)
    code, action = model.code(model.drive(looks(1, 0))), torch.tensor([0])
    model.largest = 1.0  # mean 0, largest distance 1: the noise is .25
    model.weight[0, code[0]] = 0.5 / 8

    def told(reward: float) -> float:
        return model.evidence(model.predict(code, action, 1), np.array([reward])).item()

    # Half a noise is forgiven: error (.5 - .125) / .25 = 1.5, nothing surprising.
    assert told(0.0) == pytest.approx(-0.5 * 1.5**2)
    # An unforeseen half: the same error, and the same surprise.
    model.weight.zero_()
    assert told(0.5) == pytest.approx(0.0)
    model.wrong[0] = 0.25**2  # who was wrong as often trusts itself less
    own = (2 * 0.25**2) ** 0.5
    error = (0.5 - 0.5 * own) / own
    trust = np.log(own / 0.25)
    assert told(0.5) == pytest.approx(0.5 * 1.5**2 - 0.5 * error**2 - trust)
    assert told(50.0) == pytest.approx(5.0)


def test_rewards_that_never_differ_tell_nothing():
    model = make()
    for step in range(20):
        model.notice(model.drive(looks(2, step)), np.ones(2))
    assert not model.informative
    model.notice(model.drive(looks(2, 0)), np.array([1.0, 0.0]))
    assert model.informative


def test_clearing_forgets_one_context_only():
    model = taught()
    model.wrong[:] = model.bias[:] = 1.0
    kept = model.weight[1].clone()
    model.clear(0)
    assert model.weight[0].abs().sum() == 0
    assert model.wrong.tolist() == [0, 1, 1]
    assert model.bias.tolist() == [model.mean, 1, 1]
    assert torch.equal(model.weight[1], kept)


def test_what_is_kept_on_the_host_is_part_of_the_state():
    model, other = taught(), make()
    other.load_state_dict(copy.deepcopy(model.state_dict()))
    sense, action = looks(40, 999), torch.arange(40) % 2
    told = [one.predict(one.code(one.drive(sense)), action, 3) for one in (model, other)]
    np.testing.assert_array_equal(told[0], told[1])
    np.testing.assert_array_equal(model.evidence(told[0], np.ones(40)), other.evidence(told[1], np.ones(40)))
