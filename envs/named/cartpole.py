"""Lives of CartPole bodies: wired differently, and in bad weather."""

from __future__ import annotations

from envs.changes import Permute, Storm
from envs.named.registry import life
from envs.schedule import Schedule
from envs.task import Task


@life
def demo() -> Schedule:
    """Three CartPole bodies, visited twice: a life to watch within minutes."""
    return Schedule(_bodies((Permute(flip=True), Permute(flip=True, offset=2.0), Permute())), steps=8_000, cycles=2)


@life
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


@life
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


def _bodies(wirings: tuple[Permute, ...]) -> tuple[Task, ...]:
    return tuple(Task(f"body{k}", "CartPole-v1", (wiring,)) for k, wiring in enumerate(wirings))
