"""When which task is lived: plain data, from which the visits of a life follow."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from envs.plain import suggestion
from envs.timeline.blend import blended
from envs.timeline.visit import Stay, Visit


@dataclass(frozen=True, kw_only=True)
class Timeline(ABC):
    """When which task of a life is lived.

    A subclass is a frozen dataclass that names its kind, ``class Tides(Timeline, kind="tides")``; defining it registers
    it, and specs find it in `Timeline.kinds`. What follows from it is a pure function of its fields: what is random
    about it comes from its own ``seed``, not from that of a life, so that the same spec is the same order of worlds in
    every life and on every machine.

    Attributes:
        kinds: All registered timelines by kind.
        kind: The name of this timeline in specs.
        slots: Into how many slots of equal length a gradual switch is cut (see `envs.timeline.blend`).
        seed: Root seed of what is random about the timeline: orders, lengths, and the slots of gradual switches.
    """

    kinds: ClassVar[dict[str, type[Timeline]]] = {}
    kind: ClassVar[str]

    slots: int = 10
    seed: int = 0

    def __init_subclass__(cls, *, kind: str, **rest: object) -> None:
        """Register a new kind of timeline.

        Raises:
            TypeError: If another class has claimed the kind.
        """
        super().__init_subclass__(**rest)
        owner = Timeline.kinds.setdefault(kind, cls)
        if (owner.__module__, owner.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(
                f"kind {kind!r} belongs to {owner.__module__}.{owner.__qualname__}; "
                f"{cls.__module__}.{cls.__qualname__} needs a name of its own"
            )
        Timeline.kinds[kind] = cls
        cls.kind = kind

    def __post_init__(self) -> None:
        """Check the fields that all kinds have; subclasses check theirs and call this.

        Raises:
            TypeError: If a field has the wrong type.
            ValueError: If a field is out of its range.
        """
        check_count(f"{type(self).__name__}.slots", self.slots, 1)
        check_count(f"{type(self).__name__}.seed", self.seed, 0)

    @abstractmethod
    def stays(self, names: Sequence[str]) -> tuple[Stay, ...]:
        """Tell what is lived when, a gradual switch counting as part of the stay that it leads to.

        Args:
            names: Names of the life's tasks; a task's index is its place among them.

        Returns:
            Stays that follow each other from age 0 on, at least one.

        Raises:
            ValueError: If it names a task that is not there, or a gradual switch does not fit.
        """

    def visits(self, names: Sequence[str]) -> tuple[Visit, ...]:
        """Tell which world is lived in when, the slots of gradual switches drawn; see `stays`."""
        return blended(self.stays(names), self.slots, self.seed)

    def lay(self, pieces: Iterable[tuple[int, int, int]]) -> tuple[Stay, ...]:
        """Lay stretches of life one after the other.

        Args:
            pieces: Index of the task, steps, and for how many of them the switch to it is gradual. The first world of a
                life has none before it, so its switch is none.

        Raises:
            ValueError: If a gradual switch is longer than its stay or shorter than its slots, or leads from a world to
                itself.
        """
        who, stays, age = type(self).__name__, [], 0
        for task, steps, blend in pieces:
            where = f"{who}: the stay from age {age} on"
            if blend > steps:
                raise ValueError(f"{where} lasts {steps} steps, fewer than its blend of {blend}; shorten the blend")
            if 0 < blend < self.slots:
                raise ValueError(
                    f"{where} has a blend of {blend} steps, fewer than its {self.slots} slots; "
                    "lengthen it, or give the timeline fewer slots"
                )
            if blend and stays and stays[-1].task == task:
                raise ValueError(f"{where} blends a world into itself; leave the blend out, or name another task")
            stays.append(Stay(task, age, age + steps, blend if stays else 0))
            age += steps
        return tuple(stays)


def index_of(task: int | str, names: Sequence[str], where: str) -> int:
    """Find a task by its name or index.

    Raises:
        TypeError: If it is neither.
        ValueError: If there is no such task.
    """
    if isinstance(task, str):
        if task not in names:
            raise ValueError(
                f"{where}: no task is called {task!r}{suggestion(task, names)}; there are {', '.join(names)}"
            )
        return names.index(task)
    if not isinstance(task, int) or isinstance(task, bool):
        raise TypeError(f"{where}: a task is named, or given by its index; got {task!r} of type {type(task).__name__}")
    if task not in range(len(names)):
        raise ValueError(f"{where}: indices of tasks go from 0 to {len(names) - 1}; got {task}")
    return task


def check_count(owner: str, number: Any, least: int) -> None:
    """Check that a number of steps, cycles or slots is an integer, and not too small.

    Raises:
        TypeError: If it is no integer.
        ValueError: If it is below ``least``.
    """
    if not isinstance(number, int) or isinstance(number, bool):
        raise TypeError(f"{owner} is an integer; got {number!r} of type {type(number).__name__}")
    if number < least:
        raise ValueError(f"{owner} is at least {least}; got {number}")
