"""What a life consists of: tasks, and which of them is lived when, as pure functions of the age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import gymnasium as gym

from envs.bases import BATCHED, tell_once
from envs.batched import BatchedWorld
from envs.changes import Change
from envs.looped import LoopedWorld
from envs.senses import free
from envs.setting import BatchSetting, Setting


@dataclass(frozen=True)
class Task:
    """One world of a life: a Gymnasium environment and what is changed about it.

    Attributes:
        name: Its name in records; unique within a life, hidden from the agent.
        env_id: The id of the base environment, as for ``gymnasium.make``.
        changes: Changes from the inside out.
        kwargs: Further arguments for ``gymnasium.make``.
    """

    name: str
    env_id: str
    changes: tuple[Change, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            TypeError: If a field has the wrong type.
            ValueError: If a name is empty, or the changes do not go together (see `check_stack`).
        """
        for label, text in (("name", self.name), ("env_id", self.env_id)):
            if not isinstance(text, str):
                raise TypeError(f"Task.{label} is text; got {text!r} of type {type(text).__name__}")
            if not text:
                raise ValueError(f"Task.{label} is empty; give task {self.name!r} one")
        if not isinstance(self.changes, tuple):
            raise TypeError(f"changes of task {self.name!r} are a tuple; got {type(self.changes).__name__}")
        for change in self.changes:
            if not isinstance(change, Change):
                raise TypeError(f"changes of task {self.name!r} are Change objects; got {change!r}")
        check_stack(self.changes, f"task {self.name!r}")

    def make(self, settings: Sequence[Setting]) -> gym.Env:
        """Build one environment of this task, one setting for each change.

        Real-valued senses are declared unbounded (see `RealSenses`), so that all changes keep the spaces.

        Raises:
            ValueError: If a change does not fit, or the number of settings is not the number of changes.
        """
        if len(settings) != len(self.changes):
            raise ValueError(
                f"task {self.name!r} has {len(self.changes)} changes and needs as many settings; got {len(settings)}"
            )
        env = self.make_bare()
        for change, setting in zip(self.changes, settings, strict=True):
            try:
                env = change.wrap(env, setting)
            except ValueError as error:
                raise ValueError(f"task {self.name!r}: {error}") from error
        return env

    def make_bare(self) -> gym.Env:
        """Build one environment of this task's base, without the changes; real-valued senses are declared unbounded."""
        return free(gym.make(self.env_id, disable_env_checker=True, **self.kwargs))

    def batch(
        self, num_envs: int, settings: Sequence[BatchSetting], engine: str = "auto", device: str = "cpu"
    ) -> BatchedWorld | None:
        """Build N environments of this task at once, to the same effect as `make` for each.

        Args:
            num_envs: Number of sub-environments N.
            settings: One for each change.
            engine: What does the arithmetic; see the base's own world. A base without a batched form is stepped one
                environment after the other, under changes that still are of all at once.
            device: Where it is done.

        Returns:
            The changed world; None where a change has no batched form that goes with the others, or where tensors
            are asked for and the base has none.

        Raises:
            ValueError: If a change does not fit, or the base cannot be made so.
        """
        world = self._base(num_envs, engine, device)
        for change, setting in zip(self.changes, settings, strict=True):
            if world is None:
                break
            try:
                world = self._changed(world, change, setting)
            except ValueError as error:
                raise ValueError(f"task {self.name!r}: {error}") from error
        return world

    def _base(self, num_envs: int, engine: str, device: str) -> BatchedWorld | None:
        """Make the unchanged world of N sub-environments; looped where there is no other, None if tensors are asked."""
        if self.env_id in BATCHED:
            world = BATCHED[self.env_id](num_envs, engine, device, **self.kwargs)
            if world is not None:
                return world
        else:
            tell_once(self.env_id, f"there is no batched form of it; there are those of {', '.join(BATCHED)}")
        return None if engine == "torch" else LoopedWorld([self.make_bare() for _ in range(num_envs)])

    def _changed(self, world: BatchedWorld, change: Change, setting: BatchSetting) -> BatchedWorld | None:
        """Change N sub-environments at once, or one by one where they still are environments of their own."""
        changed = change.batch(world, setting)
        if changed is None and isinstance(world, LoopedWorld):
            return world.wrapped(change.wrap, setting.each())
        if changed is None:
            tell_once(f"{self.env_id} with {change.kind!r}", "there is no batched form of the change")
        return changed


def check_stack(changes: Sequence[Change], owner: str) -> None:
    """Check that changes go together from the inside out.

    Raises:
        ValueError: If one moves channels that another one inside of it names in its reports, or two report under one
            name.
    """
    told: dict[str, Change] = {}
    for change in changes:
        named = next((inside for inside in told.values() if inside.reports_channels), None)
        if change.moves_channels and named is not None:
            raise ValueError(
                f"{owner}: {change.kind!r} moves channels that {named.kind!r} inside of it "
                "names in its reports; put it before that one"
            )
        for name in change.reports():
            if name in told:
                raise ValueError(
                    f"{owner}: {told[name].kind!r} and {change.kind!r} both report {name!r}; give one a label"
                )
        told |= dict.fromkeys(change.reports(), change)


@dataclass(frozen=True)
class Visit:
    """A stretch of life spent in one world: ages ``[start, stop)`` in environment steps.

    Attributes:
        task: Index of the task lived in.
        start: Age at which the visit begins.
        stop: Age at which the next one begins.
    """

    task: int
    start: int
    stop: int


@dataclass(frozen=True)
class Schedule:
    """A whole life: its tasks, visited in order for equally many steps each, again and again.

    Attributes:
        tasks: The worlds.
        steps: Environment steps of one visit, counted over all sub-environments.
        cycles: How often the order is gone through.
        order: Task indices in the order of one cycle; by default every task once. A task's index never changes with
            the order, and neither does what is drawn for it.
    """

    tasks: tuple[Task, ...]
    steps: int
    cycles: int = 1
    order: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check the fields and fill in the order.

        Raises:
            TypeError: If a field has the wrong type.
            ValueError: If there are no tasks, two of one name, no steps, no cycles, or an index without a task.
        """
        if not isinstance(self.tasks, tuple) or not all(isinstance(task, Task) for task in self.tasks):
            raise TypeError(f"Schedule.tasks is a tuple of Task; got {self.tasks!r}")
        if not self.tasks:
            raise ValueError("a life needs at least one task; Schedule.tasks is empty")
        names = [task.name for task in self.tasks]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"task names tell worlds apart in records; {name!r} is used {names.count(name)} times")
        for label, number in (("steps", self.steps), ("cycles", self.cycles)):
            if not isinstance(number, int) or isinstance(number, bool):
                raise TypeError(f"Schedule.{label} is an integer; got {number!r} of type {type(number).__name__}")
            if number < 1:
                raise ValueError(f"Schedule.{label} is at least 1; got {number}")
        order = tuple(self.order) or tuple(range(len(self.tasks)))
        for index in order:
            if index not in range(len(self.tasks)):
                raise ValueError(
                    f"Schedule.order holds indices of tasks, 0 to {len(self.tasks) - 1}; got {index!r} in {self.order}"
                )
        object.__setattr__(self, "order", order)

    @property
    def visits(self) -> tuple[Visit, ...]:
        """All visits of the life, in order."""
        tasks = self.order * self.cycles
        return tuple(Visit(task, k * self.steps, (k + 1) * self.steps) for k, task in enumerate(tasks))

    @property
    def total(self) -> int:
        """Environment steps of the whole life."""
        return self.steps * self.cycles * len(self.order)

    def visit_at(self, age: int) -> int:
        """Tell which visit goes on at an age; after the end the last one does.

        Args:
            age: Environment steps lived, at least 0.

        Returns:
            The index of the visit.

        Raises:
            ValueError: If the age is negative.
        """
        if age < 0:
            raise ValueError(f"an age is at least 0; got {age}")
        return min(age // self.steps, self.cycles * len(self.order) - 1)

    def task_at(self, age: int) -> int:
        """Tell which task is lived in at an age; after the end the last world goes on."""
        return self.order[self.visit_at(age) % len(self.order)]

    def only(self, task: int) -> Schedule:
        """Make the schedule of a life spent in one of the tasks, the same world as in this life.

        Raises:
            ValueError: If there is no such task.
        """
        return replace(self, order=(task,), cycles=1)
