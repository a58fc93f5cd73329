from __future__ import annotations

from itertools import pairwise
from typing import cast

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from envs import Clock, RealSenses, Setting, Storm
from envs.changes.storm import StormySenses
from envs.changes.weather import Timetable


class Steady(gym.Env):
    """Always observes the same channels."""

    def __init__(self, observation: np.ndarray) -> None:
        self.steady = observation
        self.action_space = spaces.Discrete(2)
        bits = observation.dtype == np.int8
        self.observation_space = (
            spaces.MultiBinary(len(observation)) if bits else spaces.Box(-np.inf, np.inf, observation.shape, np.float32)
        )

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.steady.copy(), {}

    def step(self, action):
        return self.steady.copy(), 0.0, False, False, {}


REAL = np.array([1.0, -2.0, 3.0, -4.0], np.float32)
BITS = np.array([0, 1, 1, 0, 1, 0], np.int8)


def weather(storm: Storm, steady: np.ndarray, steps: int = 400, world: int = 0, moment: int = 0):
    """Yield (observation, kind, mask) at each age."""
    clock = Clock()
    setting = Setting(clock, np.random.default_rng(world), np.random.default_rng(moment))
    env = cast(StormySenses, storm.wrap(Steady(steady), setting))
    observation, info = env.reset()
    for _ in range(steps):
        yield observation, info["lifelong"]["storm_kind"], info["lifelong"]["storm_mask"]
        clock.advance(1)
        observation, _, _, _, info = env.step(0)
        assert env.observation_space.contains(observation)


@pytest.mark.parametrize("steady", [REAL, BITS], ids=["real", "bits"])
@given(world=st.integers(0, 2**32), fault=st.sampled_from(["drop", "invert"]))
def test_the_mask_tells_which_channels_were_hit_and_how(steady: np.ndarray, world: int, fault: str):
    hit = 0
    for observation, kind, mask in weather(Storm((fault,), calm=20, burst=20), steady, 120, world):
        spoilt = np.zeros_like(steady) if fault == "drop" else (1 - steady if steady is BITS else -steady)
        np.testing.assert_array_equal(observation, np.where(mask, spoilt, steady))
        assert observation.dtype == steady.dtype
        assert mask.any() == (kind == fault) and kind in (fault, "calm")
        assert mask.sum() in (0, len(steady) // 2)
        hit += mask.any()
    assert hit < 120


def test_every_step_gets_a_mask_of_its_own():
    masks = [mask for _, _, mask in weather(Storm(("drop",), calm=20, burst=20), REAL, 30)]
    assert not any(np.shares_memory(first, second) for first, second in pairwise(masks))


def test_noise_hits_the_masked_channels_with_the_asked_deviation():
    storm = Storm(("noise",), calm=50, burst=50, share=1.0, noise=(0.5, 0.0, 2.0, 1.0))
    noisy, calm, observation = [], [], REAL
    for observation, kind, _ in weather(storm, REAL, 6000):
        (noisy if kind == "noise" else calm).append(observation - REAL)
    assert len(noisy) > 1000 and not np.any(calm)
    np.testing.assert_allclose(np.std(noisy, axis=0), [0.5, 0.0, 2.0, 1.0], rtol=0.08)
    assert observation.dtype == np.float32


def test_weather_is_of_the_world_and_noise_of_the_moment():
    storm = Storm(("noise", "drop", "invert"), calm=30, burst=30)
    first, again = list(weather(storm, REAL)), list(weather(storm, REAL))
    other_moment, other_world = list(weather(storm, REAL, moment=1)), list(weather(storm, REAL, world=1))

    def truth(lived):
        return [(kind, mask.tolist()) for _, kind, mask in lived]

    assert truth(first) == truth(again) == truth(other_moment) != truth(other_world)
    for (ours, _, _), (theirs, _, _) in zip(first, again, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for (ours, kind, mask), (theirs, _, _) in zip(first, other_moment, strict=True):
        assert ((ours != theirs) == (mask & (kind == "noise"))).all()


@given(st.integers(0, 2**32), st.lists(st.integers(0, 3000), min_size=1, max_size=20))
def test_a_timetable_is_a_function_of_the_age(world: int, ages: list[int]):
    storm = Storm(("drop", "invert"), calm=40, burst=15)
    once, asked = (Timetable(storm, 4, np.random.default_rng(world)) for _ in range(2))
    in_order = {age: once.at(age) for age in sorted(ages)}
    for age in ages:
        spell = asked.at(age)
        assert spell.start <= age < spell.stop
        assert (spell.start, spell.stop, spell.kind) == (in_order[age].start, in_order[age].stop, in_order[age].kind)
        assert spell.mask.tolist() == in_order[age].mask.tolist()


def test_calm_and_bursts_have_the_asked_mean_lengths():
    table = Timetable(Storm(("noise", "drop"), calm=40, burst=10), 4, np.random.default_rng(0))
    age, lengths, kinds = 0, {True: [], False: []}, []
    while age < 100_000:
        spell = table.at(age)
        lengths[spell.kind == "calm"].append(spell.stop - spell.start)
        kinds.append(spell.kind)
        age = spell.stop
    assert abs(np.mean(lengths[True]) - 40) < 3 and abs(np.mean(lengths[False]) - 10) < 0.8
    assert kinds[0] == "calm" and all((kind == "calm") == (k % 2 == 0) for k, kind in enumerate(kinds))
    assert abs(kinds.count("noise") / kinds.count("calm") - 0.5) < 0.05


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Storm(()), "some of noise, drop, invert"),
        (lambda: Storm(("hail",)), "got .'hail'"),
        (lambda: Storm(calm=0), "calm is a mean length in life steps, at least 1; got 0"),
        (lambda: Storm(burst=float("inf")), "got inf"),
        (lambda: Storm(share=0.0), "above 0 and at most 1; got 0.0"),
        (lambda: Storm(noise=0.0), "not all 0; got 0.0"),
        (lambda: Storm(noise=(1.0, -1.0)), "at least 0"),
        (lambda: list(weather(Storm(noise=(1.0, 2.0)), REAL)), "one deviation for each of 4 channels; got 2"),
        (lambda: list(weather(Storm(), BITS)), "bits know no noise"),
        (lambda: list(weather(Storm(("drop",)), np.zeros((2, 2), np.float32))), "one dimension"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(make, message: str):
    with pytest.raises(ValueError, match=message):
        make()


def test_bounded_senses_are_refused_and_freed_ones_are_not():
    setting = Setting(Clock(), np.random.default_rng(0), np.random.default_rng(0))
    with pytest.raises(ValueError, match="unbounded real senses"):
        Storm().wrap(gym.make("CartPole-v1"), setting)
    Storm().wrap(RealSenses(gym.make("CartPole-v1")), setting)
