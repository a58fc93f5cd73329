"""Where the goal of a maze is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import gymnasium as gym

from envs.batched import BatchedWorld
from envs.batched_wrapper import BatchedWrapper
from envs.changes.base import Change
from envs.changes.grid_goal import GoalPlaceEffect
from envs.effect import Effect, Frame
from envs.mazes import PointMaze
from envs.of_envs import OfEnvs
from envs.places import Place, read_place


@dataclass(frozen=True)
class MazeGoal(Change, kind="maze_goal"):
    """Put the goal of a maze into the middle of one cell, in all episodes.

    For ``lifelong/PointMaze-v0``, which draws a goal for each episode by itself. Unless the base reveals its goal,
    nothing that is seen tells it. Without a cell one is drawn from the world's dice, equal for all bodies and on all
    visits, among those that are named or else among all those without a wall. No episode begins within half a cell of
    the goal. Where the goal is, is in ``info["lifelong"]["goal_place"]``: column and row, int64.

    Source: the mazes of D4RL, Fu et al. 2020 (arXiv:2004.07219), in Gymnasium-Robotics.

    Attributes:
        cell: Column and row of the goal from 0 at the north-west, walls included, ``(1, 3)`` or ``"1,3"``; None for one
            that is drawn.
        among: Cells from which it is drawn, likewise; none for all those without a wall.
    """

    group: ClassVar[str] = "goals"

    cell: Place | str | None = None
    among: tuple[Place | str, ...] = ()

    def __post_init__(self) -> None:
        """Read the cells.

        Raises:
            TypeError: If one is neither text nor a pair of integers.
            ValueError: If a text names no cell, or cells to draw from are given together with the one.
        """
        if not isinstance(self.among, tuple):
            raise TypeError(
                f"MazeGoal.among is a tuple of cells; got {self.among!r} of type {type(self.among).__name__}"
            )
        if self.among and self.cell is not None:
            raise ValueError(f"MazeGoal is given a cell or some to draw from, not both; got {self}")
        read = tuple(read_place(f"MazeGoal.among[{k}]", cell) for k, cell in enumerate(self.among))
        object.__setattr__(self, "among", read)
        if self.cell is not None:
            object.__setattr__(self, "cell", read_place("MazeGoal.cell", self.cell))

    @classmethod
    def examples(cls) -> tuple[MazeGoal, ...]:
        """Give a goal that is drawn, and one that is drawn from two cells."""
        return cls(), cls(among=((1, 1), (3, 3)))

    def reports(self) -> tuple[str, ...]:
        """Name what it reports."""
        return ("goal_place",)

    def effect(self, frame: Frame) -> Effect:
        """Put the goal there, and make what reports it.

        Raises:
            ValueError: If this is no maze, or a cell is a wall of it or outside.
        """
        mazes = mazes_of(frame.owner)
        if not mazes:
            raise ValueError(f"MazeGoal needs a maze (lifelong/PointMaze-v0); got {frame.owner}")
        place: Any = self.cell
        named: Any = self.among
        if place is None:
            cells = named or mazes[0].free
            place = cells[frame.world.integers(len(cells))]
        for maze in mazes:
            for cell in named:
                maze.fix_goal(cell)  # so that a wall among them is refused in every life
            maze.fix_goal(place)
        return GoalPlaceEffect(frame, place)


def mazes_of(owner: gym.Env | BatchedWorld | Any) -> list[PointMaze]:
    """Find the mazes in an environment, or in all those of a batched world; an empty list if there are none."""
    inside = owner
    while isinstance(inside, BatchedWrapper):
        inside = inside.world
    envs = inside.envs if isinstance(inside, OfEnvs) else [inside]
    bases = [env.unwrapped for env in envs if isinstance(env, gym.Env)]
    return [base for base in bases if isinstance(base, PointMaze)]
