"""A nonstationarity is data that knows how to wrap an environment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import gymnasium as gym

from envs.batched import BatchedWorld
from envs.setting import BatchSetting, Setting


@dataclass(frozen=True)
class Change(ABC):
    """One way in which a world differs from its base, as plain data.

    A subclass is a frozen dataclass that names its kind, ``class Fog(Change, kind="fog")``; defining it registers it,
    and specs, help texts and the contract tests (`envs.check_change`) find it in `Change.kinds`.

    Attributes:
        kinds: All registered changes by kind.
        kind: The name of this change in specs.
        outermost: Whether nothing may be wrapped around it within a task (because what it reports names the channels
            that the agent sees).
    """

    kinds: ClassVar[dict[str, type[Change]]] = {}
    kind: ClassVar[str]
    outermost: ClassVar[bool] = False

    def __init_subclass__(cls, *, kind: str, **rest: object) -> None:
        """Register a new kind of change.

        Raises:
            TypeError: If another class has claimed the kind.
        """
        super().__init_subclass__(**rest)
        owner = Change.kinds.setdefault(kind, cls)
        if (owner.__module__, owner.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(
                f"kind {kind!r} belongs to {owner.__module__}.{owner.__qualname__}; "
                f"{cls.__module__}.{cls.__qualname__} needs a name of its own"
            )
        Change.kinds[kind] = cls
        cls.kind = kind

    @abstractmethod
    def wrap(self, env: gym.Env, setting: Setting) -> gym.Env:
        """Wrap one environment.

        The wrapper keeps both spaces, draws what defines the world from ``setting.world`` here, draws the rest from
        ``setting.moment``, and never touches the environment's own generator. What it wants recorded goes into
        ``info["lifelong"]``, in every reset and every step.

        Args:
            env: A task's base environment, or what the changes before this one made of it. Real-valued senses come
                as an unbounded float32 ``Box``.
            setting: The life clock and the generators.

        Returns:
            The changed environment.

        Raises:
            ValueError: If the change cannot be applied to this environment.
        """

    def batch(self, world: BatchedWorld, setting: BatchSetting) -> BatchedWorld | None:
        """Change N sub-environments at once, to the same effect as `wrap` on each.

        Args:
            world: A task's batched base, or what the changes before this one made of it.
            setting: The life clock and the generators.

        Returns:
            The changed world; None where there is no batched form, so that lives wrap one by one instead.

        Raises:
            ValueError: If the change cannot be applied to this world.
        """
        return None
