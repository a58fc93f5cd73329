"""The recorder: a wrapper which sees every step of a life, so that no agent has to report anything.

It writes a row an episode (`episodes.jsonl`), holds exams at their ages (`exams.jsonl`), looks at the agent's vitals
(`vitals.jsonl`) and feeds TensorBoard. Rows are flushed as they come: a killed process loses none but the running one.
Of worlds of tensors, rewards and ends are fetched from their device in blocks of steps, and rows come with them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from agents.protocol import Agent, Policy
from envs import Visit
from experiments.block import Block, Told
from experiments.tensorboard import Board

Examine = Callable[[Policy, int, Sequence[int] | None], tuple[list[list[float]], list[float]]]


class Recorder(gym.vector.VectorWrapper):
    """Records a life as it is lived, from inside the environment.

    Seeds given to `reset` are dropped: the life's dice belong to the experiment, or agents of one seed would not live
    the same life.

    Args:
        env: The life, a vector of N sub-environments whose infos hold `lifelong` (`LifelongVectorEnv`).
        folder: Where the rows are written.
        exam_ages: Ages of the exams, in life steps, rising.
        examine: Holds an exam: policy, age and tasks (None for all) in, the returns of each task, and the mean reward
            per step of each, out.
        leaving: Visits after each of which its task alone is examined.
        vitals_every: Life steps between two looks at vitals, 0 for none.
        board: The TensorBoard log, or None.
        progress: Told the age after every step, or None.
    """

    def __init__(
        self,
        env: gym.vector.VectorEnv,
        folder: Path,
        *,
        exam_ages: Sequence[int] = (),
        examine: Examine | None = None,
        leaving: Sequence[Visit] = (),
        vitals_every: int = 0,
        board: Board | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(env)
        self.age = 0
        self.overhead = 0.0
        """CPU seconds spent on exams, vitals and logs, which are not the agent's."""
        self._agent: Agent | None = None
        self._examine = examine
        self._exam_ages = list(exam_ages) if examine is not None else []
        self._leaving = list(leaving)
        self._vitals_every = vitals_every
        self._vitals_age = 0 if vitals_every else None
        self._board = board
        self._progress = progress
        self._begun = False
        self._due = 0.0
        self._returns = np.zeros(self.num_envs)
        self._lengths = np.zeros(self.num_envs, dtype=np.int64)
        self._starts = np.zeros(self.num_envs, dtype=np.int64)
        self._where: dict[str, np.ndarray] = {}
        self._recent: dict[int, list[float]] = {}
        self._block = Block()
        self._files = {
            name: (folder / f"{name}.jsonl").open("w", encoding="utf-8", buffering=1)
            for name in ("episodes", "exams", "vitals", *(("rates",) if leaving else ()))
        }

    def attach(self, agent: Agent) -> None:
        """Name the agent that is examined and looked at. It is built on this wrapper, so it comes after it."""
        self._agent = agent

    def reset(self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None) -> Any:
        """Begin episodes anew in all sub-environments; those under way are written down as cut."""
        result = self.env.reset(options=options)
        self._cut()
        self._starts[:] = self.age
        self._begun = True
        self._milestones()
        return result

    def step(self, actions: Any) -> Any:
        """Take one step in all sub-environments and write down what ended."""
        result = self.env.step(actions)
        _, reward, terminated, truncated, infos = result
        life = infos["lifelong"]
        self.age = int(life["age"][0])
        if isinstance(reward, np.ndarray):
            self._take_in(Told(life, reward, terminated, truncated))
        else:
            told = {name: life[name] for name in ("age", "task", "visit", "switched")}
            self._block.add(Told(told, reward, terminated, truncated))
            if self._block.full:
                self._catch_up()
        if self._progress is not None:
            self._progress(self.age)
        if self.age >= self._due:
            self._milestones()
        return result

    def _take_in(self, step: Told) -> None:
        """Write down what ended with a step."""
        self._where, reward, terminated, truncated = step
        self._returns += reward
        self._lengths += 1
        ended = terminated | truncated
        if ended.any():
            for index in np.flatnonzero(ended):
                how = "terminated" if terminated[index] else "cut" if self._where["switched"][index] else "truncated"
                self._write_episode(int(index), how)

    def _catch_up(self) -> None:
        """Take in the steps that still lie on the device of the world."""
        for step in self._block.fetch():
            self._take_in(step)

    def close(self, **kwargs: Any) -> None:
        """End the record: episodes under way are written down as cut, files are closed, then the environment."""
        if not self._files["episodes"].closed:
            self._cut()
            for file in self._files.values():
                file.close()
        self.env.close(**kwargs)

    def _cut(self) -> None:
        self._catch_up()
        for index in np.flatnonzero(self._lengths):
            self._write_episode(int(index), "cut")

    def _write_episode(self, index: int, how: str) -> None:
        task, age = int(self._where["task"][index]), int(self._where["age"][0])
        score = float(self._returns[index])
        self._write(
            "episodes",
            {
                "env": index,
                "visit": int(self._where["visit"][index]),
                "task": task,
                "start": int(self._starts[index]),
                "end": age,
                "return": score,
                "length": int(self._lengths[index]),
                "how": how,
            },
        )
        if how != "cut":
            self._recent.setdefault(task, []).append(score)
        self._returns[index] = 0.0
        self._lengths[index] = 0
        self._starts[index] = age

    def _milestones(self) -> None:
        """Hold the exam and take the look at vitals which are due at this age, and note the age of the next."""
        if self._agent is None or not self._begun:
            return
        before = time.process_time()
        self._catch_up()
        if self._vitals_age is not None and self.age >= self._vitals_age:
            self._vitals_age = (self.age // self._vitals_every + 1) * self._vitals_every
            self._look(self._agent)
        if self._exam_ages and self.age >= self._exam_ages[0]:
            while self._exam_ages and self.age >= self._exam_ages[0]:
                self._exam_ages.pop(0)
            self._hold_exam(self._agent)
        left = [visit for visit in self._leaving if self.age >= visit.stop]
        if left:
            del self._leaving[: len(left)]
            self._look_back(self._agent, left[-1].task)
        ages = [
            *self._exam_ages[:1],
            *(visit.stop for visit in self._leaving[:1]),
            *([] if self._vitals_age is None else [self._vitals_age]),
        ]
        self._due = min(ages, default=float("inf"))
        self.overhead += time.process_time() - before

    def _look(self, agent: Agent) -> None:
        vitals = {name: float(value) for name, value in agent.vitals().items()}
        self._write("vitals", {"age": self.age, **vitals})
        if self._board is not None:
            self._board.vitals(self.age, vitals)
            self._board.returns(self.age, {task: float(np.mean(recent)) for task, recent in self._recent.items()})
        self._recent = {}

    def _hold_exam(self, agent: Agent) -> None:
        if self._examine is None:
            return
        returns, _ = self._examine(agent.policy(), self.age, None)
        self._write("exams", {"age": self.age, "returns": returns})
        if self._board is not None:
            self._board.exam(self.age, [float(np.mean(task)) for task in returns])

    def _look_back(self, agent: Agent, task: int) -> None:
        if self._examine is None:
            return
        _, rates = self._examine(agent.policy(), self.age, [task])
        self._write("rates", {"age": self.age, "task": task, "rate": rates[0]})

    def _write(self, name: str, row: dict[str, Any]) -> None:
        self._files[name].write(json.dumps(row) + "\n")
