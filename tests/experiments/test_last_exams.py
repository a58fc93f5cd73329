"""What a life is asked at its end: every world per step, and met cold; what becomes of that in files and figures."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from envs import LifelongVectorEnv
from experiments.cells import cells
from experiments.compare import collect, export
from experiments.exam import COLD_PICTURES, examine, examine_cold
from experiments.life import live
from experiments.load import parse
from experiments.rate_plots import rate_figure
from experiments.records import read_record
from experiments.spec import ExamPlan, Experiment

DIGITS = """
name: digits
life:
  tasks:
    - {name: plain, env_id: lifelong/Labelled-v0, kwargs: {length: 25}}
    - {name: wired, env_id: lifelong/Labelled-v0, kwargs: {length: 25}, changes: [{kind: permute}]}
    - {name: other, env_id: lifelong/Labelled-v0, kwargs: {length: 25}, changes: [{kind: permute}]}
  steps: 400
agents:
  bp: {kind: bp, learning_rate: 0.1, widths: [16]}
  rule: {kind: rule, widths: [16]}
seeds: [3]
num_envs: 4
exams: {every: 0, num_envs: 2, max_steps: 10, leaving: true, cold: [1, 4]}
vitals_every: 0
"""


def digits() -> Experiment:
    return parse(DIGITS, "digits")


class Grouped:
    """A policy that remembers whom it met, and says 3, or 5 in groups of one."""

    def __init__(self):
        self.sizes, self.seen, self.dice = [], [], []

    def reset(self, num_envs, rng):
        self.sizes.append(num_envs)
        self.dice.append(rng.integers(1000))

    def act(self, observation):
        self.seen.append(observation.copy())
        return np.full(len(observation), 5 if len(observation) == 1 else 3)

    def observe(self, step) -> None:
        raise AssertionError("a cold exam is one step")


@pytest.mark.parametrize(("size", "largest", "bodies"), [(1, 4, 64), (4, 4, 64), (5, 25, 75), (80, 80, 80)])
def test_groups_meet_every_world_cold_on_the_same_pictures(size: int, largest: int, bodies: int):
    schedule, policy = digits().schedule, Grouped()
    assert COLD_PICTURES == 64
    rates = examine_cold(policy, schedule, 3, size, largest, 1200)
    assert policy.sizes == [size] * (3 * bodies // size), "each group begins anew"
    assert {len(seen) for seen in policy.seen} == {size}
    expected, seen = [], []
    for task in range(3):
        env = LifelongVectorEnv(schedule.only(task), num_envs=bodies, seed=3, purpose="exam")
        seen.append(env.reset()[0].copy())
        answers = env.step(np.zeros(bodies, np.int64))[4]["answer"]
        expected.append(float((answers == (5 if size == 1 else 3)).mean()))
        env.close()
    np.testing.assert_array_equal(np.concatenate(policy.seen), np.concatenate(seen))
    assert rates == pytest.approx(expected)


def test_a_cold_exam_is_the_same_again_and_has_dice_by_age_and_task():
    schedule = digits().schedule
    one, two, later = Grouped(), Grouped(), Grouped()
    for policy, age in ((one, 400), (two, 400), (later, 800)):
        examine_cold(policy, schedule, 3, 64, 64, age)
    assert one.dice == two.dice
    assert len({*one.dice, *later.dice}) == 6


def test_rates_of_an_exam_are_rewards_by_steps_whatever_the_lengths_of_episodes():
    class Guess(Grouped):
        def observe(self, step) -> None:
            pass

    short = parse(DIGITS.replace("length: 25", "length: 6"), "digits").schedule
    returns, rates = examine(Guess(), short, 3, ExamPlan(num_envs=5, max_steps=10), 0)
    assert rates == pytest.approx([sum(task) / 30 for task in returns])
    returns, rates = examine(Guess(), short, 3, ExamPlan(num_envs=5, max_steps=4), 0, [2, 0])
    assert rates == pytest.approx([sum(task) / 20 for task in returns])


def test_a_life_leaves_what_it_was_worth_on_leaving_at_the_end_and_cold(tmp_path):
    spec = digits()
    for cell in cells(spec, tmp_path):
        live(cell)
    folder = tmp_path / "digits" / "rule" / "seed3"
    final = json.loads((folder / "final.json").read_text())
    assert final["age"] == 1200
    assert set(final["cold"]) == {"1", "4"}
    life = read_record(folder)
    assert life.leaving.shape == life.final.shape == (3,)
    assert life.final.tolist() == final["rates"]
    assert {size: rates.shape for size, rates in life.cold.items()} == {1: (3,), 4: (3,)}
    rows = [json.loads(line) for line in (folder / "rates.jsonl").read_text().splitlines()]
    assert [(row["age"], row["task"]) for row in rows] == [(400, 0), (800, 1), (1200, 2)]
    assert life.leaving[0] > 0.3, "chance is a tenth"
    compared = collect(spec, tmp_path)
    assert "rates.png" in {path.name for path in compared.figures}
    target = export(compared, tmp_path / "results")
    assert 0 < (target / "rates.png").stat().st_size < 300_000
    assert compared.summary["agents"]["rule"]["kept_cold_1"]["mean"] == pytest.approx(np.mean(final["cold"]["1"][:2]))


@pytest.mark.parametrize(
    ("plan", "held"),
    [
        (ExamPlan(every=0, num_envs=2, max_steps=5), None),
        (ExamPlan(every=0, num_envs=2, max_steps=5, leaving=True), {}),
        (ExamPlan(every=0, num_envs=2, max_steps=5, cold=(2,)), {"2"}),
    ],
)
def test_last_exams_are_held_if_asked_for(tmp_path, plan: ExamPlan, held: set[str] | None):
    spec = dataclasses.replace(digits(), exams=plan, max_steps=40, agents={"bp": digits().agents["bp"]})
    (cell,) = cells(spec, tmp_path)
    live(cell)
    path = cell.folder / "final.json"
    assert path.is_file() == (held is not None)
    assert (cell.folder / "rates.jsonl").is_file() == plan.leaving
    if held is not None:
        assert set(json.loads(path.read_text())["cold"]) == set(held)
    life = read_record(cell.folder)
    assert len(life.final) == (0 if held is None else 3)
    assert "rates.png" not in {path.name for path in collect(spec, tmp_path).figures} or held is not None


def test_only_worlds_that_were_met_are_drawn(tmp_path, monkeypatch):
    drawn = []

    def draw(lived, kept, away, title):
        drawn.append((lived["bp"].shape, kept["bp"].shape, away.tolist()))
        return rate_figure(lived, kept, away, title)

    monkeypatch.setattr("experiments.compare.rate_figure", draw)
    spec = dataclasses.replace(digits(), max_steps=480, agents={"bp": digits().agents["bp"]})
    live(cells(spec, tmp_path)[0])
    collect(spec, tmp_path)
    assert drawn == [((1, 2), (1, 2), [1, 0])]


def test_groups_of_all_sizes_meet_the_same_pictures(tmp_path, monkeypatch):
    asked = []

    def hold(policy, schedule, seed, size, largest, age):
        asked.append((seed, size, largest, age))
        return [0.0] * 3

    monkeypatch.setattr("experiments.life.examine_cold", hold)
    plan = ExamPlan(every=0, num_envs=2, max_steps=5, cold=(2, 48, 12))
    spec = dataclasses.replace(digits(), exams=plan, max_steps=40, agents={"bp": digits().agents["bp"]})
    live(cells(spec, tmp_path)[0])
    assert asked == [(3, 2, 48, 40), (3, 48, 48, 40), (3, 12, 48, 40)]


@pytest.mark.parametrize("cold", [(0,), (3, 4), (-1, 1)])
def test_sizes_of_cold_groups_that_do_not_fit_are_refused(cold: tuple[int, ...]):
    with pytest.raises(ValueError, match="divide the largest; got"):
        ExamPlan(cold=cold)
