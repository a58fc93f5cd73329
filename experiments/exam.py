"""Exams: a frozen policy scored on every task of a life, in environments of its own, changing nothing."""

from __future__ import annotations

import numpy as np

from agents.protocol import Policy, Step
from envs import LifelongVectorEnv, Schedule
from experiments.spec import ExamPlan
from lifelong_agent.seeds import generator


def examine(policy: Policy, schedule: Schedule, seed: int, plan: ExamPlan, age: int) -> list[list[float]]:
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

    Returns:
        For each task the returns of `plan.num_envs` episodes, in the order of the sub-environments.
    """
    scores = []
    for task in range(len(schedule.tasks)):
        env = LifelongVectorEnv(schedule.only(task), num_envs=plan.num_envs, seed=seed, purpose="exam")
        try:
            policy.reset(plan.num_envs, generator(seed, "exam", "policy", age, task))
            scores.append(first_returns(policy, env, plan.max_steps).tolist())
        finally:
            env.close()
    return scores


def first_returns(policy: Policy, env: LifelongVectorEnv, max_steps: int) -> np.ndarray:
    """Return the first episode's return in each of N sub-environments, shape (N,), stopped after `max_steps`.

    Sub-environments go on with further episodes, uncounted, until the last first episode has ended. So every episode
    counts once, however long it is; counting whatever ends first would favour the short ones.
    """
    observation, _ = env.reset()
    returns = np.zeros(env.num_envs)
    running = np.ones(env.num_envs, dtype=bool)
    for _ in range(max_steps):
        action = policy.act(observation)
        outcome = env.step(action)
        step = Step.of(observation, action, outcome)
        returns += np.where(running, step.reward, 0.0)
        running &= ~(step.terminated | step.truncated)
        if not running.any():
            break
        policy.observe(step)
        observation = outcome[0]
    return returns
