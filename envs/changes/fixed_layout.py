"""Grid worlds that are built once and for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np

from envs.batched import Array, BatchedWorld, Outcome
from envs.batched_wrapper import UnseenWrapper
from envs.changes.base import Change
from envs.dice import fresh_dice
from envs.grid.world import GridWorld
from envs.setting import BatchSetting, Setting


@dataclass(frozen=True)
class FixedLayout(Change, kind="fixed_layout"):
    """Begin all episodes of a MiniGrid task in one and the same layout.

    What MiniGrid draws when an episode begins (walls, gaps, doors, things, where the agent stands and how it faces) is
    drawn once for the world, equal for all bodies and on all visits. What moves by itself is drawn as ever. For
    ``lifelong/Grid-v0``, ``lifelong/Pixels-v0`` and ``lifelong/Room-v0``; it comes first among the changes of a task.

    Source: MiniGrid's ``ReseedWrapper`` with one seed, Chevalier-Boisvert et al. 2023 (arXiv:2306.13831).

    Attributes:
        seed: Which layout: the first one of MiniGrid's environment with this seed; None for one that is drawn.
    """

    group: ClassVar[str] = "dynamics"

    seed: int | None = None

    def __post_init__(self) -> None:
        """Check the seed.

        Raises:
            TypeError: If it is no integer.
            ValueError: If it is negative.
        """
        if self.seed is None:
            return
        if not isinstance(self.seed, int) or isinstance(self.seed, bool):
            raise TypeError(f"FixedLayout.seed is an integer or None; got {self.seed!r} of type {_type(self.seed)}")
        if self.seed < 0:
            raise ValueError(f"FixedLayout.seed is at least 0; got {self.seed}")

    @classmethod
    def examples(cls) -> tuple[FixedLayout, ...]:
        """Give a layout that is drawn, and one that is given."""
        return cls(), cls(seed=860)

    def wrap(self, env: gym.Env, setting: Setting) -> gym.Env:
        """Wrap a MiniGrid environment.

        Raises:
            ValueError: If it is none, or is changed already.
        """
        from minigrid.minigrid_env import MiniGridEnv  # noqa: PLC0415 - lives without grids need not import it

        if not isinstance(env.unwrapped, MiniGridEnv):
            raise ValueError(
                "FixedLayout fixes layouts of MiniGrid's (lifelong/Grid-v0, lifelong/Pixels-v0, lifelong/Room-v0); got "
                f"{env}"
            )
        return SameLayout(env, self._drawn(setting.world))

    def batch(self, world: BatchedWorld, setting: BatchSetting) -> BatchedWorld | None:
        """Fix the layout of N rows; None where it cannot be had in arrays: changes inside of it, tensors."""
        if not isinstance(world, GridWorld) or world.engine == "torch":
            return None
        return SameLayouts(world, self._drawn(setting.world))

    def _drawn(self, rng: np.random.Generator) -> int:
        drawn = int(rng.integers(2**31))
        return drawn if self.seed is None else self.seed


class SameLayout(gym.Wrapper):
    """One MiniGrid environment whose episodes begin alike."""

    def __init__(self, env: gym.Env, seed: int) -> None:
        """Wrap an environment whose layout is that of a seed."""
        super().__init__(env)
        self._seed = seed

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict]:
        """Begin an episode: as by itself, so that its own dice go on, and then in the one layout."""
        self.env.reset(seed=seed, options=options)
        own = self.unwrapped.np_random
        observation, info = self.env.reset(seed=self._seed, options=options)
        self.unwrapped.np_random = own
        return observation, info


class SameLayouts(UnseenWrapper):
    """A grid world whose rows all begin alike."""

    world: GridWorld

    def __init__(self, world: GridWorld, seed: int) -> None:
        """Wrap a world whose layout is that of a seed."""
        super().__init__(world)
        self._dice = fresh_dice([seed])

    def begin(self, rows: np.ndarray | None = None) -> tuple[Array, dict[str, Array]]:
        """Begin new episodes; see `BatchedWorld.begin`."""
        self.world.begin(rows)
        return self._alike(rows)

    def step(self, actions: Array, *, again: bool = True, idle: Array | None = None) -> Outcome:
        """Act once in every row; see `BatchedWorld.step`."""
        outcome = self.world.step(actions, again=again, idle=idle)
        if again and outcome.final is not None:
            observation, _ = self._alike(np.flatnonzero(np.asarray(outcome.terminated | outcome.truncated)))
            return outcome._replace(observation=observation)
        return outcome

    def _alike(self, rows: np.ndarray | None) -> tuple[Array, dict[str, Array]]:
        """Begin in the one layout, with dice that are not those of the rows."""
        where, dice = slice(None) if rows is None else rows, self.world.arrays.dice
        own = dice[where].copy()
        dice[where] = self._dice
        begun = self.world.begin(rows)
        dice[where] = own
        return begun


def _type(value: Any) -> str:
    return type(value).__name__
