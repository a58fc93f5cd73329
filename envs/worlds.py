"""The environments of one life: built when first met, seeded by name, checked for one body and one set of senses."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from envs.batched import BatchedWorld
from envs.batched_wrapper import BatchedWrapper
from envs.looped import LoopedWorld
from envs.of_envs import tell_purpose
from envs.saving.single import load_env, save_env
from envs.schedule import Schedule
from envs.setting import Clock, Setting, Settings
from envs.stream import Stream, as_schedule
from lifelong_agent.seeds import seed_for

LOOPED = "looped"
"""The engine that steps Gymnasium's own environments, each in its own changes, one after the other."""


class Worlds:
    """Builds and keeps one environment per task and sub-environment, all on one clock.

    Attributes:
        schedule: What is lived when.
        seed: Root seed of the life.
        purpose: ``"life"``, ``"exam"`` or any other name: the same worlds with other dice.
        clock: The life clock.
    """

    def __init__(self, schedule: Schedule | Stream, seed: int = 0, purpose: str = "life") -> None:
        """Begin with no environment built and the clock at 0.

        Raises:
            TypeError: If the schedule, the seed or the purpose is of the wrong type.
        """
        life = as_schedule(schedule)
        if not isinstance(purpose, str):
            raise TypeError(f"a purpose is text such as 'life' or 'exam'; got {purpose!r}")
        seed_for(seed)  # refuses what is no seed
        self.schedule, self.seed, self.purpose = life, int(seed), purpose
        self.clock = Clock()
        self._settings = Settings(self.clock, self.seed, purpose)
        self._envs: dict[tuple[int, int], gym.Env] = {}
        self._met: set[tuple[int, int]] = set()
        self._batches: dict[int, BatchedWorld] = {}

    def env(self, task: int, index: int) -> gym.Env:
        """Give the environment of a task for one sub-environment; build it when it is first asked for."""
        key = (task, index)
        if key not in self._envs:
            env = self.schedule.lived[task].make(self.settings(task, index))
            tell_purpose(env, self.purpose)
            self._envs[key] = env
        return self._envs[key]

    def settings(self, task: int, index: int) -> list[Setting]:
        """Make the settings of all changes of a task, for one sub-environment, as `env` does."""
        changes = range(len(self.schedule.lived[task].changes))
        return [self._settings.one(self._where(task, change), index) for change in changes]

    def batch(self, task: int, num_envs: int, engine: str = "auto", device: str = "cpu") -> BatchedWorld:
        """Give the world of a task for N sub-environments, seeded when it is first built.

        Args:
            task: Index of the task.
            num_envs: Number of sub-environments N, the same at every call.
            engine: What does the arithmetic: ``"auto"`` for the fastest there is, ``"looped"`` for Gymnasium's own
                environments one after the other, else the name of an engine of the base.
            device: Where it is done.

        Raises:
            ValueError: If tensors are asked for and a task has no batched form: a life is told in one kind of arrays.
        """
        if task not in self._batches:
            what = self.schedule.lived[task]
            settings = [self._settings.many(self._where(task, change), num_envs) for change in range(len(what.changes))]
            world = None if engine == LOOPED else what.batch(num_envs, settings, engine, device)
            if world is None and engine == "torch":
                raise ValueError(
                    f"task {what.name!r} cannot be lived in tensors: its base {what.env_id!r} or a change has no "
                    "batched form; engine='auto' lives it, one environment after the other"
                )
            world = world or LoopedWorld([self.env(task, index) for index in range(num_envs)])
            world.serve(self.purpose)
            world.seed([seed_for(self.seed, self.purpose, "env", task, index) for index in range(num_envs)])
            self._batches[task] = world
        return self._batches[task]

    def _where(self, task: int, change: int) -> tuple[str | int, ...]:
        """Name a change of a task: one over all tasks is the same, with the same dice, in every task."""
        over = change - len(self.schedule.tasks[task].changes)
        return (task, change) if over < 0 else ("over", over)

    def reset(self, task: int, index: int) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode; an environment is seeded once, when it is first met."""
        env = self.env(task, index)
        if (task, index) in self._met:
            return env.reset()
        self._met.add((task, index))
        return env.reset(seed=seed_for(self.seed, self.purpose, "env", task, index))

    def spaces(self) -> tuple[spaces.Box | spaces.MultiBinary, gym.Space]:
        """Check that all tasks that are visited share their spaces.

        Returns:
            The observation space and the action space.

        Raises:
            ValueError: If two tasks differ, or if observations are no arrays.
        """
        first, *others = sorted({visit.task for visit in self.schedule.visits})
        observations, actions = self.env(first, 0).observation_space, self.env(first, 0).action_space
        names = [task.name for task in self.schedule.tasks]
        if not isinstance(observations, (spaces.Box, spaces.MultiBinary)):
            raise ValueError(
                f"observations of a life are arrays (Box or MultiBinary); task {names[first]!r} has {observations}; "
                "flatten them in the base environment"
            )
        for other in others:
            env = self.env(other, 0)
            if env.observation_space != observations or env.action_space != actions:
                raise ValueError(
                    f"task {names[other]!r} has observations {env.observation_space} and actions {env.action_space}, "
                    f"but task {names[first]!r} has {observations} and {actions}; "
                    "a life has one body and one set of senses"
                )
        return observations, actions

    def again(self, seed: int) -> Worlds:
        """Close this life and begin another one with the same schedule and purpose."""
        another = Worlds(self.schedule, seed, self.purpose)
        self.close()
        return another

    def snapshot(self) -> dict[str, Any]:
        """Give the clock and what all worlds that have been met remember.

        Raises:
            ValueError: If one of them cannot be saved exactly.
        """
        return {
            "schedule": self.schedule,
            "seed": self.seed,
            "purpose": self.purpose,
            "age": self.clock.age,
            "envs": {key: save_env(self._envs[key]) for key in sorted(self._met)},
            "batches": {task: (_layers(world), world.snapshot()) for task, world in self._batches.items()},
        }

    def restored(self, saved: dict[str, Any], num_envs: int = 1, engine: str = "auto", device: str = "cpu") -> Worlds:
        """Close this life, and give the one that `snapshot` saved, of which nothing is left of this one.

        Args:
            saved: What `snapshot` gave.
            num_envs: See `batch`.
            engine: See `batch`.
            device: See `batch`.

        Raises:
            ValueError: If it is another life: it follows another schedule, or has another purpose.
        """
        if saved["schedule"] != self.schedule or saved["purpose"] != self.purpose:
            raise ValueError(
                "what was saved is another life: it follows another schedule"
                if saved["schedule"] != self.schedule
                else f"what was saved is a life for {saved['purpose']!r}; this one is for {self.purpose!r}"
            )
        worlds = self.again(saved["seed"])
        worlds.clock.age = saved["age"]
        for (task, index), env in saved["envs"].items():
            load_env(worlds.env(task, index), env)
        worlds._met.update(saved["envs"])
        for task, (layers, was) in saved["batches"].items():
            world = worlds.batch(task, num_envs, engine, device)
            if _layers(world) != layers:
                raise ValueError(
                    f"task {self.schedule.tasks[task].name!r} was stepped by {layers}, and here it is by "
                    f"{_layers(world)}; give the life the engine that it was saved with"
                )
            world.restore(was)
        return worlds

    def close(self) -> None:
        """Close all environments."""
        for env in (*self._envs.values(), *self._batches.values()):
            env.close()
        self._envs.clear()
        self._batches.clear()
        self._met.clear()


def _layers(world: BatchedWorld) -> str:
    """Name a world and those inside, from the outside in."""
    names = [type(world).__name__]
    while isinstance(world, BatchedWrapper):
        world = world.world
        names.append(type(world).__name__)
    return " of ".join(names)
