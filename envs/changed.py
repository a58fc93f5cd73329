"""Changes around any environment, single or vectorised, outside of a life: ``changed(env, Noise(), seed=3)``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import gymnasium as gym
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space

from envs.batched import BatchedWorld
from envs.batched_wrapper import BatchedWrapper
from envs.changes import Change
from envs.effect import undo
from envs.senses import free
from envs.setting import INFO_KEY, Clock, Settings, take_report
from envs.task import check_stack, put_around
from envs.vector_world import SyncWorld, world_of
from lifelong_agent.seeds import seed_for


@overload
def changed(env: gym.Env, *changes: Change, seed: int = 0, clock: Clock | None = None) -> gym.Env: ...
@overload
def changed(env: VectorEnv, *changes: Change, seed: int = 0, clock: Clock | None = None) -> VectorEnv: ...
def changed(
    env: gym.Env | VectorEnv, *changes: Change, seed: int = 0, clock: Clock | None = None
) -> gym.Env | VectorEnv:
    """Put changes around an environment, on a life clock that no reset stops.

    Args:
        env: Any Gymnasium environment, or vector environment in any autoreset mode.
        *changes: Changes from the inside out.
        seed: Root of what the changes draw, until ``reset`` is given another.
        clock: The life clock; one of its own if None. The changed environment advances it, by one for each body.

    Returns:
        The changed environment; real-valued senses are declared unbounded, as in lives.

    Raises:
        TypeError: If it is no environment, or something else than changes is given.
        ValueError: If a change does not fit the environment, or changes do not go together.
    """
    for change in changes:
        if not isinstance(change, Change):
            raise TypeError(f"changes are instances of envs.Change; got {change!r} of type {type(change).__name__}")
    check_stack(changes, "changed()")
    seed_for(seed)  # refuses what is no seed
    if isinstance(env, VectorEnv):
        return ChangedVectorEnv(env, changes, seed, clock or Clock())
    if isinstance(env, gym.Env):
        return ChangedEnv(env, changes, seed, clock or Clock())
    raise TypeError(f"changed() takes a Gymnasium environment; got {env!r} of type {type(env).__name__}")


class ChangedEnv(gym.Wrapper):
    """One environment in changes; see `changed`.

    Attributes:
        clock: The life clock.
    """

    def __init__(self, env: gym.Env, changes: Sequence[Change], seed: int, clock: Clock) -> None:
        """Wrap an environment."""
        self.clock, self._changes, self._bare = clock, tuple(changes), free(env)
        super().__init__(self._build(seed))

    def _build(self, seed: int) -> gym.Env:
        env, settings = self._bare, Settings(self.clock, seed)
        for k, change in enumerate(self._changes):
            env = change.wrap(env, settings.one((0, k), 0))
        return env

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin a new life (with a seed): clock at 0, changes drawn anew. Or the next episode of this one (without)."""
        if seed is not None:
            self.clock.age = 0
            undo(self.env, self._bare)
            self.env = self._build(seed)
        observation, info = self.env.reset(seed=seed, options=options)
        return observation, self._told(info)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Act once."""
        self.clock.advance(1)
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward, terminated, truncated, self._told(info)

    def _told(self, info: dict[str, Any]) -> dict[str, Any]:
        info[INFO_KEY] = {"age": self.clock.age, **take_report(info)}
        return info


class ChangedVectorEnv(VectorWrapper):
    """N bodies in changes, without a Python loop over them; see `changed`.

    Attributes:
        clock: The life clock.
    """

    def __init__(self, env: VectorEnv, changes: Sequence[Change], seed: int, clock: Clock) -> None:
        """Wrap a vector environment."""
        super().__init__(env)
        self.clock, self._changes = clock, tuple(changes)
        self._inner = world_of(env)
        self._mode = self._inner.mode
        self._ended: np.ndarray | None = None
        self._begun = False
        self._world = self._build(seed)
        self.single_observation_space = self._world.observation_space
        self.single_action_space = self._world.action_space
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)

    def _build(self, seed: int) -> BatchedWorld:
        world: BatchedWorld | None = self._inner
        settings = Settings(self.clock, seed)
        for k, change in enumerate(self._changes):
            world = put_around(world, change, settings.many((0, k), self.num_envs))
            if world is None:
                raise ValueError(
                    f"{change.kind!r} wraps single environments: name it before changes that are of all at once, and "
                    f"around a SyncVectorEnv; or put it around the environments that {self.env} is made of"
                )
        return world

    def _undo(self) -> None:
        """Give back what the changes did to the bodies themselves."""
        world = self._world
        while isinstance(world, BatchedWrapper):
            world.undo()
            world = world.world
        if isinstance(self._inner, SyncWorld):
            self._inner.strip()

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin a new life (with a seed), or new episodes of this one: all, or those of ``options["reset_mask"]``."""
        rows = None if not options or "reset_mask" not in options else np.flatnonzero(options["reset_mask"])
        if seed is not None and rows is None:
            self.clock.age = 0
            self._undo()
            root = seed if isinstance(seed, (int, np.integer)) else next((one for one in seed if one is not None), 0)
            self._world = self._build(int(root))
        if seed is not None:
            seeds = [seed + row for row in range(self.num_envs)] if isinstance(seed, (int, np.integer)) else list(seed)
            self._inner.seed(seeds)
        self._ended, self._begun = None, True
        observation, report = self._world.begin(rows)
        return observation, self._told(dict(self._inner.infos), report)

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Act once with every body.

        Raises:
            ResetNeeded: Before the first ``reset``.
        """
        if not self._begun:
            raise ResetNeeded("an episode begins with reset(): none has begun")
        self.clock.advance(self.num_envs)
        outcome = self._world.step(actions, again=self._mode is AutoresetMode.SAME_STEP, idle=self._ended)
        observation, report, infos = outcome.observation, outcome.report, dict(self._inner.infos)
        if self._ended is not None:
            observation, report = self._world.begin(np.flatnonzero(self._ended))
            self._ended = None
        if outcome.final is not None:
            ended = np.asarray(outcome.terminated | outcome.truncated)
            if self._mode is AutoresetMode.SAME_STEP:
                last = report if outcome.final_report is None else outcome.final_report
                told = self._told(dict(infos.get("final_info", {})), last)
                infos |= {"final_obs": outcome.final, "_final_obs": ended, "final_info": told, "_final_info": ended}
            elif self._mode is AutoresetMode.NEXT_STEP:
                self._ended = ended
        return observation, outcome.reward, outcome.terminated, outcome.truncated, self._told(infos, report)

    def _told(self, infos: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
        infos[INFO_KEY] = {"age": np.full(self.num_envs, self.clock.age), **report}
        return infos
