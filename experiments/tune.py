"""Trying the settings of a grid on seeds of their own; every setting and its score is kept, not only the best.

A grid is a YAML file, `experiments/tuning/<agent>.yaml` unless another is named: field of the agent's spec -> values.
All combinations are lived. A list of such grids is lived one after the other; a field that one of them leaves out stays
as it is in the spec. Fields of parts of a spec are written with dots.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from agents import AgentSpec
from experiments.cells import Cell, cells, fingerprint, write_json
from experiments.intervals import describe
from experiments.load import SpecError, build, plain, read, suggestion
from experiments.options import numbers
from experiments.records import read_record
from experiments.spec import ExamPlan, Experiment
from experiments.summary import lifetime_return

GRIDS = Path(__file__).parent / "tuning"


@dataclass(frozen=True)
class TuneOptions:
    """What is tuned, on what, and where it is kept."""

    agent: str
    """Label of the agent in the spec whose settings are varied."""
    grid: Path | None = None
    """YAML file: field -> list of values; by default the shipped grid of the agent's label, or else of its kind."""
    seeds: str = "100-101"
    """Seeds to tune on, never those of the comparison."""
    max_steps: int | None = None
    """Live only so many steps of the life; None for as many as the spec says."""
    jobs: int = 2
    """Cells lived at the same time; 0 lives them in this process."""
    out: Path = Path("runs")
    """Folder in which lives are kept, as <out>/tuning/<experiment>/<agent>_<settings>/seed<k>."""
    results: Path = Path("experiments/results")
    """Folder for the outcome, <results>/<experiment>/tuning_<agent>.json."""


def tuning(spec: Experiment, options: TuneOptions) -> tuple[Experiment, dict[str, dict[str, Any]]]:
    """Turn a spec and a grid into an experiment with one agent a setting, without exams.

    Returns:
        The experiment, and label -> what that setting changes.

    Raises:
        SpecError: If the agent, the grid, the seeds or the length do not fit.
    """
    if options.agent not in spec.agents:
        raise SpecError(
            f"--agent: expected one of {', '.join(spec.agents)}; got '{options.agent}'"
            f"{suggestion(options.agent, spec.agents)}"
        )
    base = spec.agents[options.agent]
    path = grid_path(options, base)
    changes: dict[str, dict[str, Any]] = {}
    agents: dict[str, AgentSpec] = {}
    for change in combinations(read_grid(path)):
        agent = vary(base, change, str(path))
        label = f"{options.agent}_{fingerprint(plain(agent))[:8]}"
        agents[label], changes[label] = agent, change
    seeds = numbers(options.seeds)
    both = sorted(set(seeds) & set(spec.seeds))
    if both:
        raise SpecError(f"--seeds: tune on seeds that are not compared on; the spec compares on {both} too")
    try:
        tuned = replace(
            spec,
            agents=agents,
            seeds=seeds,
            exams=ExamPlan(every=0),
            vitals_every=0,
            max_steps=spec.max_steps if options.max_steps is None else options.max_steps,
        )
    except ValueError as error:
        raise SpecError(f"tune: {error}") from error
    return tuned, changes


def tuning_cells(spec: Experiment, options: TuneOptions) -> list[Cell]:
    """Lay out the cells of a tuning experiment, away from those of comparisons."""
    return cells(spec, options.out / "tuning")


def grid_path(options: TuneOptions, agent: AgentSpec) -> Path:
    """Find the grid of an agent: the named file, or the shipped one of its label, or of its kind."""
    candidates = [options.grid] if options.grid else [GRIDS / f"{name}.yaml" for name in (options.agent, agent.kind)]
    for path in candidates:
        if path.is_file():
            return path
    raise SpecError(f"--grid: no such file: {candidates[-1]}; write one, field -> list of values")


def read_grid(path: Path) -> list[dict[str, list[Any]]]:
    """Read a grid, or a list of them.

    Raises:
        SpecError: If it is neither a mapping of fields to lists of values nor a list of such mappings.
    """
    data = read(path.read_text(encoding="utf-8"), str(path))
    grids = data if isinstance(data, list) else [data]
    for grid in grids or [data]:
        if not isinstance(grid, dict) or not grid or not all(isinstance(one, list) and one for one in grid.values()):
            raise SpecError(
                f"{path}: expected fields with lists of values, such as `learning_rate: [1e-4, 3e-4]`, "
                f"or a list of such grids; got {grid!r}"
            )
    return grids


def combinations(grids: list[dict[str, list[Any]]]) -> Iterator[dict[str, Any]]:
    """Go through all combinations of each grid, the last field fastest."""
    for grid in grids:
        for values in itertools.product(*grid.values()):
            yield dict(zip(grid, values, strict=True))


def vary(agent: AgentSpec, change: dict[str, Any], where: str) -> AgentSpec:
    """Set fields of an agent's spec, checked as strictly as in YAML.

    Raises:
        SpecError: If a field does not exist or a value does not fit.
    """
    data = plain(agent)
    for name, value in change.items():
        *path, last = name.split(".")
        place = data
        for word in path:
            if not isinstance(place.get(word), dict):
                raise SpecError(f"{where}: '{name}': {agent.kind} has no part '{word}'{suggestion(word, place)}")
            place = place[word]
        place[last] = value
    return build(AgentSpec, data, where)


def outcome(
    spec: Experiment, options: TuneOptions, changes: dict[str, dict[str, Any]], base: dict[str, Any]
) -> dict[str, Any]:
    """Read the lived cells of a tuning experiment: every setting with its lifetime return, the best first.

    Settings of which a cell failed, or scored nothing finite, are listed as failed. `base` is the plain spec that the
    settings change; what a setting does not name is as it is there.
    """
    rows, failed = [], []
    lived = tuning_cells(spec, options)
    for label, change in changes.items():
        mine = [cell for cell in lived if cell.label == label]
        if not all(cell.done for cell in mine):
            failed.append(change)
            continue
        scores = [lifetime_return(read_record(cell.folder)) for cell in mine]
        if not np.isfinite(scores).all():
            failed.append(change)
            continue
        rows.append({"settings": change, "label": label, "hash": mine[0].hash, "lifetime_return": describe(scores)})
    rows.sort(key=lambda row: -row["lifetime_return"]["mean"])
    return {
        "experiment": spec.name,
        "agent": options.agent,
        "seeds": list(spec.seeds),
        "steps": spec.steps,
        "best": rows[0]["settings"] if rows else None,
        "configurations": rows,
        "failed": failed,
        "base": base,
    }


def write_outcome(result: dict[str, Any], options: TuneOptions) -> Path:
    """Write `<results>/<experiment>/tuning_<agent>.json`; return its path."""
    path = options.results / result["experiment"] / f"tuning_{options.agent}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, result)
    return path


def best_rows(result: dict[str, Any], count: int = 12) -> tuple[list[str], list[list[str]]]:
    """Lay out the best settings as a table: header and rows."""
    rows = result["configurations"][:count]
    names = list(dict.fromkeys(name for row in rows for name in row["settings"]))
    body = [
        [
            f"{row['lifetime_return']['mean']:.2f}",
            " ".join(f"{value:.1f}" for value in row["lifetime_return"]["per_seed"]),
            *(str(row["settings"].get(name, "as in the spec")) for name in names),
        ]
        for row in rows
    ]
    return ["lifetime_return", "per seed", *names], body
