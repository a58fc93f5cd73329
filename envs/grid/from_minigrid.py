"""Going on in arrays from where an environment of MiniGrid's stands."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from envs.dice import write_generator
from envs.grid.codes import BOX, COLOURS, DOOR, KINDS, NOTHING, code_of
from envs.grid.kernels import no_rule
from envs.grid.layout import (
    DIRECTION,
    HELD,
    HELD_CONTENT,
    MAX_STEPS,
    MISSION,
    SEE_THROUGH,
    STEPS,
    TASK,
    X,
    Y,
)

if TYPE_CHECKING:
    from envs.grid.world import GridWorld

CLASSES = ("Wall", "Floor", "Door", "Key", "Ball", "Box", "Goal", "Lava")
"""MiniGrid's things; of one of these classes itself, since a subclass may follow other rules."""


def load_minigrid(world: GridWorld, row: int, env: Any) -> None:
    """Take over the state of an environment of MiniGrid's: things, agent, steps, dice, and what its task is about.

    Args:
        world: Worlds of the same family, size, length of episodes and sight.
        row: Which of them becomes what the environment is.
        env: The environment, wrapped or not, after a reset. It stays as it is.

    Raises:
        TypeError: If it is none of MiniGrid's.
        ValueError: If the world cannot become what it is; nothing has been changed then.
    """
    from minigrid.minigrid_env import MiniGridEnv  # noqa: PLC0415 - grid worlds themselves need no MiniGrid

    env = getattr(env, "unwrapped", env)
    if not isinstance(env, MiniGridEnv):
        raise TypeError(f"expected an environment of MiniGrid's; got {env!r}")
    if row not in range(world.num_envs):
        raise ValueError(f"rows of this world are 0 to {world.num_envs - 1}; got {row}")
    shape, settings, name = world.shape, world.arrays.settings, world.family.name
    ours = (shape.width, shape.height, int(settings[MAX_STEPS]), bool(settings[SEE_THROUGH]))
    theirs = (env.grid.width, env.grid.height, env.max_steps, env.see_through_walls)
    if ours != theirs:
        raise ValueError(f"width, height, max_steps and see_through_walls of the world are {ours}, of {env} {theirs}")
    if not (0 <= env.agent_pos[0] < shape.width and 0 <= env.agent_pos[1] < shape.height and 0 <= env.agent_dir < 4):
        raise ValueError(f"the agent of {env} is nowhere: reset() it first")
    source: Any = env.np_random.bit_generator
    if not isinstance(source, np.random.PCG64):
        raise ValueError(f"dice of grid worlds are of PCG64; {env} has {type(source).__name__}")
    if world.family.rule is not no_rule and name not in TASKS:
        raise ValueError(f"what the task is about can be read off for {', '.join(TASKS)}; not for family {name!r}")

    things = np.array([_codes(thing) for thing in env.grid.grid], np.uint8)
    agent = np.zeros(world.arrays.agent.shape[1], np.int32)
    agent[X], agent[Y] = env.agent_pos
    agent[DIRECTION], agent[STEPS] = env.agent_dir, env.step_count
    agent[HELD], agent[HELD_CONTENT] = _codes(env.carrying)
    for place, token in enumerate(_tokens(world, env.mission)):
        agent[MISSION + place] = token
    if name in TASKS:
        task = TASKS[name](env)
        agent[TASK : TASK + len(task)] = task

    arrays = world.state()
    arrays.cells[row], arrays.contents[row] = things[:, 0], things[:, 1]
    arrays.agent[row] = agent
    write_generator(arrays.dice[row], source)
    world.take_over()


def _codes(thing: Any) -> tuple[int, int]:
    """Give the code of a thing of MiniGrid's, and that of what is in it."""
    if thing is None:
        return NOTHING, NOTHING
    module, name = type(thing).__module__, type(thing).__name__
    if module != "minigrid.core.world_object" or name not in CLASSES:
        raise ValueError(f"things of a grid world are of MiniGrid's own classes {', '.join(CLASSES)}; got {thing!r}")
    kind, inside = KINDS.index(thing.type), NOTHING
    if kind == BOX and thing.contains is not None:
        inside, deeper = _codes(thing.contains)
        if deeper != NOTHING:
            raise ValueError(f"a box in a box is empty; got one that holds {thing.contains.contains!r}")
    if kind == DOOR and thing.is_open and thing.is_locked:
        raise ValueError(f"a door is open, closed or locked; got a {thing.color} one that is open and locked")
    return code_of(kind, COLOURS.index(thing.color), thing.encode()[2]), inside


def _tokens(world: GridWorld, mission: str) -> tuple[int, ...]:
    """Find the tokens that a family words as a mission."""
    if not world.family.tokens:
        return ()
    for tokens in product(*map(range, world.family.tokens)):
        if world.family.mission(tokens) == mission:
            return tokens
    raise ValueError(f"family {world.family.name!r} has no mission {mission!r}")


def _cell(env: Any, thing: Any) -> int:
    """Find the cell in which the very thing lies."""
    for cell, other in enumerate(env.grid.grid):
        if other is thing:
            return cell
    raise ValueError(f"what the task is about ({thing!r}) lies nowhere in {env}: its episode is over")


def _thing_code(kind: str, colour: str) -> int:
    return code_of(KINDS.index(kind), COLOURS.index(colour))


def _near(env: Any) -> list[int]:
    return [_thing_code(env.move_type, env.moveColor), *env.target_pos]


def _ends(env: Any) -> list[int]:
    return [env.success_pos[0], env.success_pos[1], env.failure_pos[1]]


def _doors(env: Any) -> list[int]:
    return [_cell(env, env.red_door), _cell(env, env.blue_door), int(env.red_door.is_open)]


def _obstacles(env: Any) -> list[int]:
    return [0, *(ball.cur_pos[1] * env.grid.width + ball.cur_pos[0] for ball in env.obstacles)]


def _picked_up(env: Any) -> list[int]:
    return [_codes(env.obj)[0], _cell(env, env.obj)]


def _room(env: Any) -> list[int]:
    here = int(env.agent_pos[1]) * env.grid.width + int(env.agent_pos[0])
    return [here, _codes(env.grid.get(*env.front_pos))[0]]


TASKS: dict[str, Callable[[Any], list[int]]] = {
    "Fetch": lambda env: [_thing_code(env.targetType, env.targetColor)],
    "GoToDoor": lambda env: [*env.target_pos],
    "GoToObject": lambda env: [*env.target_pos],
    "PutNear": _near,
    "Memory": _ends,
    "RedBlueDoors": _doors,
    "DynamicObstacles": _obstacles,
    "Room": _room,
    "Unlock": lambda env: [_cell(env, env.door)],
    "UnlockPickup": _picked_up,
    "BlockedUnlockPickup": _picked_up,
    "KeyCorridor": _picked_up,
    "ObstructedMaze1Dlhb": _picked_up,
    "ObstructedMazeFull": _picked_up,
    "ObstructedMazeFullV1": _picked_up,
}
"""Families that have rules -> what of MiniGrid's attributes goes into the columns of the task, in their order."""
