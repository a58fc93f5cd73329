import math

import pytest
import torch

from lifelong_agent.vitals import dormant_share, effective_rank


def test_effective_rank_by_hand():
    assert effective_rank(torch.eye(5)) == pytest.approx(5)
    assert effective_rank(torch.ones(7, 3)) == pytest.approx(1)
    expected = math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))
    assert effective_rank(torch.diag(torch.tensor([3.0, 1.0]))) == pytest.approx(expected)
    assert effective_rank(torch.diag(torch.tensor([300.0, -100.0]))) == pytest.approx(expected)
    assert effective_rank(torch.zeros(3, 2)) == 0


def test_dormant_share_by_hand():
    # The mean is 1: scores .02 and 0 are at most .025.
    activity = torch.tensor([2.0, -0.02, 0.0, 1.98])
    assert dormant_share(activity) == 0.5
    assert dormant_share(activity * 1000) == 0.5
    assert dormant_share(activity, threshold=0.01) == 0.25
    assert dormant_share(torch.ones(3)) == 0
    assert dormant_share(torch.zeros(3)) == 1
