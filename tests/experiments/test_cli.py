"""The command line: every command once, and every bad word in one line with exit code 2 and nothing written."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from experiments.cli import COMMANDS, main
from experiments.load import parse
from experiments.options import numbers, one_line
from tests.experiments.stand_ins import TINY, tree
from tests.experiments.test_load import BAD, bad

TWO = TINY.replace(
    "{dice: {kind: random}}", "{dice: {kind: random}, ppo: {kind: ppo, n_steps: 50, batch_size: 100, n_epochs: 1}}"
)


@pytest.fixture
def spec(tmp_path, monkeypatch):
    """A folder to work in with a spec, and nothing else."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(TINY)
    return "tiny.yaml"


def said(capsys, *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    out, error = capsys.readouterr()
    return code, out, error


@pytest.mark.parametrize("case", BAD)
def test_a_bad_spec_ends_in_one_line_and_leaves_nothing(case, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text(bad(case))
    code, out, error = said(capsys, "run", "bad.yaml", "--jobs", "0")
    assert code == 2
    assert out == ""
    assert re.fullmatch(r"lifelong: bad\.yaml: [^\n]+\n", error), error
    assert list(tree(tmp_path)) == ["bad.yaml"]


MISMATCHED = TINY.replace("env_id: CartPole-v1, changes: [{kind: permute}]", "env_id: Acrobot-v1")
NO_WORLD = TINY.replace("env_id: CartPole-v1, changes", "env_id: CartPole-v9, changes")
NO_BODY = TINY.replace("CartPole-v1", "Pendulum-v1").replace(
    "{kind: random}", "{kind: ppo_cbp, n_steps: 7, batch_size: 9}"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MISMATCHED, ["tiny: life:", "'plain'", "'wired'"]),
        (NO_WORLD, ["tiny: life:", "`v9`"]),
        (NO_BODY, ["tiny: agents: dice:", "batch_size"]),
    ],
)
def test_a_life_that_cannot_be_born_ends_in_one_line_and_leaves_nothing(text, words, spec, tmp_path, capsys):
    (tmp_path / spec).write_text(text)
    code, out, error = said(capsys, "run", spec, "--jobs", "0")
    assert (code, out, error.count("\n")) == (2, "", 1), error
    assert all(word in error for word in words), error
    assert list(tree(tmp_path)) == [spec]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["rum"], "there is no command 'rum', did you mean 'run'?"),
        (["run"], "say which spec first"),
        (["run", "--jobs", "2"], "say which spec first"),
        (["run", "dem"], "'dem' is neither a file nor a preset, did you mean 'demo'?"),
        (["run", "tiny.yaml", "--agents", "dic"], "--agents: expected some of dice; got 'dic', did you mean 'dice'?"),
        (["run", "tiny.yaml", "--seeds", "4-2"], "--seeds: expected numbers and rising ranges"),
        (["run", "tiny.yaml", "--seed", "1"], "Unrecognized options: --seed, 1 Perhaps you meant: --seeds STR"),
        (["run", "tiny.yaml", "--jobs", "two"], "Error parsing --jobs: invalid literal for int() with base 10: 'two'"),
        (["run", "tiny.yaml", "--jobs", "-1"], "--jobs: expected 0 or more processes; got -1"),
        (["run", "tiny.yaml", "--num-envs", "3"], "tiny.yaml: a life of 1600 steps cannot be shared equally"),
        (["run", "tiny.yaml", "--life", "deno"], "did you mean 'demo'?"),
        (["run", "tiny.yaml", "--agent.dice.size", "3"], "--agent.dice.size"),
        (["report", "tiny.yaml", "--format", "pdf"], "html"),
        (["preview"], "say which life first"),
        (["preview", "dem"], "did you mean 'demo'?"),
        (["list", "all"], "list takes no further words"),
        (["bench"], "say what to measure: lifelong bench cost"),
        (["tune", "tiny.yaml"], "--agent"),
        (["tune", "tiny.yaml", "--agent", "dicee"], "--agent: expected one of dice; got 'dicee', did you mean 'dice'?"),
        (["tune", "tiny.yaml", "--agent", "dice"], "--grid: no such file"),
        (["tune", "tiny.yaml", "--agent", "dice", "--grid", "grid.yaml"], "'gamma' is no field of RandomSpec"),
    ],
)
def test_a_bad_word_ends_in_one_line_and_leaves_nothing(words, told, spec, tmp_path, capsys):
    (tmp_path / "grid.yaml").write_text("gamma: [0.9]")
    code, out, error = said(capsys, *words)
    assert (code, out, error.count("\n")) == (2, "", 1), error
    assert told in error, error
    assert sorted(tree(tmp_path)) == ["grid.yaml", "tiny.yaml"]


def test_compare_runs_what_is_missing_and_shows_it(spec, tmp_path, capsys):
    (tmp_path / spec).write_text(TWO)
    code, out, _ = said(capsys, "compare", spec, "--jobs", "0", "--results", "kept", "--agent.ppo.gamma", "0.9")
    assert code == 0
    assert "lifetime_return" in out and "dice - ppo" in out and "tensorboard --logdir runs/tiny" in out
    kept = tree(tmp_path / "kept" / "tiny")
    assert sorted(kept) == ["exams.png", "learning_curves.png", "metrics.png", "summary.json"]
    assert sum(map(len, kept.values())) < 300_000
    summary = json.loads(kept["summary.json"])
    assert summary["spec"]["agents"]["ppo"]["gamma"] == 0.9
    assert len(summary["agents"]["ppo"]["lifetime_return"]["per_seed"]) == 2
    before = tree(tmp_path / "runs")
    code, _, error = said(capsys, "report", spec, "--jobs", "0", "--agent.ppo.gamma", "0.9")
    assert (code, "2 cells" in error or "4 kept" in error) == (0, True), error
    after = tree(tmp_path / "runs")
    assert {name for name in after if after.get(name) != before.get(name)} == {"tiny/report.html"}, (
        "the rest is the same"
    )
    page = after["tiny/report.html"].decode()
    assert page.count("data:image/png;base64,") == 3
    assert not re.search(r'(src|href)="(?!data:)', page), "self-contained"
    code, *_ = said(capsys, "report", spec, "--jobs", "0", "--agent.ppo.gamma", "0.9", "--format", "md")
    assert "| lifetime_return |" in (tmp_path / "runs/tiny/report.md").read_text()
    code, _, error = said(capsys, "run", spec, "--jobs", "0")
    assert code == 2
    assert "holds a finished cell of another spec (agent.gamma was 0.9, is 0.99)" in error


def test_run_takes_some_agents_some_seeds_and_another_life(spec, tmp_path, capsys):
    words = ["--jobs", "0", "--seeds", "3", "--max-steps", "800", "--exams.every", "0", "--life", "demo", "--out", "o"]
    assert said(capsys, "run", spec, *words)[0] == 0
    assert {path.parent for path in (tmp_path / "o").rglob("done.json")} == {tmp_path / "o/demo/dice/seed3"}


def test_a_failed_cell_makes_exit_code_1_and_no_comparison(spec, tmp_path, capsys):
    folder = tmp_path / "runs" / "tiny" / "dice" / "seed1"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("in the way")
    code, out, error = said(capsys, "compare", spec, "--jobs", "0")
    assert (code, out) == (1, "")
    assert "dice seed 1: FAILED: SpecError" in error and "nothing is compared while cells are missing" in error
    assert not (tmp_path / "runs" / "tiny" / "summary.json").exists()


def test_tuning_keeps_every_setting_and_names_the_best(spec, tmp_path, capsys):
    (tmp_path / spec).write_text(TWO)
    (tmp_path / "grid.yaml").write_text("learning_rate: [1e-3, 1e-9]\ngamma: [0.99]\n")
    words = ["--agent", "ppo", "--grid", "grid.yaml", "--max-steps", "800", "--jobs", "0", "--results", "kept"]
    assert said(capsys, "tune", spec, *words)[0] == 0
    result = json.loads((tmp_path / "kept/tiny/tuning_ppo.json").read_text())
    assert result["seeds"] == [100, 101] and result["steps"] == 800
    rows = result["configurations"]
    assert [set(row["settings"]) for row in rows] == [{"learning_rate", "gamma"}] * 2
    assert {row["settings"]["learning_rate"] for row in rows} == {1e-3, 1e-9}
    assert rows[0]["lifetime_return"]["mean"] >= rows[1]["lifetime_return"]["mean"]
    assert result["best"] == rows[0]["settings"]
    assert "4 kept from before" in said(capsys, "tune", spec, *words)[2]
    assert said(capsys, "tune", spec, *words, "--seeds", "1-2")[0] == 2, "seeds of the comparison are not tuned on"


def test_preview_prints_and_draws(spec, tmp_path, capsys):
    code, out, _ = said(capsys, "preview", "cartpole_storm", "--out", "drawn")
    assert code == 0
    assert "4 worlds, 8 visits" in out
    assert list(tree(tmp_path / "drawn")) == ["cartpole_storm_timeline.png"]
    assert said(capsys, "preview", spec, "--out", "drawn")[0] == 0


def test_list_names_everything_that_can_be_named(capsys):
    code, out, _ = said(capsys, "list")
    assert code == 0
    for word in ("cartpole_worlds", "permute", "storm", "random", "ppo_cbp", "demo"):
        assert word in out
    lines = {tuple(line.split()[:2]) for line in out.splitlines()}
    assert lines >= {("signal", "ornstein_uhlenbeck"), ("signal", "steps"), ("pace", "memoryless")}


def test_bench_prints_what_a_step_costs(spec, capsys):
    code, out, _ = said(capsys, "bench", "cost", spec, "--steps", "200", "--turns", "2")
    assert code == 0
    assert "ratio to dice" in out


def test_help_is_printed_and_lists_every_field_of_a_spec(spec, capsys):
    code, out, _ = said(capsys)
    assert code == 0 and all(command in out for command in COMMANDS)
    code, out, _ = said(capsys, "run", spec, "--help")
    assert code == 0
    for word in ("--seeds", "--exams.every", "--max-steps", "--num-envs", "--jobs"):
        assert word in out
    for command in ("preview", "tune", "bench", "run", "compare", "report"):
        code, out, _ = said(capsys, command, "--help")
        assert code == 0 and "--" in out


def test_the_module_is_the_command(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "experiments", "run", "nothing"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert re.fullmatch(r"lifelong: 'nothing' is neither a file nor a preset[^\n]*\n", done.stderr)


def test_seeds_are_numbers_and_ranges():
    assert numbers("0-2,7") == (0, 1, 2, 7)
    assert numbers("3") == (3,)


def test_boxes_are_unpacked_into_one_line():
    assert one_line("╭─ Wrong ─╮\n│ much    │\n╰─────────╯") == "Wrong much"


def test_seeds_said_twice_on_the_command_line_are_told(spec, capsys):
    code, _, error = said(capsys, "run", spec, "--seeds", "1,1")
    assert code == 2 and "different integers" in error


def test_the_tiny_spec_is_what_the_cases_change():
    assert parse(TINY, "tiny").num_envs == 4
