"""Adaptation: running means, and how fast they follow."""

import copy

import pytest
import torch

from agents.centre import SLOWEST, Centre, novelty
from agents.classifier_network import ClassifierNetwork

PATTERN = torch.tensor([0.0, 1.0, 5.0, 2.0])


def test_a_centre_moves_towards_the_mean_of_the_batch_and_subtracts_it() -> None:
    centre = Centre(2)
    centre.mean = torch.tensor([4.0, 0.0])
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    told = centre(x, torch.tensor(0.5))  # the mean of the batch is 2, 3
    assert centre.mean.tolist() == [3.0, 1.5]
    assert told.tolist() == [[-2.0, 0.5], [0.0, 2.5]]
    (told * torch.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[1.0, 2.0], [3.0, 4.0]], "no gradient passes through the mean"
    assert centre(x, None).tolist() == told.tolist()
    assert centre.mean.tolist() == [3.0, 1.5]


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        (3 * PATTERN + 7, 0.0),  # whatever its scale and brightness
        (-PATTERN, 1.0),
        (torch.full((4,), 2.0), 1.0),
        (torch.tensor([0.0, 1.0, 0.0, 0.0]), 1.0),  # its correlation is below zero
        (torch.tensor([0.0, 0.0, 1.0, 1.0]), 1 - 3 / 14**0.5),  # deviations -.5 -.5 .5 .5 against -2 -1 3 0
    ],
)
def test_novelty_is_what_the_mean_picture_does_not_share_with_the_running_one(
    batch: torch.Tensor, expected: float
) -> None:
    spread = torch.stack([batch + 1, batch - 1])
    assert float(novelty(spread, PATTERN)) == pytest.approx(expected, abs=1e-6)
    assert float(novelty(spread, torch.zeros(4))) == 1.0, "at birth all is new"


def test_all_layers_follow_new_senses_at_once_and_known_ones_slowly() -> None:
    dice = torch.Generator().manual_seed(0)
    net = ClassifierNetwork(4, (5, 3), 2, dice, adaptation=True)
    assert net.centres is not None
    first = PATTERN + torch.rand((8, 4), generator=dice)
    net(first)
    birth = [copy.deepcopy(mean) for mean in net.state()]
    torch.testing.assert_close(birth[0], first.mean(dim=0))
    for hidden, mean in zip(net.hidden(first), birth[1:], strict=True):
        torch.testing.assert_close(mean, hidden.detach().mean(dim=0))
    known = first + 0.5  # as bright again, but no new pattern
    net(known)
    torch.testing.assert_close(net.state()[0], birth[0], atol=1e-5, rtol=0)
    x = net.layers[0](known - birth[0]).relu().detach()
    torch.testing.assert_close(net.state()[1], birth[1] + SLOWEST * (x.mean(dim=0) - birth[1]), atol=1e-5, rtol=0)
    moved = net.state()
    net.restore(tuple(birth))
    assert all(torch.equal(mean, then) for mean, then in zip(net.state(), birth, strict=True))
    assert not torch.equal(moved[1], birth[1])


def test_hidden_units_are_found_behind_running_means_which_stay() -> None:
    net = ClassifierNetwork(4, (5, 3), 2, torch.Generator().manual_seed(0), adaptation=True)
    net(torch.rand(3, 4))
    state = net.state()
    assert [layer.units for layer in net.discovered()] == [5, 3]
    assert all(torch.equal(mean, then) for mean, then in zip(net.state(), state, strict=True))
