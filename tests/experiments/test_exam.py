"""Exams: fair, repeatable, in the worlds of the life, and without any effect on it."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from agents import AgentSpec, ClassifierSpec, PPOCBPSpec, PPOLocalRuleSpec, PPORuleSpec, PPOSpec, RandomSpec
from envs import LifelongVectorEnv, Visit
from experiments.exam import examine, first_episodes
from experiments.record import Recorder
from experiments.spec import ExamPlan
from lifelong_agent.seeds import generator
from tests.experiments.stand_ins import Answered, ScriptedLife, tiny


class Watching:
    """A policy that acts by its dice and remembers everything it saw."""

    def __init__(self):
        self.resets, self.seen, self.steps = 0, [], []

    def reset(self, num_envs, rng):
        self.resets += 1
        self.rng = rng

    def act(self, observation):
        self.seen.append(observation)
        return self.rng.integers(0, 2, len(observation))

    def observe(self, step):
        self.steps.append(step)


def test_each_sub_environment_counts_its_first_episode_only():
    env = ScriptedLife(
        [
            ((1.0, 1.0), ("t", ""), False),
            ((50.0, 1.0), ("t", ""), False),
            ((50.0, 1.0), ("", "c"), False),
            ((50.0, 50.0), ("", ""), False),
        ]
    )
    policy = Watching()
    policy.reset(2, generator(0))
    returns, lengths = first_episodes(policy, env, 10)  # type: ignore[arg-type]
    assert returns.tolist() == [1.0, 3.0]
    assert lengths.tolist() == [1, 3]
    assert env.at == 3, "stops when the last first episode is over"


def test_an_exam_stops_after_its_steps_and_counts_what_there_is():
    env = ScriptedLife([((1.0, 2.0), ("", ""), False)] * 9)
    policy = Watching()
    policy.reset(2, generator(0))
    assert first_episodes(policy, env, 4)[0].tolist() == [4.0, 8.0]  # type: ignore[arg-type]


def test_policies_are_shown_final_observations():
    env = ScriptedLife([((1.0, 1.0), ("t", ""), False), ((1.0, 1.0), ("", "t"), False)])
    policy = Watching()
    policy.reset(2, generator(0))
    first_episodes(policy, env, 10)  # type: ignore[arg-type]
    assert policy.steps[0].next_observation.tolist() == [[0.5], [0.0]]


def test_every_task_begins_anew_and_every_age_has_dice_of_its_own():
    spec, plan = tiny(), ExamPlan(num_envs=3, max_steps=60)
    one, two, three = Watching(), Watching(), Watching()
    first, rates = examine(one, spec.schedule, 0, plan, 400)
    assert one.resets == 2
    assert [len(task) for task in first] == [3, 3]
    assert examine(two, spec.schedule, 0, plan, 400) == (first, rates)
    assert examine(two, spec.schedule, 0, plan, 400, [1]) == (first[1:], rates[1:])
    examine(three, spec.schedule, 0, plan, 800)
    np.testing.assert_array_equal(one.seen[0], three.seen[0])
    assert not all(np.array_equal(a, b) for a, b in zip(one.seen, three.seen, strict=False)), "other dice, other deeds"


def test_exams_are_held_in_the_worlds_of_the_life_with_other_starts():
    """The wiring of task 1 is read off from observations: where CartPole starts, all senses are below 0.05."""
    spec = tiny()
    watching = Watching()
    examine(watching, spec.schedule, 7, ExamPlan(num_envs=2, max_steps=3), 0)
    life = LifelongVectorEnv(spec.schedule.only(1), num_envs=2, seed=7)
    exam = LifelongVectorEnv(spec.schedule.only(1), num_envs=2, seed=7, purpose="exam")
    start, _ = life.reset()
    np.testing.assert_array_equal(watching.seen[3], exam.reset()[0])
    assert not np.array_equal(start, watching.seen[3])
    for env in (life, exam):
        for _ in range(6):  # pushed to the right without end, the same two channels grow in the same directions
            end, *_ = env.step(np.ones(2, dtype=np.int64))
        env.pushed = np.sign(np.where(np.abs(end[0]) > 0.3, end[0], 0)).tolist()  # type: ignore[attr-defined]
    assert life.pushed == exam.pushed  # type: ignore[attr-defined]
    assert any(life.pushed)  # type: ignore[attr-defined]


def arrays(thing: object, seen: dict[int, object] | None = None) -> list[np.ndarray]:
    """Collect every tensor and array that can be reached from an object through attributes and containers."""
    seen = {} if seen is None else seen
    if id(thing) in seen or isinstance(thing, (str, bytes, int, float, type(None), type)):
        return []
    seen[id(thing)] = thing  # kept alive, so that no other object can have its id
    if isinstance(thing, torch.Tensor):
        return [thing.detach().cpu().numpy().copy()]
    if isinstance(thing, np.ndarray):
        return [thing.copy()]
    if isinstance(thing, nn.Module):
        parts = list(thing.state_dict().values())
    elif isinstance(thing, dict):
        parts = list(thing.values())
    elif isinstance(thing, (list, tuple)):
        parts = list(thing)
    else:
        parts = list(vars(thing).values()) if hasattr(thing, "__dict__") else []
    return [array for part in parts for array in arrays(part, seen)]


PPO: Any = {"n_steps": 32, "n_epochs": 2, "policy_widths": (8,), "value_widths": (8,)}
SMALL = {
    **{spec.kind: spec(**PPO) for spec in (PPOSpec, PPOCBPSpec, PPORuleSpec, PPOLocalRuleSpec)},
    "random": RandomSpec(),
}


@pytest.mark.parametrize("kind", sorted(AgentSpec.kinds))
def test_exams_and_looks_at_vitals_change_nothing(kind, tmp_path):
    """One life with exams and looks, one without: the same weights to the last bit, and the same episodes."""
    spec = tiny()
    agent = SMALL.get(kind) or AgentSpec.kinds[kind]()
    outcomes = []
    for examined in (True, False):
        folder = tmp_path / str(examined)
        folder.mkdir()

        def hold(policy, age, tasks):
            return examine(policy, spec.schedule, 3, ExamPlan(num_envs=2, max_steps=20), age, tasks)

        env = LifelongVectorEnv(spec.schedule, num_envs=4, seed=3)
        recorder = Recorder(
            Answered(env) if isinstance(agent, ClassifierSpec) else env,
            folder,
            exam_ages=(0, 300, 400, 500) if examined else (),
            examine=hold if examined else None,
            leaving=(Visit(0, 0, 400),) if examined else (),
            vitals_every=100 if examined else 0,
        )
        with contextlib.closing(recorder):
            learner = agent.build(recorder, 11)
            recorder.attach(learner)
            before = arrays(learner.policy())
            learner.live(recorder, 800)
        outcomes.append((before, arrays(learner.policy()), (folder / "episodes.jsonl").read_text()))
    (birth, weights, episodes), (_, unexamined, alone) = outcomes
    assert episodes == alone
    assert len(weights) == len(unexamined)
    for one, two in zip(weights, unexamined, strict=True):
        np.testing.assert_array_equal(one, two)
    if kind != "random":
        assert sum(array.size for array in weights) > 10, "the weights were not found"
        assert any(
            one.shape != two.shape or not np.array_equal(one, two) for one, two in zip(birth, weights, strict=True)
        )
