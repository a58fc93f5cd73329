"""Our worlds beside MiniGrid's: what is the same passes, and whatever differs is found and named."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from minigrid.minigrid_env import MiniGridEnv

from envs.grid.make import make_world
from experiments import beside, exact
from experiments.cli import main


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["bench", "exact", *words])
    out, error = capsys.readouterr()
    return code, out, error


def test_worlds_are_lived_beside_each_other(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.chdir(tmp_path)
    ids = "Dynamic-Obstacles-5x5-v0,MiniGrid-Fetch-5x5-N2-v0"
    code, out, error = said(
        capsys, "--ids", ids, "--steps", "1600", "--jobs", "0", "--results", "kept", "--engine", "numpy"
    )
    assert code == 0 and "all 2" in out and "[2/2]" in error
    found = json.loads((tmp_path / "kept" / "exact" / "exact.json").read_text())
    assert found == json.loads((tmp_path / "runs" / "exact" / "exact.json").read_text())
    assert found["steps"] == 1600 and found["missing"] == [] and found["engine"] == "numpy"
    one = found["ids"]["MiniGrid-Dynamic-Obstacles-5x5-v0"]
    assert one["transitions"] == 800 and one["differences"] == 0 and one["first"] is None
    assert one["episodes"] > 50 and one["worlds"] > one["episodes"] + 16, "episodes are left early too"


def reward_of_one(self: Any) -> float:
    return 1.0


PLANTED = {
    "max_steps": ("Empty-16x16-v0", {"max_steps": 7}, 7, "truncated"),
    "see_through_walls": ("DoorKey-8x8-v0", {"see_through_walls": True}, 0, "image"),
    "reward": ("Empty-Random-5x5-v0", {}, None, "reward"),
    "beginnings": ("GoToDoor-5x5-v0", {}, None, "image"),
}


@pytest.mark.parametrize(("plant", "engine"), [("max_steps", "numba"), *((plant, "numpy") for plant in PLANTED)])
def test_a_planted_difference_is_found_and_named(plant: str, engine: Any, tmp_path, monkeypatch, capsys):
    env_id, arguments, step, what = PLANTED[plant]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(beside, "make_world", partial(make_world, **arguments))
    if plant == "reward":
        monkeypatch.setattr(MiniGridEnv, "_reward", reward_of_one)
    if plant == "beginnings":  # the second world of a row is one too far
        begin = beside.begin
        monkeypatch.setattr(
            beside, "begin", lambda env, seed=None: (begin(env, seed), seed is None and begin(env))[seed is None]
        )
    words = ["--ids", env_id, "--steps", "1600", "--seed", "3", "--jobs", "0", "--engine", engine]
    code, _, error = said(capsys, *words)
    assert code == 1
    first = json.loads((tmp_path / "runs" / "exact" / "exact.json").read_text())["ids"][f"MiniGrid-{env_id}"]["first"]
    assert first["what"] == what and 3 <= first["seed"] < 19
    assert step is None or first["step"] == step
    told = error.splitlines()[-1]
    assert f"MiniGrid-{env_id} differs: seed {first['seed']}, step {first['step']}: {what}" in told


def test_ids_that_we_do_not_have_are_named(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(exact, "names", lambda: ["Empty-5x5-v0"])
    code, out, _ = said(capsys, "--ids", "Empty-5x5-v0,FourRooms-v0", "--steps", "32", "--jobs", "0")
    assert code == 0 and "missing" in out
    assert json.loads((tmp_path / "runs/exact/exact.json").read_text())["missing"] == ["MiniGrid-FourRooms-v0"]


def test_all_ids_of_minigrid_are_asked_for():
    assert len(exact.asked("")) == 76
    assert not [one for one in exact.asked("") if "WFC" in one]


def test_an_interrupted_run_writes_nothing(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys):
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(exact, "compare", stop)
    code, out, error = said(capsys, "--ids", "Empty-5x5-v0", "--jobs", "0")
    assert (code, out) == (130, "") and "interrupted; nothing is written" in error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--ids", "Doorkey-8x8-v0"], "did you mean 'MiniGrid-DoorKey-8x8-v0'?"),
        (["--steps", "0"], "--steps: expected at least 1; got 0"),
        (["--jobs", "-1"], "--jobs: expected at least 0; got -1"),
        (["--engine", "torch"], "numpy"),
    ],
)
def test_a_bad_word_ends_in_one_line(words: list[str], told: str, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, out, error = said(capsys, *words)
    assert (code, out, error.count("\n")) == (2, "", 1), error
    assert told in error
    assert not list(tmp_path.iterdir())


def test_an_engine_that_is_not_here_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(exact, "can_compile", lambda: False)
    code, _, error = said(capsys)
    assert code == 2 and "--engine: numba is not installed" in error


def test_processes_side_by_side_find_the_same(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.chdir(tmp_path)
    both = []
    for jobs in ("0", "1"):
        assert said(capsys, "--ids", "Fetch-5x5-N2-v0", "--steps", "320", "--engine", "numpy", "--jobs", jobs)[0] == 0
        both.append((tmp_path / "runs" / "exact" / "exact.json").read_text())
    assert both[0] == both[1]


@pytest.mark.parametrize("command", ["cost", "speed", "exact"])
def test_help_is_printed(command: str, capsys):
    assert main(["bench", command, "--help"]) == 0
    assert "--steps" in (out := capsys.readouterr().out) or "--rows" in out
