"""Lives of walking bodies on ground of changing friction: Slippery Ant, and one that fits an hour of one CPU."""

from __future__ import annotations

from typing import Any

from envs.changes import Dynamics
from envs.named.registry import life
from envs.schedule import Schedule
from envs.task import Task
from envs.when import LogUniform

FRICTIONS = 10
LOWEST, HIGHEST = 0.02, 2.0


def _grounds(env_id: str, steps: int, **kwargs: Any) -> Schedule:
    ground = Dynamics(values={"friction": LogUniform(LOWEST, HIGHEST)})
    return Schedule(tuple(Task(f"ground{k}", env_id, (ground,), kwargs) for k in range(FRICTIONS)), steps=steps)


@life
def slippery_ant() -> Schedule:
    """Ant on ten grounds, two million steps on each, their friction drawn log-uniformly from 0.02 to 2.

    Friction is written into all geoms, as there: of two that touch the greater one counts. Each life has ten frictions
    of its own, the first one drawn too. What differs: the published runs read them from a file of 100 times 50 numbers
    (with this distribution), and change them when the first episode after 2,000,000 steps ends, where here the episode
    is cut. Their ``Ant-v3`` shows 84 contact forces, which are always zero with the MuJoCo of that time, and takes no
    cost of them; this is ``Ant-v5`` without them and their cost, 27 numbers.

    Source: Dohare et al. 2024 (loss of plasticity, Nature 632, doi:10.1038/s41586-024-07711-7), and its code
    (``lop/envs/slippery_ant.py``, ``lop/rl/run_ppo.py``, ``lop/rl/cfg/sant``, ``lop/rl/cfg/frictions``): 20,000,000
    steps, 100 runs.
    """
    return _grounds("Ant-v5", 2_000_000, include_cfrc_ext_in_observation=False, contact_cost_weight=0.0)


@life
def slippery_cheetah() -> Schedule:
    """HalfCheetah on ten grounds, 100,000 steps on each, their friction drawn log-uniformly from 0.02 to 2.

    A small Slippery Ant: ten frictions in a million steps, none of which comes back. The body is never unhealthy, so
    that all episodes have 1,000 steps. Friction of its own is 0.4.

    Source: after Dohare et al. 2024 (Nature 632, doi:10.1038/s41586-024-07711-7); body and sizes are this project's.
    """
    return _grounds("HalfCheetah-v5", 100_000)
