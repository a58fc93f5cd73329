"""From lived cells to what is shown: records, summary, tables, figures."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from experiments import metrics, plots
from experiments.cells import Cell, cells, write_json
from experiments.rate_plots import rate_figure
from experiments.records import Record, read_record
from experiments.spec import Experiment
from experiments.summary import lifetime_return, scores_of, summarise
from experiments.tables import judged_by_rates

BARS = ("lifetime_return", "regret", "retention_on_return", "final_average", "forgetting_away")
RATE_BARS = ("reward_rate", "late_reward_rate", "late_leaving_rate", "kept_rate", "kept_cold_1")
"""Bars where lives are judged by reward a step."""


@dataclass(frozen=True)
class Comparison:
    """A finished comparison: the lives, and what came of them."""

    spec: Experiment
    records: Mapping[str, Sequence[Record]]
    summary: dict[str, Any]
    folder: Path

    @property
    def figures(self) -> list[Path]:
        """The figures that were drawn."""
        return sorted(self.folder.glob("figures/*.png"))


def alone_cells(spec: Experiment, out: Path) -> dict[tuple[str, int], list[Cell]]:
    """Lay out the lives of newborns in one task each, for as long as its first visit: (agent, task) -> a cell a seed.

    They lie in `<out>/<experiment>/alone/<task index>/<label>/seed<k>`, sit no exams and meet the same worlds.
    """
    schedule = spec.schedule
    found = {}
    for task in range(len(schedule.tasks)):
        single = schedule.only(task, spec.first_visit(task))
        for cell in cells(spec, out):
            found.setdefault((cell.label, task), []).append(
                replace(
                    cell,
                    schedule=single,
                    visits=single.visits,
                    exams=replace(spec.exams, every=0, leaving=False, cold=()),
                    folder=out / spec.name / "alone" / str(task) / cell.label / f"seed{cell.seed}",
                )
            )
    return found


def read_alone(found: Mapping[tuple[str, int], Sequence[Cell]], spec: Experiment) -> dict[str, np.ndarray]:
    """Read the mean scores of newborns alone: agent -> shape (S, T)."""
    count = len(spec.schedule.tasks)
    return {
        label: np.array(
            [[lifetime_return(read_record(cell.folder)) for cell in found[label, task]] for task in range(count)]
        ).T
        for label in spec.agents
    }


def collect(spec: Experiment, out: Path, alone: bool = False) -> Comparison:
    """Read the cells of an experiment, judge them, and write summary and figures beside them.

    Files: `<out>/<experiment>/summary.json` and `<out>/<experiment>/figures/*.png`.

    Raises:
        FileNotFoundError: If a cell has not been lived.
    """
    records: dict[str, list[Record]] = {label: [] for label in spec.agents}
    for cell in cells(spec, out):
        records[cell.label].append(read_record(cell.folder))
    newborns = read_alone(alone_cells(spec, out), spec) if alone else None
    folder = out / spec.name
    result = Comparison(spec, records, summarise(spec, records, newborns), folder)
    write_json(folder / "summary.json", result.summary)
    draw(result)
    return result


def draw(comparison: Comparison) -> None:
    """Draw the figures of a comparison."""
    spec, records, folder = comparison.spec, comparison.records, comparison.folder / "figures"
    visits = next(iter(records.values()))[0].visits
    tasks = comparison.summary["tasks"]
    curves = {label: np.stack([scores_of(life) for life in lives]) for label, lives in records.items()}
    seeds = len(spec.seeds)
    title = f"{spec.name}: {seeds} {'seed' if seeds == 1 else 'seeds, mean and range'}"
    plots.save(plots.learning_curves(curves, visits, tasks, title), folder / "learning_curves.png")
    rates = judged_by_rates(comparison.summary)
    plots.save(plots.metric_bars(comparison.summary, RATE_BARS if rates else BARS), folder / "metrics.png")
    if rates:
        draw_rates(comparison, title)
    exams = {
        label: (lives[0].exam_ages, np.mean([life.scores for life in lives], axis=0))
        for label, lives in records.items()
        if len(lives[0].exams)
    }
    if exams:
        plots.save(plots.exam_matrices(exams, visits, tasks), folder / "exams.png")


def draw_rates(comparison: Comparison, title: str) -> None:
    """Draw the rewards of a step of lives that are judged by them."""
    records = comparison.records
    away = metrics.away(next(iter(records.values()))[0].visits)
    lived = {
        label: np.stack([metrics.visit_rates(life.returns, life.visit, life.visits) for life in lives])
        for label, lives in records.items()
    }
    kept = {label: np.stack([life.final[list(away)] for life in lives]) for label, lives in records.items()}
    figure = rate_figure(lived, kept, np.array(list(away.values())), title)
    plots.save(figure, comparison.folder / "figures" / "rates.png")


def export(comparison: Comparison, results: Path) -> Path:
    """Copy summary and figures to a folder of results to be kept, `<results>/<experiment>`; return it."""
    target = results / comparison.spec.name
    target.mkdir(parents=True, exist_ok=True)
    for path in (comparison.folder / "summary.json", *comparison.figures):
        shutil.copyfile(path, target / path.name)
    return target
