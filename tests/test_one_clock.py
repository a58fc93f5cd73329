"""The one clock: a change that is due at an age comes exactly once, at that age, whoever lives and however often.

A peer library that counts from each reset missed such a change altogether: due at step 300, it came never in 5,000
steps of 221 episodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.utils import set_random_seed

from agents.vec import SB3VecEnv
from envs import Change, Effect, Frame, LifelongEnv, LifelongVectorEnv, Stage, Task

DUE, TOTAL = 300, 1_200


@dataclass(frozen=True)
class Alarm(Change, kind="alarm of a test"):
    """Adds a thousand to the first channel from an age on, and tells it.

    Attributes:
        due: The age.
    """

    due: int = DUE

    def reports(self) -> tuple[str, ...]:
        return ("alarm",)

    def effect(self, frame: Frame) -> Effect:
        return Ringing(self, frame)


class Ringing(Effect):
    """The effect behind `Alarm`."""

    def __init__(self, change: Alarm, frame: Frame) -> None:
        super().__init__(frame)
        self.due, self.clock, self.num_envs = change.due, frame.clock, frame.num_envs

    def see(self, sensed: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        return sensed + np.array([1000.0 * (self.clock.age >= self.due), 0, 0, 0], np.float32)

    def report(self) -> dict[str, np.ndarray]:
        return {"alarm": np.full(self.num_envs, self.clock.age >= self.due)}


BODY = Task("body", "CartPole-v1")
WHEN = {
    "a change of a task": (BODY | Alarm()).for_steps(TOTAL),
    "a change over all, three switches on": (BODY.for_steps(90).then(Task("other", "CartPole-v1")).cycle(7)) | Alarm(),
}
SWITCH = BODY.for_steps(DUE).then(Task("other", "CartPole-v1"), TOTAL - DUE)


class Log(gym.vector.VectorWrapper):
    """Notes age, alarm, task and first channel of every step."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.rows: list[tuple] = []
        self.episodes = 0

    def step(self, actions: Any) -> Any:
        result = self.env.step(actions)
        truth = result[4]["lifelong"]
        self.episodes += int((result[2] | result[3]).sum())
        assert len(set(truth["age"].tolist())) == 1
        rings = truth.get("alarm", np.zeros(1, bool))
        seen = result[0][:, 0] > 500
        assert (seen == rings).all() or truth["switched"].any()
        self.rows.append(
            (int(truth["age"][0]), bool(rings.all()), int(truth["task"][0]), bool(truth["switched"].all()))
        )
        return result


def single(stream: Any, steps: int) -> tuple[list[tuple], int]:
    """Live with one body; give what `Log` notes, and the number of episodes."""
    env, rows, episodes = LifelongEnv(stream), [], 0
    env.reset()
    for _ in range(steps):
        observation, _, ended, cut, info = env.step(1)
        truth = info["lifelong"]
        rings = bool(truth.get("alarm", False))
        assert (observation[0] > 500) == rings
        rows.append((truth["age"], rings, truth["task"], truth["switched"]))
        if ended or cut:
            episodes += 1
            env.reset()
    return rows, episodes


def many(stream: Any, num_envs: int) -> tuple[list[tuple], int]:
    env = Log(LifelongVectorEnv(stream, num_envs))
    env.reset()
    for _ in range(TOTAL // num_envs):
        env.step(np.ones(num_envs, np.int64))
    return env.rows, env.episodes


def learner(stream: Any, num_envs: int) -> tuple[list[tuple], int]:
    env = Log(LifelongVectorEnv(stream, num_envs))
    set_random_seed(0)  # and not PPO's own seed, which would be that of another life
    agent = PPO("MlpPolicy", SB3VecEnv(env), n_steps=25, batch_size=25 * num_envs, n_epochs=1, device="cpu")
    agent.learn(TOTAL // 2).learn(TOTAL // 2)  # the second call resets the world once more
    return env.rows, env.episodes


LIVING = {
    "one body": lambda stream: (single(stream, TOTAL), 1),
    "N divides": lambda stream: (many(stream, 6), 6),
    "N does not divide": lambda stream: (many(stream, 7), 7),
    "PPO, N divides": lambda stream: (learner(stream, 4), 4),
    "PPO, N does not divide": lambda stream: (learner(stream, 7), 7),
}


@pytest.mark.parametrize("who", LIVING)
@pytest.mark.parametrize("what", WHEN)
def test_a_change_due_at_an_age_comes_exactly_once_and_then(who: str, what: str):
    (rows, episodes), step = LIVING[who](WHEN[what])
    assert episodes > 40
    ages = [age for age, *_ in rows]
    assert ages == list(range(step, step * len(rows) + 1, step))
    rings = [ring for _, ring, *_ in rows]
    assert sum(one != two for one, two in zip([False, *rings], rings, strict=False)) == 1
    assert ages[rings.index(True)] == -(-DUE // step) * step


@pytest.mark.parametrize("who", LIVING)
def test_a_world_due_to_change_at_an_age_changes_exactly_once_and_then(who: str):
    (rows, episodes), step = LIVING[who](SWITCH)
    assert episodes > 40
    assert [age for age, _, _, switched in rows if switched] == [-(-DUE // step) * step]
    assert [task for age, _, task, _ in rows] == [int(age > -(-DUE // step) * step) for age, *_ in rows]


def test_a_stage_is_as_long_as_it_says():
    assert SWITCH.stages == (Stage("body", DUE), Stage("other", TOTAL - DUE))
