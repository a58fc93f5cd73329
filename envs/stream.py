"""Lives said in one line: ``a.for_steps(20_000).then(b).blend(5_000).cycle(3) | Storm()``."""

from __future__ import annotations

from dataclasses import dataclass, replace

from envs.changes import Change
from envs.schedule import Schedule
from envs.task import Task
from envs.timeline import Shuffled, Stage, Stages, check_count


@dataclass(frozen=True)
class Stream:
    """A life that is being said: immutable, each method gives a new one.

    `Task.for_steps` begins it; `schedule` ends it, which `LifelongEnv` and `LifelongVectorEnv` do themselves.

    Attributes:
        tasks: The worlds, in the order in which they were named first.
        stages: What is lived in one cycle.
        cycles: How often.
        over: Changes over the whole life, from the inside out.
        seed: Root seed of the slots of gradual switches, and of the order where it is random.
        shuffled: Whether every cycle has an order of its own.
    """

    tasks: tuple[Task, ...]
    stages: tuple[Stage, ...]
    cycles: int = 1
    over: tuple[Change, ...] = ()
    seed: int = 0
    shuffled: bool = False

    @classmethod
    def of(cls, task: Task, steps: int) -> Stream:
        """Begin with so many environment steps in a task.

        Raises:
            TypeError: If the steps are no integer.
            ValueError: If there are none.
        """
        check_count(f"steps in {task.name!r}", steps, 1)
        return cls((task,), (Stage(task.name, steps),))

    def then(self, what: Task | Stream, steps: int | None = None) -> Stream:
        """Go on with a task, or with all of another stream.

        Args:
            what: What comes next.
            steps: Environment steps in the task; as many as in the one before, by default.

        Raises:
            TypeError: If it is neither a task nor a stream, or the steps are no integer.
            ValueError: If two different tasks have one name, there are no steps, steps are given for a stream, or a
                stream has been shuffled or given changes over all of it, which are of a whole life.
        """
        if isinstance(what, Task):
            length = self.stages[-1].steps if steps is None else steps
            more = Stream.of(what, length)  # pyright: ignore[reportArgumentType] - stages of streams have steps
        elif isinstance(what, Stream):
            more = what
            if steps is not None:
                raise ValueError(f"a stream has steps of its own; leave steps={steps} out")
        else:
            raise TypeError(f"then() goes on with a Task or a Stream; got {what!r} of type {type(what).__name__}")
        self._check_ordered("then")
        if more.over or more.shuffled:
            raise ValueError(
                "shuffle() and changes over a stream are of the whole life; say them after the last then()"
            )
        stages = (*self.stages * self.cycles, *more.stages * more.cycles)
        return replace(self, tasks=_united(self.tasks, more.tasks), stages=stages, cycles=1)

    def blend(self, steps: int) -> Stream:
        """Make the switch to the last stage gradual, for its first so many steps.

        Raises:
            TypeError: If the steps are no integer.
            ValueError: If they are negative, or more than the stage has; if the stream is shuffled.
        """
        self._check_ordered("blend")
        last = self.stages[-1]
        check_count("a blend", steps, 0)
        if last.steps is not None and steps > last.steps:
            raise ValueError(f"a blend of {steps} steps is longer than its stage, {last.steps} steps in {last.task!r}")
        if self.cycles == 1:
            return replace(self, stages=(*self.stages[:-1], replace(last, blend=steps)))
        stages = self.stages * self.cycles
        return replace(self, stages=(*stages[:-1], replace(last, blend=steps)), cycles=1)

    def cycle(self, times: int) -> Stream:
        """Live all of it so many times.

        Raises:
            TypeError: If that is no integer.
            ValueError: If it is below 1.
        """
        check_count("the number of cycles", times, 1)
        return replace(self, cycles=self.cycles * times)

    def shuffle(self, seed: int = 0) -> Stream:
        """Live every cycle in a random order of its own; see `envs.timeline.Shuffled`.

        Raises:
            TypeError: If the seed is no integer.
            ValueError: If it is negative.
        """
        check_count("a seed", seed, 0)
        return replace(self, shuffled=True, seed=seed)

    def _check_ordered(self, method: str) -> None:
        """Refuse to go on where there is no last stage."""
        if self.shuffled:
            raise ValueError(f"a shuffled stream has no last stage; say {method}() before shuffle()")

    def __or__(self, change: Change) -> Stream:
        """Put a change over the whole life, around those that it has: ``stream | Storm()``.

        Raises:
            TypeError: If it is no change.
        """
        if not isinstance(change, Change):
            raise TypeError(f"what is put over a stream is a Change; got {change!r} of type {type(change).__name__}")
        return replace(self, over=(*self.over, change))

    def schedule(self) -> Schedule:
        """Give the life.

        Raises:
            ValueError: If something does not go together; see `Schedule`.
        """
        kind = Shuffled if self.shuffled else Stages
        return Schedule(self.tasks, timeline=kind(self.stages, self.cycles, seed=self.seed), over=self.over)


def _united(tasks: tuple[Task, ...], more: tuple[Task, ...]) -> tuple[Task, ...]:
    """Add tasks that are not there yet."""
    found = {task.name: task for task in tasks}
    for task in more:
        if found.setdefault(task.name, task) != task:
            raise ValueError(
                f"two different tasks are called {task.name!r}: {found[task.name]} and {task}; "
                "names tell worlds apart, give one of them another"
            )
    return tuple(found.values())


def as_schedule(life: Schedule | Stream) -> Schedule:
    """Give the schedule of a life, however it is said.

    Raises:
        TypeError: If it is neither a schedule nor a stream.
    """
    if isinstance(life, Stream):
        return life.schedule()
    if not isinstance(life, Schedule):
        hint = "; begin a stream with task.for_steps(20_000)" if isinstance(life, Task) else ""
        raise TypeError(f"a life follows a Schedule; got {life!r} of type {type(life).__name__}{hint}")
    return life
