import numpy as np
import pytest
import torch

from lifelong_agent.actor_critic import Yardstick, policy_direction
from lifelong_agent.learner import Outcome
from tests.lifelong_agent.pairs import learner, read_out


def test_directions_are_the_gradients_of_log_chance_and_entropy():
    logits = torch.randn(6, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64).requires_grad_()
    action = torch.tensor([0, 1, 2, 3, 0, 3])
    chances = logits.softmax(1)
    likelier, broader = (torch.from_numpy(one) for one in policy_direction(chances.detach().numpy(), action.numpy()))
    (gradient,) = torch.autograd.grad(logits.log_softmax(1)[torch.arange(6), action].sum(), logits)
    torch.testing.assert_close(likelier, gradient)
    entropy = -(logits.softmax(1) * logits.log_softmax(1)).sum()
    (gradient,) = torch.autograd.grad(entropy, logits)
    torch.testing.assert_close(broader, gradient, rtol=1e-6, atol=1e-7)


def test_a_certain_policy_gives_finite_directions():
    likelier, broader = policy_direction(np.array([[1.0, 0.0]]), np.array([1]))
    assert likelier.tolist() == [[-1.0, 1.0]]
    assert np.isfinite(broader).all()


def test_rewards_are_measured_by_the_spread_of_discounted_returns():
    rng = np.random.default_rng(0)
    rewards = rng.normal(0.0, 1.0, (200, 2)).astype(np.float32)
    ended = rng.random((200, 2)) < 0.1
    yardstick = Yardstick(2, 3, gamma=0.9)
    running, seen = np.zeros(2), []
    for reward, over in zip(rewards, ended, strict=True):
        running = 0.9 * running + reward
        seen.append(running.copy())
        scaled = yardstick.reward(reward, over, 1)
        unit = max(np.std(np.concatenate(seen)), np.abs(rewards[: len(seen)]).max())
        np.testing.assert_allclose(scaled, reward / unit, rtol=1e-4)
        running[over] = 0.0
    assert yardstick.spread[0].abs().sum() == 0  # other contexts have their own measure


def test_the_first_rare_reward_is_not_blown_up_and_scale_does_not_matter():
    small, large = Yardstick(1, 1, gamma=0.9), Yardstick(1, 1, gamma=0.9)
    for step in range(101):
        reward = np.array([1.0 if step == 100 else 0.0])
        over = np.array([False])
        one, thousand = small.reward(reward, over, 0), large.reward(1000 * reward, over, 0)
        np.testing.assert_allclose(one, thousand)
        assert one.item() == reward.item()


def test_rewards_of_a_doubtful_step_run_into_the_returns_and_teach_nothing():
    yardstick, whole = Yardstick(1, 1, gamma=0.5), Yardstick(1, 1, gamma=0.5)
    goes_on, over = np.array([False]), np.array([True])
    for each in (yardstick, whole):
        each.reward(np.array([1.0]), goes_on, 0)
    before = yardstick.spread.clone()
    yardstick.reward(np.array([4.0]), goes_on, 0, sure=False)
    assert torch.equal(yardstick.spread, before)
    assert yardstick.returns.tolist() == [4.5]
    yardstick.reward(np.array([4.0]), over, 0, sure=False)  # an episode that ends in doubt does not run on
    assert yardstick.returns.tolist() == [0.0]
    whole.restart()
    assert whole.returns.tolist() == [0.0]


def test_errors_are_measured_by_their_usual_size():
    yardstick = Yardstick(2, 1, gamma=0.9, memory=1e9)
    sizes = [3.0, 1.0, 2.0]
    for count, size in enumerate(sizes, 1):
        error = np.array([size, -size])
        standard, _ = yardstick.error(error, np.zeros(2), 0)
        np.testing.assert_allclose(standard, error / (sum(sizes[:count]) / count))


def test_old_errors_fade_with_the_memory():
    yardstick = Yardstick(1, 1, gamma=0.9, memory=10.0)
    for _ in range(200):
        yardstick.error(np.array([4.0]), np.zeros(1), 0)
    for _ in range(10):
        yardstick.error(np.array([0.0]), np.zeros(1), 0)
    assert yardstick.usual[0, 1].item() == pytest.approx(4.0 * 0.9**10, rel=1e-4)


def test_errors_before_the_first_reward_are_measured_against_rewards():
    yardstick = Yardstick(1, 1, gamma=0.0, floor=0.05)
    yardstick.reward(np.array([2.0]), np.array([True]), 0)  # unit 2, so the floor is .05 * 2 / 2
    standard, _ = yardstick.error(np.array([1e-3]), np.zeros(1), 0)
    assert standard.item() == pytest.approx(1e-3 / 0.05)


def test_rightness_falls_from_one_as_errors_grow_against_values():
    told = []
    for size in (0.0, 0.1, 10.0):
        yardstick = Yardstick(1, 1, gamma=0.9, tolerance=0.1)
        told.append(yardstick.error(np.array([size]), np.array([-1.0]), 0)[1])
    assert told == pytest.approx([1.0, np.exp(-1.0), 0.0], abs=1e-5)


def test_streams_that_see_the_same_do_not_overshoot_with_a_reach():
    furthest = {}
    for reach in (0.0, 1.0):
        one = learner("bits", 32, 16, "torch", infer=False, reach=reach)
        one.rates = one.rates._replace(value=1.0)
        seen, never = np.tile(np.arange(16) % 2, (32, 1)).astype(np.int8), np.zeros(32, bool)
        one.begin(seen)
        values = []
        for _ in range(6):
            action = one.act(np.random.default_rng(0))
            one.learn(Outcome(action, np.ones(32, np.float32), ~never, never, seen, seen))
            values.append(read_out(one)[0, -1])
        furthest[reach] = max(abs(value) for value in values)
    assert furthest[1.0] < 2.0
    assert furthest[0.0] > 10.0
