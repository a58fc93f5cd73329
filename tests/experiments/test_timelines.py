"""Lives with timelines, as experiments: read from YAML, lived, judged and previewed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from envs import LIVES, LifelongVectorEnv, Linear, Markov, Permute, Schedule, Shuffled, Stage, Storm, Task
from experiments import metrics
from experiments.cells import cells
from experiments.cli import main
from experiments.compare import alone_cells, collect
from experiments.life import live
from experiments.load import SpecError, dump, load, load_life, parse, presets
from experiments.plot_timeline import timeline
from experiments.preview import MOST_ROWS, look, rows
from experiments.spec import ExamPlan
from tests.experiments.stand_ins import TINY

RESULTS = Path(__file__).parents[2] / "experiments" / "results"
VISITS = "  steps: 400\n  cycles: 2\n"
STAGES = """\
  timeline: [{task: plain, steps: 400}, {task: wired, blend: 200}, {task: plain, steps: 100}]
  cycles: 2
  over: [{kind: storm, calm: 100, burst: 50}]
"""
MARKOV = "  timeline: {kind: markov, total: 1600, dwell: 200, shortest: 40, blend: 30, slots: 3, seed: 3}\n"
BODIES = (Task("plain", "CartPole-v1"), Task("wired", "CartPole-v1", (Permute(),)))


def written(timeline: str) -> str:
    assert TINY.count(VISITS) == 1
    return TINY.replace(VISITS, timeline)


def test_a_short_timeline_and_what_is_over_all_are_read():
    spec = parse(written(STAGES))
    stages = (Stage("plain", 400), Stage("wired", 400, 200), Stage("plain", 100))
    assert spec.schedule == Schedule(BODIES, timeline=stages, cycles=2, over=(Storm(calm=100, burst=50),))
    assert parse(dump(spec)) == spec


def test_every_kind_of_timeline_is_read():
    assert parse(written(MARKOV)).schedule.timeline == Markov(1600, 200, shortest=40, blend=30, slots=3, seed=3)
    shuffled = "  timeline: {kind: shuffled, cycles: 4, seed: 1, stages: [{task: 0, steps: 200}, {task: wired}]}\n"
    assert parse(written(shuffled)).schedule.timeline == Shuffled((Stage(0, 200), Stage("wired")), 4, seed=1)
    rounds = "  timeline: {kind: rounds, steps: 400, cycles: 2}\n"
    assert parse(written(rounds)).schedule.visits == parse(TINY).schedule.visits


@pytest.mark.parametrize(
    ("timeline", "message"),
    [
        (
            "{kind: markow, total: 5, dwell: 2}",
            "tiny: life: timeline: kind: expected one of .* got 'markow', did you mean",
        ),
        ("{kind: markov, total: 5}", "tiny: life: timeline: 'dwell' is missing; Markov needs it"),
        (
            "{kind: markov, total: 5, dwel: 2}",
            "tiny: life: timeline: 'dwel' is no field of Markov, did you mean 'dwell'",
        ),
        ("{kind: markov, total: 5, dwell: two}", "tiny: life: timeline: dwell: expected a number; got 'two'"),
        (
            "{kind: markov, total: 50, dwell: 2, transitions: [[0, 1], [1]]}",
            r"life: timeline: Markov.transitions\[1\] has",
        ),
        ("[]", r"tiny: life: Stages.stages is empty"),
        ("[{task: plain, steps: 9}, {task: wird}]", r"tiny: life: .*no task is called 'wird', did you mean 'wired'"),
        ("[{task: plain, steps: 9}, {step: 9}]", r"tiny: life: timeline\[1\]: 'step' is no field of Stage, did you"),
        ("[{task: plain, steps: 9, blend: 10}]", r"tiny: life: Stages.stages\[0\] lasts 9 steps, fewer than its blend"),
        ("[{task: plain, steps: -9}]", r"tiny: life: Stages.stages\[0\].steps is at least 1; got -9"),
        ("soon", "tiny: life: timeline: expected a mapping of Timeline's fields or a list or nothing; got 'soon'"),
        ("{kind: rounds, steps: 9}\n  over: [{kind: strom}]", r"tiny: life: over\[0\]: kind: expected .*mean 'storm'"),
        ("{kind: rounds, steps: 9}\n  steps: 4", "tiny: life: Schedule has a timeline.*leave steps out, got 4"),
    ],
)
def test_a_bad_timeline_is_one_line_that_says_where(timeline: str, message: str):
    with pytest.raises(SpecError, match=message) as caught:
        parse(written(f"  timeline: {timeline}\n"), "tiny")
    assert "\n" not in str(caught.value)


def test_lives_recorded_before_there_were_timelines_are_recognised():
    known = 0
    for name in presets():
        path = RESULTS / name / "summary.json"
        hashes = json.loads(path.read_text())["hashes"] if path.is_file() else {}
        for cell in cells(load(name), Path("runs"), [label for label in hashes if label in ("ppo", "ppo_cbp")]):
            assert cell.hash == hashes[cell.label], f"{name}: what was lived would be lived again"
            known += 1
    assert known > 5


def test_visits_are_judged_with_their_gradual_switches_in_whole_steps_of_all_bodies():
    timeline = (
        "  timeline: [{task: plain, steps: 405}, {task: wired, steps: 402, blend: 200}, {task: plain, steps: 1}]\n"
    )
    spec = parse(written(timeline + "  cycles: 1\n"))
    assert len(spec.schedule.visits) > 3
    assert [(visit.task, visit.start, visit.stop) for visit in spec.visits] == [(0, 0, 408), (1, 408, 808)]
    assert spec.first_visit(1) == 400
    abrupt = parse(
        written(timeline.replace(", blend: 200", "").replace("1}]", "9}]") + "  cycles: 1\nmax_steps: 816\n")
    )
    env = LifelongVectorEnv(abrupt.schedule, 4)
    env.reset()
    truths = [env.step(np.zeros(4, int))[4]["lifelong"] for _ in range(204)]
    switches = [int(truth["age"][0]) for truth in truths if truth["switched"].any()]
    assert switches == [visit.stop for visit in abrupt.visits[:-1]] == [408, 808]


def test_weights_are_lengths_and_equal_visits_have_none():
    visits = np.array([[0, 0, 300], [1, 300, 400]])
    scores = np.array([[10.0, 20.0], [100.0, 100.0]])
    weights = metrics.weights(visits)
    assert weights is not None and weights.tolist() == [1.5, 0.5]
    assert metrics.weights(np.array([[0, 0, 10], [1, 10, 20]])) is None
    # By hand: three quarters of life at 15, one quarter at 100.
    assert metrics.lifetime_return(scores, metrics.weights(visits)) == pytest.approx(0.75 * 15 + 0.25 * 100)
    missed = metrics.regret(scores, visits[:, 0], np.array([20.0, 110.0]), metrics.weights(visits))
    assert missed == pytest.approx(1.5 * (10 + 0) + 0.5 * (10 + 10))


@pytest.mark.parametrize("timeline", [STAGES, MARKOV], ids=["stages", "markov"])
def test_a_life_of_unequal_visits_is_lived_examined_and_judged(timeline: str, tmp_path: Path):
    spec = parse(written(timeline).replace("seeds: [0, 1]", "seeds: [0]"))
    newborns = alone_cells(spec, tmp_path)
    for cell in [*cells(spec, tmp_path), *(cell for group in newborns.values() for cell in group)]:
        live(cell)
    summary = collect(spec, tmp_path, alone=True).summary["agents"]["dice"]
    for name in ("lifetime_return", "regret", "retention_on_return", "recovery_steps", "final_average"):
        assert summary[name]["mean"] is not None and np.isfinite(summary[name]["mean"]), name
    for name in ("forgetting_final", "forgetting_away", "zero_shot_transfer"):  # these need an exam at every switch
        assert summary[name]["mean"] is not None, name
    exams = (tmp_path / "tiny" / "dice" / "seed0" / "exams.jsonl").read_text().splitlines()
    assert [json.loads(row)["age"] for row in exams] == list(ExamPlan().ages(spec.visits))
    first = {cell.steps for cell in newborns["dice", 1]}
    assert first == {spec.first_visit(1)}


# --- preview --------------------------------------------------------------------------------------------------------

LIFE = """
tasks:
  - {name: plain, env_id: CartPole-v1}
  - {name: noisy, env_id: CartPole-v1, changes: [{kind: noise, when: {kind: linear, start: 0, stop: 1, over: 500}}]}
timeline: {kind: markov, total: 3000, dwell: 300, shortest: 100, blend: 60, seed: 3}
over: [{kind: storm, calm: 100, burst: 50}]
"""


@pytest.fixture
def life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Schedule:
    """A folder to work in with a life in a file, and that life."""
    monkeypatch.chdir(tmp_path)
    Path("life.yaml").write_text(LIFE)
    return load_life("life.yaml")


def test_preview_prints_hash_and_gradual_switches_and_writes_json(life: Schedule, capsys: pytest.CaptureFixture[str]):
    assert main(["preview", "life.yaml", "--seed", "4", "--out", "drawn", "--json", "kept/life.json"]) == 0
    said = capsys.readouterr().out
    assert f"hash: {life.hash}" in said and "gradual for" in said and "over all: {kind: storm" in said
    assert Path("drawn/life_timeline.png").stat().st_size > 4_000
    assert Path("kept/life.json").read_text() == life.to_json() + "\n"
    assert load_life("kept/life.json") == life
    assert main(["preview", "kept/life.json", "--out", "drawn"]) == 0
    assert f"hash: {life.hash}" in capsys.readouterr().out


def test_preview_finds_what_a_life_meets(life: Schedule):
    spells, lines = look(life, seed=4)
    assert {spell.row for spell in spells} == {2}, "the storm is over both tasks, in a row of its own"
    env = LifelongVectorEnv(life, 1, seed=4)
    env.reset()
    for age in range(1, life.total):
        truth = env.step(np.zeros(1, int))[4]["lifelong"]
        if not truth["switched"].any() and "final_obs" not in truth:
            kind = next((spell.kind for spell in spells if spell.start <= age < spell.stop), "calm")
            assert truth["storm_kind"][0] == kind
    (line,) = lines
    assert (line.panel, line.task) == ("noise.when", 1)
    np.testing.assert_allclose(line.values, [Linear(0, 1, 500).at(age) for age in line.ages.tolist()])
    assert line.here.tolist() == [life.task_at(age) == 1 for age in line.ages.tolist()]


def test_the_figure_has_a_bar_a_visit_and_a_storm_a_shade_a_gradual_switch_and_a_panel_a_curve(life: Schedule):
    spells, lines = look(life, seed=4)
    worlds, curve = timeline(life, spells, lines, "title", 4).axes
    plain, noisy, always, *storms = worlds.collections
    bars = [len(part.get_paths()) for part in (plain, noisy, always)]
    assert bars == [sum(visit.task == 0 for visit in life.visits), sum(visit.task == 1 for visit in life.visits), 1]
    assert [len(part.get_paths()) for part in storms] == [0, 0, len(spells)]
    assert len(worlds.patches) == sum(stay.blend > 0 for stay in life.stays)
    assert [label.get_text() for label in worlds.get_yticklabels()] == ["plain", "noisy", "over all: storm"]
    assert curve.get_title(loc="left") == "noise.when" and len(curve.lines) == 2
    assert "gradual switches; dark: storms (noise) of seed 4" in curve.get_xlabel()


def test_preview_of_a_long_life_counts_the_rest():
    _, table = rows(Schedule(BODIES, 10, cycles=50))
    assert len(table) == MOST_ROWS + 1 and table[-1][-1] == "and 40 more visits"


def test_preview_of_what_cannot_be_lived_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("life.yaml").write_text(LIFE.replace("CartPole-v1, changes", "CartPole-v9, changes"))
    assert main(["preview", "life.yaml"]) == 2
    assert capsys.readouterr().err.startswith("lifelong: life: life: ")
    Path("life.yaml").write_text(LIFE.replace("dwell: 300", "dwell: -300"))
    assert main(["preview", "life.yaml"]) == 2
    assert "life.yaml: timeline: Markov.dwell is a mean length" in capsys.readouterr().err


def test_named_lives_and_presets_are_lives():
    assert load_life("demo") == LIVES["demo"]()
    assert load_life(next(name for name in presets() if name not in LIVES)) in [make() for make in LIVES.values()]
