from __future__ import annotations

from collections import Counter
from typing import cast

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from envs import Clock, LifelongEnv, LifelongVectorEnv, Permute, RealSenses, Schedule, Setting, Task
from envs.changes.permute import PermutedSenses, derangement

seeds = st.integers(0, 2**63 - 1)


def wrap(change: Permute, env: gym.Env, seed: int) -> PermutedSenses:
    setting = Setting(Clock(), np.random.default_rng(seed), np.random.default_rng(0))
    return cast(PermutedSenses, change.wrap(env, setting))


def cartpole() -> gym.Env:
    return RealSenses(gym.make("CartPole-v1"))


class Bits(gym.ObservationWrapper):
    def __init__(self, channels: int = 6) -> None:
        super().__init__(gym.make("CartPole-v1"))
        self.observation_space = spaces.MultiBinary(channels)
        self.channels = channels

    def observation(self, observation):
        return (np.arange(self.channels) % 3 == 0).astype(np.int8)


@given(seeds, st.integers(2, 40))
def test_a_derangement_is_a_permutation_without_a_fixed_point(seed: int, channels: int):
    order = derangement(channels, np.random.default_rng(seed))
    assert sorted(order.tolist()) == list(range(channels))
    assert (order != np.arange(channels)).all()


def test_the_seed_that_once_gave_the_identity_does_not():
    assert np.random.default_rng(1).permutation(4).tolist() == [0, 1, 2, 3]
    assert (derangement(4, np.random.default_rng(1)) != np.arange(4)).all()


def test_derangements_are_equally_likely():
    counts = Counter(tuple(derangement(4, np.random.default_rng(seed)).tolist()) for seed in range(1800))
    assert len(counts) == 9  # the number of derangements of 4
    assert min(counts.values()) > 150 and max(counts.values()) < 250  # expected 200, standard deviation 13


@given(seeds, st.booleans(), st.booleans(), st.sampled_from([0.0, 0.1, 2.0]))
def test_what_is_seen_can_be_turned_back_into_what_was_sensed(seed: int, permute: bool, flip: bool, offset: float):
    if not (permute or flip or offset):
        return
    env = wrap(Permute(permute, flip, offset), cartpole(), seed)
    sensed = np.array([1.0, -2.0, 3.0, 0.5], np.float32)
    seen = env.rewire(sensed)
    assert seen.dtype == np.float32 and not np.array_equal(seen, sensed)
    back = seen if env.offsets is None else seen - env.offsets
    back = back if env.signs is None else back * env.signs
    restored = np.empty(4, np.float32)
    restored[np.arange(4) if env.order is None else env.order] = back
    np.testing.assert_allclose(restored, sensed, atol=1e-6)


@given(seeds)
def test_flips_flip_at_least_one_sign(seed: int):
    env = wrap(Permute(permute=False, flip=True), cartpole(), seed)
    assert env.signs is not None and (env.signs == -1).any() and (np.abs(env.signs) == 1).all()


def test_offsets_have_the_asked_deviation():
    drawn = np.array([wrap(Permute(offset=2.0), cartpole(), seed).offsets for seed in range(300)], np.float64)
    assert abs(np.std(drawn) - 2.0) < 0.15  # 1,200 draws: standard error 0.04
    assert abs(np.mean(drawn)) < 0.25


def test_bits_are_permuted_and_stay_bits():
    bare, env = Bits(), wrap(Permute(), Bits(), 0)
    assert env.observation_space == bare.observation_space
    sensed, seen = bare.reset(seed=0)[0], env.reset(seed=0)[0]
    assert seen.dtype == np.int8 and seen.tolist() == sensed[env.order].tolist()
    assert env.step(0)[0].tolist() == seen.tolist()


def test_the_same_world_is_the_same_wiring():
    first, second, other = (wrap(Permute(flip=True, offset=1.0), cartpole(), seed) for seed in (5, 5, 6))
    assert str((first.order, first.signs, first.offsets)) == str((second.order, second.signs, second.offsets))
    assert str(first.offsets) != str(other.offsets)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Permute(permute=False), "would change nothing"),
        (lambda: Permute(offset=-1.0), "at least 0; got -1.0"),
        (lambda: Permute(offset=float("nan")), "got nan"),
        (lambda: wrap(Permute(flip=True), Bits(), 0), "bits have no sign and no offset"),
        (lambda: wrap(Permute(offset=1.0), Bits(), 0), "bits have no sign and no offset"),
        (lambda: wrap(Permute(), Bits(1), 0), "at least 2 channels; got 1"),
        (lambda: wrap(Permute(), gym.make("CartPole-v1"), 0), "bounded senses are freed by envs.RealSenses"),
        (lambda: wrap(Permute(), gym.make("FrozenLake-v1"), 0), r"got Discrete\(16\)"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(make, message: str):
    with pytest.raises(ValueError, match=message):
        make()


def test_real_senses_become_unbounded_float32():
    env = RealSenses(gym.make("Acrobot-v1"))
    assert env.observation_space == spaces.Box(-np.inf, np.inf, (6,), np.float32)
    assert env.reset(seed=0)[0].dtype == np.float32 and env.step(0)[0].dtype == np.float32
    with pytest.raises(TypeError, match="floating-point Box"):
        RealSenses(gym.make("FrozenLake-v1"))


@pytest.mark.parametrize("engine", ["looped", "auto"])
def test_an_order_may_be_given(engine: str):
    seen = []
    for changes in ((), (Permute(order=(1, 0, 2, 3)),)):
        life = LifelongVectorEnv(Schedule((Task("a", "CartPole-v1", changes),), 100), 2, seed=3, engine=engine)
        seen.append(life.reset()[0])
    np.testing.assert_array_equal(seen[1], seen[0][:, [1, 0, 2, 3]])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Permute(order=(0, 1, 2)), ValueError, "leaves every channel in its place"),
        (lambda: Permute(order=(0, 2)), ValueError, r"each of 0 to 1 once, for 2 channels; got \(0, 2\)"),
        (lambda: Permute(order=(1.0, 0.0)), TypeError, "holds indices of channels; got 1.0 of type float"),  # pyright: ignore[reportArgumentType]
        (lambda: Permute(permute=False, flip=True, order=(1, 0)), ValueError, "an order and permute=False"),
        (
            lambda: LifelongEnv(Schedule((Task("a", "CartPole-v1", (Permute(order=(1, 2, 0)),)),), 100)),
            ValueError,
            "task 'a': Permute.order has 3 places, but there are 4 channels",
        ),
    ],
)
def test_an_order_that_does_not_fit_is_refused(make, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make()
