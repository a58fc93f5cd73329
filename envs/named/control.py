"""Continual Gym Control: classic control and LunarLander whose senses are shifted by hidden offsets.

Source: Muppidi et al. 2024 (TRAC, arXiv:2405.16642), section 4 and appendix; the table of results is that of Tang et
al. 2025 (C-CHAIN, ICML): 10 levels of 160,000 steps, offsets N(0, 2^2) for each sensor, none in the first, episodes of
at most 400 steps. Their learners divide rewards by 20, which is the learner's business here.
"""

from __future__ import annotations

from envs.changes import Permute
from envs.named.registry import life
from envs.schedule import Schedule
from envs.task import Task

LEVELS, STEPS, HORIZON = 10, 160_000, 400


def _levels(env_id: str, steps: int) -> Schedule:
    offset = Permute(permute=False, offset=2.0)
    tasks = tuple(
        Task(f"level{k}", env_id, (offset,) if k else (), {"max_episode_steps": HORIZON}) for k in range(LEVELS)
    )
    return Schedule(tasks, steps=steps)


@life
def control_cartpole() -> Schedule:
    """CartPole whose senses are shifted by other hidden offsets in each of ten levels (TRAC, C-CHAIN)."""
    return _levels("CartPole-v1", STEPS)


@life
def control_cartpole_quarter() -> Schedule:
    """A quarter of `control_cartpole`: ten levels of 40,000 steps."""
    return _levels("CartPole-v1", STEPS // 4)


@life
def control_acrobot() -> Schedule:
    """Acrobot whose senses are shifted by other hidden offsets in each of ten levels (TRAC, C-CHAIN)."""
    return _levels("Acrobot-v1", STEPS)


@life
def control_acrobot_quarter() -> Schedule:
    """A quarter of `control_acrobot`: ten levels of 40,000 steps."""
    return _levels("Acrobot-v1", STEPS // 4)


@life
def control_mountaincar() -> Schedule:
    """MountainCar whose senses are shifted by other hidden offsets in each of ten levels (TRAC, C-CHAIN)."""
    return _levels("MountainCar-v0", STEPS)


@life
def control_mountaincar_quarter() -> Schedule:
    """A quarter of `control_mountaincar`: ten levels of 40,000 steps."""
    return _levels("MountainCar-v0", STEPS // 4)


@life
def control_lunarlander() -> Schedule:
    """LunarLander whose senses are shifted by other hidden offsets in each of ten levels (TRAC, C-CHAIN)."""
    return _levels("LunarLander-v3", STEPS)


@life
def control_lunarlander_quarter() -> Schedule:
    """A quarter of `control_lunarlander`: ten levels of 40,000 steps."""
    return _levels("LunarLander-v3", STEPS // 4)
