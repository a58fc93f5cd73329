"""A comparison of made-up lives: every number in the summary by hand, and what tables and figures make of it."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from agents import RandomSpec
from envs import Schedule, Task
from experiments.cells import cells
from experiments.compare import alone_cells, collect, read_alone
from experiments.life import live
from experiments.plots import exam_matrices, exam_matrix, learning_curves, metric_bars, save, short
from experiments.rate_plots import POINTS, rate_figure
from experiments.records import Record, read_rows
from experiments.report import listed
from experiments.spec import ExamPlan
from experiments.summary import summarise
from experiments.tables import cell_text, figure, main_rows, markdown, pair_rows
from tests.experiments.stand_ins import tiny

VISITS = np.array([[0, 0, 400], [1, 400, 800], [0, 800, 1200], [1, 1200, 1600]])


def life(label: str, seed: int, levels: list[float]) -> Record:
    """A life with one episode a tenth, of the same return all through a visit, and exams that say twice as much."""
    return Record(
        label=label,
        seed=seed,
        tasks=("plain", "wired"),
        visits=VISITS,
        visit=np.repeat(np.arange(4), 10),
        task=np.repeat(VISITS[:, 0], 10),
        start=np.arange(40) * 40,
        end=np.arange(40) * 40 + 40,
        returns=np.repeat(levels, 10),
        cut=np.zeros(40, bool),
        exam_ages=np.array([0, 1600]),
        exams=np.array([[[0.0], [0.0]], [[2.0 * levels[2]], [2.0 * levels[3]]]]),
        leaving=np.zeros(0),
        final=np.zeros(0),
        cold={},
        vitals=(),
        done={
            "hash": label,
            "steps": 1600,
            "cpu_seconds": 3.0,
            "overhead_cpu_seconds": 1.4,
            "versions": {"numpy": "2"},
        },
    )


def compared() -> dict:
    spec = dataclasses.replace(tiny(), agents={"a": RandomSpec(), "b": RandomSpec()})
    records = {
        "a": [life("a", 0, [10, 20, 9, 30]), life("a", 1, [12, 22, 12, 32])],
        "b": [life("b", 0, [5, 20, 5, 20]), life("b", 1, [7, 18, 7, 18])],
    }
    return summarise(spec, records)


def test_every_metric_of_every_agent_by_hand():
    agents = compared()["agents"]
    assert agents["a"]["lifetime_return"] == {"per_seed": [17.25, 19.5], "mean": 18.375, "ci95": [17.25, 19.5]}
    assert agents["a"]["visit_1"]["per_seed"] == [15.0, 17.0]
    assert agents["a"]["visit_2"]["per_seed"] == [19.5, 22.0]
    assert agents["a"]["retention_on_return"]["per_seed"] == [1.3, pytest.approx(44 / 34, rel=1e-5)]
    assert agents["a"]["final_average"]["per_seed"] == [39.0, 44.0]
    assert agents["a"]["cpu_microseconds_per_step"]["mean"] == 1000.0


def test_regret_counts_from_the_best_of_all_agents_and_seeds():
    summary = compared()
    assert summary["best"] == {"plain": 12.0, "wired": 32.0}
    # a, seed 0: tenths of visits at 10, 20, 9, 30 miss 2 + 12 + 3 + 2; b, seed 1: 5 + 14 + 5 + 14
    assert summary["agents"]["a"]["regret"]["per_seed"] == [190.0, 100.0]
    assert summary["agents"]["b"]["regret"]["per_seed"] == [380.0, 380.0]
    assert summary["regret_ratio"]["a / b"]["mean"] == pytest.approx(290 / 760, rel=1e-5)


def test_a_reference_above_all_agents_is_what_regret_counts_from():
    spec = dataclasses.replace(tiny(), agents={"a": RandomSpec()}, seeds=(0,), reference={"wired": 100.0, "plain": 1.0})
    summary = summarise(spec, {"a": [life("a", 0, [10, 20, 10, 20])]})
    assert summary["best"] == {"plain": 10.0, "wired": 100.0}


def test_pairs_are_differences_seed_by_seed():
    pairs = compared()["pairs"]
    assert list(pairs) == ["a - b"]
    assert pairs["a - b"]["lifetime_return"]["per_seed"] == [4.75, 7.0]
    assert pairs["a - b"]["lifetime_return"]["ci95"] == [4.75, 7.0]


def test_every_return_to_a_known_world_is_listed():
    rows = compared()["returns_to_known_worlds"]["a"]
    assert rows[0] == {
        "visit": 2,
        "task": "plain",
        "left": 11.0,
        "back": 10.5,
        "ratio": pytest.approx(21 / 22, rel=1e-5),
    }
    assert [row["visit"] for row in rows] == [2, 3]


def test_the_summary_says_what_it_came_from():
    summary = compared()
    assert summary["hashes"] == {"a": "a", "b": "b"}
    assert summary["versions"] == {"numpy": "2"}
    assert summary["seeds"] == [0, 1]
    assert summary["spec"]["life"]["tasks"][1]["changes"][0]["kind"] == "permute"
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_tables_show_means_with_intervals_and_pairs():
    summary = compared()
    header, rows = main_rows(summary)
    assert header == ["metric", "a", "b"]
    assert ["lifetime_return", "18.4 [17.2, 19.5]", "12.5 [12.5, 12.5]"] in rows
    names = [row[0] for row in rows]
    assert names.index("visit_1") + 1 == names.index("visit_2")
    _, pairs = pair_rows(summary)
    assert pairs[0][:2] == ["a - b", "5.875 [4.750, 7.000]"]
    assert markdown(["x", "y"], [["1", "2"]]) == "| x | y |\n| --- | ---: |\n| 1 | 2 |"
    assert cell_text({"mean": None, "ci95": [None, None]}) == "-"
    assert cell_text({"mean": 2.0, "ci95": [None, None]}) == "2.000"
    assert figure(-12345.6) == "-12,346"


def test_newborns_alone_live_the_worlds_of_the_life_for_one_visit(tmp_path):
    spec = dataclasses.replace(tiny(), seeds=(0,), exams=ExamPlan(every=0, leaving=True, cold=(2,)), vitals_every=0)
    found = alone_cells(spec, tmp_path)
    assert {cell.exams for group in found.values() for cell in group} == {ExamPlan(every=0)}, "newborns sit no exams"
    assert {key: [cell.steps for cell in group] for key, group in found.items()} == {
        ("dice", 0): [400],
        ("dice", 1): [400],
    }
    for (_, task), group in found.items():
        assert group[0].schedule.tasks == spec.schedule.tasks, "a task keeps its index, and with it its world"
        assert {visit.task for visit in group[0].schedule.visits} == {task}
    for group in [cells(spec, tmp_path), *found.values()]:
        for cell in group:
            live(cell)
    newborns = read_alone(found, spec)
    assert newborns["dice"].shape == (1, 2)
    # The first world of the life is lived by a newborn too, with the same dice: the same episodes, but for the last.
    first = read_rows(tmp_path / "tiny" / "dice" / "seed0" / "episodes.jsonl")
    alone = read_rows(found["dice", 0][0].folder / "episodes.jsonl")
    assert [row for row in first if row["end"] < 400] == [row for row in alone if row["end"] < 400]
    assert "forward_transfer" in collect(spec, tmp_path, alone=True).summary["agents"]["dice"]


def test_learning_curves_are_drawn_as_scored_and_labelled_where_they_end():
    curves = {"a": np.arange(80.0).reshape(2, 4, 10), "b": np.zeros((2, 4, 10))}
    axes = learning_curves(curves, VISITS, ["plain", "wired"], "title").axes[0]
    first = axes.lines[0]
    np.testing.assert_allclose(np.asarray(first.get_xdata()), 20 + 40 * np.arange(10))
    np.testing.assert_allclose(np.asarray(first.get_ydata()), 20 + np.arange(10))
    assert {"a", "b", "plain", "wired"} <= {text.get_text() for text in axes.texts}
    assert axes.get_xlim() == (0, 1600)


def test_labels_of_lines_that_end_together_are_moved_apart():
    curves = {name: np.full((1, 4, 10), 5.0 + i / 1000) for i, name in enumerate("abc")} | {"d": np.zeros((1, 4, 10))}
    axes = learning_curves(curves, VISITS, ["plain", "wired"], "title").axes[0]
    heights = sorted(text.xy[1] for text in axes.texts if text.get_text() in "abc")  # type: ignore[attr-defined]
    assert np.diff(heights).min() > 0.2


def test_exam_matrices_share_one_scale_and_frame_what_was_just_lived():
    ages, scores = np.array([0, 400, 800, 1200, 1600]), np.arange(10.0).reshape(5, 2)
    drawn = exam_matrices({"a": (ages, scores), "b": (ages, -scores)}, VISITS, ["plain", "wired"])
    images = [axes.images[0] for axes in drawn.axes[:2]]
    assert {image.get_clim() for image in images} == {(-9.0, 9.0)}
    np.testing.assert_array_equal(np.asarray(images[0].get_array()), scores.T)
    frames = [(round(patch.get_x() + 0.46), round(patch.get_y() + 0.44)) for patch in drawn.axes[0].patches]  # type: ignore[attr-defined]
    assert frames == [(1, 0), (2, 1), (3, 0), (4, 1)]
    assert exam_matrix(ages, scores, ["plain", "wired"]).axes[0].images


def test_bars_are_the_means():
    drawn = metric_bars(compared(), ["lifetime_return", "forward_transfer", "regret"])
    assert [axes.get_title(loc="left") for axes in drawn.axes] == ["lifetime return", "regret (lower is better)"]
    assert [bar.get_width() for bar in drawn.axes[0].patches] == [18.375, 12.5]  # type: ignore[attr-defined]


def test_steps_are_written_briefly():
    assert [short(n) for n in (0, 999, 1000, 20_000, 1_500_000)] == ["0", "999", "1k", "20k", "1.5M"]


def many(count: int = 200) -> tuple[np.ndarray, list[str]]:
    starts = np.arange(count) * 100
    return np.stack([np.arange(count), starts, starts + 100], axis=1), [f"p{task:03}" for task in range(count)]


def test_lives_of_many_visits_are_drawn_a_point_a_visit():
    visits, tasks = many()
    curves = {"a": np.arange(4000.0).reshape(2, 200, 10)}
    axes = learning_curves(curves, visits, tasks, "title").axes[0]
    (line,) = axes.lines
    np.testing.assert_allclose(np.asarray(line.get_xdata()), 50 + 100 * np.arange(200))
    np.testing.assert_allclose(np.asarray(line.get_ydata()), 1004.5 + 10 * np.arange(200))
    assert [text.get_text() for text in axes.texts] == ["a"]


@pytest.mark.parametrize("count", [40, 200])
def test_exams_of_many_tasks_fit_on_a_page_with_names_that_can_be_read(count):
    visits, tasks = many(count)
    ages, scores = np.array([0, 1000, 2000]), np.zeros((3, count))
    drawn = exam_matrices({"a": (ages, scores), "b": (ages, scores)}, visits, tasks)
    assert drawn.get_figheight() < 16
    assert not drawn.axes[0].patches, "frames would hide such narrow rows"
    names = [label.get_text() for label in drawn.axes[0].get_yticklabels()]
    assert 20 <= len(names) <= 24
    assert names[:2] == ["p000", tasks[int(drawn.axes[0].get_yticks()[1])]]
    assert exam_matrix(ages, scores, tasks).get_figheight() < 10


def test_many_words_are_listed_by_the_first_and_the_last():
    assert listed(["a", "b", "c", "d"]) == "a, b, c, d"
    assert listed(many()[1]) == "p000, p001, p002, ..., p199"


def test_metrics_that_no_agent_has_a_number_for_are_left_out_of_tables():
    summary = compared()
    names = [row[0] for row in main_rows(summary)[1]]
    assert "forgetting_final" not in names, "two exams, none where the first world was left"
    assert summary["agents"]["a"]["forgetting_final"]["mean"] is None
    assert {"final_average", "reward_rate"} <= set(names)


def test_agents_that_tell_other_vitals_are_compared_by_what_both_tell():
    spec = dataclasses.replace(tiny(), agents={"a": RandomSpec(), "b": RandomSpec()})
    lives = {label: [life(label, seed, [1, 2, 3, 4]) for seed in (0, 1)] for label in ("a", "b")}
    told = {"age": 1500, "vitals/effective_rank": 3.0, "vitals/value_effective_rank": 5.0, "vitals/other": 1.0}
    early = {"age": 1440, "vitals/effective_rank": 99.0}
    late = {**told, "age": 1600, "vitals/effective_rank": 6.0}
    lives["a"][1] = dataclasses.replace(lives["a"][1], vitals=(early, told, late))
    summary = summarise(spec, lives)
    assert summary["agents"]["a"]["late_effective_rank"]["per_seed"] == [None, 4.5], "of the last tenth"
    assert summary["agents"]["a"]["late_value_effective_rank"]["per_seed"] == [None, 5.0]
    assert "late_effective_rank" not in summary["pairs"]["a - b"]
    assert "lifetime_return" in summary["pairs"]["a - b"]


def labelled(label: str, seed: int, levels: list[float]) -> Record:
    """A life that was examined on leaving, at its end, and cold: by as much as its levels say, in hundredths."""
    rates = np.array(levels) / 100
    cold = {1: rates[2:] / 2, 16: rates[2:] / 1.25}
    return dataclasses.replace(life(label, seed, levels), leaving=rates, final=rates[2:], cold=cold)


def compared_by_rates() -> dict:
    spec = dataclasses.replace(tiny(), agents={"a": RandomSpec(), "b": RandomSpec()})
    records = {
        "a": [labelled("a", 0, [10, 20, 9, 30]), labelled("a", 1, [12, 22, 12, 32])],
        "b": [labelled("b", 0, [5, 20, 5, 20]), labelled("b", 1, [7, 18, 7, 18])],
    }
    return summarise(spec, records)


def test_exams_on_leaving_at_the_end_and_cold_are_judged_by_reward_a_step():
    agents = compared_by_rates()["agents"]
    assert agents["a"]["leaving_rate"]["per_seed"] == pytest.approx([0.69 / 4, 0.78 / 4])
    assert agents["a"]["late_leaving_rate"]["per_seed"] == [0.3, 0.32]
    assert agents["a"]["kept_rate"]["per_seed"] == [0.09, 0.12], "the second world is the last one"
    assert agents["a"]["kept_rate_late"]["per_seed"] == [0.09, 0.12]
    assert agents["a"]["kept_cold_1"]["per_seed"] == [0.045, 0.06]
    assert agents["a"]["kept_cold_16"]["per_seed"] == [0.072, 0.096]
    assert agents["a"]["late_reward_rate"]["per_seed"] == [0.75, 0.8]
    assert not {"leaving_rate", "kept_rate", "kept_cold_1"} & set(compared()["agents"]["a"])


def test_kept_late_is_over_the_ten_worlds_before_the_last():
    spec = dataclasses.replace(tiny(), agents={"a": RandomSpec()}, seeds=(0,))
    visits, _ = many(14)
    rates = np.arange(14) / 100
    one = dataclasses.replace(labelled("a", 0, [1, 1, 1, 1]), visits=visits, final=rates, leaving=rates)
    one = dataclasses.replace(one, cold={}, exams=np.zeros((0, 14, 1)), exam_ages=np.zeros(0), task=one.task * 0)
    spec = dataclasses.replace(spec, life=Schedule(tuple(Task(f"p{k}", "CartPole-v1") for k in range(14)), 100))
    agents = summarise(spec, {"a": [one]})["agents"]
    assert agents["a"]["kept_rate"]["mean"] == pytest.approx(rates[:13].mean())
    assert agents["a"]["kept_rate_late"]["mean"] == pytest.approx(rates[3:13].mean())
    assert agents["a"]["late_leaving_rate"]["mean"] == pytest.approx(rates[-3:].mean())


def test_tables_of_labelled_lives_lead_with_what_they_are_judged_by():
    summary = compared_by_rates()
    names = [row[0] for row in main_rows(summary)[1]]
    assert names[:5] == ["reward_rate", "late_reward_rate", "leaving_rate", "late_leaving_rate", "kept_rate"]
    assert len(names) == len(set(names)) and {"lifetime_return", "kept_cold_16", "visit_2"} <= set(names)
    header, rows = pair_rows(summary)
    assert header == ["pair (same seeds)", "reward_rate", "by Student's t", "late_reward_rate", "kept_rate"]
    low, high = summary["pairs"]["a - b"]["reward_rate"]["ci95_t"]
    assert rows[0][0] == "a - b"
    assert rows[0][2] == f"[{figure(low)}, {figure(high)}]"
    assert rows[0][4] == "0.045 [0.040, 0.050]"
    assert next(row[0] for row in main_rows(compared())[1]) == "lifetime_return"
    header, _ = pair_rows(compared())
    assert header[1:] == ["lifetime_return", "by Student's t", "regret ratio", "final_average"]


def test_rates_are_drawn_by_visit_and_by_age_of_the_task():
    lived = {"a": np.array([[0.1, 0.2, 0.3], [0.3, 0.4, 0.5]]), "b": np.zeros((2, 3))}
    kept = {"a": np.array([[0.5, 0.9, 0.6], [0.7, 0.7, 0.8]]), "b": np.zeros((2, 3))}
    above, below = rate_figure(lived, kept, np.array([2, 0, 1]), "title").axes
    assert np.asarray(above.lines[0].get_xdata()).tolist() == [1, 2, 3]
    np.testing.assert_allclose(np.asarray(above.lines[0].get_ydata()), [0.2, 0.3, 0.4])
    assert np.asarray(below.lines[0].get_xdata()).tolist() == [0, 1, 2]
    np.testing.assert_allclose(np.asarray(below.lines[0].get_ydata()), [0.8, 0.7, 0.6])
    veil = above.collections[0].get_datalim(above.transData)
    assert (veil.y0, veil.y1) == (0.1, 0.5), "from the lowest to the highest seed"
    for axes in (above, below):
        assert [text.get_text() for text in axes.texts] in (["a", "b"], ["b", "a"])


def test_rates_of_long_lives_of_many_agents_can_be_told_apart_and_stay_small(tmp_path):
    dice = np.random.default_rng(0)
    rates = {f"agent_{k}": dice.random((3, 201)) * 0.2 + k / 14 for k in range(11)}
    drawn = rate_figure(rates, rates, np.arange(201)[::-1], "title")
    lines = drawn.axes[0].lines
    assert all(len(np.asarray(line.get_xdata())) == POINTS for line in lines)
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 11
    np.testing.assert_allclose(np.asarray(lines[0].get_ydata())[0], rates["agent_0"][:, :5].mean())
    save(drawn, tmp_path / "rates.png")
    assert (tmp_path / "rates.png").stat().st_size < 300_000


def test_reward_rates_are_rewards_by_steps():
    # Forty episodes of 10, 20, 9 and 30, ten each, over 1,600 steps.
    assert compared()["agents"]["a"]["reward_rate"]["per_seed"][0] == pytest.approx(690 / 1600)
