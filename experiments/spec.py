"""What an experiment is: a life, the agents which live it, the seeds it is lived with, and when they sit exams.

Everything here is frozen data. `load.py` reads it from YAML, `life.py` lives one cell of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from agents.protocol import AgentSpec
from envs import Schedule, Visit, make_life
from envs.plain import LATER


@dataclass(frozen=True)
class ExamPlan:
    """When a frozen copy of the policy is scored on every task of the life, and how."""

    every: Literal["visit"] | int = "visit"
    """When: "visit" (at birth and at the end of each visit), every so many life steps, or 0 for no exams."""
    num_envs: int = 8
    """Episodes a task, held side by side; each counts once."""
    max_steps: int = 1000
    """Steps after which an exam episode is stopped and counted with what it has collected so far."""
    leaving: bool = field(default=False, metadata=LATER)
    """Whether each world alone is examined when it is left, as mean reward per step."""
    cold: tuple[int, ...] = field(default=(), metadata=LATER)
    """Sizes of groups of bodies that meet each world without any history at the end of life, scored on that one step:
    what so many unlabelled pictures of context are worth. Each divides the largest."""

    def __post_init__(self) -> None:
        """Refuse plans that cannot be held."""
        if self.every != "visit" and (isinstance(self.every, str) or self.every < 0):
            raise ValueError(
                f"exams are held every 'visit' or every so many life steps, 0 for none; got {self.every!r}"
            )
        if self.num_envs < 1 or self.max_steps < 1:
            raise ValueError(
                f"an exam needs an episode and a step; got num_envs={self.num_envs}, max_steps={self.max_steps}"
            )
        if any(size < 1 or max(self.cold) % size for size in self.cold):
            raise ValueError(f"sizes of cold groups are 1 or above and divide the largest; got {list(self.cold)}")

    def ages(self, visits: tuple[Visit, ...]) -> tuple[int, ...]:
        """Return the ages, in life steps and rising, at which a life of these visits holds exams.

        An exam at birth (age 0) says what a newborn can do, which transfer is measured against; one at the end says
        what is left of everything.
        """
        if self.every == 0:
            return ()
        end = visits[-1].stop
        middle = (visit.stop for visit in visits) if self.every == "visit" else range(0, end, int(self.every))
        return tuple(sorted({0, *middle, end}))


@dataclass(frozen=True)
class Experiment:
    """Agents living the same lives, seed by seed."""

    name: str
    """Names the folder of its results."""
    life: str | Schedule
    """The name of a registered life (`lifelong list`), or a schedule of tasks and changes written out."""
    agents: Mapping[str, AgentSpec]
    """Label -> learner. The label is what tables and folders say; several labels may be of one kind."""
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    """Every agent lives every seed; agents of one seed live the same life, so differences are paired."""
    num_envs: int = 8
    """Sub-environments in which a life is lived side by side; each step of all of them is this many life steps."""
    exams: ExamPlan = field(default_factory=ExamPlan)
    """When a frozen copy of the policy is scored on every task."""
    vitals_every: int = 2000
    """Life steps between two looks at an agent's health figures and rows of the TensorBoard log; 0 for none."""
    max_steps: int | None = None
    """Live only so many steps of the life, as for tuning; None for all of it."""
    reference: Mapping[str, float] = field(default_factory=dict)
    """Task name -> best score known from elsewhere (such as a learner of that task alone); regret counts from it."""

    def __post_init__(self) -> None:
        """Refuse what cannot be lived."""
        for what, word in (("name", self.name), *(("label", label) for label in self.agents)):
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", word):
                raise ValueError(
                    f"the {what} {word!r} becomes a folder and an option: letters, digits, underscores, a letter first"
                )
        if not self.agents:
            raise ValueError("an experiment needs at least one agent, such as `agents: {ppo: {kind: ppo}}`; got none")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise ValueError(f"seeds are one or more different integers from 0 up; got {list(self.seeds)}")
        if self.num_envs < 1 or self.vitals_every < 0:
            raise ValueError(
                f"num_envs is at least 1 and vitals_every at least 0; got {self.num_envs} and {self.vitals_every}"
            )
        schedule = self.schedule
        if self.max_steps is not None and not 0 < self.max_steps <= schedule.total:
            raise ValueError(f"max_steps lies in 1..{schedule.total}, the length of the life; got {self.max_steps}")
        if self.steps % self.num_envs:
            raise ValueError(
                f"a life of {self.steps} steps cannot be shared equally by num_envs={self.num_envs}; "
                f"choose a divisor, or max_steps={self.steps - self.steps % self.num_envs}"
            )
        unknown = set(self.reference) - {task.name for task in schedule.tasks}
        if unknown:
            raise ValueError(
                f"reference names {sorted(unknown)}, but the tasks are {[task.name for task in schedule.tasks]}"
            )

    @property
    def schedule(self) -> Schedule:
        """The life as a schedule, looked up if it is given by name."""
        return make_life(self.life) if isinstance(self.life, str) else self.life

    @property
    def steps(self) -> int:
        """How long is lived, in life steps."""
        return self.max_steps if self.max_steps is not None else self.schedule.total

    @property
    def visits(self) -> tuple[Visit, ...]:
        """The visits that are lived; the last one is cut short where `max_steps` ends inside it.

        They begin and end where all sub-environments have taken the same number of steps, as worlds change then. The
        slots of a gradual switch are part of the visit that it leads to.
        """
        return self._lived(self.steps)

    def first_visit(self, task: int) -> int:
        """Tell how long the first visit to a task is, in life steps; that of the life to a task that is never met."""
        visits = self._lived(self.schedule.total)
        first = next((visit for visit in visits if visit.task == task), visits[0])
        return first.stop - first.start

    def _lived(self, steps: int) -> tuple[Visit, ...]:
        """List what is judged of the first so many steps of the life."""

        def reached(age: int) -> int:
            return min(-(-age // self.num_envs) * self.num_envs, steps)

        lived = (Visit(stay.task, reached(stay.start), reached(stay.stop)) for stay in self.schedule.stays)
        return tuple(visit for visit in lived if visit.start < visit.stop)
