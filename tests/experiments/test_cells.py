"""Living cells: the whole path, what is kept, what starts over, and what a failure leaves to the others."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from agents import RandomSpec
from experiments import pool
from experiments.cells import Cell, cells, read_json, write_json
from experiments.life import live
from experiments.load import SpecError
from experiments.pool import live_all
from experiments.records import read_record
from experiments.spec import ExamPlan
from experiments.summary import scores_of
from tests.experiments.stand_ins import FailingSpec, Quiet, tiny, tree


def one(tmp_path, **changes) -> Cell:
    return cells(dataclasses.replace(tiny(), **changes), tmp_path)[0]


def test_a_cell_becomes_a_record(tmp_path):
    cell = one(tmp_path)
    live(cell)
    record = read_record(cell.folder)
    assert cell.folder == tmp_path / "tiny" / "dice" / "seed0"
    assert record.tasks == ("plain", "wired")
    assert record.visits.tolist() == [[0, 0, 400], [1, 400, 800], [0, 800, 1200], [1, 1200, 1600]]
    assert record.exam_ages.tolist() == [0, 400, 800, 1200, 1600]
    assert record.exams.shape == (5, 2, 3)
    assert record.scores.shape == (5, 2)
    assert [row["age"] for row in record.vitals] == list(range(0, 1601, 200))
    assert record.done["steps"] == 1600
    assert record.done["cpu_seconds"] >= record.done["overhead_cpu_seconds"] > 0
    assert record.returns.sum() == 1600, "CartPole pays 1 a step"
    assert (record.start % 4 == 0).all()
    assert record.cut[record.end == 400].all() or not (record.end == 400).any()


def test_tensorboard_is_told_by_age(tmp_path):
    cell = one(tmp_path)
    live(cell)
    record = read_record(cell.folder)
    log = EventAccumulator(str(cell.folder / "tensorboard"), size_guidance={"scalars": 0, "images": 0})
    log.Reload()
    exams = [(event.step, event.value) for event in log.Scalars("exam/wired")]
    assert exams == list(zip(record.exam_ages.tolist(), record.scores[:, 1].astype(np.float32).tolist(), strict=True))
    assert [event.step for event in log.Images("exam/matrix")] == record.exam_ages.tolist()
    ended = (record.task == 0) & ~record.cut & (record.end > 200) & (record.end <= 400)
    means = {event.step: event.value for event in log.Scalars("task/plain/return")}
    assert means[400] == pytest.approx(record.returns[ended].mean(), rel=1e-5)
    assert log.Scalars("metric/lifetime_return")[0].value == pytest.approx(scores_of(record).mean(), rel=1e-5)
    assert "_hparams_/session_start_info" in log.summary_metadata


def test_agents_of_one_seed_live_the_same_life_and_seeds_differ(tmp_path):
    spec = dataclasses.replace(tiny(), agents={"a": RandomSpec(), "b": RandomSpec()}, exams=ExamPlan(every=0))
    for cell in cells(spec, tmp_path):
        live(cell)
    read = {
        label: [(tmp_path / "tiny" / label / f"seed{seed}" / "episodes.jsonl").read_text() for seed in (0, 1)]
        for label in ("a", "b")
    }
    assert read["a"] == read["b"], "equal learners, equal seeds, equal lives"
    assert read["a"][0] != read["a"][1]


def test_cells_come_seed_by_seed_so_that_pairs_are_finished_first(tmp_path):
    spec = dataclasses.replace(tiny(), agents={"a": RandomSpec(), "b": RandomSpec()})
    assert [(cell.seed, cell.label) for cell in cells(spec, tmp_path)] == [(0, "a"), (0, "b"), (1, "a"), (1, "b")]
    assert [cell.label for cell in cells(spec, tmp_path, ["b"])] == ["b", "b"]


def test_the_hash_knows_what_matters_and_not_the_seed_or_the_place(tmp_path):
    first, second = cells(tiny(), tmp_path)
    assert first.hash == second.hash == cells(tiny(), tmp_path / "elsewhere")[0].hash
    base = first.hash
    assert one(tmp_path, num_envs=8).hash != base
    assert one(tmp_path, max_steps=800).hash != base
    assert one(tmp_path, agents={"dice": FailingSpec()}).hash != base
    assert one(tmp_path, exams=dataclasses.replace(tiny().exams, num_envs=4)).hash != base


def test_finished_cells_are_kept_and_interrupted_ones_start_over(tmp_path):
    spec, watcher = dataclasses.replace(tiny(), exams=ExamPlan(every=400, num_envs=1)), Quiet()
    assert live_all(cells(spec, tmp_path), 0, watcher) == []
    assert watcher.ended == {"dice0": None, "dice1": None}
    before = tree(tmp_path)
    interrupted = tmp_path / "tiny" / "dice" / "seed1"
    (interrupted / "done.json").unlink()
    (interrupted / "episodes.jsonl").write_text('{"half a ro')
    again = Quiet()
    live_all(cells(spec, tmp_path), 0, again)
    assert (again.begun, again.finished) == (["dice1"], 1)
    after = tree(tmp_path)
    same = [name for name in before if "events" not in name and not name.startswith("tiny/dice/seed1/done")]
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    third = Quiet()
    live_all(cells(spec, tmp_path), 0, third)
    assert (third.begun, third.finished) == ([], 2)
    assert tree(tmp_path) == after


def test_a_finished_cell_of_another_spec_is_an_error_that_says_how_to_mend_it(tmp_path):
    live(one(tmp_path))
    with pytest.raises(SpecError) as caught:
        live_all([one(tmp_path, num_envs=8)], 0, Quiet())
    message = str(caught.value)
    assert "holds a finished cell of another spec (num_envs was 4, is 8)" in message
    assert "move or delete that folder, or choose another --out" in message


def test_a_folder_that_is_no_cell_is_left_alone(tmp_path):
    cell = one(tmp_path)
    cell.folder.mkdir(parents=True)
    (cell.folder / "thesis.tex").write_text("precious")
    with pytest.raises(SpecError, match="in use for something else"):
        live(cell)
    assert tree(cell.folder) == {"thesis.tex": b"precious"}


def test_a_cell_that_is_being_lived_is_not_lived_twice(tmp_path):
    cell = one(tmp_path)
    with cell.claimed():
        with pytest.raises(SpecError, match="is being lived by another process"):
            live(cell)
        assert tree(cell.folder) == {}
    live(cell)
    assert cell.done


def test_a_failed_cell_is_reported_and_the_others_go_on(tmp_path):
    spec = dataclasses.replace(tiny(), agents={"bad": FailingSpec(), "dice": RandomSpec()}, exams=ExamPlan(every=0))
    watcher = Quiet()
    failed = live_all(cells(spec, tmp_path), 0, watcher)
    assert [(cell.label, cell.seed) for cell in failed] == [("bad", 0), ("bad", 1)]
    assert watcher.ended["bad0"] == "OverflowError: the weights are no longer finite"
    assert watcher.ended["dice1"] is None
    text = (tmp_path / "tiny" / "bad" / "seed0" / "error.txt").read_text()
    assert text.startswith("Traceback") and "no longer finite" in text
    assert not failed[0].done


def test_an_agent_that_lives_too_short_is_no_finished_cell(tmp_path):
    cell = one(tmp_path, agents={"short": FailingSpec(how="stop")})
    with pytest.raises(RuntimeError, match="was to live exactly 1600 environment steps; it lived 400"):
        live(cell)
    assert not cell.done


def test_processes_live_cells_side_by_side_like_this_process(tmp_path):
    spec = dataclasses.replace(tiny(), agents={"dice": RandomSpec(), "bad": FailingSpec()}, seeds=(0,))
    watcher = Quiet()
    failed = live_all(cells(spec, tmp_path / "many"), 2, watcher)
    assert [(cell.label, cell.seed) for cell in failed] == [("bad", 0)]
    assert watcher.ended["bad0"] == "OverflowError: the weights are no longer finite"
    live(cells(tiny(), tmp_path / "one")[0])
    many, alone = tmp_path / "many" / "tiny" / "dice" / "seed0", tmp_path / "one" / "tiny" / "dice" / "seed0"
    for name in ("episodes.jsonl", "exams.jsonl", "vitals.jsonl", "cell.json"):
        assert (many / name).read_bytes() == (alone / name).read_bytes()
    assert os.environ.get("OMP_NUM_THREADS") == "1", "as the tests set it"


def test_an_interrupt_stops_the_processes_and_keeps_what_is_finished(tmp_path):
    spec = dataclasses.replace(tiny(), agents={"dice": RandomSpec(), "slow": FailingSpec(how="wait")}, seeds=(0,))
    asked = cells(spec, tmp_path)
    live(asked[0])

    class Interrupting(Quiet):
        def update(self, cell, age):
            if age == 400:
                raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        live_all(asked, 2, Interrupting())
    assert time.monotonic() - began < 120
    assert not multiprocessing.active_children()
    assert asked[0].done and not asked[1].done
    assert len((asked[1].folder / "episodes.jsonl").read_text().splitlines()) > 5, "little is lost by a kill"


@pytest.mark.parametrize(("code", "words"), [(-9, "killed by signal 9 (SIGKILL)"), (3, "ended with exit code 3")])
def test_a_killed_process_is_told_by_its_signal(code, words, tmp_path):
    told, tell = multiprocessing.Pipe(duplex=False)
    tell.close()
    process = SimpleNamespace(exitcode=code)
    assert words in pool._reason(pool._Running(one(tmp_path), process, None, told))
    told.close()


def test_json_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": np.zeros(3)})
    assert read_json(path) == {"a": 1}

    stop, seen = threading.Event(), []

    def reader():
        while not stop.is_set():
            seen.append(json.loads(path.read_text())["a"])

    thread = threading.Thread(target=reader)
    thread.start()
    for i in range(50):
        write_json(path, {"a": i, "long": list(range(1000))})
    stop.set()
    thread.join()
    assert seen, "a reader never met half a file"
