"""Tasks one after the other, each for as long as is said: abrupt or gradual, once or in cycles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from envs.timeline.base import Timeline, check_count, index_of
from envs.timeline.visit import Stay


@dataclass(frozen=True)
class Stage:
    """One stretch of a timeline.

    Attributes:
        task: The task, by name or index.
        steps: Environment steps, at least 1; if None, as many as the stage before has.
        blend: For how many of these steps the switch to it is gradual, at most ``steps``; 0 for an abrupt switch.
    """

    task: int | str
    steps: int | None = None
    blend: int = 0


@dataclass(frozen=True)
class Stages(Timeline, kind="stages"):
    """Live in tasks one after the other, each for as long as its stage says.

    `Schedule` has a short form of it, ``Schedule(tasks, timeline=(Stage("a", 20_000), Stage("b")), cycles=3)``, and
    `Task.for_steps` begins one.

    Attributes:
        stages: What is lived in one cycle, in order. The first stage of a life begins abruptly whatever its blend.
        cycles: How often they are gone through, at least 1.
        slots: Slots of a gradual switch.
        seed: Root seed of these slots.
    """

    stages: tuple[Stage, ...]
    cycles: int = 1

    def __post_init__(self) -> None:
        """Check the fields, and say how long each stage is."""
        super().__post_init__()
        check_count("Stages.cycles", self.cycles, 1)
        object.__setattr__(self, "stages", filled(self.stages, "Stages.stages"))

    def stays(self, names: Sequence[str]) -> tuple[Stay, ...]:
        """Tell what is lived when; see `Timeline.stays`."""
        return self.lay(pieces(self.stages, names, "Stages.stages") * self.cycles)


def filled(stages: tuple[Stage, ...], owner: str) -> tuple[Stage, ...]:
    """Check stages, and say how long those are that are as long as the one before.

    Raises:
        TypeError: If something is of the wrong type.
        ValueError: If there are none, the first does not say its length, or a number is out of its range.
    """
    if not isinstance(stages, tuple) or not all(isinstance(stage, Stage) for stage in stages):
        raise TypeError(f"{owner} is a tuple of Stage; got {stages!r}")
    if not stages:
        raise ValueError(f"{owner} is empty; a life needs at least one, such as Stage('a', 20_000)")
    steps, found = None, []
    for k, stage in enumerate(stages):
        steps = steps if stage.steps is None else stage.steps
        if steps is None:
            raise ValueError(f"{owner}[{k}] says no steps, and there is no stage before it to take them from")
        check_count(f"{owner}[{k}].steps", steps, 1)
        check_count(f"{owner}[{k}].blend", stage.blend, 0)
        if stage.blend > steps:
            raise ValueError(
                f"{owner}[{k}] lasts {steps} steps, fewer than its blend of {stage.blend}; shorten the blend"
            )
        found.append(replace(stage, steps=steps))
    return tuple(found)


def pieces(stages: Iterable[Stage], names: Sequence[str], owner: str) -> list[tuple[int, int, int]]:
    """Give task index, steps and blend of each filled stage."""
    return [
        (index_of(stage.task, names, f"{owner}[{k}]"), stage.steps or 0, stage.blend) for k, stage in enumerate(stages)
    ]
