"""What a change may lean on: the life clock and two named sources of randomness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from lifelong_agent.seeds import generator

INFO_KEY = "lifelong"
"""The only key of ``info`` that speaks of worlds: for recorders and tests, never for agents."""
ANSWER_KEY = "answer"
"""The key of ``info`` that tells what would have been right, with the reward. Unlike other infos it is of the step and
not of what is seen next, so that lives tell it of all bodies in every step, where episodes end as elsewhere."""


class Clock:
    """The one clock of a life, in environment steps.

    All wrappers and all sub-environments of a life hold the same clock. A step of N sub-environments advances it by N,
    so that two lives of equal age have cost equally many environment steps. It runs through every ``reset()``; only a
    new life starts it anew. While an observation is made, the clock already counts the step that brings it.

    Attributes:
        age: Environment steps lived so far, from 0.
    """

    __slots__ = ("age",)

    def __init__(self, age: int = 0) -> None:
        """Start a clock at ``age`` environment steps."""
        self.age = age

    def advance(self, steps: int) -> None:
        """Let ``steps`` environment steps pass."""
        self.age += steps

    def __repr__(self) -> str:
        """Show the age."""
        return f"Clock(age={self.age})"


@dataclass(frozen=True)
class Setting:
    """What a change is given when it wraps one environment of one task.

    Attributes:
        clock: The life clock, to be read and never advanced.
        world: Draws that define the world (which permutation, when a storm comes). Every sub-environment gets its own
            generator with the same seed, in a life as in an exam: what is drawn from it in ``wrap`` is equal for all.
        moment: Draws of the moment (the values of noise). Each sub-environment has its own stream, and so has an exam.
    """

    clock: Clock
    world: np.random.Generator
    moment: np.random.Generator


@dataclass(frozen=True)
class BatchSetting:
    """What a change is given when it wraps a batched world of one task: a `Setting` for N sub-environments.

    Attributes:
        clock: The life clock, to be read and never advanced.
        world: Draws that define the world, as in `Setting`.
        each: Makes the settings of the sub-environments, one by one, as they would be wrapped alone.
    """

    clock: Clock
    world: np.random.Generator
    each: Callable[[], list[Setting]]

    def moments(self) -> list[np.random.Generator]:
        """Make the draws of the moment, a generator for each sub-environment."""
        return [setting.moment for setting in self.each()]


@dataclass(frozen=True)
class Settings:
    """Makes the settings of the changes of one life, with generators named after where a change is.

    Attributes:
        clock: The life clock.
        seed: Root seed of the life.
        purpose: ``"life"``, ``"exam"`` or any other name: the same worlds with other draws of the moment.
    """

    clock: Clock
    seed: int
    purpose: str = "life"

    def one(self, where: tuple[str | int, ...], index: int) -> Setting:
        """Make the setting of a change for one sub-environment.

        Args:
            where: Names the change within the life, such as its task and its place there.
            index: Which sub-environment, from 0.
        """
        return Setting(self.clock, self._world(where), generator(self.seed, self.purpose, "moment", *where, index))

    def many(self, where: tuple[str | int, ...], num_envs: int) -> BatchSetting:
        """Make the setting of a change for N sub-environments, each as `one` makes it."""
        return BatchSetting(self.clock, self._world(where), partial(self._each, where, num_envs))

    def _world(self, where: tuple[str | int, ...]) -> np.random.Generator:
        return generator(self.seed, "world", *where)

    def _each(self, where: tuple[str | int, ...], num_envs: int) -> list[Setting]:
        return [self.one(where, index) for index in range(num_envs)]


def report(info: dict[str, Any], **truth: Any) -> None:
    """Put what a change has to tell recorders into ``info["lifelong"]``, with names that no other change uses.

    Args:
        info: The ``info`` of a reset or a step.
        **truth: Numbers, texts or arrays; the same names each time.
    """
    info.setdefault(INFO_KEY, {}).update(truth)


def take_report(info: dict[str, Any]) -> dict[str, Any]:
    """Take out of an ``info`` what the changes reported."""
    return info.pop(INFO_KEY, {})
