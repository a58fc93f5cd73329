"""One life lived by N sub-environments at once, on one clock."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from envs.batched import BatchedWorld
from envs.life import refuse_options
from envs.saving.memory import load_dice, save_dice
from envs.schedule import Schedule
from envs.setting import ANSWER_KEY, INFO_KEY, Clock
from envs.stream import Stream, as_schedule
from envs.worlds import Worlds

_OF_THE_STEP = (ANSWER_KEY, f"_{ANSWER_KEY}")
"""Infos that stay where they are when a switch ends the episodes that the others tell of."""


class LifelongVectorEnv(VectorEnv):
    """Lives through a schedule with N bodies that are always in the same world.

    One step advances the life clock by N environment steps. Sub-environments whose episodes end are reset in the same
    step: the returned observation is the first one of the next episode, ``infos["final_obs"]`` holds the last ones in
    the rows that ``infos["_final_obs"]`` masks. A switch of worlds truncates all running
    episodes at once; they then begin in the new world.

    A visit ends with the first step that reaches its end: where N does not divide the length of a visit, the first
    steps of the next visit are still lived in the old world, and ages stay exact.

    ``infos["lifelong"]`` holds arrays of shape ``(N,)`` or ``(N, ...)``, always all of them and without masks:
    ``task``, ``task_name``, ``visit`` (those the step was lived in), ``age`` (after the step), ``switched`` (the step
    was the last one of its visit), and what the changes report of the observations that are returned; what they report
    of last observations is in ``infos["final_info"]["lifelong"]``. Arrays that stay the same during a visit are shared
    and read-only.

    Labelled worlds tell what was right in ``infos["answer"]``, ``(N,)`` int64: in every step, of all bodies.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - as Gymnasium declares it
        "autoreset_mode": AutoresetMode.SAME_STEP,
        "render_modes": [],
    }

    def __init__(
        self,
        schedule: Schedule | Stream,
        num_envs: int = 8,
        seed: int = 0,
        purpose: str = "life",
        engine: str = "auto",
        device: str = "cpu",
    ) -> None:
        """Prepare a life; it begins with the first ``reset``.

        Args:
            schedule: What is lived when, as a schedule or a stream.
            num_envs: Number of sub-environments N, at least 1 and at most the steps of the shortest visit.
            seed: Root seed of the life, used unless ``reset`` is given another.
            purpose: Names the dice (see `LifelongEnv`).
            engine: What steps the bases: ``"auto"`` for the fastest there is, with the same bits as ``"looped"``, which
                steps Gymnasium's own environments one after the other; or the name of an engine that all bases have.
            device: Where engine ``"torch"`` works.

        Raises:
            ValueError: If the tasks do not share their spaces, or ``num_envs`` is out of range.
        """
        life = as_schedule(schedule)
        _check_bodies(num_envs, life)
        self._worlds = Worlds(life, seed, purpose)
        self._engine, self._device = engine, device
        self.num_envs = num_envs
        self.single_observation_space, self.single_action_space = self._worlds.spaces()
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._calm, self._switch = _constant(False, num_envs), _constant(True, num_envs)
        self._world: BatchedWorld | None = None

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
        observations, report = self._enter().begin()
        return observations, {INFO_KEY: self._report(False, report)}

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
        if self._world is None:
            raise ResetNeeded("a life begins with reset(): none has begun")
        if len(actions) != self.num_envs:
            raise ValueError(f"expected {self.num_envs} actions, one for each sub-environment; got {len(actions)}")
        clock = self._worlds.clock
        clock.advance(self.num_envs)
        switched = clock.age >= self._stop
        outcome = self._world.step(actions, again=not switched)
        truncated: Any
        observations, reward, terminated, truncated, final, report, told, final_report = outcome
        infos = dict(told) if told else {}
        truth = self._report(switched, report)
        if switched:
            # The episodes under way end with the old world, and new ones begin in the new world.
            truncated, final = truncated | ~terminated, observations
            infos = {name: infos[name] for name in _OF_THE_STEP if name in infos} | {"final_info": infos}
            observations, _ = self._enter().begin()
        if final is not None:
            ended = terminated | truncated
            infos |= {"final_obs": final, "_final_obs": ended, "_final_info": ended}
            last = truth if final_report is None else truth | final_report
            infos["final_info"] = {**infos.get("final_info", {}), INFO_KEY: last}
        infos[INFO_KEY] = truth
        return observations, reward, terminated, truncated, infos

    def snapshot(self) -> dict[str, Any]:
        """Give the whole life; see `envs.snapshot`."""
        return {
            "worlds": self._worlds.snapshot(),
            "num_envs": self.num_envs,
            "begun": self._world is not None,
            "dice": save_dice(self._np_random),
            "seed": self._np_random_seed,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave of a life of this schedule and of as many bodies.

        Raises:
            ValueError: If it is another life.
        """
        if saved["num_envs"] != self.num_envs:
            raise ValueError(f"what was saved is a life of {saved['num_envs']} bodies; this one has {self.num_envs}")
        self._worlds = self._worlds.restored(saved["worlds"], self.num_envs, self._engine, self._device)
        self._world = None
        if saved["begun"]:
            self._enter()
        self._np_random, self._np_random_seed = load_dice(saved["dice"]), saved["seed"]

    def _enter(self) -> BatchedWorld:
        """Go to the world of the present age."""
        age, schedule = self.clock.age, self.schedule
        visit = schedule.visit_at(age)
        task = schedule.visits[visit].task
        self._stop = schedule.leave_at(visit)
        self._world = self._worlds.batch(task, self.num_envs, self._engine, self._device)
        self._place: dict[str, Any] = {
            "task": _constant(task, self.num_envs),
            "task_name": _constant(schedule.tasks[task].name, self.num_envs),
            "visit": _constant(visit, self.num_envs),
            "age": None,
            "switched": self._calm,
        }
        return self._world

    def _report(self, switched: bool, report: dict[str, Any]) -> dict[str, Any]:
        """Tell the truth of a step, before the next world is entered."""
        truth = self._place.copy()
        truth["age"] = age = np.empty(self.num_envs, np.int64)
        age.fill(self._worlds.clock.age)
        if switched:
            truth["switched"] = self._switch
        if report:
            truth.update(report)
        return truth

    def close_extras(self, **kwargs: Any) -> None:
        """Close the environments of this life."""
        self._world = None
        self._worlds.close()


def _check_bodies(num_envs: int, schedule: Schedule) -> None:
    """Raise a ValueError unless every visit lasts at least one step of all sub-environments."""
    lengths = [visit.stop - visit.start for visit in schedule.visits]
    shortest = min(lengths)
    if 1 <= num_envs <= shortest:
        return
    hint = ""
    if num_envs > 1 and shortest < max(lengths):
        index = lengths.index(shortest)
        hint = (
            f" (visit {index}, from age {schedule.visits[index].start} on, is the shortest; longer stages, fewer slots "
            "of a blend or, of a Markov timeline, a larger `shortest` make room)"
        )
    raise ValueError(
        f"num_envs lies between 1 and the {shortest} steps of a visit, so that none is skipped; got {num_envs}{hint}"
    )


def _constant(value: Any, num_envs: int) -> np.ndarray:
    array = np.full(num_envs, value)
    array.flags.writeable = False
    return array
