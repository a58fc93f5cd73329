"""Stand-ins: a scripted life, an agent that fails, an agent that waits, and the smallest specs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode

from agents import Agent, AgentSpec, Policy, RandomSpec
from experiments.load import parse
from experiments.spec import Experiment

TINY = """
name: tiny
life:
  tasks:
    - {name: plain, env_id: CartPole-v1}
    - {name: wired, env_id: CartPole-v1, changes: [{kind: permute}]}
  steps: 400
  cycles: 2
agents: {dice: {kind: random}}
seeds: [0, 1]
num_envs: 4
exams: {num_envs: 3, max_steps: 60}
vitals_every: 200
"""


def tiny() -> Experiment:
    return parse(TINY, "tiny")


class ScriptedLife(gym.vector.VectorEnv):
    """N sub-environments which end, pay and switch as written down: rows of (rewards, ends, switched).

    An end is "" (goes on), "t" (terminated) or "c" (truncated).
    """

    def __init__(self, rows: Sequence[tuple[Sequence[float], Sequence[str], bool]]) -> None:
        self.num_envs = len(rows[0][0])
        self.metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}
        self.single_observation_space = Box(-1, 1, (1,))
        self.single_action_space = Discrete(2)
        self.rows, self.at, self.visit, self.seeds = list(rows), 0, 0, []

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        self.seeds.append(seed)
        return np.zeros((self.num_envs, 1), np.float32), self._told(False)

    def step(self, actions: Any) -> Any:
        rewards, ends, switched = self.rows[self.at]
        self.at += 1
        infos = self._told(switched)
        self.visit += switched
        n = self.num_envs
        infos["final_obs"] = np.full((n, 1), 0.5, np.float32)
        terminated, truncated = np.array([e == "t" for e in ends]), np.array([e == "c" for e in ends])
        return np.zeros((n, 1), np.float32), np.array(rewards), terminated, truncated, infos

    def _told(self, switched: bool) -> dict[str, Any]:
        n = self.num_envs
        life = {"age": self.at * n, "task": self.visit % 2, "visit": self.visit, "switched": switched}
        return {"lifelong": {name: np.full(n, value) for name, value in life.items()}}


class Answered(gym.vector.VectorWrapper):
    """Tells after each step what was right: here, whether the first sense was above zero."""

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        observation, infos = self.env.reset(seed=seed, options=options)
        self.seen = np.array(observation)
        return observation, infos

    def step(self, actions: Any) -> Any:
        *outcome, infos = self.env.step(actions)
        answer = (self.seen[:, 0] > 0).astype(np.int64)
        self.seen = np.array(outcome[0])
        return *outcome, {**infos, "answer": answer}


class CountingAgent:
    """Says how often it was asked."""

    def __init__(self) -> None:
        self.policies = self.looks = 0

    def live(self, env: gym.vector.VectorEnv, steps: int) -> None:
        env.reset()
        for _ in range(steps // env.num_envs):
            env.step(np.zeros(env.num_envs, dtype=np.int64))

    def policy(self) -> Any:
        self.policies += 1
        return None

    def vitals(self) -> Mapping[str, float]:
        self.looks += 1
        return {"vitals/looks": float(self.looks)}


@dataclass(frozen=True)
class FailingSpec(AgentSpec, kind="failing"):
    """Lives some steps of a life, then stops, raises, or waits."""

    after: int = 400
    how: str = "raise"

    def build(self, env: gym.vector.VectorEnv, seed: int) -> Agent:
        return FailingAgent(self, RandomSpec().build(env, seed))


class FailingAgent:
    def __init__(self, spec: FailingSpec, inner: Agent) -> None:
        self.spec, self.inner = spec, inner

    def live(self, env: gym.vector.VectorEnv, steps: int) -> None:
        self.inner.live(env, self.spec.after)
        if self.spec.how == "raise":
            raise OverflowError("the weights are no longer finite")
        if self.spec.how == "wait":
            time.sleep(600)

    def policy(self) -> Policy:
        return self.inner.policy()

    def vitals(self) -> Mapping[str, float]:
        return {}


AgentSpec.kinds.pop("failing")  # the registry is shown to everybody; tests name the class themselves


class Quiet:
    """A watcher that keeps what it is told."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.finished = 0
        self.ended: dict[str, str | None] = {}
        self.ages: list[int] = []

    def begin(self, cells: Sequence[Any], finished: int) -> None:
        self.begun = [f"{cell.label}{cell.seed}" for cell in cells]
        self.finished = finished

    def update(self, cell: Any, age: int) -> None:
        self.ages.append(age)

    def end(self, cell: Any, error: str | None) -> None:
        self.ended[f"{cell.label}{cell.seed}"] = error


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with what it holds."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
