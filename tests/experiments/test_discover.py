"""`lifelong discover`: the search goes on where it was stopped, is reproducible, and is told as it is."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents import LocalRuleSpec, PPOLocalRuleSpec, RuleSpec
from experiments.cells import Cell, claim
from experiments.cli import main
from experiments.discover import search as search_module
from experiments.discover.confirm import confirmation
from experiments.discover.formulas import formulas
from experiments.discover.front import pareto, score
from experiments.discover.lives import Ticker, on_ray
from experiments.discover.options import DiscoverOptions
from experiments.discover.report import as_json, constants, figure, front_rows, judged
from experiments.discover.search import Tried, label, scores, search, trial_cells
from experiments.discover.space import SPACE, rule_of, shipped
from experiments.load import SpecError, load
from lifelong_agent.plasticity import LocalRule

pytest.importorskip("optuna")


def pretended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let rules score by their constants, without being lived; steep ones fail."""

    def scores(lives: Sequence[Cell]) -> tuple[float, ...] | None:
        agent = lives[0].agent
        assert isinstance(agent, LocalRuleSpec)
        eta, local = agent.learning_rate, agent.local
        return None if eta > 0.3 else (eta, 1 - eta + 0.1 * local.pre, 10.0 * local.size)

    monkeypatch.setattr(search_module, "scores", scores)


def none_lived(cells: Sequence[Cell]) -> list[Cell]:
    return []


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_a_search_that_was_stopped_tries_the_same_rules(sampler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pretended(monkeypatch)
    whole = DiscoverOptions(trials=14, population=4, jobs=1, sampler=sampler, out=tmp_path / "whole")
    parts = replace(whole, out=tmp_path / "parts")
    expected = search(whole, none_lived)
    assert [one.number for one in expected] == list(range(14))
    assert len({str(one.agent) for one in expected}) == 14
    lived = []

    def stopped(cells: Sequence[Cell]) -> list[Cell]:
        lived.append(cells[0].label)
        if len(lived) in (3, 9):
            raise KeyboardInterrupt
        return []

    search(replace(parts, trials=2), stopped)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            search(parts, stopped)
    assert search(parts, stopped) == expected
    assert [name for name in lived if lived.count(name) > 1] == ["trial_0002"] * 2 + ["trial_0007"] * 2
    other = search(replace(whole, seed=1, trials=2, out=tmp_path / "other"), none_lived)
    assert other[0].agent == expected[0].agent and other[1].agent != expected[1].agent


def test_as_many_trials_as_jobs_are_lived_together_on_all_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pretended(monkeypatch)
    options = DiscoverOptions(trials=5, population=3, jobs=2, seeds="7,9", out=tmp_path)
    batches = []
    search(options, lambda cells: batches.append([(cell.label, cell.seed) for cell in cells]) or [])
    assert batches[0] == [(f"trial_{number:04d}", seed) for seed in (7, 9) for number in (0, 1)]
    assert [len(batch) for batch in batches] == [4, 4, 2]


def test_another_search_in_the_same_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pretended(monkeypatch)
    options = DiscoverOptions(trials=2, jobs=1, out=tmp_path)
    search(options, none_lived)
    with pytest.raises(SpecError, match=r"holds another search \(seed was 0, is 4\)"):
        search(replace(options, seed=4), none_lived)


def test_a_tiny_search_is_lived_told_written_and_confirmed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    words = ["discover", "--max-steps", "3200", "--seeds", "100", "--jobs", "0", "--out", str(tmp_path / "runs")]
    words += ["--confirm", "permuted_digits,permuted_cifar", "--confirm-steps", "3200", "--confirm-seeds", "20"]
    assert main([*words, "--trials", "1", "--confirm", ""]) == 0
    folder = tmp_path / "runs" / "discover" / "permuted_digits"
    first = (folder / "trials/permuted_digits/trial_0000/seed100/done.json").stat().st_mtime_ns
    assert main([*words, "--trials", "3", "--results", str(tmp_path / "kept")]) == 0
    assert (folder / "trials/permuted_digits/trial_0000/seed100/done.json").stat().st_mtime_ns == first
    told = capsys.readouterr()
    assert "1 late_reward_rate + 1 kept_rate + 0.1 late_effective_rank / 256" in told.out
    assert "not confirmed on permuted_cifar: " in told.err
    found = json.loads((tmp_path / "kept/discover_permuted_digits/front.json").read_text())
    assert found["trials"] == 3 and found["winner"]["formulas"][0].startswith("w <- w - ")
    assert all(found["front"][0][name] > 0 for name in found["objectives"])
    assert "\n".join(found["winner"]["formulas"]) in (folder / "rule.txt").read_text()
    assert (folder / "front.png").stat().st_size > 5000
    digits, cifar = found["confirmed"]
    names = list(digits["summary"]["agents"])
    assert digits["life"] == "permuted_digits" and names[0].startswith("found_") and names[1:] == ["rule", "cbp"]
    assert digits["summary"]["seeds"] == [20] and cifar["summary"] is None and "cifar10" in cifar["why_not"]


def test_the_search_begins_with_the_shipped_rule():
    agent, plain = rule_of(shipped("none"), "none"), load("permuted_mnist_5k").agents["rule"]
    assert isinstance(plain, RuleSpec) and agent.biases == plain.biases
    assert agent.learning_rate == plain.learning_rate
    local = agent.local.consolidation()
    assert local is not None and (local.strength, local.regeneration) == (plain.strength, plain.regeneration)
    assert local.decay == pytest.approx(plain.decay, abs=1e-12)
    assert rule_of(shipped("prototypes") | {"pre": 0.5}, "prototypes").local.trace == 0.0


def test_values_at_the_low_end_and_terms_without_a_part_drop_out():
    low = {name: one.low for name, one in SPACE.items()} | {"pre": 0.0, "post": 0.0, "rate_novelty": 0.0}
    local = rule_of(low | {"square": 0.0, "magnitude": 0.0, "size": 0.0, "strength": 500.0}, "none").local
    assert local == LocalRule(0.0)
    assert rule_of(shipped("none") | {"fisher": 0.06}, "none").local.fisher == 0.06
    assert rule_of(shipped("none") | {"fisher": 0.04}, "none").local.fisher == 0.0


def test_the_front_and_the_score():
    values = np.array([[1.0, 0.0, 5], [0.0, 1, 5], [0.5, 0.5, 4], [0.4, 0.5, 4], [1.0, 0.0, 5]])
    assert pareto(values).tolist() == [True, True, True, False, True]
    np.testing.assert_allclose(score(values[:3], (1.0, 2.0, 0.5), 10.0), [1.25, 2.25, 1.7])


def test_a_rule_in_formulas_leaves_out_what_has_no_part():
    assert formulas(LocalRuleSpec(local=LocalRule(0.0))) == ["w <- w - 0.4 g"]
    assert formulas(LocalRuleSpec(local=LocalRule(30.0, 1.0, 1e-3))) == [
        "w <- w - 0.4 s (g + 0.001 (w - w0))",
        "s = 1 / (1 + 30 Omega)",
        "Omega <- Omega + s g^2",
    ]
    rich = LocalRule(
        30, 0.9999, pre=1.0, square=-0.25, rate_novelty=-0.5, decay_novelty=7, gain=0.0, path=2.0, memory=0
    )
    assert formulas(LocalRuleSpec(local=replace(rich, braking=0.5, shrinkage=0.01))) == [
        "w <- w - 0.4 (1 - 0.5 r) (M / mean M) s (g + 0.01 w)",
        "s = 1 / (1 + 30 Omega)^0.5",
        "Omega <- (1 - 0.0001)^(1 + 7 r) Omega + 2 max(0, g d)",
        "M = X Q^-0.25, each factor relative to its mean over the layer and within [0.01, 100]",
        "X = mean |x|, how active the input is; running over 100 steps",
        "Q = mean g^2; of the batch",
        "d = (1 - 0.5 r) (M / mean M) s (g + 0.01 w)",
        "r = novelty of the input, in [0, 1]",
    ]
    assert formulas(LocalRuleSpec(local=LocalRule(0.0, regeneration=0.5)))[0] == "w <- w - 0.4 (g + 0.5 (w - w0))"


def test_other_worlds_are_confirmed_through_ppo():
    winner = LocalRuleSpec(local=LocalRule(pre=0.5))
    spec = confirmation("cartpole_worlds", winner, DiscoverOptions(confirm_seeds="3", confirm_steps=8005))
    found, *others = spec.agents.values()
    assert isinstance(found, PPOLocalRuleSpec) and found.local == winner.local
    assert [agent.kind for agent in others] == ["ppo_rule", "ppo_cbp"] and spec.steps == 8000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--life", "permuted_digit"), "there is no life 'permuted_digit', did you mean 'permuted_digits'?"),
        (("--life", "cartpole_worlds"), "--life: rules are searched on lives of labelled pictures"),
        (("--confirm", "permuted_mnistt"), "--confirm: there is no life 'permuted_mnistt'"),
        (("--seeds", "20"), "--confirm-seeds: confirm on seeds that are not searched on; both have [20]"),
        (("--trials", "0"), "--trials: expected at least 1; got 0"),
        (("--jobs", "-1"), "--jobs: expected 0 or more"),
        (("--weights", "0", "0", "0"), "--weights: expected zero or above"),
        (("--max-steps", "1600"), "--max-steps: what is kept shows after a second world"),
        (("--max-steps", "3001"), "discover: a life of 3001 steps cannot be shared equally"),
        (("--sampler", "luck"), "luck"),
    ],
)
def test_wrong_options_are_refused_in_a_line(words: tuple[str, ...], message: str, tmp_path: Path, capsys):
    assert main(["discover", *words, "--out", str(tmp_path / "runs")]) == 2
    told = capsys.readouterr().err
    assert message in told and told.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_extras_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SpecError, match=r"pip install '\.\[cluster\]'"):
        on_ray(Ticker("discover", 1))
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert main(["discover", "--out", str(tmp_path)]) == 2
    assert "pip install '.[discover]'" in capsys.readouterr().err


def test_rules_that_failed_are_counted_and_judged_by_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pretended(monkeypatch)
    options = DiscoverOptions(trials=14, population=4, jobs=1, out=tmp_path)
    tries = search(options, none_lived)
    steep = [one for one in tries if one.agent.learning_rate > 0.3]
    assert steep and all((one.values is None) == (one in steep) for one in tries)
    found = judged(tries, options)
    assert found is not None and found.failed == len(steep)
    assert judged(steep, options) is None


def test_the_winner_is_the_highest_score_on_the_front():
    options = DiscoverOptions(weights=(1.0, 1.0, 0.1))
    values = [(0.5, 0.5, 10.0), None, (0.9, 0.7, 20.0), (0.95, 0.1, 90.0), (0.2, 0.2, 5.0)]
    found = judged([Tried(number, LocalRuleSpec(), one) for number, one in enumerate(values)], options)
    assert found is not None
    assert [one.number for one in found.front] == [2, 3] and found.failed == 1
    assert found.scores[0] == pytest.approx(0.9 + 0.7 + 0.1 * 20 / 256)
    assert front_rows(found)[1][0][0] == "2"
    assert constants(found) == ["trial 2: learning_rate=0.4", "trial 3: learning_rate=0.4"]
    told = as_json(found, options, [])
    assert told["winner"]["trial"] == 2 and told["winner"]["kept_rate"] == 0.7 and told["failed"] == 1
    assert "shipped rule" in [text.get_text() for text in figure(found, "").axes[0].get_legend().get_texts()]  # pyright: ignore


def test_a_life_that_is_missing_or_scores_nothing_finite_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lives = trial_cells(DiscoverOptions(out=tmp_path), {label(0): LocalRuleSpec()})
    assert scores(lives) is None
    monkeypatch.setattr(Cell, "done", True)
    monkeypatch.setattr(search_module, "read_record", lambda folder: folder)
    rates = {"late_reward_rate": 0.5, "kept_rate": 0.25, "late_effective_rank": 3.0}
    monkeypatch.setattr(search_module, "judge", lambda record, best: rates)
    assert scores(lives) == (0.5, 0.25, 3.0)
    monkeypatch.setattr(search_module, "judge", lambda record, best: rates | {"kept_rate": float("nan")})
    assert scores(lives) is None


def test_two_searches_do_not_share_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with claim(DiscoverOptions(out=tmp_path).folder):
        assert main(["discover", "--jobs", "0", "--trials", "1", "--max-steps", "3200", "--out", str(tmp_path)]) == 2
    assert "is being lived by another process" in capsys.readouterr().err
