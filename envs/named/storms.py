"""Lives in which sensors fail in bursts: worlds that come back, each with its own kind of weather, and a calm one."""

from __future__ import annotations

from envs.changes import BiasDrift, Change, Delay, Drop, Noise, PacketLoss, Spikes, Stuck
from envs.named.registry import life
from envs.schedule import Schedule
from envs.task import Task
from envs.when import Bursts

GUSTS = Bursts(calm=1600, burst=400)
"""A fifth of the time in bursts of 400 life steps, 50 of each of eight bodies."""


def _weathers(env_id: str, weathers: dict[str, tuple[Change, ...]], steps: int, cycles: int) -> Schedule:
    tasks = tuple(Task(name, env_id, changes) for name, changes in weathers.items())
    return Schedule(tasks, steps=steps, cycles=cycles)


@life
def cartpole_storms() -> Schedule:
    """One CartPole body in eleven weathers that come back: calm, and five faults in medium and in hard storms.

    A storm is a burst of 400 life steps after a calm of 1,600, both on average: in it noise, spikes, dropped or stuck
    sensors, or a bias that wanders. Which bursts come when is drawn for each life, world by world.

    Source: faults and levels of the Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881); the worlds are
    this project's.
    """
    weathers: dict[str, tuple[Change, ...]] = {"calm": ()}
    for level in ("medium", "hard"):
        for fault in (Noise, Spikes, Drop, Stuck, BiasDrift):
            weathers[f"{level}_{fault.kind}"] = (fault(level=level, when=GUSTS),)
    return _weathers("CartPole-v1", weathers, steps=16_000, cycles=2)


@life
def walker_storms() -> Schedule:
    """Walker2d in six weathers that come back twice: calm, and storms of noise, dropped, stuck, late and lost senses.

    Storms come in bursts of 400 life steps after a calm of 1,600, both on average. The body stays the same: what is
    learnt of walking in one weather is of use in all.

    Source: faults of the Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881), which has them for a walker
    too, and Gilbert 1960 for lost packets; the worlds are this project's.
    """
    weathers: dict[str, tuple[Change, ...]] = {
        "calm": (),
        "noise": (Noise(level="medium", when=GUSTS),),
        "drop": (Drop(level="medium", when=GUSTS),),
        "stuck": (Stuck(level="hard", when=GUSTS),),
        "late": (Delay(level="easy", when=GUSTS),),
        "packets": (PacketLoss(level="hard", when=GUSTS),),
    }
    return _weathers("Walker2d-v5", weathers, steps=56_000, cycles=3)
