"""The named lives, each registered with Gymnasium as ``lifelong/NAME-v0``."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from envs.changes import Goal, Permute, Storm
from envs.changes.goal import CORNERS
from envs.life import LifelongEnv
from envs.schedule import Schedule
from envs.task import Task
from envs.vector import LifelongVectorEnv


def cartpole_worlds() -> Schedule:
    """Eight bodies: CartPole with its senses permuted, sign-flipped or offset; no two can be wired alike."""
    wirings = (
        Permute(flip=True),
        Permute(flip=True, offset=2.0),
        Permute(),
        Permute(offset=2.0),
        Permute(permute=False, flip=True),
        Permute(flip=True, offset=2.0),
        Permute(permute=False, offset=2.0),
        Permute(permute=False, flip=True, offset=2.0),
    )
    return Schedule(_bodies(wirings), steps=20_000, cycles=3)


def cartpole_storm() -> Schedule:
    """Four bodies in four weathers: calm, bursts of noise, of a dropped channel, of an inverted channel."""
    weathers = {
        "calm": (),
        "noise": (Storm(("noise",), share=1.0, noise=0.3),),
        "drop": (Storm(("drop",), share=0.25),),
        "invert": (Storm(("invert",), share=0.25),),
    }
    tasks = tuple(Task(name, "CartPole-v1", (Permute(flip=True), *weather)) for name, weather in weathers.items())
    return Schedule(tasks, steps=20_000, cycles=2)


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


def demo() -> Schedule:
    """Three CartPole bodies, visited twice: a life to watch within minutes."""
    return Schedule(_bodies((Permute(flip=True), Permute(flip=True, offset=2.0), Permute())), steps=8_000, cycles=2)


def _bodies(wirings: tuple[Permute, ...]) -> tuple[Task, ...]:
    return tuple(Task(f"body{k}", "CartPole-v1", (wiring,)) for k, wiring in enumerate(wirings))


LIVES: dict[str, Callable[[], Schedule]] = {
    "demo": demo,
    "cartpole_worlds": cartpole_worlds,
    "cartpole_storm": cartpole_storm,
    "minigrid_permuted": minigrid_permuted,
    "minigrid_goals": minigrid_goals,
    "minigrid_long": minigrid_long,
}
"""The named lives: each name with what makes its schedule."""


def make_life(name: str) -> Schedule:
    """Make the schedule of a named life.

    Raises:
        ValueError: If there is no life of that name.
    """
    if name not in LIVES:
        close = get_close_matches(name, LIVES, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ValueError(f"no life is called {name!r}; {hint}there are {', '.join(sorted(LIVES))}")
    return LIVES[name]()


def make_env(life: str, seed: int = 0, purpose: str = "life") -> LifelongEnv:
    """Live a named life with one body: the entry point of ``gymnasium.make("lifelong/NAME-v0")``."""
    return LifelongEnv(make_life(life), seed, purpose)


def make_vector_env(life: str, num_envs: int = 8, seed: int = 0, purpose: str = "life") -> LifelongVectorEnv:
    """Live a named life with N bodies: the entry point of ``gymnasium.make_vec("lifelong/NAME-v0")``."""
    return LifelongVectorEnv(make_life(life), num_envs, seed, purpose)
