"""What an agent costs: CPU time per environment step, learning included, all agents in one run, taking turns.

Each turn is a fresh life of every agent, one after the other, so that what else the machine does hits all of them.
CPU time of the process is counted, not the clock on the wall; the middle of the turns is reported.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from agents import RandomSpec
from envs import LifelongVectorEnv
from experiments.spec import Experiment
from lifelong_agent.seeds import seed_for

FLOOR = "random"


def cost(spec: Experiment, turns: int, told: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """Measure what a step costs.

    Args:
        spec: The life, the agents, and how many steps of it are lived (`max_steps`).
        turns: How often every agent lives it.
        told: Told what is being measured.

    Returns:
        Agent -> `microseconds` per environment step (median), `turns` (each), `own` (without the world's own cost,
        which is a random agent's).
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    agents = {FLOOR: RandomSpec(), **spec.agents}
    measured: dict[str, list[float]] = {label: [] for label in agents}
    try:
        for turn in range(turns):
            for label, agent in agents.items():
                told(f"turn {turn + 1} of {turns}: {label}")
                env = LifelongVectorEnv(spec.schedule, num_envs=spec.num_envs, seed=spec.seeds[0])
                learner = agent.build(env, seed_for(spec.seeds[0], "agent"))
                began = time.process_time()
                learner.live(env, spec.steps)
                measured[label].append(1e6 * (time.process_time() - began) / spec.steps)
                env.close()
    finally:
        torch.set_num_threads(before)
    floor = statistics.median(measured[FLOOR])
    return {
        label: {
            "microseconds": statistics.median(values),
            "turns": values,
            "own": statistics.median(values) - floor,
        }
        for label, values in measured.items()
    }


def ratios(result: dict[str, dict[str, Any]], against: str) -> dict[str, float]:
    """Divide what every agent costs by what one of them does, turn by turn, and take the middle."""
    base = result[against]["turns"]
    return {
        label: statistics.median(one / two for one, two in zip(row["turns"], base, strict=True))
        for label, row in result.items()
    }


def shortened(spec: Experiment, steps: int) -> Experiment:
    """Take the first part of a life, at most all of it, in whole steps of all sub-environments."""
    steps = min(steps, spec.schedule.total)
    return replace(spec, max_steps=max(spec.num_envs, steps - steps % spec.num_envs))
