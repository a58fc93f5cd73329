"""One body living one life: an environment whose world changes under it."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
from gymnasium.error import ResetNeeded

from envs.saving.memory import load_dice, save_dice
from envs.schedule import Schedule
from envs.setting import INFO_KEY, Clock, take_report
from envs.stream import Stream
from envs.worlds import Worlds


class LifelongEnv(gym.Env):
    """Lives through a schedule on one clock that no ``reset()`` stops.

    ``reset(seed=s)`` begins a new life with root seed ``s``; ``reset()`` begins the next episode of this life. When the
    world changes, the running episode is truncated, its last observation is still of the old world, and the next
    ``reset()`` begins in the new one. Which world it is, is hidden; ``info["lifelong"]`` tells recorders:

    - ``task`` and ``task_name``: where the step was lived;
    - ``visit``: index of the visit it was lived in;
    - ``age``: environment steps lived, this one included;
    - ``switched``: whether this step was the last one of its visit;
    - and whatever the changes report (a storm's truth).

    Rendering is left out on purpose: a life is watched through its records.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - as Gymnasium declares it

    def __init__(self, schedule: Schedule | Stream, seed: int = 0, purpose: str = "life") -> None:
        """Prepare a life; it begins with the first ``reset``.

        Args:
            schedule: What is lived when, as a schedule or a stream.
            seed: Root seed of the life, used unless ``reset`` is given another.
            purpose: Names the dice: an ``"exam"`` has the same worlds as the ``"life"`` of that seed, with other
                starts of episodes and other noise.

        Raises:
            ValueError: If the tasks do not share their spaces.
        """
        self._worlds = Worlds(schedule, seed, purpose)
        self.observation_space, self.action_space = self._worlds.spaces()
        self._env: gym.Env | None = None
        self._visit = self._task = 0
        self._stop = 0.0

    @property
    def schedule(self) -> Schedule:
        """What is lived when."""
        return self._worlds.schedule

    @property
    def clock(self) -> Clock:
        """The clock of the present life."""
        return self._worlds.clock

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin a new life (with a seed) or the next episode of this one (without).

        Raises:
            ValueError: If options are given: a life has none.
        """
        refuse_options(options)
        if seed is not None:
            self._worlds = self._worlds.again(seed)
        super().reset(seed=seed)
        self._visit = self.schedule.visit_at(self.clock.age)
        self._task = self.schedule.visits[self._visit].task
        self._stop = self.schedule.leave_at(self._visit)
        self._env = self._worlds.env(self._task, 0)
        observation, info = self._worlds.reset(self._task, 0)
        info[INFO_KEY] = self._report(False, info)
        return observation, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Act once.

        Raises:
            ResetNeeded: Before the first ``reset``, and between a switch of worlds and the next ``reset``.
        """
        if self._env is None:
            raise ResetNeeded("an episode begins with reset(): none has begun in this world")
        self.clock.advance(1)
        observation, reward, terminated, truncated, info = self._env.step(action)
        switched = self.clock.age >= self._stop
        info[INFO_KEY] = self._report(switched, info)
        if switched:
            self._env = None
            truncated = truncated or not terminated
        return observation, float(reward), terminated, truncated, info

    def snapshot(self) -> dict[str, Any]:
        """Give the whole life; see `envs.snapshot`."""
        return {
            "worlds": self._worlds.snapshot(),
            "visit": self._visit,
            "task": self._task,
            "under way": self._env is not None,
            "dice": save_dice(self._np_random),
            "seed": self._np_random_seed,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave of a life of this schedule.

        Raises:
            ValueError: If it is another life.
        """
        self._worlds = self._worlds.restored(saved["worlds"])
        self._visit, self._task = saved["visit"], saved["task"]
        self._stop = self.schedule.leave_at(self._visit)
        self._env = self._worlds.env(self._task, 0) if saved["under way"] else None
        self._np_random, self._np_random_seed = load_dice(saved["dice"]), saved["seed"]

    def _report(self, switched: bool, info: dict[str, Any]) -> dict[str, Any]:
        return {
            "task": self._task,
            "task_name": self.schedule.tasks[self._task].name,
            "visit": self._visit,
            "age": self.clock.age,
            "switched": switched,
            **take_report(info),
        }

    def close(self) -> None:
        """Close the environments of this life."""
        self._env = None
        self._worlds.close()


def refuse_options(options: dict[str, Any] | None) -> None:
    """Raise a ValueError unless there are no options for ``reset``."""
    if options:
        raise ValueError(f"reset() of a life takes no options; got {options}")
