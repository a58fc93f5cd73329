"""The recorder writes down exactly what happened, and looks when it should."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from agents.brain import BrainSpec
from agents.fetched import Fetched
from envs import LifelongVectorEnv, Schedule, Task, Visit
from experiments.block import Block
from experiments.exam import examine
from experiments.record import Recorder
from experiments.spec import ExamPlan
from lifelong_agent.config import BrainConfig
from tests.experiments.stand_ins import CountingAgent, ScriptedLife

ROWS = [
    # rewards of two sub-environments, how they end, and whether the world changes after this step
    ((1.0, 10.0), ("", ""), False),
    ((1.0, 10.0), ("t", ""), False),
    ((2.0, 10.0), ("", "c"), False),
    ((2.0, 20.0), ("c", "t"), True),
    ((3.0, 30.0), ("", ""), False),
    ((3.0, 30.0), ("t", ""), False),
    ((4.0, 30.0), ("", ""), False),
]


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def lived(tmp_path, **options):
    life, agent = ScriptedLife(ROWS), CountingAgent()
    recorder = Recorder(life, tmp_path, **options)
    recorder.attach(agent)
    agent.live(recorder, 14)
    recorder.close()
    return life, agent, recorder


def test_a_row_an_episode_with_the_age_it_began_and_ended(tmp_path):
    lived(tmp_path)
    keys = ("env", "visit", "task", "start", "end", "return", "length", "how")
    assert [tuple(row[key] for key in keys) for row in rows(tmp_path / "episodes.jsonl")] == [
        (0, 0, 0, 0, 4, 2.0, 2, "terminated"),
        (1, 0, 0, 0, 6, 30.0, 3, "truncated"),
        (0, 0, 0, 4, 8, 4.0, 2, "cut"),
        (1, 0, 0, 6, 8, 20.0, 1, "terminated"),
        (0, 1, 1, 8, 12, 6.0, 2, "terminated"),
        (0, 1, 1, 12, 14, 4.0, 1, "cut"),
        (1, 1, 1, 8, 14, 90.0, 3, "cut"),
    ]


def test_rows_are_on_disk_before_the_life_is_over(tmp_path):
    recorder = Recorder(ScriptedLife(ROWS), tmp_path)
    recorder.reset()
    for _ in range(2):
        recorder.step(np.zeros(2))
    assert len(rows(tmp_path / "episodes.jsonl")) == 1
    recorder.close()


def test_returns_and_lengths_add_up(tmp_path):
    lived(tmp_path)
    written = rows(tmp_path / "episodes.jsonl")
    assert sum(row["return"] for row in written) == sum(sum(row[0]) for row in ROWS)
    assert sum(row["length"] for row in written) == 2 * len(ROWS)
    assert all(row["end"] - row["start"] == 2 * row["length"] for row in written), "N sub-environments age N a step"


def test_exams_are_held_once_each_at_birth_and_at_their_ages(tmp_path):
    asked = []

    def examine(policy, age, tasks):
        asked.append((age, tasks))
        return [[1.0, 3.0], [float(age)] * 2], [0.5, 0.25]

    _, agent, recorder = lived(tmp_path, exam_ages=(0, 3, 8, 9, 14), examine=examine)
    assert asked == [(age, None) for age in (0, 4, 8, 10, 14)]
    assert agent.policies == 5
    assert rows(tmp_path / "exams.jsonl")[1] == {"age": 4, "returns": [[1.0, 3.0], [4.0, 4.0]]}
    assert recorder.overhead >= 0


def test_each_world_alone_is_examined_when_it_is_left(tmp_path):
    asked = []

    def examine(policy, age, tasks):
        asked.append((age, tasks))
        return [[1.0]] * (2 if tasks is None else len(tasks)), [0.5] if tasks else [0.1, 0.2]

    visits = (Visit(0, 0, 5), Visit(1, 5, 8), Visit(0, 8, 14))
    _, agent, _ = lived(tmp_path, exam_ages=(8,), examine=examine, leaving=visits)
    assert asked == [(6, [0]), (8, None), (8, [1]), (14, [0])], "after the step with which the visit ends"
    assert agent.policies == 4
    assert rows(tmp_path / "rates.jsonl") == [
        {"age": 6, "task": 0, "rate": 0.5},
        {"age": 8, "task": 1, "rate": 0.5},
        {"age": 14, "task": 0, "rate": 0.5},
    ]
    assert [row["age"] for row in rows(tmp_path / "exams.jsonl")] == [8]


def test_without_exams_on_leaving_there_is_no_file_of_them(tmp_path):
    lived(tmp_path, exam_ages=(0,), examine=lambda *_: ([[1.0]], [1.0]))
    assert not (tmp_path / "rates.jsonl").exists()


def test_vitals_are_looked_at_at_birth_and_then_at_their_cadence(tmp_path):
    _, agent, _ = lived(tmp_path, vitals_every=4)
    assert [row["age"] for row in rows(tmp_path / "vitals.jsonl")] == [0, 4, 8, 12]
    assert rows(tmp_path / "vitals.jsonl")[2]["vitals/looks"] == 3.0
    assert agent.policies == 0


def test_without_exams_and_vitals_the_agent_is_left_alone(tmp_path):
    _, agent, _ = lived(tmp_path)
    assert (agent.policies, agent.looks) == (0, 0)


def test_seeds_given_by_an_agent_do_not_reach_the_life(tmp_path):
    life = ScriptedLife(ROWS)
    recorder = Recorder(life, tmp_path)
    recorder.reset(seed=5)
    assert life.seeds == [None]
    recorder.close()


def test_a_reset_in_mid_episode_writes_down_what_was_under_way(tmp_path):
    recorder = Recorder(ScriptedLife(ROWS), tmp_path)
    recorder.reset()
    recorder.step(np.zeros(2))
    recorder.reset()
    recorder.close()
    assert [(row["how"], row["return"]) for row in rows(tmp_path / "episodes.jsonl")] == [("cut", 1.0), ("cut", 10.0)]


def test_what_the_agent_sees_is_what_the_life_gave(tmp_path):
    bare, recorder = ScriptedLife(ROWS), Recorder(ScriptedLife(ROWS), tmp_path)
    bare.reset()
    recorder.reset()
    for _ in ROWS:
        one, two = bare.step(np.zeros(2)), recorder.step(np.zeros(2))
        for a, b in zip(one[:4], two[:4], strict=True):
            np.testing.assert_array_equal(a, b)
    recorder.close()


class TensorLife(ScriptedLife):
    """The same, told in tensors, but for what is told of the life."""

    def step(self, actions):
        *outcome, infos = super().step(actions)
        return *(torch.from_numpy(part) for part in outcome), infos


@pytest.mark.parametrize("size", [1, 3, 256])
def test_a_life_of_tensors_is_written_down_alike(tmp_path, monkeypatch, size):
    monkeypatch.setattr("experiments.record.Block", lambda: Block(size))
    folders = tmp_path / "arrays", tmp_path / "tensors"
    for folder, kind in zip(folders, (ScriptedLife, TensorLife), strict=True):
        folder.mkdir()
        recorder, agent = Recorder(kind(ROWS), folder, vitals_every=4), CountingAgent()
        recorder.attach(agent)
        agent.live(recorder, 14)
        recorder.close()
    for name in ("episodes", "vitals"):
        one, other = ((folder / f"{name}.jsonl").read_text() for folder in folders)
        assert one == other != ""


class Returns:
    """A board that keeps what it is told of returns."""

    def __init__(self):
        self.told = []

    def vitals(self, age, vitals):
        pass

    def returns(self, age, means):
        self.told.append((age, means))


def test_a_look_tells_the_returns_up_to_its_age(tmp_path):
    told = []
    for kind in (ScriptedLife, TensorLife):
        board: Any = Returns()
        recorder, agent = Recorder(kind(ROWS), tmp_path, vitals_every=4, board=board), CountingAgent()
        recorder.attach(agent)
        agent.live(recorder, 14)
        recorder.close()
        told.append(board.told)
    assert told[0] == told[1] == [(0, {}), (4, {0: 2.0}), (8, {0: 25.0}), (12, {1: 6.0})]


def test_nothing_is_fetched_before_a_block_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.record.Block", lambda: Block(4))
    recorder = Recorder(TensorLife(ROWS), tmp_path)
    recorder.reset()
    written = []
    for _ in range(5):
        recorder.step(np.zeros(2))
        written.append(len(rows(tmp_path / "episodes.jsonl")))
    assert written == [0, 0, 0, 4, 4]
    recorder.close()


def test_a_grid_world_in_tensors_is_written_down_as_if_it_were_fetched_at_every_step(tmp_path):
    task = Task("room", "lifelong/Grid-v0", (), {"base": "MiniGrid-Empty-Random-5x5-v0", "max_steps": 20})
    told = []
    for fetched in (False, True):
        folder = tmp_path / str(fetched)
        folder.mkdir()
        life = LifelongVectorEnv(Schedule((task,), 600, cycles=2), 4, 0, engine="torch")
        recorder, dice = Recorder(Fetched(life) if fetched else life, folder), np.random.default_rng(0)
        recorder.reset()
        for _ in range(300):
            recorder.step(dice.integers(0, 3, 4))
        recorder.close()
        told.append(rows(folder / "episodes.jsonl"))
    assert told[0] == told[1]
    assert len(told[0]) > 60 and {row["how"] for row in told[0]} == {"terminated", "truncated", "cut"}


def test_a_brain_that_lives_in_tensors_is_recorded_with_exams_and_vitals(tmp_path):
    task = Task("room", "lifelong/Grid-v0", (), {"base": "MiniGrid-Empty-Random-5x5-v0", "max_steps": 20})
    schedule = Schedule((task,), 800)

    def hold_exam(policy, age, tasks):
        return examine(policy, schedule, 0, ExamPlan(num_envs=2, max_steps=10), age, tasks)

    life = LifelongVectorEnv(schedule, 4, 0, engine="torch")
    recorder = Recorder(life, tmp_path, exam_ages=(0, 400, 800), examine=hold_exam, vitals_every=400)
    config = BrainConfig(neurons=256, open_neurons=64, winners=8, contexts=2, engine="torch")
    agent = BrainSpec(brain=config).build(recorder, 0)
    recorder.attach(agent)
    agent.live(recorder, 800)
    recorder.close()
    assert sum(row["length"] for row in rows(tmp_path / "episodes.jsonl")) == 800
    assert [row["age"] for row in rows(tmp_path / "exams.jsonl")] == [0, 400, 800]
    energy = [row["vitals/core_energy"] for row in rows(tmp_path / "vitals.jsonl")]
    assert len(energy) == 3 and energy[0] == 0.0 < energy[1] != energy[2]
