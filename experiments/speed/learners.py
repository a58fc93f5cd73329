"""Contenders that learn: the brain online, and Stable-Baselines3's PPO in MiniGrid's environments and in ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gymnasium.vector import AutoresetMode
from stable_baselines3 import PPO

from agents import BrainSpec
from agents.vec import SB3VecEnv
from envs import LifelongVectorEnv, Schedule
from envs.grid.make import make_vector_env
from experiments.speed.changes import task
from experiments.speed.worlds import dummy_env, one_thread

EPISODES = "Empty-8x8"


def brain(steps: int = 2048) -> Iterator[int]:
    """Live as the brain, one body, learning at every step, in bits of MiniGrid's; yields environment steps.

    Args:
        steps: Steps between two looks at the clock.
    """
    one_thread()
    env = LifelongVectorEnv(Schedule((task("grid"),), steps=1_000_000_000), num_envs=1, seed=0)
    agent = BrainSpec().build(env, seed=0)
    agent.live(env, steps)
    yield 0
    while True:
        agent.live(env, steps)
        yield steps


def ppo(num_envs: int, batched: bool = False, **settings: Any) -> Iterator[int]:
    """Learn as Stable-Baselines3's PPO from flat images; yields environment steps.

    Args:
        num_envs: Environments.
        batched: Whether they are ours, behind `SB3VecEnv`, or MiniGrid's in a ``DummyVecEnv``.
        **settings: Arguments of PPO other than its defaults.
    """
    one_thread()
    if batched:
        ours = make_vector_env(f"{EPISODES}-v0", num_envs, senses="flat", autoreset_mode=AutoresetMode.SAME_STEP)
        env = SB3VecEnv(ours)
    else:
        env = dummy_env(EPISODES, num_envs, flat=True)
    model = PPO("MlpPolicy", env, device="cpu", seed=0, **settings)
    rollout = model.n_steps * num_envs
    if rollout < 4096:  # a rollout of PPO's own default takes so long that what is first in it does not show
        model.learn(rollout)
    yield 0
    while True:
        model.learn(rollout, reset_num_timesteps=False)
        yield rollout
