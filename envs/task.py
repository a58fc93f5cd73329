"""One world of a life: a Gymnasium environment and what is changed about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import gymnasium as gym

from envs.bases import BATCHED, tell_once
from envs.batched import BatchedWorld
from envs.changes import Change
from envs.looped import LoopedWorld
from envs.of_envs import OfEnvs
from envs.senses import free
from envs.setting import BatchSetting, Setting

if TYPE_CHECKING:
    from envs.stream import Stream


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

    def __or__(self, change: Change) -> Task:
        """Put a change around this task, outside of those it has: ``task | Noise()``.

        Raises:
            TypeError: If it is no change.
            ValueError: If it does not go with those inside of it (see `check_stack`).
        """
        return replace(self, changes=(*self.changes, change))

    def for_steps(self, steps: int) -> Stream:
        """Begin a life with so many steps in this task; see `Stream`.

        Args:
            steps: Environment steps, counted over all sub-environments, at least 1.

        Raises:
            TypeError: If the steps are no integer.
            ValueError: If there are none.
        """
        from envs.stream import Stream  # noqa: PLC0415 - a stream is made of tasks

        return Stream.of(self, steps)

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
                world = put_around(world, change, setting)
            except ValueError as error:
                raise ValueError(f"task {self.name!r}: {error}") from error
            if world is None:
                tell_once(f"{self.env_id} with {change.kind!r}", "there is no batched form of the change")
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


def put_around(world: BatchedWorld, change: Change, setting: BatchSetting) -> BatchedWorld | None:
    """Change N bodies at once, or one by one where they still are environments of their own.

    Returns:
        The changed world; None if the change has no batched form that goes around what is around the bodies already.

    Raises:
        ValueError: If the change cannot be applied to this world.
    """
    changed = change.batch(world, setting)
    if changed is None and isinstance(world, OfEnvs):
        return world.wrapped(change.wrap, setting.each())
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
