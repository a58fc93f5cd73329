from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from envs import Change, Clock, Effect, Frame, GridGoal, Permute, Setting, check_change, report
from envs.checks import _alike
from envs.senses import free
from tests.envs import probes  # noqa: F401 - registers a screen

BASES: dict[str, dict[str, Any]] = {
    "CartPole-v1": {},
    "Acrobot-v1": {},
    "Pendulum-v1": {},
    "InvertedPendulum-v5": {},
    "lifelong/Room-v0": {},
    "lifelong/NineRooms-v0": {},
    "probe/Screen-v0": {},
    "lifelong/Pixels-v0": {},
    "lifelong/PointMaze-v0": {"reward": "dense", "reveal_goal": True},
    "lifelong/Labelled-v0": {},
}
MORE_BASES: dict[str, dict[str, Any]] = {
    "MountainCar-v0": {},
    "HalfCheetah-v5": {},
    "Hopper-v5": {},
    "Walker2d-v5": {},
    "Ant-v5": {},
    "LunarLander-v3": {},
    "lifelong/LGrid-v0": {},
    "lifelong/Grid-v0": {"base": "MiniGrid-DoorKey-5x5-v0"},
}
"""Bases of other libraries, and others of ours, which take too long for every day."""
PAYS_NOTHING = ("lifelong/Room-v0", "probe/Screen-v0", "lifelong/Pixels-v0", "lifelong/Grid-v0", "lifelong/LGrid-v0")
"""Bases that pay a random policy nothing, or next to nothing."""
OF_REWARDS = ("reward", "reward_delay")
"""Kinds of changes that change nothing where nothing is paid."""
ALIKE = [("lifelong/LGrid-v0", GridGoal())]
"""Draws one of two goals, which is the base's own every other time."""
SHIPPED = [kind for kind, change in Change.kinds.items() if change.__module__.startswith("envs.")]


def keeps_its_promises(example: Change, bases: dict[str, dict[str, Any]]) -> int:
    """Check a change on all bases that it fits; gives on how many."""
    fitted = 0
    for base, kwargs in bases.items():
        if (base in PAYS_NOTHING and example.kind in OF_REWARDS) or (base, example) in ALIKE:
            continue
        make = partial(gym.make, base, disable_env_checker=True, **kwargs)
        try:
            example.wrap(free(make()), Setting(Clock(), *np.random.default_rng(0).spawn(2)))
        except ValueError:
            continue  # refused where a life would be made, not in the middle of it
        fitted += 1
        check_change(make, example, seed=fitted)
    return fitted


@pytest.mark.parametrize("kind", SHIPPED)
def test_every_shipped_change_keeps_its_promises_on_every_base_that_it_fits(kind: str):
    for example in Change.kinds[kind].examples():
        assert keeps_its_promises(example, BASES), f"{example} fits none of {', '.join(BASES)}"


@pytest.mark.long
@pytest.mark.parametrize("kind", SHIPPED)
def test_every_shipped_change_keeps_its_promises_on_more_bases(kind: str):
    for example in Change.kinds[kind].examples():
        keeps_its_promises(example, MORE_BASES)


def test_a_factory_will_do():
    check_change(lambda: gym.make("CartPole-v1"), Permute())


@dataclass(frozen=True)
class Faulty(Change, kind="faulty"):
    """Breaks one promise."""

    fault: str

    def wrap(self, env: gym.Env, setting: Setting) -> gym.Env:
        return FaultySenses(env, setting, self.fault)


class FaultySenses(gym.Wrapper):
    def __init__(self, env: gym.Env, setting: Setting, fault: str) -> None:
        super().__init__(env)
        self.fault, self.setting, self.steps = fault, setting, 0
        if fault == "space":
            self.observation_space = spaces.Box(-1.0, 1.0, env.observation_space.shape)
        self.secret = np.random.default_rng() if fault == "entropy" else np.random.default_rng(0)

    def reset(self, *, seed=None, options=None):
        observation, info = self.env.reset(seed=seed, options=options)
        return self.spoil(observation, info), info

    def step(self, action):
        observation, reward, terminated, truncated, info = self.env.step(action)
        return self.spoil(observation, info), reward, terminated, truncated, info

    def spoil(self, observation: np.ndarray, info: dict) -> np.ndarray:
        self.steps += 1
        if self.fault == "dice":
            return observation + self.unwrapped.np_random.normal(size=observation.shape).astype(np.float32)
        if self.fault == "clock" and self.steps > 5:
            self.setting.clock.advance(1)
        if self.fault == "dtype":
            return observation.astype(np.float64) + 1
        if self.fault == "nothing":
            return observation
        if self.fault == "leak":
            info["which"] = 3
        if self.fault == "names":
            report(info, **{f"name{self.steps}": 1})
        return observation + np.float32(self.secret.normal())


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("space", "keeps the observation space, but made"),
        ("dtype", "observes within .* but gave .*float64"),
        ("entropy", "is the same for the same seed"),
        ("nothing", "changes something, but 100 steps were as without it"),
        ("dice", "leaves the world's own dice alone"),
        ("clock", "only reads the clock, but moved it at age"),
        ("names", "reports the same names each time"),
        ("leak", 'reports in info."lifelong". only, but info had .*which'),
    ],
)
def test_every_broken_promise_is_found(fault: str, message: str):
    with pytest.raises(ValueError, match=message):
        check_change("CartPole-v1", Faulty(fault), steps=100)


@dataclass(frozen=True)
class FaultyEffect(Change, kind="faulty effect"):
    """Breaks one promise that effects make."""

    reports_channels: ClassVar[bool] = True

    fault: str
    strength: float = 1.0

    def reports(self) -> tuple[str, ...]:
        return ("faulty_mask", "other") if self.fault == "reports" else ("faulty_mask",)

    def still(self) -> Change:
        return FaultyEffect(self.fault, self.strength if self.fault == "still" else 0.0)

    def effect(self, frame: Frame) -> Effect:
        return Shove(frame, self)


class Shove(Effect):
    def __init__(self, frame: Frame, change: FaultyEffect) -> None:
        super().__init__(frame)
        self.change, self.num_envs = change, frame.num_envs

    def see(self, sensed, rows, first):
        seen = sensed + np.float32(self.change.strength)
        if self.change.fault == "batch" and self.num_envs > 1:
            seen = seen + np.arange(len(sensed), dtype=np.float32)[:, None]
        return np.full_like(seen, np.nan) if self.change.fault == "finite" else seen

    def report(self):
        return {"faulty_mask": np.full((self.num_envs, 4), self.change.fault != "mask")}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("reports", r"says what it reports, but reports\(\) gave \['faulty_mask', 'other'\]"),
        ("still", "at zero strength changes nothing"),
        ("batch", "is the same for many bodies as for each of them"),
        ("mask", "masks what it hits, but at age 0"),
        ("finite", "observes within .* but gave .*nan"),
    ],
)
def test_every_promise_of_effects_that_is_broken_is_found(fault: str, message: str):
    check_change("CartPole-v1", FaultyEffect("none"), steps=100)
    with pytest.raises(ValueError, match=message):
        check_change("CartPole-v1", FaultyEffect(fault), steps=100)


def test_nan_is_equal_to_nan_and_to_nothing_else():
    one, same, other = (({"a": np.array([np.nan, value])}, [1.0]) for value in (1.0, 1.0, 2.0))
    assert _alike(one, same) and not _alike(one, other)


def test_what_is_no_change_is_refused():
    with pytest.raises(ValueError, match=r"instance of envs.Change; got 'permute'"):
        check_change("CartPole-v1", "permute")  # pyright: ignore[reportArgumentType]

    class Bare(Change, kind="bare"):
        def wrap(self, env: gym.Env, setting: Setting) -> gym.Env:
            return env

    with pytest.raises(ValueError, match="is a frozen dataclass of its own"):
        check_change("CartPole-v1", Bare())


def test_a_kind_is_claimed_once():
    with pytest.raises(TypeError, match=r"'permute' belongs to envs\.changes\.permute\.Permute"):

        class Impostor(Change, kind="permute"):
            def wrap(self, env: gym.Env, setting: Setting) -> gym.Env:
                return env

    assert Change.kinds["permute"] is Permute
