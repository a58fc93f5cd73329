from typing import Any

import pytest
import torch

from lifelong_agent.cortex import Cortex


def dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def make(**changes: Any) -> Cortex:
    plain: dict[str, Any] = {
        "neurons": 40,
        "open_neurons": 10,
        "winners": 3,
        "contexts": 4,
        "bits": False,
        "fan_in": 1.0,
        "generator": dice(),
    }
    in_dim = changes.pop("in_dim", 6)
    return Cortex(in_dim, **(plain | changes))


def none(cortex: Cortex) -> torch.Tensor:
    return torch.zeros(len(cortex.usage))


def test_those_open_neurons_fire_whose_drives_are_largest():
    cortex = make()
    members = cortex.open(1, none(cortex))
    sense = torch.randn(5, 6, generator=dice(1))
    code = cortex(sense, 1)
    expected = sense @ cortex.weight[members].T + cortex.bias[members]
    torch.testing.assert_close(code.drive, expected)
    torch.testing.assert_close(code.best, expected.amax(1))
    assert code.winners.shape == (5, 3)
    for row, firing, active in zip(expected, code.winners, code.active(0.5), strict=True):
        assert set(firing.tolist()) == set(row.sort(descending=True).indices[:3].tolist())
        torch.testing.assert_close(active, torch.zeros(10).index_fill_(0, firing, 0.5))
    some = code.rows(torch.tensor([4, 0]))
    assert all(torch.equal(part, whole[[4, 0]]) for part, whole in zip(some, code, strict=True))
    assert cortex.scale**2 * 3 == pytest.approx(1.0)


def test_contexts_share_no_neuron_while_fresh_ones_are_left():
    cortex = make()
    importance = none(cortex)
    taken: list[int] = []
    for context in range(4):
        opened = cortex.open(context, importance).tolist()
        assert sorted(opened) == sorted(cortex.members[context].tolist())
        taken += opened
        importance[opened] = 0.01  # something hangs on them by now
    assert sorted(taken) == list(range(40))


def test_neurons_of_another_context_are_not_taken_for_fresh_even_if_they_never_fired():
    cortex = make()
    taken = [neuron for context in range(4) for neuron in cortex.open(context, none(cortex)).tolist()]
    assert sorted(taken) == list(range(40))


def test_silent_neurons_are_taken_before_those_that_fire_and_these_before_those_that_matter():
    cortex = make(neurons=20, open_neurons=10, contexts=3)
    for context in (0, 1):
        cortex.open(context, none(cortex))
    cortex.usage[:] = 0.5
    importance = torch.full((20,), 0.5)
    cortex.usage[4:9] = importance[4:11] = 0.0
    importance[11:14] = 0.1
    assert sorted(cortex.open(2, importance).tolist()) == list(range(4, 14))


def test_a_new_world_gets_the_least_useful_neurons():
    cortex = make()
    importance = torch.arange(40, 0, -1).float()
    assert sorted(cortex.open(2, importance).tolist()) == list(range(30, 40))
    assert cortex.usage[30:].sum() == 0


def test_use_follows_how_often_a_neuron_fires():
    cortex = make()
    members = cortex.open(0, none(cortex))
    code = cortex(torch.randn(5, 6, generator=dice(1)), 0)
    share = torch.zeros(10)
    for firing in code.winners:
        share[firing] += 1 / 5
    for _ in range(3):
        cortex.learn(0, code, rate=0.5)
    torch.testing.assert_close(cortex.usage[members], share * (1 - 0.5**3))
    assert cortex.usage.sum() == pytest.approx(float(cortex.usage[members].sum()))


def test_bits_are_centred_by_the_mean_drive():
    cortex = make(bits=True, in_dim=30)
    members = cortex.open(3, none(cortex))
    assert cortex.bias.abs().sum() == 0
    senses = [(torch.rand(4, 30, generator=dice(seed)) < 0.2).float() for seed in range(5)]
    for sense in senses:
        cortex.learn(3, cortex(sense, 3))
    raw = torch.cat(senses) @ cortex.weight[members].T
    torch.testing.assert_close(cortex.centre[3], raw.mean(0))
    code = cortex(torch.cat(senses), 3)
    torch.testing.assert_close(code.drive, raw)
    for row, firing in zip(raw - raw.mean(0), code.winners, strict=True):
        assert set(firing.tolist()) == set(row.sort(descending=True).indices[:3].tolist())
    torch.testing.assert_close(code.best, (raw - raw.mean(0)).amax(1))
    assert cortex.centre[:3].abs().sum() == 0
    real = make()
    real.learn(0, real(torch.ones(2, 6), 0))
    assert real.centre.abs().sum() == 0


def test_a_thought_learnt_late_settles_the_mean_as_one_learnt_at_once():
    early, late = (make(bits=True, in_dim=30) for _ in range(2))
    senses = [(torch.rand(4, 30, generator=dice(seed)) < 0.2).float() for seed in range(5)]
    ahead = late(senses[0], 0)
    for sense, upcoming in zip(senses, senses[1:] + senses[:1], strict=True):
        early.learn(0, early(sense, 0))
        code, ahead = ahead, late(upcoming, 0)  # as an agent does, which thinks ahead before it learns
        late.learn(0, code)
    torch.testing.assert_close(late.centre, early.centre)


def test_coding_changes_nothing():
    cortex = make(bits=True)
    cortex.open(0, none(cortex))
    before = {name: value.clone() for name, value in cortex.named_buffers()}
    cortex((torch.rand(3, 6, generator=dice()) < 0.5).float(), 0)
    assert all(torch.equal(before[name], value) for name, value in cortex.named_buffers())


def test_an_input_is_novel_when_its_best_neuron_meets_it_unusually_badly():
    cortex = make()
    cortex.open(0, none(cortex))

    def best(*values: float) -> torch.Tensor:
        return torch.tensor(values)

    young = make()
    young.open(0, none(young))
    assert young.novel(best(-5.0, 5.0), 0) is None  # nothing is usual yet
    for step in range(2000):
        assert cortex.novel(best(1.0, 1.0 + 0.2 * (step % 2)), 0) is None
    mean, variance, seen = cortex.similarity[0]
    assert mean == pytest.approx(1.05, abs=0.01)
    assert variance == pytest.approx(0.0075, abs=0.001)  # of 1, 1, 1, 1.2
    assert seen == 2000
    assert cortex.novel(best(1.0, 0.8), 0) is None  # less than three deviations
    assert cortex.novel(best(1.0, 0.5, 0.6), 0) == 1  # the worst met of two, by six deviations
    assert cortex.similarity[1] == (0.0, 0.0, 0.0)


def test_neurogenesis_tunes_the_least_used_free_neuron_to_the_input():
    cortex = make()
    members = cortex.open(1, none(cortex))
    cortex.usage[members] = torch.arange(10).float()
    protected = torch.zeros(10, dtype=torch.bool)
    protected[:2] = True
    novel = torch.tensor([3.0, 0.0, 0.0, -4.0, 0.0, 0.0])
    before = cortex.weight.clone()
    cortex(novel[None], 1)  # so that a stale projection would be noticed
    place = cortex.recruit(novel, 1, protected)
    assert place == 2
    neuron = members[2]
    torch.testing.assert_close(cortex.weight[neuron], novel / 5)
    assert cortex.usage[neuron] == pytest.approx(4.5)  # the mean, so that it is not the next to go
    assert cortex.born == 1
    others = torch.arange(40) != neuron
    assert torch.equal(cortex.weight[others], before[others])
    torch.testing.assert_close(cortex(novel[None], 1).drive[0, 2], 5 + cortex.bias[neuron])


def test_a_neuron_recruited_for_bits_is_centred_where_the_mean_leaves_it():
    cortex = make(bits=True, in_dim=30)
    cortex.open(0, none(cortex))
    mean = torch.rand(30, generator=dice(1))
    novel = (torch.rand(30, generator=dice(2)) < 0.3).float()
    place = cortex.recruit(novel, 0, torch.zeros(10, dtype=torch.bool), mean)
    code = cortex(torch.stack([novel, mean.round()]), 0)
    # Its centred drive is the projection of what is special about the input: here the input's whole distance.
    assert (code.drive - cortex.centre[0])[0, place].item() == pytest.approx((novel - mean).norm().item())
    assert place in code.winners[0].tolist()


def test_where_all_neurons_are_protected_none_is_recruited():
    cortex = make()
    cortex.open(0, none(cortex))
    before = {name: value.clone() for name, value in cortex.named_buffers()}
    assert cortex.recruit(torch.ones(6), 0, torch.ones(10, dtype=torch.bool)) is None
    assert all(torch.equal(before[name], value) for name, value in cortex.named_buffers())


def test_fresh_neurons_follow_one_another_and_others_are_named():
    cortex = make()
    opened = cortex.open(0, none(cortex))
    assert cortex.place(0) == slice(0, 10)
    assert opened.tolist() == list(range(10))
    importance = none(cortex)
    importance[::2] = 1.0
    odd = cortex.open(1, importance)
    place = cortex.place(1)
    assert isinstance(place, torch.Tensor)
    assert torch.equal(place, odd)


def test_moving_and_loading_keep_the_code():
    cortex, other = make(), make(generator=dice(7))
    cortex.open(0, none(cortex))
    other.open(0, none(other))
    sense = torch.randn(3, 6, generator=dice(2))
    other(sense, 0)
    cortex.novel(cortex(sense, 0).best, 0)
    other.load_state_dict(cortex.state_dict())
    torch.testing.assert_close(other(sense, 0).drive, cortex(sense, 0).drive, rtol=0, atol=0)
    assert other.similarity == cortex.similarity
    double = cortex.double()
    torch.testing.assert_close(double(sense.double(), 0).drive, other(sense, 0).drive.double())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"winners": 11}, r"0 < winners <= open_neurons <= neurons; got winners=11, open_neurons=10, neurons=40"),
        ({"winners": 0}, "got winners=0"),
        ({"neurons": 9}, "neurons=9"),
        ({"fan_in": 0.0}, r"fan_in is a share of the sense channels in \(0, 1\]; got 0.0"),
        ({"fan_in": 1.5}, "got 1.5"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(changes: dict[str, Any], told: str):
    with pytest.raises(ValueError, match=told):
        make(**changes)
