"""What there is to do: hidden goals in a MiniGrid room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np

from envs.batched import BatchedWorld
from envs.changes.base import Change
from envs.looped import LoopedWorld
from envs.setting import BatchSetting, Setting

CORNERS = ("north-west", "north-east", "south-west", "south-east")


@dataclass(frozen=True)
class Goal(Change, kind="goal"):
    """Reward reaching a corner, or picking up a thing, that nothing in the senses marks.

    Exactly one of the two is given. The goal is a field and not drawn, so that two worlds of one life never have equal
    goals by chance. Success ends the episode with MiniGrid's reward ``1 - 0.9 * steps / max_steps``; picking up a wrong
    thing ends it with 0. A corner counts when it is entered: an episode that begins on it has to come back to it, so
    that where episodes begin does not tell the goal.

    Source: the reward is ``MiniGridEnv._reward``, Chevalier-Boisvert et al. 2023 (arXiv:2306.13831).

    Attributes:
        where: A corner of the room: ``"north-west"``, ``"north-east"``, ``"south-west"`` or ``"south-east"``.
        what: A thing of the room, such as ``"red ball"``.
    """

    group: ClassVar[str] = "goals"

    where: str | None = None
    what: str | None = None

    def __post_init__(self) -> None:
        """Check that there is one goal."""
        if (self.where is None) == (self.what is None):
            raise ValueError(f"Goal is either a place or a thing; got where={self.where!r} and what={self.what!r}")
        if self.where is not None and self.where not in CORNERS:
            raise ValueError(f"Goal.where is one of {', '.join(CORNERS)}; got {self.where!r}")

    @classmethod
    def examples(cls) -> tuple[Goal, ...]:
        """Give a goal of rooms without things."""
        return (cls(where="south-west"),)

    def wrap(self, env: gym.Env, setting: Setting) -> gym.Env:
        """Wrap a room.

        Raises:
            ValueError: If the environment is no room, or the thing is not in it or cannot be picked up.
        """
        from envs.rooms import Room  # noqa: PLC0415 - lives without MiniGrid need not import it

        room = env.unwrapped
        if not isinstance(room, Room):
            raise ValueError(f"Goal needs a room without a goal of its own (lifelong/Room-v0); got {env}")
        if self.where is not None:
            return HiddenPlace(env, self._corner(room.width, room.height))
        if self.what is None or self.what not in room.things:
            raise ValueError(f"Goal.what is {self.what!r}, but the things of the room are {room.things}")
        return HiddenThing(env, self.what)

    def batch(self, world: BatchedWorld, setting: BatchSetting) -> BatchedWorld | None:
        """Hide the goal in batched rooms, whose own rule looks for it; see `wrap`. Looped rooms are wrapped each."""
        if isinstance(world, LoopedWorld):
            return None
        from envs.grid.families import room  # noqa: PLC0415 - lives without grids need not import them
        from envs.grid.world import GridWorld  # noqa: PLC0415

        if not isinstance(world, GridWorld) or world.family is not room.ROOM:
            raise ValueError(f"Goal needs a room without a goal of its own (lifelong/Room-v0); got {world}")
        settings = world.arrays.settings
        if self.where is not None:
            x, y = self._corner(world.shape.width, world.shape.height)
            settings[room.GOAL_CELL] = y * world.shape.width + x
        else:
            lying = settings[room.THINGS + 1 : room.THINGS + 1 + settings[room.THINGS]]
            if self.what is None or room.thing_code(self.what) not in lying:
                raise ValueError(f"Goal.what is {self.what!r}, but no such thing lies in the room of {world}")
            settings[room.GOAL_THING] = room.thing_code(self.what)
        world.take_over()
        return world

    def _corner(self, width: int, height: int) -> tuple[int, int]:
        """Tell column and row of the corner in a room of so many cells."""
        row, _, column = (self.where or "").partition("-")
        return 1 if column == "west" else width - 2, 1 if row == "north" else height - 2


class HiddenPlace(gym.Wrapper):
    """Reward entering one cell.

    Attributes:
        place: Column and row of the cell.
    """

    def __init__(self, env: gym.Env, place: tuple[int, int]) -> None:
        """Hide the goal at ``place``."""
        super().__init__(env)
        self.place = place
        self._room: Any = env.unwrapped

    def step(self, action: Any) -> tuple[np.ndarray, Any, bool, bool, dict]:
        """Act once."""
        before = tuple(self._room.agent_pos)
        observation, reward, terminated, truncated, info = self.env.step(action)
        if before != self.place and tuple(self._room.agent_pos) == self.place:
            return observation, self._room._reward(), True, truncated, info
        return observation, reward, terminated, truncated, info


class HiddenThing(gym.Wrapper):
    """Reward picking up one thing, and end the episode with whatever is picked up.

    Attributes:
        thing: Colour and kind.
    """

    def __init__(self, env: gym.Env, thing: str) -> None:
        """Hide the goal in ``thing``."""
        super().__init__(env)
        self.thing = thing
        self._room: Any = env.unwrapped

    def step(self, action: Any) -> tuple[np.ndarray, Any, bool, bool, dict]:
        """Act once."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        held = self._room.carrying
        if held is None:
            return observation, reward, terminated, truncated, info
        success = f"{held.color} {held.type}" == self.thing
        return observation, self._room._reward() if success else 0.0, True, truncated, info
