"""A trial of an environment, with a change or without: what was sensed, seen, paid and told, step by step."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np

from envs.changes import Change
from envs.setting import Clock, Setting, take_report


@dataclass
class Moment:
    """One reset or step: ``others`` are the keys of info besides the reports, ``dice`` the state of the base's."""

    age: int
    sensed: Any
    observation: Any
    reward: float
    ended: bool
    report: dict[str, Any]
    others: set[str]
    dice: Any
    on_time: bool


@dataclass
class Lived:
    """What was lived with an environment."""

    env: gym.Env
    moments: list[Moment]

    def noticeable(self) -> list[tuple]:
        """Tell what an agent can notice."""
        return [(moment.observation, moment.reward, moment.ended) for moment in self.moments]

    def trace(self) -> list[tuple]:
        """Tell that, and what was reported."""
        return [(moment.observation, moment.reward, moment.ended, moment.report) for moment in self.moments]


class Spy(gym.Wrapper):
    """Keeps a copy of what is sensed before a change sees it."""

    sensed: np.ndarray

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict]:
        """Begin an episode."""
        observation, info = self.env.reset(seed=seed, options=options)
        self.sensed = np.array(observation)
        return observation, info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict]:
        """Act once."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        self.sensed = np.array(observation)
        return observation, reward, terminated, truncated, info


def live(env: gym.Env, change: Change | None, seed: int, steps: int) -> Lived:
    """Take random steps, the same ones for each environment, through as many episodes as they last."""
    clock, spy = Clock(), Spy(env)
    env = spy
    if change is not None:
        env = change.wrap(env, Setting(clock, np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])))
    choice = deepcopy(env.action_space)
    choice.seed(seed)
    moments: list[Moment] = []

    def note(observation: Any, reward: Any, ended: bool, info: dict[str, Any], age: int) -> None:
        report = take_report(info)
        dice = deepcopy(env.unwrapped.np_random.bit_generator.state)
        moments.append(
            Moment(age, spy.sensed, observation, float(reward), ended, report, set(info), dice, clock.age == age)
        )

    observation, info = env.reset(seed=seed)
    note(observation, 0.0, False, info, 0)
    for age in range(1, steps + 1):
        clock.age = age
        observation, reward, terminated, truncated, info = env.step(choice.sample())
        note(observation, reward, bool(terminated or truncated), info, age)
        if terminated or truncated:
            observation, info = env.reset()
            note(observation, 0.0, False, info, age)
    env.close()
    return Lived(env, moments)
