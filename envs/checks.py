"""The contract of a change, for anyone who writes one: ``check_change("CartPole-v1", Fog(density=0.2))``."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, is_dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils.env_checker import data_equivalence

from envs.changes import Change
from envs.senses import free
from envs.setting import Clock, Setting, take_report


def check_change(env: str | Callable[[], gym.Env], change: Change, seed: int = 0, steps: int = 500) -> None:
    """Check that a change keeps its promises on an environment.

    - It is a frozen dataclass, registered under its kind.
    - It keeps both spaces, and its observations lie in theirs.
    - The same seed makes the same change: observations, rewards, ends and reports are equal.
    - It changes something the agent can notice: an observation, a reward or an end.
    - It leaves the world's own dice alone, so that a world with and without it begins and goes on alike. (Only for
      bases whose own draws do not depend on what the agent does, such as CartPole or a room.)
    - It does not move the life clock, and reports the same names in every reset and step, in ``info["lifelong"]`` only.

    Args:
        env: A Gymnasium id, or what makes the base environment.
        change: The change to check.
        seed: Root of all dice of the check.
        steps: Steps taken with random actions, from age 0; a change that comes late needs more of them.

    Raises:
        ValueError: If a promise is broken; the message says which one.
    """

    def base() -> gym.Env:
        return free(gym.make(env, disable_env_checker=True) if isinstance(env, str) else env())

    _check_data(change)
    bare, same = _live(base(), None, seed, steps), base()
    first, second = (_live(base(), change, seed, steps) for _ in range(2))
    for label, before, after in (
        ("observation space", same.observation_space, first.env.observation_space),
        ("action space", same.action_space, first.env.action_space),
    ):
        _promise(before == after, change, f"keeps the {label}, but made {after} of {before}")
    for moment in first.moments:
        seen = moment.observation
        _promise(
            first.env.observation_space.contains(seen),
            change,
            f"observes within {first.env.observation_space}, but gave {seen!r} ({seen.dtype}) at age {moment.age}",
        )
    _promise(
        data_equivalence(first.trace(), second.trace(), exact=True),
        change,
        "is the same for the same seed, but two lives differed; draw only from setting.world and setting.moment",
    )
    _promise(
        not data_equivalence(first.noticeable(), bare.noticeable(), exact=True),
        change,
        f"changes something, but {steps} steps were as without it",
    )
    for ours, theirs in zip(first.moments, bare.moments, strict=True):
        _promise(
            ours.dice == theirs.dice,
            change,
            f"leaves the world's own dice alone, but they differed at age {ours.age}; use setting.moment",
        )
        if ours.ended or theirs.ended:
            break
    names, others = set(first.moments[0].report), set().union(*(moment.others for moment in bare.moments))
    for moment in first.moments:
        _promise(moment.on_time, change, f"only reads the clock, but moved it at age {moment.age}")
        _promise(
            set(moment.report) == names,
            change,
            f"reports the same names each time, but {sorted(names)}, then {sorted(moment.report)} at age {moment.age}",
        )
        _promise(
            moment.others <= others,
            change,
            f'reports in info["lifelong"] only, but info had {sorted(moment.others)}; use envs.report',
        )


@dataclass
class _Moment:
    """One reset or step: ``others`` are the keys of info besides the reports, ``dice`` the state of the base's."""

    age: int
    observation: Any
    reward: float
    ended: bool
    report: dict[str, Any]
    others: set[str]
    dice: Any
    on_time: bool


@dataclass
class _Lived:
    """What was lived with an environment."""

    env: gym.Env
    moments: list[_Moment]

    def noticeable(self) -> list[tuple]:
        return [(moment.observation, moment.reward, moment.ended) for moment in self.moments]

    def trace(self) -> list[tuple]:
        return [(moment.observation, moment.reward, moment.ended, moment.report) for moment in self.moments]


def _live(env: gym.Env, change: Change | None, seed: int, steps: int) -> _Lived:
    """Take random steps, the same ones for each environment, through as many episodes as they last."""
    clock = Clock()
    if change is not None:
        env = change.wrap(env, Setting(clock, np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])))
    choice = deepcopy(env.action_space)
    choice.seed(seed)
    moments: list[_Moment] = []

    def note(observation: Any, reward: Any, ended: bool, info: dict[str, Any], age: int) -> None:
        report = take_report(info)
        dice = deepcopy(env.unwrapped.np_random.bit_generator.state)
        moments.append(_Moment(age, observation, float(reward), ended, report, set(info), dice, clock.age == age))

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
    return _Lived(env, moments)


def _check_data(change: Change) -> None:
    if not isinstance(change, Change):
        raise ValueError(f"a change is an instance of envs.Change; got {change!r} of type {type(change).__name__}")
    frozen = is_dataclass(change) and type(change).__dataclass_params__.frozen  # pyright: ignore[reportAttributeAccessIssue]
    _promise(frozen and "__dataclass_params__" in vars(type(change)), change, "is a frozen dataclass of its own")
    _promise(Change.kinds.get(change.kind) is type(change), change, f"is registered as {change.kind!r}")


def _promise(kept: bool, change: Change, what: str) -> None:
    if not kept:
        raise ValueError(f"{change!r} broke a promise. A change {what}")
