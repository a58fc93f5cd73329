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
        model.notice(sense, action.float())
        code = model.code(sense)
        model.learn(0, code, action, 1.0 - action)
        model.learn(1, code, action, action.float())
    return model


def test_the_code_are_the_neurons_with_the_largest_centred_drives():
    model = make()
    model.centre += torch.linspace(-1, 1, 64)
    sense = looks(5, 1)
    drive = sense @ model.projection - model.centre
    for row, code in zip(drive, model.code(sense), strict=True):
        assert set(code.tolist()) == set(row.sort(descending=True).indices[:8].tolist())


@pytest.mark.parametrize("bits", [False, True])
def test_drives_are_centred_by_the_mean_over_life_which_then_settles(bits: bool):
    model = make(bits=bits)
    senses = [(looks(4, step) > 0.3).float() for step in range(12)]
    for sense in senses:
        model.notice(sense, torch.zeros(4))
    torch.testing.assert_close(model.centre, (torch.cat(senses) @ model.projection).mean(0))
    model.usual[0] = 1000.0
    before = model.centre.clone()
    model.notice(senses[0], torch.zeros(4))
    assert torch.equal(model.centre, before)


def test_one_sample_closes_its_share_of_the_error():
    model = make(rate=0.25)
    code, action = model.code(looks(1, 0)), torch.tensor([1])
    for step in range(1, 4):
        model.learn(2, code, action, torch.tensor([8.0]))
        told = model.predict(code, action, 3)
        assert told[:, 0].tolist() == pytest.approx([0.0, 0.0, 8.0 * (1 - 0.75**step)])
    assert model.predict(code, torch.tensor([0]), 3).abs().sum() == 0


def test_streams_in_one_place_share_the_step():
    alone, together = make(), make()
    sense = looks(1, 0)
    alone.learn(0, alone.code(sense), torch.tensor([0]), torch.tensor([1.0]))
    crowd = sense.expand(5, -1)
    together.learn(0, together.code(crowd), torch.zeros(5, dtype=torch.long), torch.ones(5))
    torch.testing.assert_close(together.weight, alone.weight)


def test_rewards_tell_worlds_apart_that_look_the_same():
    model = taught()
    sense, action = looks(40, 999), torch.arange(40) % 2
    code = model.code(sense)
    first, second, blank = model.evidence(code, action, 1.0 - action, 3).sum(1).tolist()
    assert first > 20
    assert second < -20
    assert first > blank > second
    first, second, _ = model.evidence(code, action, action.float(), 3).sum(1).tolist()
    assert second > 20
    assert first < -20


def test_expecting_nothing_and_getting_nothing_says_nothing():
    model = make()
    sense = looks(6, 0)
    model.notice(sense, torch.tensor([1.0, 0, 0, 0, 0, 0]))
    model.usual[1] = 0.0
    action = torch.zeros(6, dtype=torch.long)
    told = model.evidence(model.code(sense), action, torch.zeros(6), 3)
    assert told.abs().sum() == 0


def test_a_broken_promise_by_hand():
    model = make(contexts=1, winners=8)
    code, action = model.code(looks(1, 0)), torch.tensor([0])
    model.usual[:] = torch.tensor([9.0, 0.0, 1.0])  # mean 0, largest distance 1: the noise is .25
    model.weight[0, 0, code[0]] = 0.5 / 8
    # Half a noise is forgiven: error (.5 - .125) / .25 = 1.5, nothing surprising.
    assert model.evidence(code, action, torch.zeros(1), 1).item() == pytest.approx(-0.5 * 1.5**2)
    # An unforeseen half: the same error, and the same surprise.
    model.weight.zero_()
    assert model.evidence(code, action, torch.tensor([0.5]), 1).item() == pytest.approx(0.0)
    model.wrong[0] = 0.25**2  # who was wrong as often trusts itself less
    own = (2 * 0.25**2) ** 0.5
    error = (0.5 - 0.5 * own) / own
    assert model.evidence(code, action, torch.tensor([0.5]), 1).item() == pytest.approx(0.5 * 1.5**2 - 0.5 * error**2)
    assert model.evidence(code, action, torch.tensor([50.0]), 1).item() == pytest.approx(5.0)


def test_rewards_that_never_differ_tell_nothing():
    model = make()
    for step in range(20):
        model.notice(looks(2, step), torch.ones(2))
    assert not model.informative
    model.notice(looks(2, 0), torch.tensor([1.0, 0.0]))
    assert model.informative


def test_clearing_forgets_one_context_only():
    model = taught()
    model.wrong[:] = 1.0
    kept = model.weight[1].clone()
    model.clear(0)
    assert model.weight[0].abs().sum() == 0
    assert model.wrong.tolist() == [0, 1, 1]
    assert torch.equal(model.weight[1], kept)
