"""Rewards by another measure, and rewards that come late, against sums made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from envs import (
    Change,
    Clock,
    LifelongVectorEnv,
    Linear,
    Permute,
    Reward,
    RewardDelay,
    Schedule,
    Setting,
    Task,
    check_snapshot,
)
from envs.changes.reward_delay import RewardDelayEffect
from envs.effect import frame_of_one
from tests.envs.probes import Counter


def paid(change: Change, earned: list[float], episodes: int = 1) -> tuple[list[float], list[Any]]:
    """Live episodes in which each step earns what it is told to; give what was paid, and what was reported."""
    setting = Setting(Clock(), np.random.default_rng(1), np.random.default_rng(2))
    env = change.wrap(Counter(length=len(earned), actions=10), setting)
    (name,) = change.reports()
    rewards, told = [], []
    for _ in range(episodes):
        _, info = env.reset()
        told.append(info["lifelong"][name].item())
        for reward in earned:
            setting.clock.advance(1)
            _, got, _, _, info = env.step(reward)
            rewards.append(got)
            told.append(info["lifelong"][name].item())
    return rewards, told


def test_scale_and_offset_are_what_they_say_and_the_true_reward_is_told():
    rewards, told = paid(Reward(scale=-1.0, offset=0.5), [0, 1, 3, 2], episodes=2)
    assert rewards == [0.5, -0.5, -2.5, -1.5] * 2
    assert told == [0, 0, 1, 3, 2, 2, 0, 1, 3, 2]  # with the first observation of an episode: of the step before


def test_a_scale_may_drift_over_the_life():
    rewards, _ = paid(Reward(scale=Linear(1.0, -1.0, over=4)), [2, 2, 2, 2, 2])
    assert rewards == [1.0, 0.0, -1.0, -2.0, -2.0]


def test_noise_is_normal_and_leaves_no_trace_in_what_is_told():
    rewards, told = paid(Reward(noise=0.5), [3] * 4000)
    drawn = np.array(rewards) - 3
    assert abs(drawn.mean()) < 0.03 and abs(drawn.std() - 0.5) < 0.02 and len(set(rewards)) == 4000
    assert set(told[1:]) == {3.0}


def test_late_rewards_are_paid_when_they_are_due_and_the_rest_at_the_end():
    rewards, told = paid(RewardDelay(steps=2), [1, 2, 3, 4, 5], episodes=2)
    assert rewards == [0, 0, 1, 2, 3 + 4 + 5] * 2
    assert told == [0, 1, 2, 3, 4, 5, 5, 1, 2, 3, 4, 5]


def test_an_episode_shorter_than_the_delay_is_paid_at_its_end():
    assert paid(RewardDelay("medium"), [1, 2, 3])[0] == [0, 0, 6]
    assert paid(RewardDelay(steps=0), [1, 2, 3])[0] == [1, 2, 3]
    assert [RewardDelay(level).steps for level in ("easy", "medium", "hard")] == [10, 20, 40]


def test_what_is_owed_can_be_saved():
    frame = frame_of_one(Counter(), Setting(Clock(), *np.random.default_rng(0).spawn(2)))
    ours, theirs = RewardDelayEffect(3, frame), RewardDelayEffect(3, frame)
    goes_on, ends = np.array([False]), np.array([True])
    for reward in (1.0, 2.0):
        ours.pay(np.array([reward]), goes_on, None)
    saved = ours.state()
    ours.pay(np.array([9.0]), goes_on, None)  # reaches neither into what was saved nor into what was made of it
    for _ in range(2):
        theirs.restore(saved)
        assert theirs.report()["earned_reward"] == 2.0
        assert theirs.pay(np.array([4.0]), goes_on, None) == 0
        assert theirs.pay(np.array([5.0]), ends, None) == 1 + 2 + 4 + 5


REWARDS = (Reward(scale=-2.0, noise=0.3), RewardDelay(steps=3))


@pytest.mark.parametrize("base", ["probe/Counter-v0", "lifelong/NineRooms-v0"])
def test_rewards_of_many_are_the_rewards_of_each(base: str):
    kwargs = {"length": 7} if base == "probe/Counter-v0" else {"max_steps": 9}
    tasks = (Task("a", base, REWARDS, kwargs), Task("b", base, REWARDS[::-1], kwargs))
    traces = []
    for engine in ("auto", "looped"):
        life = LifelongVectorEnv(Schedule(tasks, steps=70), 3, seed=4, engine=engine)
        life.reset()
        trace = []
        for k in range(44):
            _, reward, *_, infos = life.step(np.array([k, k + 1, 0]) % 2)
            told = infos["lifelong"]
            trace += [reward, told["true_reward"], told["earned_reward"]]
        traces.append(np.array(trace))
    assert len(np.unique(traces[0])) > 50
    np.testing.assert_array_equal(*traces)


def test_noise_in_a_row_does_not_depend_on_how_many_rows_there_are():
    # Ages differ with N, so the clock is driven by hand.
    def lived(rows: int, only: np.ndarray | None = None) -> np.ndarray:
        setting = Setting(Clock(), np.random.default_rng(0), np.random.default_rng(0))
        frame = frame_of_one(gym.make("CartPole-v1"), setting)
        moments = np.random.default_rng(5).spawn(4)[:rows]
        effect = Reward(noise=1.0).effect(replace(frame, num_envs=rows, moments=lambda: moments))
        paid = []
        for _ in range(5):
            setting.clock.advance(1)
            count = rows if only is None else len(only)
            paid.append(effect.pay(np.ones(count), np.zeros(count, bool), only))
        return np.array(paid)

    np.testing.assert_array_equal(lived(4)[:, :2], lived(2))
    np.testing.assert_array_equal(lived(4)[:, [1, 3]], lived(4, np.array([1, 3])))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Reward(scale=np.inf), ValueError, "Reward.scale is a factor, finite; got inf"),
        (lambda: Reward(noise=-1.0), ValueError, "Reward.noise is a standard deviation, finite and at least 0; got -1"),
        (lambda: Reward(noise=Linear(0, -1, 5)), ValueError, "which goes from -1.* to 0"),
        (lambda: Reward(offset="much"), TypeError, "Reward.offset is a reward: a number or a signal; got 'much'"),  # pyright: ignore[reportArgumentType]
        (lambda: RewardDelay("late"), ValueError, "RewardDelay.level is one of easy, medium, hard; got 'late'"),
        (lambda: RewardDelay(steps=-1), ValueError, "RewardDelay.steps is at least 0; got -1"),
        (lambda: RewardDelay(steps=2.5), TypeError, "RewardDelay.steps is an integer, .* got 2.5 of type float"),  # pyright: ignore[reportArgumentType]
    ],
)
def test_errors_say_what_was_expected_and_what_came(make: Any, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make()


def test_rewards_go_on_bit_by_bit_from_where_they_were_saved():
    schedule = Schedule((Task("a", "CartPole-v1", REWARDS),), 1000)
    check_snapshot(lambda: LifelongVectorEnv(schedule, 3))


def test_a_permutation_goes_with_them():
    Task("a", "CartPole-v1", (Permute(), *REWARDS))
