"""Exams: a frozen policy scored on every task of a life, in environments of its own, changing nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.protocol import Policy, Step
from envs import LifelongVectorEnv, Schedule
from experiments.spec import ExamPlan
from lifelong_agent.seeds import generator

COLD_PICTURES = 64
"""Bodies that meet a world cold, at least, whatever the size of their groups."""


def examine(
    policy: Policy, schedule: Schedule, seed: int, plan: ExamPlan, age: int, tasks: Sequence[int] | None = None
) -> tuple[list[list[float]], list[float]]:
    """Score a frozen policy on every task.

    The worlds are those of the life (same seed), met with other dice (purpose "exam"); the same dice at every age, so
    that two exams differ by the policy only, and by the policy's own dice, which are named by age and task. The policy
    starts on each task not knowing the world.

    Args:
        policy: A frozen copy; it may carry state through one task, never weights.
        schedule: The life.
        seed: Root seed of the life.
        plan: How many episodes, and how long.
        age: When the exam is held, in life steps.
        tasks: Which tasks; None for all.

    Returns:
        For each task the returns of `plan.num_envs` episodes, in the order of the sub-environments; and for each task
        the mean reward per step of them together.
    """
    scores, rates = [], []
    for task in range(len(schedule.tasks)) if tasks is None else tasks:
        env = LifelongVectorEnv(schedule.only(task), num_envs=plan.num_envs, seed=seed, purpose="exam")
        try:
            policy.reset(plan.num_envs, generator(seed, "exam", "policy", age, task))
            returns, lengths = first_episodes(policy, env, plan.max_steps)
            scores.append(returns.tolist())
            rates.append(float(returns.sum() / lengths.sum()))
        finally:
            env.close()
    return scores, rates


def examine_cold(policy: Policy, schedule: Schedule, seed: int, size: int, largest: int, age: int) -> list[float]:
    """Score a frozen policy on the first step in every task, met by groups of bodies without any history.

    Args:
        policy: A frozen copy.
        schedule: The life.
        seed: Root seed of the life.
        size: Bodies of a group, which the policy meets together.
        largest: The largest size that is asked for, a multiple of this one: all sizes meet the same moments.
        age: When, in life steps.

    Returns:
        For each task the mean reward of that step.
    """
    bodies = -(-COLD_PICTURES // largest) * largest
    rates = []
    for task in range(len(schedule.tasks)):
        env = LifelongVectorEnv(schedule.only(task), num_envs=bodies, seed=seed, purpose="exam")
        try:
            observation, _ = env.reset()
            dice = generator(seed, "exam", "cold", age, task)
            actions = []
            for start in range(0, bodies, size):
                policy.reset(size, dice)
                actions.append(policy.act(observation[start : start + size]))
            rates.append(float(env.step(np.concatenate(actions))[1].mean()))
        finally:
            env.close()
    return rates


def first_episodes(policy: Policy, env: LifelongVectorEnv, max_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first episode's return and length in each of N sub-environments, (N,), stopped after `max_steps`.

    Sub-environments go on with further episodes, uncounted, until the last first episode has ended. So every episode
    counts once, however long it is; counting whatever ends first would favour the short ones.
    """
    observation, _ = env.reset()
    returns, lengths = np.zeros(env.num_envs), np.zeros(env.num_envs, np.int64)
    running = np.ones(env.num_envs, dtype=bool)
    for _ in range(max_steps):
        action = policy.act(observation)
        outcome = env.step(action)
        step = Step.of(observation, action, outcome)
        returns += np.where(running, step.reward, 0.0)
        lengths += running
        running &= ~(step.terminated | step.truncated)
        if not running.any():
            break
        policy.observe(step)
        observation = outcome[0]
    return returns, lengths
