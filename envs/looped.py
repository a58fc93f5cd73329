"""Any Gymnasium environments as a batched world, one after the other: the way that is always open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.vector import VectorEnv
from gymnasium.vector.utils import iterate

from envs.batched import Outcome
from envs.of_envs import OfEnvs
from envs.saving.single import load_env, save_env
from envs.setting import ANSWER_KEY, Setting, take_report


class LoopedWorld(OfEnvs):
    """N single environments, which it owns, stepped in a Python loop."""

    def __init__(self, envs: Sequence[gym.Env]) -> None:
        """Take over environments of equal spaces, whose observations are arrays."""
        self.num_envs = len(envs)
        self.envs = list(envs)
        self._look()
        self._seeds: list[int | None] = [None] * self.num_envs
        # Infos are gathered by Gymnasium's own hand.
        self._gather = VectorEnv()
        self._gather.num_envs = self.num_envs

    def _look(self) -> None:
        """Take over the spaces of the environments."""
        first: Any = self.envs[0]
        self.observation_space, self.action_space = first.observation_space, first.action_space
        self._shape = (self.num_envs, *self.observation_space.shape)
        self._observations = np.zeros(self._shape, self.observation_space.dtype)

    def wrapped(self, wrap: Callable[[gym.Env, Setting], gym.Env], settings: Sequence[Setting]) -> Self:
        """Wrap each environment, which may change the spaces here; see `OfEnvs.wrapped`."""
        super().wrapped(wrap, settings)
        self._look()
        return self

    def seed(self, seeds: Sequence[int | None], rows: np.ndarray | None = None) -> None:
        """Seed environments when they next begin an episode; see `BatchedWorld.seed`."""
        for row, seed in zip(range(self.num_envs) if rows is None else rows.tolist(), seeds, strict=True):
            self._seeds[row] = seed

    def begin(self, rows: np.ndarray | None = None) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Begin new episodes; see `BatchedWorld.begin`. The infos of resets are left out."""
        observations = self._observations.copy()
        reports = self._reset(range(self.num_envs) if rows is None else rows.tolist(), observations, [])
        self._observations = observations
        return observations, {key: np.array([report[key] for report in reports]) for key in reports[0]}

    def step(self, actions: Any, *, again: bool = True, idle: Any = None) -> Outcome:
        """Act once in every environment; see `BatchedWorld.step`."""
        acts = actions.tolist() if isinstance(self.action_space, spaces.Discrete) else self._each(actions)
        observations = np.empty(self._shape, self.observation_space.dtype)
        rewards, terminated, truncated = np.zeros(self.num_envs), [False] * self.num_envs, [False] * self.num_envs
        details: list[dict[str, Any]] = []
        for row, (env, act) in enumerate(zip(self.envs, acts, strict=True)):
            if idle is not None and idle[row]:
                observations[row] = self._observations[row]
                details.append({})
                continue
            observations[row], rewards[row], terminated[row], truncated[row], info = env.step(act)
            details.append(info)
        reports = [take_report(info) for info in details]
        final, infos, last = None, {}, None
        ended = np.logical_or(terminated, truncated)
        if ended.any():
            final = observations
            if again:
                final = observations.copy()
                infos["final_info"] = {}
                rows = np.flatnonzero(ended).tolist()
                for row in rows:
                    infos["final_info"] = self._gather._add_info(infos["final_info"], details[row], row)
                last = _gathered(reports)
                answers = {row: details[row][ANSWER_KEY] for row in rows if ANSWER_KEY in details[row]}
                for row, told in zip(rows, self._reset(rows, observations, details), strict=True):
                    reports[row] = told
                for row, answer in answers.items():
                    details[row] = {**details[row], ANSWER_KEY: answer}
        for row, info in enumerate(details):
            if info:
                infos = self._gather._add_info(infos, info, row)
        self._observations = observations
        told = _gathered(reports)
        return Outcome(
            observations, rewards, np.array(terminated), np.array(truncated), final, told, infos, last if told else None
        )

    def snapshot(self) -> dict[str, Any]:
        """Give what each environment remembers; see `BatchedWorld.snapshot`."""
        return {
            "envs": [save_env(env) for env in self.envs],
            "seeds": list(self._seeds),
            "observations": self._observations.copy(),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave; see `BatchedWorld.restore`."""
        for env, was in zip(self.envs, saved["envs"], strict=True):
            load_env(env, was)
        self._seeds, self._observations = list(saved["seeds"]), saved["observations"].copy()

    def close(self) -> None:
        """Close the environments."""
        for env in self.envs:
            env.close()

    def _each(self, actions: Any) -> list[Any]:
        return list(iterate(gym.vector.utils.batch_space(self.action_space, self.num_envs), actions))

    def _reset(
        self, rows: Sequence[int], observations: np.ndarray, details: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Begin episodes in some rows, writing into what is handed over; returns what the changes report."""
        reports = []
        for row in rows:
            seed, self._seeds[row] = self._seeds[row], None
            observations[row], info = self.envs[row].reset(seed=seed)
            reports.append(take_report(info))
            if details:
                details[row] = info
        return reports


def _gathered(reports: Sequence[dict[str, Any]]) -> dict[str, np.ndarray]:
    """Make arrays of what the changes of each environment report; rows that were idle repeat another one's."""
    told = next((report for report in reports if report), {})
    return {key: np.array([one.get(key, told[key]) for one in reports]) for key in told}
