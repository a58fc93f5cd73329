"""Days of a robot: everything at once, and everything comes back."""

from __future__ import annotations

from envs.changes import DelayActions, Dynamics, MazeGoal, Noise, PacketLoss
from envs.named.registry import life
from envs.schedule import Schedule
from envs.task import Task
from envs.timeline import Stage
from envs.when import Bursts, Linear

DAYS, HOURS, DUSK = 5, 20_000, 2_000
"""Days of a life; life steps of a morning, a noon or an evening; how long each takes to come."""


def _column(x: int) -> MazeGoal:
    return MazeGoal(among=tuple((x, y) for y in (1, 2, 3)))


@life
def robot_day() -> Schedule:
    """Five days of a point robot in an open maze: goals by the time of day, a load, the dark, wear, delay and storms.

    In the morning it is paid for being at a place in the west, at noon in the east, in the evening in the middle, which
    nothing shows; the three places are drawn for each life and come back each day. At noon it carries a load (twice its
    mass), in the evening it is dark (noise over where it is). Each time of day comes gradually. Over all of it, for all
    its life: its motor wears out (from its full gain to 60 %), its actions come one step late, and its senses are lost
    in storms that come every 4,000 life steps or so. Its episodes have 300 steps, with 1 for each that ends near the
    goal.

    Source: this project's; the maze is Gymnasium-Robotics' (``PointMaze_Open-v3``), after Fu et al. 2020 (D4RL,
    arXiv:2004.07219).
    """
    base, maze = "lifelong/PointMaze-v0", {"maze": "open"}
    tasks = (
        Task("morning", base, (_column(1),), maze),
        Task("noon", base, (_column(5), Dynamics(factors={"mass": 2.0})), maze),
        Task("evening", base, (_column(3), Noise(deviation=0.2, channels=(0, 1))), maze),
    )
    day = tuple(Stage(task.name, HOURS, blend=DUSK) for task in tasks)
    wear = Dynamics(factors={"gain": Linear(1.0, 0.6, over=DAYS * len(day) * HOURS)})
    storms = PacketLoss(level="hard", when=Bursts(calm=4_000, burst=800))
    return Schedule(tasks, timeline=day, cycles=DAYS, over=(wear, DelayActions(steps=1), storms))
