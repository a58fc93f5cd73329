"""What there is to do: hidden goals in a MiniGrid room."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np

from envs.batched import BatchedWorld
from envs.changes.base import Change
from envs.grid.aim import (
    ENTER,
    KINDS,
    PICK_UP,
    Aim,
    aim_at_place,
    aim_at_thing,
    check_word,
    read_mission,
)
from envs.grid.batch_tools import ahead
from envs.grid.codes import COLOURS
from envs.of_envs import OfEnvs
from envs.plain import LATER
from envs.setting import BatchSetting, Setting


@dataclass(frozen=True)
class Goal(Change, kind="goal"):
    """Reward reaching a place, picking up a thing or going to one, which nothing in the senses marks.

    Exactly one field is given, besides that ``colour`` and ``type`` go together. The goal is a field and not drawn, so
    that two worlds of one life never have equal goals by chance. Success ends the episode with MiniGrid's reward
    ``1 - 0.9 * steps / max_steps``.

    - A place counts when it is entered: an episode that begins on it has to come back to it, so that where episodes
      begin does not tell the goal.
    - Picking up another thing than the one that is meant ends the episode with 0. Nothing else does.
    - Going to a thing is done when the agent comes to stand in front of it and face it; where it did so before the
      step, it has to turn away and come back. No action ``done`` is needed, as it is for MiniGrid's ``GoToObject``.
      Things may be picked up on the way; what is held lies nowhere.

    Source: the reward is ``MiniGridEnv._reward``, Chevalier-Boisvert et al. 2023 (arXiv:2306.13831).

    Attributes:
        where: A corner of the room, ``"north-west"``, ``"north-east"``, ``"south-west"`` or ``"south-east"``, or a cell
            inside of its walls: column and row from 0 at the north-west, ``(2, 3)`` or ``"2,3"``.
        what: A thing of the room to be picked up, such as ``"red ball"``.
        colour: Any thing of this colour is to be picked up.
        type: Any ``"ball"``, ``"box"`` or ``"key"`` is to be picked up.
        mission: The goal as a text: ``"pick up the red ball"``, ``"go to the blue key"``, ``"go to a red thing"``,
            ``"pick up a ball"``, ``"go to the north-west corner"``, ``"go to the cell 2,3"``.
    """

    group: ClassVar[str] = "goals"

    where: str | tuple[int, int] | None = None
    what: str | None = None
    colour: str | None = field(default=None, metadata=LATER)
    type: str | None = field(default=None, metadata=LATER)
    mission: str | None = field(default=None, metadata=LATER)

    def __post_init__(self) -> None:
        """Check that there is one goal.

        Raises:
            TypeError: If a field has the wrong type.
            ValueError: If there is not one goal, or it is none.
        """
        given = {one.name for one in fields(self) if getattr(self, one.name) is not None}
        if len(given) != 1 and given != {"colour", "type"}:
            raise ValueError(
                "Goal is either a place or a thing: where, what, colour and type, or mission; got "
                + (", ".join(f"{name}={getattr(self, name)!r}" for name in sorted(given)) or "nothing")
            )
        self.aim()

    def aim(self) -> Aim:
        """Tell what is to be done.

        Raises:
            TypeError: If the place is neither text nor a pair of integers, or the mission is no text.
            ValueError: If there is no such place, thing or mission.
        """
        if self.where is not None:
            return aim_at_place("Goal.where", self.where)
        if self.mission is not None:
            return read_mission(self.mission)
        if self.what is not None:
            aim = aim_at_thing(PICK_UP, "Goal.what", self.what)
            if aim.kind is None or aim.colour is None:
                raise ValueError(f"Goal.what is a colour and a kind, such as 'red ball'; got {self.what!r}")
            return aim
        if self.colour is not None:
            check_word("Goal.colour", "a colour", self.colour, COLOURS)
        if self.type is not None:
            check_word("Goal.type", "a kind", self.type, KINDS)
        return Aim(PICK_UP, kind=self.type, colour=self.colour)

    @classmethod
    def examples(cls) -> tuple[Goal, ...]:
        """Give goals of rooms without things."""
        return cls(where="south-west"), cls(mission="go to the cell 2,3")

    def wrap(self, env: gym.Env, setting: Setting) -> gym.Env:
        """Wrap a room.

        Raises:
            ValueError: If the environment is no room, or the goal is not in it.
        """
        from envs.rooms import Room  # noqa: PLC0415 - lives without MiniGrid need not import it

        room = env.unwrapped
        if not isinstance(room, Room):
            raise ValueError(f"Goal needs a room without a goal of its own (lifelong/Room-v0); got {env}")
        aim = self.aim()
        if aim.deed == ENTER:
            return HiddenPlace(env, aim.cell(room.width, room.height))
        aim.find(room.things)
        return HiddenThing(env, aim) if aim.deed == PICK_UP else HiddenSight(env, aim)

    def batch(self, world: BatchedWorld, setting: BatchSetting) -> BatchedWorld | None:
        """Hide the goal in batched rooms, whose own rule looks for it; see `wrap`. Looped rooms are wrapped each."""
        if isinstance(world, OfEnvs):
            return None
        from envs.grid.families import room  # noqa: PLC0415 - lives without grids need not import them
        from envs.grid.world import GridWorld  # noqa: PLC0415

        if not isinstance(world, GridWorld) or world.family is not room.ROOM:
            raise ValueError(f"Goal needs a room without a goal of its own (lifelong/Room-v0); got {world}")
        room.aim_at(world.arrays.settings, self.aim())
        world.take_over()
        return world


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
    """Reward picking up what is meant, and end the episode with whatever is picked up.

    Attributes:
        aim: What is meant.
    """

    def __init__(self, env: gym.Env, aim: Aim) -> None:
        """Hide the goal in what ``aim`` means."""
        super().__init__(env)
        self.aim = aim
        self._room: Any = env.unwrapped

    def step(self, action: Any) -> tuple[np.ndarray, Any, bool, bool, dict]:
        """Act once."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        held = self._room.carrying
        if held is None:
            return observation, reward, terminated, truncated, info
        success = self.aim.fits(held.type, held.color)
        return observation, self._room._reward() if success else 0.0, True, truncated, info


class HiddenSight(gym.Wrapper):
    """Reward coming to stand in front of what is meant, facing it.

    Attributes:
        aim: What is meant.
    """

    def __init__(self, env: gym.Env, aim: Aim) -> None:
        """Hide the goal in what ``aim`` means."""
        super().__init__(env)
        self.aim = aim
        self._room: Any = env.unwrapped

    def step(self, action: Any) -> tuple[np.ndarray, Any, bool, bool, dict]:
        """Act once."""
        before = self._faces()
        observation, reward, terminated, truncated, info = self.env.step(action)
        if not before and self._faces():
            return observation, self._room._reward(), True, truncated, info
        return observation, reward, terminated, truncated, info

    def _faces(self) -> bool:
        """Tell whether the agent stands in front of what is meant."""
        x, y = self._room.agent_pos
        thing = self._room.grid.get(*ahead(int(x), int(y), self._room.agent_dir))
        return thing is not None and self.aim.fits(thing.type, thing.color)
