import numpy as np
import pytest
import torch

from lifelong_agent.return_model import ReturnModel


def test_episodes_are_told_with_their_discounted_return():
    model = ReturnModel(2, 1, gamma=0.5)
    rewards = [(1.0, 0.0), (2.0, 4.0), (4.0, 0.0), (8.0, 1.0)]
    ends = [(False, False), (False, True), (True, False), (False, True)]
    told = [model.follow(np.array(r), np.array(e)).tolist() for r, e in zip(rewards, ends, strict=True)]
    assert told == [[], [2.0], [1 + 1 + 1.0], [0.5]]
    assert model.follow(np.ones(2), np.ones(2, bool)).tolist() == [8.0 + 0.5, 1.0]


def test_restarting_begins_all_episodes_anew():
    model = ReturnModel(1, 1, gamma=0.5)
    model.follow(np.array([7.0]), np.array([False]))
    model.restart(1)
    assert model.follow(np.array([1.0]), np.array([True])).tolist() == [1.0]


def test_early_returns_are_averaged_and_old_ones_fade():
    model = ReturnModel(1, 2, gamma=0.9)
    for value in (1.0, 2.0, 6.0):
        model.learn(1, np.array([value]))
    assert model.usual[1, :2].tolist() == pytest.approx([3.0, 3.0])
    assert model.usual[0].abs().sum() == 0
    for _ in range(400):
        model.learn(1, np.array([-5.0, 5.0]))
    assert model.usual[1, 1].item() == pytest.approx(0.0, abs=0.01)
    assert model.usual[1, 2].item() == pytest.approx(25.0, rel=0.02)
    model.learn(1, np.zeros(0))
    assert model.usual[1, 0] == 803


def test_the_likelihood_ratio_by_hand():
    model = ReturnModel(1, 1, gamma=0.9, drop=1.5, ripe=50)
    model.usual[0] = torch.tensor([50.0, 10.0, 4.0])

    def ratio(value: float) -> float:
        """Log likelihood of N(10, 4) against that of N(10 - 1.5 * 2, 4)."""
        return float(torch.tensor(-((value - 10) ** 2) / 8 + (value - 7) ** 2 / 8))

    assert model.evidence(0, np.array([8.0])) == pytest.approx(ratio(8.0))
    assert model.evidence(0, np.array([6.0, 8.0])) == pytest.approx(ratio(6.0) + ratio(8.0))
    assert model.evidence(0, np.array([0.0])) == -3.0
    assert model.evidence(0, np.array([99.0])) == 1.0
    assert model.evidence(0, np.zeros(0)) == 0.0
    model.usual[0, 0] = 49.0  # unripe
    assert model.evidence(0, np.array([0.0])) == 0.0


def test_returns_that_never_vary_still_allow_for_a_tenth():
    model = ReturnModel(1, 1, gamma=0.9, drop=1.5)
    model.usual[0] = torch.tensor([99.0, 10.0, 0.0])
    assert model.evidence(0, np.array([9.5])) == pytest.approx(1.5 * -0.5 + 0.5 * 1.5**2)


def test_clearing_forgets_one_context_only():
    model = ReturnModel(1, 2, gamma=0.9)
    model.usual[:] = 3.0
    model.clear(1)
    assert model.usual.tolist() == [[3, 3, 3], [0, 0, 0]]
