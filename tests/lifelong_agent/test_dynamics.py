import math

import numpy as np
import pytest
import torch
from torch import Tensor

from lifelong_agent.dynamics import Dynamics


def world(seed: int, in_dim: int = 3, actions: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    """A stable linear system: next = matrix @ sense + push[action] + drift."""
    rng = np.random.default_rng(seed)
    matrix = torch.from_numpy(rng.normal(0, 0.3, (in_dim, in_dim)))
    return matrix, torch.from_numpy(rng.normal(0, 0.5, (actions, in_dim))), torch.from_numpy(rng.normal(0, 0.2, in_dim))


def transitions(seed: int, count: int, noise: float = 0.05, dice: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    matrix, push, drift = world(seed)
    rng = np.random.default_rng([seed, dice])
    sense = torch.from_numpy(rng.normal(0, 1, (count, 3)))
    action = torch.from_numpy(rng.integers(0, 2, count))
    after = sense @ matrix.T + push[action] + drift + torch.from_numpy(rng.normal(0, noise, (count, 3)))
    return sense, action, after


def taught(seeds: tuple[int, ...] = (1, 2), steps: int = 60) -> Dynamics:
    model = Dynamics(3, 2, len(seeds) + 1)
    for step in range(steps):
        for context, seed in enumerate(seeds):
            sense, action, after = transitions(seed, 8, dice=step)
            model.notice(sense, after)
            model.learn(context, sense, action, after)
    return model


def test_a_linear_world_is_recovered_with_its_noise():
    model = taught()
    sense, action, _ = transitions(1, 50, dice=999)
    matrix, push, drift = world(1)
    told = model.predict(0, sense, action)
    torch.testing.assert_close(told, sense @ matrix.T + push[action] + drift, rtol=0, atol=0.05)
    # The first errors were ignorance, not noise; they are let go fast.
    assert bool(((model.variance[0].sqrt() > 0.04) & (model.variance[0].sqrt() < 0.08)).all())
    assert model.explained(0) > 0.9


def test_noise_explains_nothing_however_large():
    model, rng = Dynamics(3, 2, 1), np.random.default_rng(0)
    for _ in range(8):
        sense, after = (torch.from_numpy(rng.normal(0.0, 5.0, (8, 3))) for _ in range(2))
        action = torch.from_numpy(rng.integers(0, 2, 8))
        model.notice(0.01 * sense, 0.01 * after)  # the life has known small changes only
        model.learn(0, sense, action, after)
    assert model.explained(0) < 0.5


def test_what_was_learnt_is_ridge_regression_on_all_that_was_seen():
    model = Dynamics(3, 2, 1, memory=1e12)
    parts = [transitions(4, 8, dice=step) for step in range(10)]
    for sense, action, after in parts:
        model.notice(sense, after)
        model.learn(0, sense, action, after)
    sense, action, after = (torch.cat(column) for column in zip(*parts, strict=True))
    features = torch.cat([sense, torch.nn.functional.one_hot(action, 2), torch.ones(len(sense), 1)], 1)
    gram = features.T @ features + 1e-3 * torch.eye(6, dtype=torch.float64)
    torch.testing.assert_close(model.slope[0], torch.linalg.solve(gram, features.T @ (after - sense)))


def test_evidence_is_for_the_right_world_and_against_the_wrong_one():
    model = taught()
    for context, seed in enumerate((1, 2)):
        told = model.evidence(*transitions(seed, 100, dice=77), contexts=3)
        assert told.shape == (3, 100)
        assert (told[context] > 0).double().mean() > 0.95
        assert bool((told[1 - context].view(10, 10).sum(1) < 0).all())
        assert told[2].abs().sum() == 0  # a context that has seen nothing says nothing
    assert float(model.evidence(*transitions(9, 100), contexts=2).mean()) < -2  # an unknown world speaks against both


def test_a_young_context_may_speak_for_itself_but_not_against():
    model, others = Dynamics(3, 2, 2), transitions(9, 50)
    for step in range(32):
        sense, action, after = transitions(1, 8, dice=step)
        model.notice(sense, after)
        told = model.evidence(*others, contexts=2)
        assert bool((told >= 0).all())
        assert step < 3 or bool((model.evidence(*transitions(1, 50, dice=99), contexts=1) > 0).any())
        model.learn(0, sense, action, after)
    assert model.seen[0] == model.ripe == 256
    assert float(model.evidence(*others, contexts=2)[0].mean()) < -2


def test_the_likelihood_ratio_by_hand():
    model = Dynamics(1, 1, 1, floor=0.1, limit=100.0, fault=100.0)
    model.usual[0] = 0.25  # mean square change
    model.slope[0] = torch.tensor([[0.5], [0.2], [0.1]])  # sense, action, constant
    model.variance[0] = 0.04
    model.covariance[0] = torch.diag(torch.tensor([0.5, 0.0, 0.0]))
    model.bounds[:, 0] = torch.tensor([[-100.0], [100.0]])
    sense, after = torch.tensor([[2.0]]).double(), torch.tensor([[3.5]]).double()
    action = torch.tensor([0])
    spread = 1.0 + 2.0 * 0.5 * 2.0
    variance = 0.04 * spread + 0.01 * 0.25
    known = -0.5 * ((1.5 - 1.3) ** 2 / variance + math.log(variance))
    unknown = -0.5 * (1.5**2 / 1.0 + math.log(1.0))  # "blank" is four times the usual square
    assert model.evidence(sense, action, after, 1).item() == pytest.approx(known - unknown)
    assert model.predict(0, sense, action).item() == pytest.approx(2.0 + 1.3)


def test_evidence_is_bounded_for_each_channel_and_in_all():
    model = Dynamics(4, 1, 1, floor=0.1, limit=5.0, fault=2.0)
    model.usual[0] = 1.0
    model.variance[0] = 1e-9
    model.bounds[:, 0] = torch.tensor([[-5.0], [5.0]])
    sense, action = torch.zeros(1, 4).double(), torch.tensor([0])

    def told(*after: float) -> float:
        return model.evidence(sense, action, torch.tensor([after]).double(), 1).item()

    # The model foresees no change, with a variance of .01: log(4 / .01) / 2 a channel speaks for it.
    right = 0.5 * math.log(400)
    assert right < 4.0
    assert told(0.0, 0.0, 0.0, 0.0) == 5.0
    assert told(9.0, 0.0, 0.0, 0.0) == 5.0  # one failed sensor against three
    assert told(9.0, 9.0, 0.0, 0.0) == pytest.approx(2 * right - 4.0)
    assert told(9.0, 9.0, 9.0, 9.0) == -5.0


def test_the_wary_do_not_learn_from_failed_sensors():
    model = taught()
    before = {name: value.clone() for name, value in model.named_buffers()}
    sense, action, after = transitions(1, 8, dice=123)
    broken = after.clone()
    broken[:, 1] += 30.0
    assert model.learn(0, sense, action, broken, wary=True) == 0.0
    assert all(torch.equal(before[name], value) for name, value in model.named_buffers())
    broken[:6] = after[:6]
    assert model.learn(0, sense, action, broken, wary=True) == 6 / 8
    alone = taught()
    alone.learn(0, sense[:6], action[:6], after[:6])
    torch.testing.assert_close(model.slope, alone.slope)
    model.learn(0, sense, action, broken)  # who is not wary takes them in
    assert not torch.allclose(model.slope[0], alone.slope[0], atol=0.1)


def test_first_observations_tell_worlds_apart_before_a_step():
    model = Dynamics(1, 1, 3)
    rng = torch.Generator().manual_seed(0)
    low, high = (torch.randn(100, 1, generator=rng).double() * 0.1 + centre for centre in (-1.0, 1.0))
    for first in (low, high):
        model.notice(torch.zeros_like(first), first)
    model.learn_first(0, low)
    model.learn_first(1, high)
    model.learn_first(2, low[:7])  # too few to say anything
    told = model.first_evidence(low[:20], 3)
    assert bool((told[0] > 0).all())
    assert bool((told[1] < 0).all())
    assert told[2].abs().sum() == 0


def test_few_first_observations_speak_for_a_context_but_not_against_it():
    model = Dynamics(1, 1, 1)
    rng = torch.Generator().manual_seed(0)
    low, high = (torch.randn(64, 1, generator=rng).double() * 0.1 + centre for centre in (-1.0, 1.0))
    for first in (low, high):
        model.notice(torch.zeros_like(first), first)
    model.learn_first(0, low[:32])
    assert bool((model.first_evidence(low, 1) > 0).all())
    assert bool((model.first_evidence(high, 1) == 0).all())
    model.learn_first(0, low[32:])
    assert bool((model.first_evidence(high, 1) < 0).all())


def test_old_samples_fade_with_the_memory():
    model = Dynamics(1, 1, 1, memory=10.0)
    sense, action = torch.zeros(1, 1).double(), torch.tensor([0])
    for after in [1.0] * 100 + [-1.0] * 100:
        model.notice(sense, sense + after)
        model.learn(0, sense, action, sense + after)
    assert model.predict(0, sense, action).item() == pytest.approx(-1.0, abs=0.01)


def test_clearing_forgets_one_context_only():
    model = taught()
    model.learn_first(0, torch.ones(9, 3).double())
    fresh, kept = Dynamics(3, 2, 3), model.slope[1].clone()
    model.clear(0)
    for name, value in model.named_buffers():
        if name not in ("usual", "bounds", "_acted"):
            assert torch.equal(value[0], getattr(fresh, name)[0]), name
    assert model.bounds[:, 0].abs().sum() == 0
    assert (model.seen[0], model.seen[1]) == (0.0, 480.0)
    assert torch.equal(model.slope[1], kept)
