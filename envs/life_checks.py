"""The contract of a life, for anyone who makes one: ``check_life(schedule)``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from gymnasium.utils.env_checker import data_equivalence

from envs.life import LifelongEnv
from envs.lives import make_life
from envs.schedule import Schedule
from envs.setting import INFO_KEY
from envs.snapshot import restore, snapshot
from envs.stream import Stream
from envs.timeline import Visit
from envs.vector import LifelongVectorEnv

Step = tuple[Any, Any, Any, Any, dict[str, Any]]


def check_life(
    life: Schedule | Stream | str,
    seed: int = 0,
    num_envs: int = 3,
    switches: int = 8,
    around: int = 12,
    snapshots: bool = True,
) -> None:
    """Check that a life keeps its promises, around some of its switches; long lives are not lived in between.

    - All tasks have the same spaces; it can be written as JSON and read back, with the same hash.
    - The same seed is the same life, step by step, for one body and for many.
    - A visit ends at its age, exactly once, with the step that reaches it, however episodes begin and end meanwhile;
      that step truncates what is under way, shows the old world, and the next episode begins in the new one. Resets
      leave the clock alone. The truth in ``info["lifelong"]`` is that of the schedule.
    - Observations lie in their space, and are finite unless a change says otherwise, to the last step.
    - It goes on from a snapshot as it would have gone on without, across a switch.

    Args:
        life: A schedule, a stream, or the name of a life.
        seed: Root seed.
        num_envs: Bodies of the vector form; no divisor of a visit is the harder case.
        switches: How many switches are looked at, evenly from the first to the last.
        around: Steps before and after each switch, taken with random actions.
        snapshots: Whether to check snapshots; not for bases that cannot be saved, such as those of Box2D.

    Raises:
        ValueError: If a promise is broken; the message says which one, and where.
        TypeError: If it is no life.
    """
    schedule = make_life(life) if isinstance(life, str) else life.schedule() if isinstance(life, Stream) else life
    if not isinstance(schedule, Schedule):
        raise TypeError(f"a life is a Schedule, a Stream or a name; got {life!r} of type {type(life).__name__}")
    again = Schedule.from_json(schedule.to_json())
    _promise(again.to_json() == schedule.to_json() and again.hash == schedule.hash, "is the same when read from JSON")
    chosen = _some(schedule.visits[:-1], switches)
    for bodies in (0, num_envs):
        env, other = _make(schedule, bodies, seed), _make(schedule, bodies, seed)
        for visit in chosen or schedule.visits:
            if visit.stop - visit.start <= bodies * around:
                continue
            first = _cross(env, visit, around, seed, snapshots)
            second = _cross(other, visit, around, seed, False)
            _promise(
                data_equivalence(first, second, exact=True),
                f"is the same for the same seed, but not around age {visit.stop}",
            )
        env.close()
        other.close()


def _some(visits: tuple[Visit, ...], most: int) -> list[Visit]:
    """Choose some visits, evenly."""
    places = np.linspace(0, len(visits) - 1, min(most, len(visits))).round().astype(int)
    return [visits[place] for place in dict.fromkeys(places.tolist())]


def _make(schedule: Schedule, bodies: int, seed: int) -> LifelongEnv | LifelongVectorEnv:
    env = LifelongVectorEnv(schedule, bodies, seed) if bodies else LifelongEnv(schedule, seed)
    env.reset()
    return env


def _cross(env: LifelongEnv | LifelongVectorEnv, visit: Visit, around: int, seed: int, saves: bool) -> list[Any]:
    """Live over the end of a visit and check it; gives all that came of it."""
    bodies = env.num_envs if isinstance(env, LifelongVectorEnv) else 1
    env.clock.age = visit.stop - around * bodies + (bodies > 1)  # so that the end is reached between two bodies
    begun = env.reset()
    _promise(env.clock.age == visit.stop - around * bodies + (bodies > 1), "leaves the clock alone at a reset")
    env.action_space.seed(seed)
    actions = [env.action_space.sample() for _ in range(2 * around)]
    told: list[Any] = [_plain(begun)]
    saved = snapshot(env) if saves else None
    _walk(env, actions, visit, told)
    if saved is not None:
        restore(env, saved)
        once_more: list[Any] = [_plain(begun)]
        _walk(env, actions, visit, once_more)
        _promise(
            data_equivalence(told, once_more, exact=True),
            f"goes on from a snapshot as without, but not to age {visit.stop}",
        )
    return told


def _walk(env: LifelongEnv | LifelongVectorEnv, actions: Iterable[Any], visit: Visit, told: list[Any]) -> None:
    """Take steps, and check each of them."""
    schedule, bodies = env.schedule, env.num_envs if isinstance(env, LifelongVectorEnv) else 1
    for action in actions:
        begun, before = env.clock.age, schedule.visit_at(env.clock.age)
        observation, reward, terminated, truncated, info = env.step(action)
        age, truth = env.clock.age, info[INFO_KEY]
        if "final_obs" in info:  # what is in the other rows is of no account
            info = info | {"final_obs": info["final_obs"][info["_final_obs"]]}
        told.append(_plain((observation, reward, terminated, truncated, info)))
        stop = schedule.leave_at(before)
        ends = age >= stop
        where = f"at age {age}, where a visit of task {schedule.names[schedule.visits[before].task]!r} goes to {stop:g}"
        _promise(age == begun + bodies, f"ages by one for each body in a step, but by {age - begun} {where}")
        _promise(bool(np.all(truth["age"] == age)), f"tells its age, but told {truth['age']} {where}")
        _promise(bool(np.all(truth["switched"] == ends)), f"switches at its ages, and only then, but not so {where}")
        _promise(
            bool(np.all(truth["visit"] == before)), f"tells the visit a step was lived in, but {truth['visit']} {where}"
        )
        over = np.asarray(terminated) | np.asarray(truncated)
        _promise(not ends or bool(np.all(over)), f"ends all episodes at a switch, but did not {where}")
        _promise(not ends or age - stop < bodies, f"reaches every switch, but went over one {where}")
        _check_seen(env, schedule, observation, where)
        if isinstance(env, LifelongVectorEnv):
            for last in info.get("final_obs", ()):
                _check_seen(env, schedule, last, where)
        elif over:
            observation, info = env.reset()
            told.append(_plain((observation, info)))
            _check_seen(env, schedule, observation, where)


def _check_seen(env: LifelongEnv | LifelongVectorEnv, schedule: Schedule, observation: Any, where: str) -> None:
    tame = all(change.keeps_finite for task in schedule.lived for change in task.changes)
    seen = observation if tame else np.nan_to_num(observation)
    space = env.observation_space
    if isinstance(env, LifelongVectorEnv) and np.shape(seen) == env.single_observation_space.shape:
        space = env.single_observation_space
    _promise(space.contains(seen), f"observes within {space}, but not {where}")
    _promise(not tame or bool(np.isfinite(seen).all()), f"observes finite numbers, but not {where}")


def _plain(told: Any) -> Any:
    """Copy what was told; NaN, which is not equal to itself, is told by another number."""
    if isinstance(told, dict):
        return {key: _plain(value) for key, value in told.items()}
    if isinstance(told, tuple):
        return tuple(_plain(one) for one in told)
    if isinstance(told, np.ndarray) and np.issubdtype(told.dtype, np.floating):
        return np.nan_to_num(told, nan=1e30)
    return told.copy() if isinstance(told, np.ndarray) else told


def _promise(kept: bool, what: str) -> None:
    if not kept:
        raise ValueError(f"a life broke a promise. A life {what}")
