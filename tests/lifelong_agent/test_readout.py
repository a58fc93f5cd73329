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


def row(*values: float) -> torch.Tensor:
    return torch.tensor(values)[None]


def codes(*firing: list[int], scale: float) -> torch.Tensor:
    """Codes of four neurons, of which those named fire."""
    return torch.stack([torch.zeros(4).index_fill_(0, torch.tensor(which), scale) for which in firing])


def test_outputs_are_the_sum_of_slow_and_fast_weights_of_who_fires():
    readout = make(fast_share=0.5)
    readout.core[:] = row(1.0, 10.0, 100.0, 1000.0)
    readout.fast[:] = row(0.1, 0.2, 0.3, 0.4)
    code, everybody = codes([0, 2], [3, 1], scale=0.5), slice(0, 4)
    torch.testing.assert_close(readout(code, everybody), row(50.7, 505.3).T)
    swapped = torch.tensor([2, 3, 0, 1])
    torch.testing.assert_close(readout(code[:, swapped], swapped), row(50.7, 505.3).T)
    slow = make()
    slow.load_state_dict(readout.state_dict())
    torch.testing.assert_close(slow(code, everybody), row(50.5, 505.0).T)


def test_the_brake_divides_steps_by_one_plus_importance():
    readout = make(brake=3.0)
    readout.importance[0] = torch.tensor([0.0, 1 / 3, 1.0, 0.5])
    readout.learn(torch.tensor([0, 1, 2]), row(1.0, 1.0, -8.0), torch.zeros(1, 3), 0.0)
    torch.testing.assert_close(readout.core, row(1.0, 0.5, -2.0, 0.0))
    free = make(brake=0.0)
    free.importance[:] = 1.0
    free.learn(torch.tensor([3]), row(2.0), torch.zeros(1, 1), 0.0)
    torch.testing.assert_close(free.core, row(0.0, 0.0, 0.0, 2.0))


def test_importance_moves_towards_rightness_as_far_as_a_synapse_takes_part():
    readout = make(importance_rate=0.1)
    readout.importance[0] = 0.5
    part = row(1.0, 0.5, 0.0)
    readout.learn(torch.tensor([0, 1, 2]), torch.zeros(1, 3), part, 1.0)
    torch.testing.assert_close(readout.importance, row(0.55, 0.525, 0.5, 0.5))
    readout.learn(torch.tensor([0, 1, 2]), torch.zeros(1, 3), part, 0.0)
    torch.testing.assert_close(readout.importance, row(0.495, 0.49875, 0.5, 0.5))


def test_importance_stays_between_nothing_and_one():
    readout = make(importance_rate=1.0)
    dice = torch.Generator().manual_seed(0)
    for _ in range(50):
        part, rightness = torch.rand(1, 4, generator=dice), float(torch.rand((), generator=dice).round())
        readout.learn(torch.arange(4), torch.zeros(1, 4), part, rightness)
        assert bool(((readout.importance >= 0) & (readout.importance <= 1)).all())


def test_fast_weights_learn_their_share_without_brake_and_halve():
    readout = make(brake=3.0, fast_share=0.25, half_life=5.0)
    readout.importance[:] = 1.0
    members = torch.tensor([1])
    readout.learn(members, row(4.0), torch.zeros(1, 1), 0.0)
    assert readout.fast[0, 1].item() == pytest.approx(1.0)
    assert readout.core[0, 1].item() == pytest.approx(1.0)  # 4 / (1 + 3)
    for _ in range(5):
        readout.learn(members, row(0.0), torch.zeros(1, 1), 0.0)
    assert readout.fast[0, 1].item() == pytest.approx(0.5)
    assert readout.core[0, 1].item() == pytest.approx(1.0)


def test_consolidation_moves_weights_and_keeps_the_function():
    readout = make(fast_share=0.25, half_life=1e12, consolidation=0.2)
    readout.core[:] = row(1.0, 2.0, 3.0, 4.0)
    readout.fast[:] = row(-1.0, 5.0, 0.5, 0.0)
    each, everybody = torch.eye(4), slice(0, 4)
    before = readout(each, everybody)
    readout.learn(torch.arange(4), torch.zeros(1, 4), torch.zeros(1, 4), 0.5)
    torch.testing.assert_close(readout(each, everybody), before)
    torch.testing.assert_close(readout.fast, row(-0.9, 4.5, 0.45, 0.0))  # a tenth has moved
    readout.learn(torch.arange(4), torch.zeros(1, 4), torch.zeros(1, 4), 0.0)  # nothing moves while wrong
    torch.testing.assert_close(readout.fast, row(-0.9, 4.5, 0.45, 0.0))


def test_only_open_neurons_learn_and_only_those_named_forget():
    readout = make(fast_share=0.25, half_life=2.0, importance_rate=0.1)
    readout.core[:] = readout.fast[:] = readout.importance[:] = 0.5
    readout.learn(torch.tensor([0, 2]), row(1.0, 1.0), torch.ones(1, 2), 1.0)
    for values in (readout.core, readout.fast, readout.importance):
        assert values[0, [1, 3]].tolist() == [0.5, 0.5]
        assert 0.5 not in values[0, [0, 2]].tolist()
    readout.forget(torch.tensor([2]))
    for values in (readout.core, readout.fast, readout.importance):
        assert values[0, 2].item() == 0.0
        assert values[0, [0, 1, 3]].abs().min() > 0


def test_a_run_of_neurons_learns_as_named_ones_do():
    dice = torch.Generator().manual_seed(0)
    run, named = (
        make(6, 2, brake=3.0, importance_rate=0.1, fast_share=0.25, half_life=5.0, consolidation=0.1) for _ in range(2)
    )
    for _ in range(5):
        change, part = torch.randn(2, 3, generator=dice), torch.rand(2, 3, generator=dice)
        run.learn(slice(2, 5), change, part, 0.5)
        named.learn(torch.tensor([2, 3, 4]), change, part, 0.5)
    for name, value in run.named_buffers():
        assert torch.equal(value, getattr(named, name)), name
        assert value[:, 2:5].abs().min() > 0
        assert value[:, [0, 1, 5]].abs().sum() == 0
