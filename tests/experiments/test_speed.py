"""Ours against others: contenders take turns, ratios are made turn by turn, and what has become slower is found."""

from __future__ import annotations

import json
import platform
import re
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from experiments.cli import main
from experiments.speed import changes, classic, command, learners, streams, worlds
from experiments.speed.crew import PEERS_PYTHON, Gone, Worker
from experiments.speed.guard import compared, worst
from experiments.speed.measure import judged, key, machine, measure, reached, stages
from experiments.speed.report import line, table, write
from experiments.speed.rows import GROUPS, REWIRED, Contender, Group, Row

ROOT = Path(__file__).parent.parent.parent
FAST, SLOW = Contender("fast", {}), Contender("slow", {})
PAIR = Group("pair", {"fast": FAST, "slow": SLOW}, (Row("to run", "fast", "slow", 3.0, 5.0),))
FIGURES = {"fast": [8.0, 9.0, 20.0], "slow": [2.0, 3.0, 4.0]}


class Fake:
    """A contender whose figures are known."""

    versions: dict[str, str] = {}  # noqa: RUF012

    def __init__(self, name: str, values: list[float], log: list[str], fails: str = ""):
        self.name, self.values, self.log, self.fails = name, iter(values), log, fails

    def ready(self) -> None:
        self.log.append(f"{self.name} ready")
        if self.fails == "absent":
            raise Gone("not installed (slow)", absent=True)

    def turn(self, seconds: float) -> float:
        self.log.append(self.name)
        if self.fails == "later" and len(self.log) > 5:
            raise Gone("ended with exit code 1")
        return next(self.values)

    def close(self) -> None:
        self.log.append(f"{self.name} closed")


def live(fails: str = "", turns: int = 3) -> tuple[dict[str, Any], list[str]]:
    log: list[str] = []
    found = measure(
        PAIR, turns, 0.1, lambda _: None, lambda who: Fake(who.target, FIGURES[who.target], log, fails * (who is SLOW))
    )
    return found, log


def test_contenders_take_turns_and_are_closed():
    _, log = live()
    assert log[:2] == ["fast ready", "slow ready"]
    assert log[2:8] == ["fast", "slow"] * 3
    assert sorted(log[8:]) == ["fast closed", "slow closed"]
    told: list[str] = []
    measure(PAIR, 3, 0.1, told.append, lambda who: Fake(who.target, FIGURES[who.target], []))
    assert len(told) == stages([PAIR], 3) == 2 + 6


def test_ratios_are_made_turn_by_turn():
    row = live()[0]["rows"]["pair: to run: fast / slow"]
    assert row["turns"] == [4.0, 3.0, 5.0]  # the medians' ratio would be 9 / 3 = 3
    assert (row["median"], row["min"], row["max"], row["reached"]) == (4.0, 3.0, 5.0, "must")
    assert (row["mine"], row["theirs"]) == (9.0, 3.0)
    cost = judged(Row("a step", "slow", "fast", 3.9, 3.0, "cost"), FIGURES, {})
    assert (cost["turns"], cost["median"], cost["reached"]) == ([4.0, 3.0, 5.0], 4.0, "no")
    alone = judged(Row("to think", "slow", None, 3.0, 1.0, "least"), FIGURES, {})
    assert (alone["median"], alone["min"], alone["max"], alone["reached"]) == (3.0, 2.0, 4.0, "must")


@pytest.mark.parametrize(
    ("kind", "value", "verdict"),
    [("times", 2.0, "aim"), ("times", 1.5, "must"), ("times", 0.9, "no"), ("cost", 0.9, "aim"), ("cost", 2.1, "no")],
)
def test_marks_are_reached_from_the_right_side(kind: Any, value: float, verdict: str):
    must, aim = (1.0, 2.0) if kind == "times" else (2.0, 1.0)
    assert reached(kind, value, must, aim) == verdict
    assert reached(kind, value, None, None) is None


@pytest.mark.parametrize(("fails", "kind"), [("absent", "absent"), ("later", "failed")])
def test_who_cannot_be_measured_is_named_and_the_others_go_on(fails: str, kind: str):
    found, log = live(fails)
    assert kind in found["contenders"]["pair/slow"]
    assert found["contenders"]["pair/fast"]["turns"] == FIGURES["fast"]
    row = found["rows"]["pair: to run: fast / slow"]
    assert kind in row and "median" not in row and row["mine"] == 9.0
    assert "not installed (slow)" in line(row)[-1] or "failed: ended" in line(row)[-1]
    assert sorted(log[-2:]) == ["fast closed", "slow closed"]


def result(**more: Any) -> dict[str, Any]:
    found = live()[0]
    return {"machine": {**machine(), **more}, "turns": 3, "contenders": found["contenders"], "rows": found["rows"]}


def test_the_guard_fires_beyond_the_spread_and_a_margin():
    before, now = result(), result()
    name, row = next(iter(now["rows"].items()))
    assert worst(before["rows"][name]) == pytest.approx(3.0 / 1.15)
    assert compared(now, before).kept == 1
    row["median"] = 2.7  # below the worst turn before, within the margin
    assert not compared(now, before).slower
    row["median"] = 2.6  # 3 / 1.15 = 2.609
    assert len(compared(now, before).slower) == 1 and name in compared(now, before).slower[0]
    for each in (before, now):
        each["rows"][name]["kind"] = "cost"
    row["median"] = 5.7  # 5 * 1.15 = 5.75
    assert not compared(now, before).slower
    row["median"] = 5.8
    assert compared(now, before).slower


def test_the_guard_compares_what_can_be_compared():
    before, now = result(), result(processor="another")
    name, row = next(iter(now["rows"].items()))
    assert compared(now, before).kept == 1, "ratios hold on any machine"
    for each in (before, now):
        each["rows"][name]["other"] = None
    assert compared(now, before).apart == (f"{name}: another processor",)
    gone = deepcopy(before)
    gone["rows"][name] = {"absent": "not installed (slow)", "other": "slow"}
    assert compared(gone, before).apart == (f"{name}: not installed (slow)",)
    assert compared({**now, "rows": {}}, before).kept == 0, "not asked for"
    assert row["median"] == 4.0


FILE = """
import sys, time
def steps(size):
    print("noise"); yield 0
    while True:
        end = time.process_time() + 0.01
        while time.process_time() < end: pass
        yield size
def figure(size): return size / 2
def lacking(): import no_such_thing; yield 0
def failing(): raise ValueError("two\\nlines"); yield 0
def ending(): yield 0; sys.exit(3)
"""


@pytest.fixture
def hire(tmp_path) -> Iterator[Any]:
    (tmp_path / "fake.py").write_text(FILE)
    hired: list[Worker] = []

    def start(name: str, **arguments: Any) -> Worker:
        hired.append(Worker(Contender(f"{tmp_path}/fake.py:{name}", arguments)))
        return hired[-1]

    yield start
    for worker in hired:
        worker.close()
        assert worker._process.returncode is not None


def test_a_worker_counts_work_by_the_cpus_clock(hire):
    worker = hire("steps", size=7)
    worker.ready()
    assert worker.versions["gymnasium"]
    assert 7 / 0.03 < worker.turn(0.001) <= 7 / 0.01  # one piece
    assert 7 / 0.03 < worker.turn(0.05) <= 7 / 0.01
    alone = hire("figure", size=3)
    alone.ready()
    assert alone.turn(0.1) == 1.5


@pytest.mark.parametrize(
    ("name", "told", "absent"),
    [("lacking", "not installed (no_such_thing)", True), ("failing", "ValueError: two lines", False)],
)
def test_a_worker_that_cannot_begin_says_why(name: str, told: str, absent: bool, hire):
    with pytest.raises(Gone, match=re.escape(told)) as caught:
        hire(name).ready()
    assert caught.value.absent is absent


def test_a_worker_that_ends_is_noticed(hire):
    worker = hire("ending")
    worker.ready()
    with pytest.raises(Gone, match="ended with exit code 3"):
        worker.turn(0.1)


def test_peers_live_in_an_interpreter_that_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(PEERS_PYTHON, "/no/such/python")
    with pytest.raises(Gone, match=PEERS_PYTHON):
        Worker(Contender("envpool_peer.py:steps", {"name": "Empty-8x8", "num_envs": 2}, peer="envpool"))


def test_rows_name_contenders_and_each_thing_once():
    keys = [group.key(name) for group in GROUPS for name in group.contenders]
    rows = [key(group, row) for group in GROUPS for row in group.rows]
    assert len(set(keys)) == len(keys) and len(set(rows)) == len(rows)
    for group in GROUPS:
        for row in group.rows:
            assert {row.ours, row.other or row.ours} <= set(group.contenders)


def test_peers_are_in_the_extra_and_on_the_page():
    peers = {one.peer for group in GROUPS for one in group.contenders.values() if one.peer}
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["peers"]
    assert {pin.partition("==")[0] for pin in extra} == peers
    page = (ROOT / "docs" / "speed.md").read_text()
    assert f"pip install {' '.join(extra)}" in page
    scripts = {path.name for path in (ROOT / "experiments" / "speed" / "peers").glob("*.py")}
    assert scripts == {f"{peer}_peer.py" for peer in peers}
    for group in dict.fromkeys(group.name for group in GROUPS):
        assert f"| `{group}` |" in page


TINY = {
    "ours": lambda: worlds.ours("Empty-8x8", 3),
    "numpy": lambda: worlds.ours("Empty-8x8", 3, "numpy"),
    "single": lambda: worlds.single("lifelong/Empty-8x8-v0"),
    "minigrid": lambda: worlds.single("MiniGrid-DoorKey-8x8-v0"),
    "sync": lambda: worlds.sync("Empty-8x8", 3),
    "dummy": lambda: worlds.dummy("Empty-8x8", 3),
    "classic": lambda: classic.steps("CartPole-v1", 3),
    "gymnasium": lambda: classic.steps("CartPole-v1", 3, "gymnasium"),
    "gymnasium-sync": lambda: classic.steps("Acrobot-v1", 3, "gymnasium-sync"),
    "permute": lambda: changes.changed("grid", "permute", 3),
    "drop": lambda: changes.changed("grid", "drop", 3),
    "goal": lambda: changes.changed("room", "goal", 3),
    "rewired": lambda: changes.changed("cartpole", REWIRED, 3),
    "noise": lambda: changes.changed("cartpole", "noise", 3),
    "life": lambda: changes.life(3),
}


@pytest.mark.parametrize("name", TINY)
def test_contenders_of_our_own_count_their_steps(name: str):
    working = TINY[name]()
    assert next(working) == 0
    work = next(working)
    assert work == (512 if name in ("single", "minigrid") else 3 * 64)
    assert next(working) == work


def test_learners_count_their_steps():
    brain = learners.brain(steps=16)
    assert (next(brain), next(brain)) == (0, 16)
    for batched in (False, True):
        ppo = learners.ppo(2, batched, n_steps=4, batch_size=4, n_epochs=1)
        assert (next(ppo), next(ppo), next(ppo)) == (0, 8, 8)


def test_the_brain_is_measured_alone():
    assert streams.brain_step(steps=64) > 0 and streams.sensors(steps=64, width=16) > 0
    assert streams.acting(1024, steps=64) > 0 and streams.learning(1024, steps=64) >= 0


@pytest.fixture
def told(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """The command line in a folder of its own, with fake contenders and no committed run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "COMMITTED", tmp_path / "committed")
    monkeypatch.setattr(command, "chosen", lambda text, every: [PAIR])
    monkeypatch.setattr(command, "measure", lambda group, turns, *_: live(turns=turns)[0])

    def said(*words: str) -> tuple[int, str, str]:
        code = main(["bench", "speed", *words])
        out, error = capsys.readouterr()
        return code, out, error

    return said


def test_a_run_is_shown_and_kept_and_held_against_the_one_before(told, tmp_path):
    code, out, _ = told("--turns", "3", "--results", "kept")
    assert code == 0 and "4.000 [3.000, 5.000]" in out and "must" in out and "against" not in out
    for folder in (tmp_path / "runs" / "speed", tmp_path / "kept" / "speed"):
        assert sorted(path.name for path in folder.iterdir()) == ["speed.json", "speed.png"]
    path = tmp_path / "kept" / "speed" / "speed.json"
    text = path.read_text()
    assert str(tmp_path) not in text and platform.node() not in text
    before = json.loads(text)
    assert before["complete"] is True
    assert told("--turns", "3", "--against", str(path))[0] == 0
    for row in before["rows"].values():
        row["min"] = row["median"] = 9.0
    (tmp_path / "committed" / "speed").mkdir(parents=True)
    for where in (path, tmp_path / "committed" / "speed" / "speed.json"):
        where.write_text(json.dumps(before))
    code, out, _ = told("--turns", "3", "--against", str(path))
    assert code == 1 and "slower: pair: to run: fast / slow: 4, was 9" in out
    code, out, _ = told("--turns", "3")
    assert code == 0 and "slower: pair" in out, "the committed run is told of, and nothing follows"


def test_an_interrupted_run_keeps_what_it_has(told, tmp_path, monkeypatch: pytest.MonkeyPatch):
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "measure", stop)
    code, out, error = told()
    assert (code, out) == (130, "") and "interrupted; what has been measured is in" in error
    assert json.loads((tmp_path / "runs" / "speed" / "speed.json").read_text())["complete"] is False


def test_a_contender_that_fails_makes_exit_code_1(told, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(command, "measure", lambda *_: live("later")[0])
    code, out, error = told()
    assert code == 1 and "failed: ended" in out and "pair/slow failed: ended with exit code 1" in error


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["speed", "--rows", "grit"], "got 'grit', did you mean 'grid'?"),
        (["speed", "--turns", "0"], "--turns: expected at least 1; got 0"),
        (["speed", "--seconds", "0"], "--seconds: expected more than 0; got 0"),
        (["speed", "--against", "nothing.json"], "--against: 'nothing.json' is no speed.json"),
        (["speed", "--rows", "grid", "--results", "kept"], "--results keeps whole runs"),
        (["sped"], "did you mean 'speed'?"),
    ],
)
def test_a_bad_word_ends_in_one_line(words: list[str], says: str, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = main(["bench", *words])
    out, error = capsys.readouterr()
    assert (code, out, error.count("\n")) == (2, "", 1), error
    assert says in error
    assert not list(tmp_path.iterdir())


def test_the_figure_has_bars_and_curves_and_is_small(tmp_path):
    found = result()
    for engine in ("numba", "numpy"):
        for size in (1, 1024):
            found["contenders"][f"curves/{engine} {size}"] = {"unit": "steps/s", "median": 5.0, "min": 4.0, "max": 6.0}
    _, figure = write(found, tmp_path)
    assert figure.stat().st_size < 300_000
    assert table(found).row_count == 1
