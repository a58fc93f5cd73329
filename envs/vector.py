"""One life lived by N sub-environments at once, on one clock."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space, iterate

from envs.life import refuse_options
from envs.schedule import Schedule
from envs.setting import INFO_KEY, Clock, take_report
from envs.worlds import Worlds


class LifelongVectorEnv(VectorEnv):
    """Lives through a schedule with N bodies that are always in the same world.

    One step advances the life clock by N environment steps. Sub-environments whose episodes end are reset in the same
    step: the returned observation is the first one of the next episode, ``infos["final_obs"]`` holds the last ones
    (all rows are filled; ``infos["_final_obs"]`` masks those that ended). A switch of worlds truncates all running
    episodes at once; they then begin in the new world.

    A visit ends with the first step that reaches its end: where N does not divide the length of a visit, the first
    steps of the next visit are still lived in the old world, and ages stay exact.

    ``infos["lifelong"]`` holds arrays of shape ``(N,)`` or ``(N, ...)``, always all of them and without masks:
    ``task``, ``task_name``, ``visit`` (those the step was lived in), ``age`` (after the step), ``switched`` (the step
    was the last one of its visit), and what the changes report. Arrays that stay the same during a visit are shared and
    read-only.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - as Gymnasium declares it
        "autoreset_mode": AutoresetMode.SAME_STEP,
        "render_modes": [],
    }

    def __init__(self, schedule: Schedule, num_envs: int = 8, seed: int = 0, purpose: str = "life") -> None:
        """Prepare a life; it begins with the first ``reset``.

        Args:
            schedule: What is lived when.
            num_envs: Number of sub-environments N, at least 1 and at most the steps of a visit.
            seed: Root seed of the life, used unless ``reset`` is given another.
            purpose: Names the dice (see `LifelongEnv`).

        Raises:
            ValueError: If the tasks do not share their spaces, or ``num_envs`` is out of range.
        """
        if not 1 <= num_envs <= schedule.steps:
            raise ValueError(
                f"num_envs lies between 1 and the {schedule.steps} steps of a visit, so that none is skipped; "
                f"got {num_envs}"
            )
        self._worlds = Worlds(schedule, seed, purpose)
        self.num_envs = num_envs
        self.single_observation_space, self.single_action_space = self._worlds.spaces()
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._shape = (num_envs, *self.single_observation_space.shape)
        self._dtype = self.single_observation_space.dtype
        self._calm = _constant(False, num_envs)
        self._envs: list[gym.Env] = []

    @property
    def schedule(self) -> Schedule:
        """What is lived when."""
        return self._worlds.schedule

    @property
    def clock(self) -> Clock:
        """The clock of the present life."""
        return self._worlds.clock

    def reset(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin a new life (with a seed) or new episodes in all sub-environments (without).

        Raises:
            ValueError: If options are given: a life has none.
        """
        refuse_options(options)
        if seed is not None:
            self._worlds = self._worlds.again(seed)
        super().reset(seed=seed)
        self._enter()
        observations = np.empty(self._shape, self._dtype)
        infos: dict[str, Any] = {}
        reports = []
        for index in range(self.num_envs):
            observations[index], info = self._worlds.reset(self._task, index)
            reports.append(take_report(info))
            infos = self._add_info(infos, info, index)
        infos[INFO_KEY] = self._report(self._calm, reports)
        return observations, infos

    def step(self, actions: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Act once with every body.

        Args:
            actions: One action for each sub-environment, ``(N,)`` or ``(N, ...)``.

        Returns:
            Observations ``(N, ...)``, rewards ``(N,)`` float64, terminated ``(N,)``, truncated ``(N,)``, infos.

        Raises:
            ResetNeeded: Before the first ``reset``.
            ValueError: If there is not one action for each sub-environment.
        """
        if not self._envs:
            raise ResetNeeded("a life begins with reset(): none has begun")
        acts = actions.tolist() if self._discrete(actions) else list(iterate(self.action_space, actions))
        if len(acts) != self.num_envs:
            raise ValueError(f"expected {self.num_envs} actions, one for each sub-environment; got {len(acts)}")
        self.clock.advance(self.num_envs)
        observations = np.empty(self._shape, self._dtype)
        rewards, terminated, truncated, details = [], [], [], []
        for index, (env, act) in enumerate(zip(self._envs, acts, strict=True)):
            observations[index], reward, end, cut, info = env.step(act)
            rewards.append(reward)
            terminated.append(end)
            truncated.append(cut)
            details.append(info)
        switched = self.clock.age >= self._stop
        if switched:
            truncated = [cut or not end for cut, end in zip(truncated, terminated, strict=True)]
        infos: dict[str, Any] = {}
        truth = self._report(
            _constant(True, self.num_envs) if switched else self._calm, list(map(take_report, details))
        )
        if True in terminated or True in truncated:
            infos = self._begin_again(observations, np.logical_or(terminated, truncated), details, switched)
            infos["final_info"][INFO_KEY] = truth
        for index, info in enumerate(details):
            if info:
                infos = self._add_info(infos, info, index)
        infos[INFO_KEY] = truth
        return observations, np.array(rewards, np.float64), np.array(terminated), np.array(truncated), infos

    def _begin_again(
        self, observations: np.ndarray, ended: np.ndarray, details: list[dict[str, Any]], switched: bool
    ) -> dict[str, Any]:
        """Reset those that ended, writing into ``observations`` and ``details``; return the final infos."""
        final: dict[str, Any] = {}
        infos = {
            "final_obs": observations.copy(),
            "_final_obs": ended,
            "final_info": final,
            "_final_info": ended.copy(),
        }
        if switched:
            self._enter()
        for index in np.flatnonzero(ended).tolist():
            final.update(self._add_info(final, details[index], index))
            observations[index], details[index] = self._worlds.reset(self._task, index)
            take_report(details[index])
        return infos

    def _enter(self) -> None:
        """Go to the world of the present age."""
        age, schedule = self.clock.age, self.schedule
        visit = schedule.visit_at(age)
        self._task = schedule.task_at(age)
        self._stop = schedule.visits[visit].stop if visit + 1 < len(schedule.visits) else float("inf")
        self._envs = [self._worlds.env(self._task, index) for index in range(self.num_envs)]
        self._place = {
            "task": _constant(self._task, self.num_envs),
            "task_name": _constant(schedule.tasks[self._task].name, self.num_envs),
            "visit": _constant(visit, self.num_envs),
        }

    def _report(self, switched: np.ndarray, reports: list[dict[str, Any]]) -> dict[str, np.ndarray]:
        """Gather the truth of a step before the next world is entered."""
        truth = {**self._place, "age": np.full(self.num_envs, self.clock.age), "switched": switched}
        for key in reports[0]:
            truth[key] = np.array([report[key] for report in reports])
        return truth

    def _discrete(self, actions: Any) -> bool:
        return isinstance(self.single_action_space, spaces.Discrete) and isinstance(actions, np.ndarray)

    def close_extras(self, **kwargs: Any) -> None:
        """Close the environments of this life."""
        self._envs = []
        self._worlds.close()


def _constant(value: Any, num_envs: int) -> np.ndarray:
    array = np.full(num_envs, value)
    array.flags.writeable = False
    return array
