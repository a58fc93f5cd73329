"""A MiniGrid room that rewards nothing by itself: the ground for hidden goals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minigrid.core.constants import COLOR_NAMES
from minigrid.core.grid import Grid
from minigrid.core.mission import MissionSpace
from minigrid.core.world_object import Ball, Box, Key, WorldObj
from minigrid.minigrid_env import MiniGridEnv

from envs.grid.senses import GridSenses

THINGS: dict[str, Callable[[str], WorldObj]] = {"ball": Ball, "box": Box, "key": Key}
"""What can lie in a room and be picked up."""


class Room(MiniGridEnv):
    """A walled square with things to pick up; things and agent are placed anew in each episode.

    It has no goal tile, no mission and no reward: those are what a `Goal` brings.
    """

    def __init__(self, size: int = 6, things: Sequence[str] = (), max_steps: int = 60, **kwargs: Any) -> None:
        """Furnish a room.

        Args:
            size: Side in cells, walls included, at least 4.
            things: What lies there, such as ``"red ball"``; no two alike.
            max_steps: Steps until an episode is truncated.
            **kwargs: Further arguments of ``MiniGridEnv``.

        Raises:
            ValueError: If the room is too small, or a thing is unknown or there twice.
        """
        self.things = tuple(things)
        for thing in self.things:
            make_thing(thing)
            if self.things.count(thing) > 1:
                raise ValueError(f"things of a room are told apart by colour and kind; {thing!r} is there twice")
        if size < 4 or (size - 2) ** 2 <= len(self.things):
            raise ValueError(f"a room of size {size} has no space for {len(self.things)} things and an agent to move")
        mission = MissionSpace(mission_func=lambda: "")
        super().__init__(mission_space=mission, grid_size=size, max_steps=max_steps, **kwargs)

    def _gen_grid(self, width: int, height: int) -> None:
        self.grid = Grid(width, height)
        self.grid.wall_rect(0, 0, width, height)
        for thing in self.things:
            self.place_obj(make_thing(thing))
        self.place_agent()
        self.mission = ""


def make_thing(name: str) -> WorldObj:
    """Make a thing from its colour and kind, such as ``"red ball"``.

    Raises:
        ValueError: If there is no such thing.
    """
    colour, _, kind = name.partition(" ")
    if colour not in COLOR_NAMES or kind not in THINGS:
        raise ValueError(
            f"a thing is a colour ({', '.join(COLOR_NAMES)}) and a kind ({', '.join(THINGS)}), as 'red ball'; "
            f"got {name!r}"
        )
    return THINGS[kind](colour)


def make_room(actions: Sequence[str] = ("left", "right", "forward"), **kwargs: Any) -> GridSenses:
    """Make a room shown as bits: the entry point of ``lifelong/Room-v0``."""
    return GridSenses(Room(**kwargs), actions)
