"""All tasks in turn, for equally many steps each, again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from envs.timeline.base import Timeline, check_count, index_of
from envs.timeline.visit import Stay


@dataclass(frozen=True)
class Rounds(Timeline, kind="rounds"):
    """Live in the tasks in order, for equally many steps each, again and again: abrupt and cyclic.

    `Schedule` has a short form of it: ``Schedule(tasks, steps=20_000, cycles=3)``.

    Attributes:
        steps: Environment steps of one visit, at least 1.
        cycles: How often the order is gone through, at least 1.
        order: Tasks by name or index, in the order of one cycle; every task once if empty.
        blend: For how many steps each switch is gradual, at most ``steps``; 0 for abrupt switches.
        slots: Slots of a gradual switch.
        seed: Root seed of these slots.
    """

    steps: int
    cycles: int = 1
    order: tuple[int | str, ...] = ()
    blend: int = 0

    def __post_init__(self) -> None:
        """Check the fields."""
        super().__post_init__()
        for label, number, least in (("steps", self.steps, 1), ("cycles", self.cycles, 1), ("blend", self.blend, 0)):
            check_count(f"Rounds.{label}", number, least)

    def stays(self, names: Sequence[str]) -> tuple[Stay, ...]:
        """Tell what is lived when; see `Timeline.stays`."""
        order = [index_of(task, names, f"Rounds.order[{k}]") for k, task in enumerate(self.order)]
        return self.lay((task, self.steps, self.blend) for task in (order or [*range(len(names))]) * self.cycles)
