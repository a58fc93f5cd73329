import pytest
import torch
from torch import Tensor

from lifelong_agent.dynamics import Dynamics
from lifelong_agent.sense_filter import SenseFilter
from tests.lifelong_agent.streams import STREAMS, LinearWorld


def taught(world: LinearWorld) -> Dynamics:
    model = Dynamics(4, 2, 1)
    dice = torch.Generator().manual_seed(0)
    for _ in range(40):
        sense = world.first()
        model.learn_first(0, sense.double())
        for _ in range(5):
            action = torch.randint(0, 2, (STREAMS,), generator=dice)
            after, _ = world.step(sense, action)
            model.notice(sense.double(), after.double())
            model.learn(0, sense.double(), action, after.double())
            sense = after
    return model


def drive(senses: SenseFilter, model: Dynamics, world: LinearWorld, fault: Tensor) -> tuple[Tensor, Tensor]:
    """Twenty steps, sound at first, then with ``fault`` times the truth; truths and estimates, ``(steps, B, 4)``."""
    dice = torch.Generator().manual_seed(1)
    truth = world.first()
    senses.trust(truth)
    truths, estimates = [], []
    for step in range(20):
        action = torch.randint(0, 2, (STREAMS,), generator=dice)
        truth, _ = world.step(truth, action)
        truths.append(truth)
        estimates.append(senses.step(model, 0, action, truth * fault if step >= 10 else truth))
    return torch.stack(truths), torch.stack(estimates)


def test_sound_sensors_are_believed():
    world = LinearWorld(3)
    truth, estimate = drive(SenseFilter(STREAMS, 4), taught(world), world, torch.ones(4))
    torch.testing.assert_close(estimate, truth, rtol=0, atol=1e-3)
    assert estimate.dtype == truth.dtype


def test_a_failed_channel_is_replaced_by_what_the_model_foresees():
    world = LinearWorld(3)
    fault = torch.tensor([1.0, -20.0, 1.0, 1.0])
    truth, estimate = drive(SenseFilter(STREAMS, 4), taught(world), world, fault)
    wrong = (truth * fault - truth)[10:, :, 1].abs().mean()
    assert (estimate - truth)[10:, :, 1].abs().mean() < 0.05 * wrong
    sound = [0, 2, 3]
    torch.testing.assert_close(estimate[:, :, sound], truth[:, :, sound], rtol=0, atol=0.02)


def test_the_kalman_update_by_hand():
    model = Dynamics(1, 1, 1)
    model.usual[0] = 1.0
    model.variance[0] = 0.03  # with a looseness of .1 the noise of a step is .04
    model.slope[0] = torch.tensor([[0.5], [0.0], [1.0]]).double()  # next = 1.5 sense + 1
    senses = SenseFilter(1, 1, gate=6.0, looseness=0.1)
    senses.estimate[:] = 2.0
    senses.covariance[:] = 0.1
    senses._sound = False
    mean, spread = 4.0, 1.5**2 * 0.1 + 0.04
    seen = 4.0 + 10.0
    gain = spread / (spread + 10.0**2)  # contradicts by more than six deviations: its claim is its contradiction
    told = senses.step(model, 0, torch.tensor([0]), torch.tensor([[seen]]))
    assert told.item() == pytest.approx(mean + gain * 10.0)
    assert senses.covariance.item() == pytest.approx(spread * (1 - gain))


def test_episodes_begin_where_they_usually_do_and_only_where_they_begin():
    world = LinearWorld(3)
    model, senses = taught(world), SenseFilter(STREAMS, 4)
    truth = world.first()
    senses.trust(truth)
    first = world.first()
    broken = first.clone()
    broken[0, 2] += 50.0
    which = torch.arange(STREAMS) < 4
    told = senses.start(model, 0, broken, which)
    torch.testing.assert_close(told[4:], truth[4:])
    torch.testing.assert_close(told[1:4], first[1:4], rtol=0, atol=1e-3)
    assert abs(told[0, 2].item()) < 1.0
    young = SenseFilter(STREAMS, 4)
    assert torch.equal(young.start(Dynamics(4, 2, 1), 0, broken, which)[:4], broken[:4])  # nothing is usual yet


def test_a_channel_that_never_changed_is_no_obstacle():
    model, senses = Dynamics(2, 1, 1), SenseFilter(1, 2)
    sense, action = torch.tensor([[1.0, 7.0]]), torch.tensor([0])
    for step in range(20):
        after = torch.tensor([[float(step % 2), 7.0]])
        model.notice(sense.double(), after.double())
        model.learn(0, sense.double(), action, after.double())
        sense = after
    senses.trust(sense)
    after = torch.tensor([[0.0, 7.0]])
    torch.testing.assert_close(senses.step(model, 0, action, after), after, rtol=0, atol=1e-3)
