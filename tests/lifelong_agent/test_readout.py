from typing import Any

import pytest
import torch

from lifelong_agent.readout import Readout


def make(neurons: int = 4, out: int = 1, **changes: Any) -> Readout:
    plain: dict[str, Any] = {
        "brake": 0.0,
        "importance_rate": 0.0,
        "fast_share": 0.0,
        "half_life": 1.0,
        "consolidation": 0.0,
    }
    return Readout(neurons, out, **(plain | changes))


def column(*values: float) -> torch.Tensor:
    return torch.tensor(values)[:, None]


NONE, ALL = torch.tensor(0.0), torch.tensor(1.0)


def test_outputs_are_the_sum_of_slow_and_fast_weights_of_who_fires():
    readout = make(fast_share=0.5)
    readout.core[:] = column(1.0, 10.0, 100.0, 1000.0)
    readout.fast[:] = column(0.1, 0.2, 0.3, 0.4)
    fires = torch.tensor([[0, 2], [3, 1]])
    torch.testing.assert_close(readout(fires, 0.5), column(50.7, 505.3))
    slow = make()
    slow.load_state_dict(readout.state_dict())
    torch.testing.assert_close(slow(fires, 0.5), column(50.5, 505.0))


def test_the_brake_divides_steps_by_one_plus_importance():
    readout = make(brake=3.0)
    readout.importance[:, 0] = torch.tensor([0.0, 1 / 3, 1.0, 0.5])
    readout.learn(torch.tensor([0, 1, 2]), column(1.0, 1.0, -8.0), torch.zeros(3, 1), NONE)
    torch.testing.assert_close(readout.core, column(1.0, 0.5, -2.0, 0.0))
    free = make(brake=0.0)
    free.importance[:] = 1.0
    free.learn(torch.tensor([3]), column(2.0), torch.zeros(1, 1), NONE)
    torch.testing.assert_close(free.core, column(0.0, 0.0, 0.0, 2.0))


def test_importance_moves_towards_rightness_as_far_as_a_synapse_takes_part():
    readout = make(importance_rate=0.1)
    readout.importance[:, 0] = 0.5
    part = column(1.0, 0.5, 0.0)
    readout.learn(torch.tensor([0, 1, 2]), torch.zeros(3, 1), part, ALL)
    torch.testing.assert_close(readout.importance, column(0.55, 0.525, 0.5, 0.5))
    readout.learn(torch.tensor([0, 1, 2]), torch.zeros(3, 1), part, NONE)
    torch.testing.assert_close(readout.importance, column(0.495, 0.49875, 0.5, 0.5))


def test_importance_stays_between_nothing_and_one():
    readout = make(importance_rate=1.0)
    dice = torch.Generator().manual_seed(0)
    for _ in range(50):
        part, rightness = torch.rand(4, 1, generator=dice), torch.rand((), generator=dice).round()
        readout.learn(torch.arange(4), torch.zeros(4, 1), part, rightness)
        assert bool(((readout.importance >= 0) & (readout.importance <= 1)).all())


def test_fast_weights_learn_their_share_without_brake_and_halve():
    readout = make(brake=3.0, fast_share=0.25, half_life=5.0)
    readout.importance[:] = 1.0
    members = torch.tensor([1])
    readout.learn(members, column(4.0), torch.zeros(1, 1), NONE)
    assert readout.fast[1].item() == pytest.approx(1.0)
    assert readout.core[1].item() == pytest.approx(1.0)  # 4 / (1 + 3)
    for _ in range(5):
        readout.learn(members, column(0.0), torch.zeros(1, 1), NONE)
    assert readout.fast[1].item() == pytest.approx(0.5)
    assert readout.core[1].item() == pytest.approx(1.0)


def test_consolidation_moves_weights_and_keeps_the_function():
    readout = make(fast_share=0.25, half_life=1e12, consolidation=0.2)
    readout.core[:] = column(1.0, 2.0, 3.0, 4.0)
    readout.fast[:] = column(-1.0, 5.0, 0.5, 0.0)
    everybody = torch.arange(4)[:, None]
    before = readout(everybody, 1.0)
    readout.learn(torch.arange(4), torch.zeros(4, 1), torch.zeros(4, 1), torch.tensor(0.5))
    torch.testing.assert_close(readout(everybody, 1.0), before)
    torch.testing.assert_close(readout.fast, column(-0.9, 4.5, 0.45, 0.0))  # a tenth has moved
    readout.learn(torch.arange(4), torch.zeros(4, 1), torch.zeros(4, 1), NONE)  # nothing moves while wrong
    torch.testing.assert_close(readout.fast, column(-0.9, 4.5, 0.45, 0.0))


def test_only_open_neurons_learn_and_only_those_named_forget():
    readout = make(fast_share=0.25, half_life=2.0, importance_rate=0.1)
    readout.core[:] = readout.fast[:] = readout.importance[:] = 0.5
    readout.learn(torch.tensor([0, 2]), column(1.0, 1.0), torch.ones(2, 1), ALL)
    for values in (readout.core, readout.fast, readout.importance):
        assert values[[1, 3], 0].tolist() == [0.5, 0.5]
        assert 0.5 not in values[[0, 2], 0].tolist()
    readout.forget(torch.tensor([2]))
    for values in (readout.core, readout.fast, readout.importance):
        assert values[2].item() == 0.0
        assert values[[0, 1, 3]].abs().min() > 0
