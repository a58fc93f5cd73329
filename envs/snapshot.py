"""The whole state of an environment, to go on from later or elsewhere, to the bit."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils.env_checker import data_equivalence

from envs.saving.single import load_env, save_env

_FORMAT = "lifelong_agent snapshot 1"


def snapshot(env: gym.Env | gym.vector.VectorEnv) -> dict[str, Any]:
    """Save an environment between two steps, in the middle of an episode or of a storm.

    Lives (`LifelongEnv`, `LifelongVectorEnv`) are saved with their clock and all worlds met so far, batched
    environments with all rows, single ones with all wrappers; each with its generators. What goes on from a snapshot is
    equal to what would have gone on without it, bit for bit: observations, rewards, ends, reports and draws.

    Environments of others are saved by their attributes, those on MuJoCo with the whole of its data. What cannot be
    saved exactly, such as a world of Box2D, is refused and not lost silently; `check_snapshot` tells for an
    environment of your own. Left out are what draws pictures and the dice of spaces, from which agents draw.

    Args:
        env: The environment; it is left as it is.

    Returns:
        Copies; nothing in them is shared with the environment. For `restore`, and for `to_bytes`.

    Raises:
        ValueError: If something about it cannot be saved exactly; what, and how it could be.
    """
    return {"format": _FORMAT, "env": save_env(env)}


def restore(env: gym.Env | gym.vector.VectorEnv, saved: dict[str, Any]) -> None:
    """Go on from a snapshot.

    Args:
        env: The environment that was saved, or another one that was made by the same call, wherever it is in its life.
        saved: What `snapshot` gave; it is left as it is, and can be restored again. Never restore what comes from
            anyone whom you do not trust: it is unpickled, which runs whatever code it contains.

    Raises:
        ValueError: If it is no snapshot, or one of another environment.
    """
    if not isinstance(saved, dict) or saved.get("format") != _FORMAT:
        raise ValueError(f"expected what snapshot() gave ({_FORMAT!r}); got {type(saved).__name__}")
    load_env(env, saved["env"])


def to_bytes(saved: dict[str, Any]) -> bytes:
    """Turn a snapshot into bytes by pickling it."""
    return pickle.dumps(saved, protocol=5)


def from_bytes(data: bytes) -> dict[str, Any]:
    """Turn bytes into a snapshot. They are unpickled: never take them from anyone whom you do not trust."""
    return pickle.loads(data)


def check_snapshot(
    make: Callable[[], gym.Env | gym.vector.VectorEnv], seed: int = 0, before: int = 37, after: int = 200
) -> None:
    """Check that environments go on from a snapshot as they would have gone on without.

    Args:
        make: Makes the environment; called three times.
        seed: Of the first reset, and of the actions.
        before: Steps before it is saved.
        after: Steps that are compared, in the same object, and in another one that has lived otherwise.

    Raises:
        ValueError: If they differ, or it cannot be saved.
    """
    env, other = make(), make()
    env.reset(seed=seed)
    _live(env, before, seed)
    saved = snapshot(env)
    went_on = _live(env, after, seed + 1)
    other.reset(seed=seed + 1)
    _live(other, 5, seed)
    for where, target in (("the same object", env), ("another object", other), ("a new one, by bytes", make())):
        restore(target, saved if target is not other else from_bytes(to_bytes(saved)))
        if not data_equivalence(_live(target, after, seed + 1), went_on, exact=True):
            raise ValueError(f"{env} went on otherwise from its snapshot after {before} steps in {where}")
    for one in (env, other):
        one.close()


def _live(env: Any, steps: int, seed: int) -> list[Any]:
    """Take random steps; gives all that came of them."""
    rng, lived = np.random.default_rng(seed), []
    space = env.action_space
    for _ in range(steps):
        space.seed(int(rng.integers(2**31)))
        observation, reward, terminated, truncated, info = env.step(space.sample())
        lived.append(tuple(_plain(one) for one in (observation, reward, terminated, truncated, info)))
        if not isinstance(env, gym.vector.VectorEnv) and (terminated or truncated):
            lived.append(tuple(_plain(one) for one in env.reset()))
    return lived


def _plain(told: Any) -> Any:
    """Copy what was told, tensors as arrays; of last observations only those of the rows that ended."""
    if isinstance(told, Mapping):
        told = dict(told)
        if "final_obs" in told:
            told["final_obs"] = _rows(_plain(told["final_obs"]), np.asarray(_plain(told["_final_obs"])))
        return {name: _plain(one) for name, one in told.items()}
    return told.cpu().numpy().copy() if hasattr(told, "cpu") else deepcopy(told)


def _rows(told: Any, ended: np.ndarray) -> Any:
    return (
        {name: _rows(one, ended) for name, one in told.items()} if isinstance(told, dict) else np.asarray(told)[ended]
    )
