"""What a life consists of: tasks, which of them is lived when, and what changes over all of it."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import cached_property

from envs.changes import Change
from envs.plain import LATER, build, canonical, read_json
from envs.task import Task
from envs.timeline import Rounds, Stage, Stages, Stay, Timeline, Visit, check_count, index_of


@dataclass(frozen=True)
class Schedule:
    """A whole life: its tasks, when they are lived, and what changes over all of them.

    Tasks are visited in order for equally many ``steps`` each, ``cycles`` times, or as a ``timeline`` says.

    Attributes:
        tasks: The worlds.
        steps: Environment steps of one visit, counted over all sub-environments; left out where there is a timeline.
        cycles: How often the order, or the stages of a short timeline, are gone through.
        order: Task indices in the order of one cycle; by default every task once. A task's index never changes with
            the order, and neither does what is drawn for it.
        timeline: When which task is lived, instead of ``steps`` and ``order``; a tuple of `Stage` is short for
            `Stages` of them.
        over: Changes around every task, outside of its own, from the inside out. They are drawn once for the life, the
            same in every task, so that a storm goes on when the world changes; what belongs to an episode begins anew
            with it.
    """

    tasks: tuple[Task, ...]
    steps: int = field(default=None, metadata=LATER)  # pyright: ignore[reportAssignmentType] - left out, never empty
    cycles: int = 1
    order: tuple[int, ...] = ()
    timeline: Timeline | tuple[Stage, ...] | None = field(default=None, metadata=LATER)
    over: tuple[Change, ...] = field(default=(), metadata=LATER)

    def __post_init__(self) -> None:
        """Check the fields and fill in the order.

        Raises:
            TypeError: If a field has the wrong type.
            ValueError: If there are no tasks, two of one name, no steps, no cycles, or an index without a task; if the
                timeline does not fit the tasks, or the changes over all do not go with those of a task.
        """
        if not isinstance(self.tasks, tuple) or not all(isinstance(task, Task) for task in self.tasks):
            raise TypeError(f"Schedule.tasks is a tuple of Task; got {self.tasks!r}")
        if not self.tasks:
            raise ValueError("a life needs at least one task; Schedule.tasks is empty")
        for name in self.names:
            if self.names.count(name) > 1:
                raise ValueError(
                    f"task names tell worlds apart in records; {name!r} is used {self.names.count(name)} times"
                )
        if not isinstance(self.over, tuple):
            raise TypeError(f"Schedule.over is a tuple of Change; got {self.over!r}")
        if self.timeline is None:
            self._check_rounds()
        else:
            self._check_timeline()
        for what in ("lived", "visits"):  # whatever is wrong with them is told at once
            getattr(self, what)

    def _check_rounds(self) -> None:
        """Check steps, cycles and order, and fill in the order."""
        if self.steps is None:
            raise ValueError("'steps' is missing; Schedule needs it, or a timeline instead")
        for label, number in (("steps", self.steps), ("cycles", self.cycles)):
            check_count(f"Schedule.{label}", number, 1)
        order = tuple(self.order) or tuple(range(len(self.tasks)))
        for index in order:
            if index not in range(len(self.tasks)):
                raise ValueError(
                    f"Schedule.order holds indices of tasks, 0 to {len(self.tasks) - 1}; got {index!r} in {self.order}"
                )
        object.__setattr__(self, "order", order)

    def _check_timeline(self) -> None:
        """Check that nothing else says when a task is lived, and write a short timeline out."""
        if isinstance(self.timeline, tuple):
            object.__setattr__(self, "timeline", Stages(self.timeline, self.cycles))
            object.__setattr__(self, "cycles", 1)
        if not isinstance(self.timeline, Timeline):
            raise TypeError(
                f"Schedule.timeline is one of {', '.join(sorted(Timeline.kinds))}, or a tuple of Stage; "
                f"got {self.timeline!r}"
            )
        for label, unsaid in (("steps", None), ("cycles", 1), ("order", ())):
            if getattr(self, label) != unsaid:
                raise ValueError(
                    f"Schedule has a timeline, which says what is lived when; leave {label} out, "
                    f"got {getattr(self, label)}"
                )

    @cached_property
    def names(self) -> list[str]:
        """Names of the tasks."""
        return [task.name for task in self.tasks]

    @cached_property
    def lived(self) -> tuple[Task, ...]:
        """The tasks as they are lived: each in its own changes, with those over all of them around."""
        return tuple(replace(task, changes=(*task.changes, *self.over)) if self.over else task for task in self.tasks)

    @property
    def line(self) -> Timeline:
        """The timeline, also of a schedule that gives its steps."""
        if isinstance(self.timeline, Timeline):
            return self.timeline
        return Rounds(self.steps, self.cycles, self.order)

    @cached_property
    def stays(self) -> tuple[Stay, ...]:
        """What the life is about when: as `visits`, but a gradual switch is part of the stay that it leads to."""
        return self.line.stays(self.names)

    @cached_property
    def visits(self) -> tuple[Visit, ...]:
        """All visits of the life, in order; where a switch is gradual, those of its slots too."""
        return self.line.visits(self.names)

    @cached_property
    def _stops(self) -> list[int]:
        return [visit.stop for visit in self.visits]

    @property
    def total(self) -> int:
        """Environment steps of the whole life."""
        return self._stops[-1]

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
        return min(bisect_right(self._stops, age), len(self._stops) - 1)

    def task_at(self, age: int) -> int:
        """Tell which task is lived in at an age; after the end the last world goes on."""
        return self.visits[self.visit_at(age)].task

    def leave_at(self, visit: int) -> float:
        """Tell at which age a visit is left: never, infinity, if it is the last one."""
        return self._stops[visit] if visit + 1 < len(self._stops) else float("inf")

    def only(self, task: int | str, steps: int | None = None) -> Schedule:
        """Make the schedule of a life spent in one of the tasks, the same world as in this life.

        Args:
            task: The task, by index or name.
            steps: How long it is; by default the steps of a visit, with a timeline those of this whole life.

        Raises:
            ValueError: If there is no such task, or no step.
        """
        index = index_of(task, self.names, "Schedule.only")
        length = steps if steps is not None else self.total if self.steps is None else self.steps
        return replace(self, steps=length, cycles=1, order=(index,), timeline=None)

    def to_json(self) -> str:
        """Write the life as JSON, the same text for the same life on every machine (see `envs.plain.canonical`).

        Raises:
            TypeError: If a task has an argument that cannot be written.
            ValueError: If a number is NaN.
        """
        return canonical(self, "life")

    @classmethod
    def from_json(cls, text: str) -> Schedule:
        """Read what `to_json` wrote, strictly. Lists among the arguments of tasks come back as tuples.

        Raises:
            ValueError: If it is no JSON, or no life; the message says where, what was expected and what came.
        """
        return build(cls, read_json(text, "life"), "life")

    @property
    def hash(self) -> str:
        """Fingerprint of the life: sha256 of its JSON, the first 16 hexadecimal digits; the same on every machine."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]
