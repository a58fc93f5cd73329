"""Lives whose worlds look alike and differ in where the goal is: NineRooms and L-Grid."""

from __future__ import annotations

from envs.changes import GridGoal
from envs.named.registry import life
from envs.schedule import Schedule
from envs.task import Task


@life
def nine_rooms() -> Schedule:
    """NineRooms with twenty hidden goals, one drawn for each task, in a grid that always looks the same.

    Each life has goals of its own, drawn for each task by itself and, as in the published code, with no regard to those
    before: most lives have one goal twice. In the paper 40,000 steps are those of one environment; here they are those
    of all bodies together.

    Source: Chung et al. 2024 (Parseval regularization, NeurIPS, arXiv:2412.07224), section 4, and its code
    (``envs/gridworld_env.py``): 800,000 steps, the goal changes every 40,000, 20 runs.
    """
    tasks = tuple(Task(f"goal{k}", "lifelong/NineRooms-v0", (GridGoal(),)) for k in range(20))
    return Schedule(tasks, steps=40_000)


@life
def l_grid() -> Schedule:
    """L-Grid whose two green squares swap what they pay, 5 and 0, nine times; nothing shows it.

    The paper counts episodes and a life counts steps: the default of its scripts is a swap every 1,000 of 10,000
    episodes. An episode of an agent that knows the way has about 14 steps, one of an agent that does not at most 100;
    20,000 steps stand for 1,000 episodes of an agent that has to find the way anew after each swap. Its agents are
    shown the last four views; here that is left to the agent.

    Source: Anand and Precup 2023 (prediction and control in continual reinforcement learning, NeurIPS,
    arXiv:2312.11669), section 5, and its code (``control/minigrid``).
    """
    tasks = (
        Task("north", "lifelong/LGrid-v0", (GridGoal((7, 1)),)),
        Task("south", "lifelong/LGrid-v0", (GridGoal((9, 3)),)),
    )
    return Schedule(tasks, steps=20_000, cycles=5)
