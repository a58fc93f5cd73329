"""Where the goal of a small grid is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np

from envs.batched import BatchedWorld
from envs.batched_vector import BatchedEnv
from envs.batched_wrapper import BatchedWrapper
from envs.changes.base import Change
from envs.effect import Effect, Frame
from envs.grids.world import PlanWorld
from envs.of_envs import OfEnvs
from envs.places import Place, read_place
from envs.setting import BatchSetting


@dataclass(frozen=True)
class GridGoal(Change, kind="grid_goal"):
    """Put the goal of a small grid somewhere: into a given place, into one drawn for the world, or into the other one.

    For ``lifelong/NineRooms-v0`` and ``lifelong/LGrid-v0``. Unless the base reveals its goal, nothing that is seen
    tells it, so that worlds of one life have equal senses and differ in what is worth going to. Without fields the
    place is drawn from the world's dice, equally likely among those that the grid draws goals from, and equal for all
    bodies and on all visits: a life of twenty such tasks has twenty goals. Where the goal is, is in
    ``info["lifelong"]["goal_place"]``: column and row, int64.

    Source: goals drawn anew after Chung et al. 2024 (arXiv:2412.07224); two goals that swap their rewards after Anand
    and Precup 2023 (arXiv:2312.11669).

    Attributes:
        place: Column and row of the goal from 0 at the north-west, ``(12, 3)`` or ``"12,3"``; None for one that is
            drawn, or with ``swap``.
        swap: Whether the other one of the two squares pays than by itself; for grids with two, such as L-Grid.
    """

    group: ClassVar[str] = "goals"

    place: Place | str | None = None
    swap: bool = False

    def __post_init__(self) -> None:
        """Check the fields, and read the place.

        Raises:
            TypeError: If a field has the wrong type.
            ValueError: If the place is none, or is given together with ``swap``.
        """
        if not isinstance(self.swap, bool):
            raise TypeError(f"GridGoal.swap is true or false; got {self.swap!r} of type {type(self.swap).__name__}")
        if self.place is None:
            return
        object.__setattr__(self, "place", read_place("GridGoal.place", self.place))
        if self.swap:
            raise ValueError(f"GridGoal is given a place or swap=True, not both; got place={self.place}")

    @classmethod
    def examples(cls) -> tuple[GridGoal, ...]:
        """Give a goal of NineRooms that is drawn, and one that is given."""
        return cls(), cls((2, 12))

    def reports(self) -> tuple[str, ...]:
        """Name what it reports."""
        return ("goal_place",)

    def effect(self, frame: Frame) -> Effect:
        """Put the goal there, and make what reports it.

        Raises:
            ValueError: If this is no such grid, or its goal cannot be there.
        """
        world = grid_of(frame.owner)
        if world is None:
            raise ValueError(
                f"GridGoal needs a grid with a goal to move (lifelong/NineRooms-v0, lifelong/LGrid-v0); got "
                f"{frame.owner}"
            )
        own = world.goal
        world.aim(self._place(world, frame.world))
        return GridGoalEffect(frame, world, own)

    def batch(self, world: BatchedWorld, setting: BatchSetting) -> BatchedWorld | None:
        """Put the goal of all bodies there; grids that are looped are wrapped each. See `Change.batch`."""
        return None if isinstance(world, OfEnvs) else super().batch(world, setting)

    def _place(self, world: PlanWorld, rng: np.random.Generator) -> Place:
        goals = world.plan.goals
        if self.swap:
            if len(goals) != 2:
                raise ValueError(
                    f"GridGoal.swap is for grids with two goals, such as LGrid; {world.plan.name} has {len(goals)} "
                    "places for its one, give GridGoal.place"
                )
            return goals[1 - goals.index(world.goal)]
        if self.place is None:
            return goals[rng.integers(len(goals))]
        return self.place  # pyright: ignore[reportReturnType] - read in __post_init__


class GoalPlaceEffect(Effect):
    """What changes tell that move the goal of a world; the world itself knows where its goal is."""

    def __init__(self, frame: Frame, goal: Place) -> None:
        """Keep the place."""
        super().__init__(frame)
        self._report = {"goal_place": np.broadcast_to(np.array(goal, np.int64), (frame.num_envs, 2))}

    def report(self) -> dict[str, np.ndarray]:
        """Tell the place."""
        return self._report


class GridGoalEffect(GoalPlaceEffect):
    """The effect behind `GridGoal`."""

    def __init__(self, frame: Frame, world: PlanWorld, own: Place) -> None:
        """Keep where the goal was."""
        super().__init__(frame, world.goal)
        self._grid, self._own = world, own

    def undo(self) -> None:
        """Put the goal where it was."""
        self._grid.aim(self._own)


def grid_of(owner: gym.Env | BatchedWorld | Any) -> PlanWorld | None:
    """Find the small grid in an environment or a batched world; None if there is none."""
    base = owner.unwrapped if isinstance(owner, gym.Env) else owner
    inside = base.world if isinstance(base, BatchedEnv) else base
    while isinstance(inside, BatchedWrapper):
        inside = inside.world
    return inside if isinstance(inside, PlanWorld) else None
