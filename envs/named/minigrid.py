"""Lives of MiniGrid tasks: permuted, with hidden goals, and long."""

from __future__ import annotations

from envs.changes import Goal, Permute
from envs.grid.aim import CORNERS
from envs.named.registry import life
from envs.schedule import Schedule
from envs.task import Task


@life
def minigrid_permuted() -> Schedule:
    """Five MiniGrid tasks, each with its own permutation of the 984 bits of the senses."""
    bases = {
        "empty": {"base": "MiniGrid-Empty-Random-6x6-v0", "max_steps": 60},
        "gap": {"base": "MiniGrid-LavaGapS5-v0", "max_steps": 60},
        "obstacles": {"base": "MiniGrid-Dynamic-Obstacles-Random-5x5-v0", "max_steps": 60},
        "strip": {"base": "MiniGrid-DistShift1-v0", "agent_start_pos": None, "max_steps": 60},
        "crossing": {"base": "MiniGrid-SimpleCrossingS9N1-v0", "size": 5, "max_steps": 60},
    }
    tasks = tuple(Task(name, "lifelong/Grid-v0", (Permute(),), kwargs) for name, kwargs in bases.items())
    return Schedule(tasks, steps=20_000, cycles=2)


@life
def minigrid_goals() -> Schedule:
    """One room of equal senses with four hidden corners to find, one room with two things to choose from."""
    actions = ("left", "right", "forward", "pickup")
    bare = {"actions": actions}
    furnished = {"actions": actions, "size": 5, "things": ("red ball", "blue key")}
    tasks = tuple(Task(corner, "lifelong/Room-v0", (Goal(where=corner),), bare) for corner in CORNERS)
    tasks += tuple(
        Task(thing, "lifelong/Room-v0", (Goal(what=thing),), furnished) for thing in ("red ball", "blue key")
    )
    return Schedule(tasks, steps=16_000, cycles=2)


@life
def minigrid_long() -> Schedule:
    """Eight MiniGrid tasks, ten times as long: keys and doors, crossings and lava, each through its own permutation."""
    bases = {
        "empty": "MiniGrid-Empty-Random-6x6-v0",
        "gap": "MiniGrid-LavaGapS6-v0",
        "doors": "MiniGrid-DoorKey-5x5-v0",
        "crossing": "MiniGrid-SimpleCrossingS9N1-v0",
        "obstacles": "MiniGrid-Dynamic-Obstacles-Random-6x6-v0",
        "unlock": "MiniGrid-Unlock-v0",
        "lava": "MiniGrid-LavaCrossingS9N1-v0",
        "rooms": "MiniGrid-MultiRoom-N2-S4-v0",
    }
    actions = ("left", "right", "forward", "pickup", "toggle")
    tasks = tuple(
        Task(name, "lifelong/Grid-v0", (Permute(),), {"base": base, "actions": actions}) for name, base in bases.items()
    )
    return Schedule(tasks, steps=128_000, cycles=2)
