"""All stages in every cycle, in an order of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from envs.timeline.base import Timeline, check_count
from envs.timeline.stages import Stage, filled, pieces
from envs.timeline.visit import Stay
from lifelong_agent.seeds import generator


@dataclass(frozen=True)
class Shuffled(Timeline, kind="shuffled"):
    """Live through all stages in every cycle, each time in another random order.

    A stage keeps its length and its blend wherever it comes. No world follows itself: an order that begins with the
    world just lived in is drawn again. The order of a cycle is drawn from dice that are named by its number.

    Attributes:
        stages: What is lived in one cycle, no task twice.
        cycles: How many cycles are lived, at least 1.
        slots: Slots of a gradual switch.
        seed: Root seed of the orders, and of these slots.
    """

    stages: tuple[Stage, ...]
    cycles: int = 1

    def __post_init__(self) -> None:
        """Check the fields, and say how long each stage is."""
        super().__post_init__()
        check_count("Shuffled.cycles", self.cycles, 1)
        object.__setattr__(self, "stages", filled(self.stages, "Shuffled.stages"))

    def stays(self, names: Sequence[str]) -> tuple[Stay, ...]:
        """Tell what is lived when; see `Timeline.stays`.

        Raises:
            ValueError: Also if a task is named twice.
        """
        each = pieces(self.stages, names, "Shuffled.stages")
        for k, (task, *_) in enumerate(each):
            if task in (other for other, *_ in each[:k]):
                raise ValueError(f"Shuffled.stages[{k}]: a cycle visits each task once; {names[task]!r} is named twice")
        lived: list[tuple[int, int, int]] = []
        for cycle in range(self.cycles):
            rng = generator(self.seed, "timeline", "order", cycle)
            order = rng.permutation(len(each)).tolist()
            while len(each) > 1 and lived and each[order[0]] == lived[-1]:
                order = rng.permutation(len(each)).tolist()
            lived += [each[k] for k in order]
        return self.lay(lived)
