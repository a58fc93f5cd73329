"""Lives of MiniGrid tasks: permuted, with hidden goals, and long; and sequences that others have published."""

from __future__ import annotations

from envs.changes import FixedLayout, Goal, Permute
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


def _dreamer(steps: int) -> Schedule:
    actions = ("left", "right", "forward", "pickup", "drop", "toggle", "done")
    bases = {
        "doors": {"base": "MiniGrid-DoorKey-8x8-v0", "size": 9},
        "lava": {"base": "MiniGrid-LavaCrossingS9N1-v0"},
        "walls": {"base": "MiniGrid-SimpleCrossingS9N1-v0"},
    }
    shared = {"actions": actions, "max_steps": 100}
    return Schedule(
        tuple(Task(name, "lifelong/Grid-v0", (), base | shared) for name, base in bases.items()), steps=steps
    )


@life
def minigrid_dreamer() -> Schedule:
    """DoorKey-9x9, LavaCrossingS9N1, SimpleCrossingS9N1, one after the other, 750,000 steps each (Continual-Dreamer).

    All seven actions, and episodes of at most 100 steps. What differs: the senses are bits of the egocentric view and
    no picture of it; there MiniGrid's own lengths (324 and 810 steps) stay in the reward ``1 - 0.9 * steps / length``,
    of which 100 are lived at most, here the length is 100 in both.

    Source: Kessler et al. 2023 (world models for continual reinforcement learning, CoLLAs, arXiv:2211.15944), and its
    code (``train_minigrid.py --cl --num_tasks=3 --steps=750000``, whose steps are those of each task, and whose time
    limit is 100).
    """
    return _dreamer(750_000)


@life
def minigrid_dreamer_third() -> Schedule:
    """A third of `minigrid_dreamer`: three tasks of 250,000 steps."""
    return _dreamer(250_000)


def _mg10(steps: int) -> Schedule:
    bases = ("SimpleCrossingS9N1", "SimpleCrossingS9N2", "SimpleCrossingS9N3", "LavaCrossingS9N1", "LavaCrossingS9N2")
    tasks = tuple(
        Task(f"{base}{letter}", "lifelong/Grid-v0", (FixedLayout(seed),), {"base": f"MiniGrid-{base}-v0"})
        for base in bases
        for letter, seed in (("a", 860), ("b", 861))
    )
    return Schedule(tasks, steps=steps)


@life
def minigrid_mg10() -> Schedule:
    """Ten crossings of walls or lava, each of one fixed layout, 256,000 steps each (MG10).

    Layouts are those of the seeds 860 and 861, the same in every life. What differs: MiniGrid's dice of today make
    other layouts of these seeds than those of that time; the senses are bits of the egocentric view and no numbers of
    it; and nothing tells which task it is, where there the agent is given its number.

    Source: Ben-Iwhiwhu et al. 2023 (lifelong reinforcement learning with modulating masks, TMLR, arXiv:2212.11110), and
    its code (``env_configs/minigrid_10.json``, ``train_minigrid.py``: 51,200 times 5 steps a task, the actions left,
    right and forward).
    """
    return _mg10(256_000)


@life
def minigrid_mg10_quarter() -> Schedule:
    """A quarter of `minigrid_mg10`: ten crossings of 64,000 steps."""
    return _mg10(64_000)
