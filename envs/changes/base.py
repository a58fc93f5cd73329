"""A nonstationarity is data that knows how to wrap an environment."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import ClassVar

import gymnasium as gym

from envs.batched import BatchedWorld
from envs.effect import Effect, EffectEnv, Frame, frame_of_many, frame_of_one, with_effect
from envs.setting import BatchSetting, Setting


@dataclass(frozen=True)
class Change(ABC):
    """One way in which a world differs from its base, as plain data.

    A subclass is a frozen dataclass that names its kind, ``class Fog(Change, kind="fog")``; defining it registers it,
    and specs, help texts, the pages of the documentation and the contract tests (`envs.check_change`) find it in
    `Change.kinds`. It says what it does either by `effect`, once for one body and for many, or by `wrap` (and `batch`).

    Attributes:
        kinds: All registered changes by kind.
        kind: The name of this change in specs.
        group: What it is about, a heading of the documentation: ``"senses"``, ``"storms"``, ``"goals"``,
            ``"dynamics"`` or ``"actions"``.
        reports_channels: Whether what it reports names channels of the observation, so that no change that moves
            channels may be wrapped around it within a task.
        moves_channels: Whether channels are elsewhere, or others, afterwards.
        keeps_spaces: Whether both spaces stay what they were; lives need all tasks to end up with equal ones.
        keeps_finite: Whether what is seen is finite if what is sensed is.
    """

    kinds: ClassVar[dict[str, type[Change]]] = {}
    kind: ClassVar[str]
    group: ClassVar[str] = "senses"
    reports_channels: ClassVar[bool] = False
    moves_channels: ClassVar[bool] = False
    keeps_spaces: ClassVar[bool] = True
    keeps_finite: ClassVar[bool] = True

    def __init_subclass__(cls, *, kind: str | None = None, **rest: object) -> None:
        """Register a new kind of change; a class without a kind is a base of others.

        Raises:
            TypeError: If another class has claimed the kind, or the class does not say what it does.
        """
        super().__init_subclass__(**rest)
        if kind is None:
            return
        owner = Change.kinds.get(kind, cls)
        if (owner.__module__, owner.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(
                f"kind {kind!r} belongs to {owner.__module__}.{owner.__qualname__}; "
                f"{cls.__module__}.{cls.__qualname__} needs a name of its own"
            )
        if cls.wrap is Change.wrap and cls.effect is Change.effect:
            raise TypeError(
                f"{cls.__module__}.{cls.__qualname__} says what it does in effect(), or in wrap(); write one"
            )
        Change.kinds[kind] = cls
        cls.kind = kind

    @classmethod
    def examples(cls) -> tuple[Change, ...]:
        """Give some changes of this kind that do something within 500 steps, for the contract and the documentation."""
        return (cls(),)

    def reports(self) -> tuple[str, ...]:
        """Name what it reports in ``info["lifelong"]``; no two changes of a task may use one name."""
        return ()

    def still(self) -> Change | None:
        """Give the same change at zero strength, which changes nothing; None if it has no strength."""
        return None

    def effect(self, frame: Frame) -> Effect:
        """Make what this change does to N bodies.

        The effect keeps both spaces, draws what defines the world from ``frame.world`` here, draws the rest from
        ``frame.moments`` (best by `envs.counter.CounterDice`), and never touches the environment's own generator.

        Args:
            frame: Spaces, number of bodies, clock and generators. Real-valued senses come as an unbounded float32
                ``Box``.

        Raises:
            ValueError: If the change cannot be applied there.
        """
        raise NotImplementedError(f"{type(self).__name__} wraps environments itself")

    def wrap(self, env: gym.Env, setting: Setting) -> gym.Env:
        """Wrap one environment; the rules are those of `effect`.

        What it wants recorded goes into ``info["lifelong"]``, in every reset and every step.

        Args:
            env: A task's base environment, or what the changes before this one made of it.
            setting: The life clock and the generators.

        Returns:
            The changed environment.

        Raises:
            ValueError: If the change cannot be applied to this environment.
        """
        return EffectEnv(env, self.effect(frame_of_one(env, setting)))

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
        if type(self).effect is Change.effect:
            return None
        return with_effect(world, self.effect(frame_of_many(world, setting)))
