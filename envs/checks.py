"""The contract of a change, for anyone who writes one: ``check_change("CartPole-v1", Fog(density=0.2))``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import is_dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector.utils import batch_space

from envs.batched import Outcome
from envs.changes import Change
from envs.looped import LoopedWorld
from envs.senses import free
from envs.setting import BatchSetting, Clock, Setting
from envs.trial import Lived, live


def check_change(env: str | Callable[[], gym.Env], change: Change, seed: int = 0, steps: int = 500) -> None:
    """Check that a change keeps its promises on an environment.

    - It is a frozen dataclass, registered under its kind.
    - It keeps both spaces, unless its class says otherwise; its observations lie in theirs, to the last step, and are
      finite, unless its class says otherwise.
    - The same seed makes the same change: observations, rewards, ends and reports are equal.
    - It changes something that can be noticed: an observation, a reward or an end. At zero strength (`Change.still`) it
      changes nothing.
    - It leaves the world's own dice alone, so that a world with and without it begins and goes on alike. (Only for
      bases whose own draws do not depend on what the agent does, such as CartPole or a room.)
    - It does not move the life clock, and reports the names that it says it does (`Change.reports`), in every reset and
      step, in ``info["lifelong"]`` only. Where a mask of a fault says that a component was not hit, it is as it was
      sensed.
    - Many bodies at once (`Change.batch`) live as each of them would alone.

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
    bare, same = live(base(), None, seed, steps), base()
    first, second = (live(base(), change, seed, steps) for _ in range(2))
    if change.keeps_spaces:
        for label, before, after in (
            ("observation space", same.observation_space, first.env.observation_space),
            ("action space", same.action_space, first.env.action_space),
        ):
            _promise(before == after, change, f"keeps the {label}, but made {after} of {before}")
    _check_observations(first, change)
    _promise(
        _alike(first.trace(), second.trace()),
        change,
        "is the same for the same seed, but two lives differed; draw only from setting.world and setting.moment",
    )
    _promise(
        not data_equivalence(first.noticeable(), bare.noticeable(), exact=True),
        change,
        f"changes something, but {steps} steps were as without it",
    )
    still = change.still()
    if still is not None:
        _promise(
            data_equivalence(live(base(), still, seed, steps).noticeable(), bare.noticeable(), exact=True),
            change,
            f"at zero strength changes nothing, but {still!r} did",
        )
    _check_dice(first, bare, change)
    _check_reports(first, bare, change)
    check_batch([base() for _ in range(6)], change, seed, min(steps, 100))


def check_batch(envs: Sequence[gym.Env], change: Change, seed: int, steps: int) -> None:
    """Check that half of the environments, changed at once, live as the other half, changed one by one.

    Raises:
        ValueError: If they do not.
    """
    size, clock = len(envs) // 2, Clock()

    def settings() -> list[Setting]:
        return [Setting(clock, *(np.random.default_rng([seed, k, row * k]) for k in (0, 1))) for row in range(size)]

    many = change.batch(LoopedWorld(envs[:size]), BatchSetting(clock, np.random.default_rng([seed, 0, 0]), settings))
    if many is None:
        return
    each = LoopedWorld([change.wrap(env, one) for env, one in zip(envs[size:], settings(), strict=True)])
    choice = batch_space(each.action_space, size)
    choice.seed(seed)
    for world in (many, each):
        world.seed(range(size))
    outcomes = [many.begin(), each.begin()]
    for _ in range(steps):
        _promise(
            _alike(*outcomes),
            change,
            "is the same for many bodies as for each of them, but at age {age} they had {outcomes}",
            age=clock.age,
            outcomes=outcomes,
        )
        clock.advance(size)
        actions = choice.sample()
        outcomes = [_comparable(world.step(actions)) for world in (many, each)]


def _alike(one: Any, other: Any) -> bool:
    """Tell whether two lives are equal to the bit, where NaN is equal to NaN."""
    return data_equivalence(_told(one), _told(other), exact=True)


def _told(data: Any) -> Any:
    """Put a text in place of arrays that have NaN, which equal nothing, not even themselves."""
    if isinstance(data, dict):
        return {name: _told(value) for name, value in data.items()}
    if isinstance(data, (tuple, list)):
        return tuple(_told(value) for value in data)
    if isinstance(data, np.ndarray) and data.dtype.kind == "f" and np.isnan(data).any():
        return f"{data.shape} {data.dtype} {data.tobytes()}"
    return data


def _comparable(outcome: Outcome) -> tuple:
    """Tell of an outcome what is promised: last observations and what is told of them only where there are such."""
    ended = np.asarray(outcome.terminated | outcome.truncated)
    final = None if outcome.final is None else outcome.final[ended]
    last = outcome.report if outcome.final_report is None else outcome.final_report
    told = {name: value[ended] for name, value in last.items()} if ended.any() else {}
    return outcome.observation, outcome.reward, outcome.terminated, outcome.truncated, final, outcome.report, told


def _check_observations(lived: Lived, change: Change) -> None:
    space = lived.env.observation_space
    for moment in lived.moments:
        seen = moment.observation
        tame = seen if change.keeps_finite else np.nan_to_num(seen)
        _promise(
            space.contains(tame) and (not change.keeps_finite or bool(np.isfinite(seen).all())),
            change,
            "observes within {space}, but gave {seen!r} ({seen.dtype}) at age {age}",
            space=space,
            seen=seen,
            age=moment.age,
        )
        mask = next((told for name, told in moment.report.items() if name in change.reports() and _is_mask(told)), None)
        if change.reports_channels and mask is not None and np.shape(mask) == np.shape(moment.sensed):
            _promise(
                np.array_equal(seen[~mask], moment.sensed[~mask]),
                change,
                "masks what it hits, but at age {moment.age} made {seen} of {moment.sensed} and told {mask}",
                moment=moment,
                seen=seen,
                mask=mask,
            )


def _is_mask(told: Any) -> bool:
    return isinstance(told, np.ndarray) and told.dtype == np.bool_


def _check_dice(lived: Lived, bare: Lived, change: Change) -> None:
    for ours, theirs in zip(lived.moments, bare.moments, strict=True):
        _promise(
            ours.dice == theirs.dice,
            change,
            f"leaves the world's own dice alone, but they differed at age {ours.age}; use setting.moment",
        )
        if ours.ended or theirs.ended:
            break


def _check_reports(lived: Lived, bare: Lived, change: Change) -> None:
    names, others = set(lived.moments[0].report), set().union(*(moment.others for moment in bare.moments))
    for moment in lived.moments:
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
    _promise(
        names == set(change.reports()),
        change,
        f"says what it reports, but reports() gave {sorted(change.reports())}, and it reported {sorted(names)}",
    )


def _check_data(change: Change) -> None:
    if not isinstance(change, Change):
        raise ValueError(f"a change is an instance of envs.Change; got {change!r} of type {type(change).__name__}")
    frozen = is_dataclass(change) and type(change).__dataclass_params__.frozen  # pyright: ignore[reportAttributeAccessIssue]
    _promise(frozen and "__dataclass_params__" in vars(type(change)), change, "is a frozen dataclass of its own")
    _promise(Change.kinds.get(change.kind) is type(change), change, f"is registered as {change.kind!r}")


def _promise(kept: bool, change: Change, what: str, **told: Any) -> None:
    """Say what was promised if it was not kept, with what is told put in: spelling out is slower than checking."""
    if not kept:
        raise ValueError(f"{change!r} broke a promise. A change {what.format(**told) if told else what}")
