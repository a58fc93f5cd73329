"""From the records of a comparison to `summary.json`: every metric of every agent, and the paired differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from experiments import metrics
from experiments.intervals import describe, describe_difference, describe_ratio, number
from experiments.load import plain
from experiments.records import Record
from experiments.spec import Experiment

Records = Mapping[str, Sequence[Record]]
"""Agent -> its lives, in the order of the seeds."""


def scores_of(record: Record) -> np.ndarray:
    """Score every tenth of every visit of a life, shape (V, 10)."""
    return metrics.tenths(record.visits, record.start, record.returns, record.cut)


def lifetime_return(record: Record) -> float:
    """Return the average score over a whole life."""
    return metrics.lifetime_return(scores_of(record), metrics.weights(record.visits))


def summarise(spec: Experiment, records: Records, alone: Mapping[str, np.ndarray] | None = None) -> dict[str, Any]:
    """Judge a comparison.

    Args:
        spec: What was asked.
        records: The lives, for every agent the same seeds.
        alone: Agent -> mean score of a newborn in each task alone, shape (S, T), if those were lived.

    Returns:
        Plain data, fit for JSON; `docs/experiments.md` defines every entry.
    """
    seeds = list(spec.seeds)
    tasks = [task.name for task in spec.schedule.tasks]
    best = reference(spec, records)
    alone = alone or {}
    values = {
        label: [judge(life, best, alone[label][i] if label in alone else None) for i, life in enumerate(lives)]
        for label, lives in records.items()
    }
    table = {
        label: {name: [row.get(name, np.nan) for row in rows] for name in dict.fromkeys(n for row in rows for n in row)}
        for label, rows in values.items()
    }
    return {
        "experiment": spec.name,
        "seeds": seeds,
        "steps": spec.steps,
        "tasks": tasks,
        "best": {name: number(score) for name, score in zip(tasks, best, strict=True)},
        "agents": {label: {name: describe(row) for name, row in rows.items()} for label, rows in table.items()},
        "pairs": {
            f"{one} - {two}": {
                name: describe_difference(table[one][name], table[two][name])
                for name in table[one]
                if name in table[two]  # not every agent tells the same vitals
            }
            for one, two in combinations(table, 2)
        },
        "regret_ratio": {
            f"{one} / {two}": describe_ratio(table[one]["regret"], table[two]["regret"])
            for one, two in combinations(table, 2)
        },
        "returns_to_known_worlds": {label: _homecomings(lives, tasks) for label, lives in records.items()},
        "hashes": {label: lives[0].done["hash"] for label, lives in records.items()},
        "versions": _versions(records),
        "spec": plain(spec),
    }


def reference(spec: Experiment, records: Records) -> np.ndarray:
    """Return the score from which regret is counted, shape (T,): the best known of each task.

    That is the highest last tenth of any visit of any compared agent and seed, or the spec's reference if it is higher.
    """
    tasks = [task.name for task in spec.schedule.tasks]
    best = np.array([spec.reference.get(name, -np.inf) for name in tasks])
    for lives in records.values():
        for life in lives:
            best = np.maximum(best, metrics.best_scores(scores_of(life), life.visits[:, 0], len(tasks)))
    return np.where(np.isfinite(best), best, 0.0)


def judge(life: Record, best: np.ndarray, alone: np.ndarray | None = None) -> dict[str, float]:
    """Compute every metric of one life.

    Args:
        life: What was recorded.
        best: Reference score of each task, shape (T,).
        alone: Mean score of a newborn in each task alone, shape (T,), or None.
    """
    scores, tasks = scores_of(life), life.visits[:, 0]
    result = {
        "lifetime_return": lifetime_return(life),
        "episode_return": metrics.episode_return(life.returns, life.cut),
        "reward_rate": metrics.reward_rate(life.returns, life.done["steps"]),
        "late_reward_rate": metrics.late_reward_rate(life.returns, life.visit, life.visits),
        "regret": metrics.regret(scores, tasks, best, metrics.weights(life.visits)),
        "leaving_score": metrics.leaving_score(scores),
        "retention_on_return": metrics.retention_on_return(scores, tasks),
        "recovery_steps": metrics.recovery_steps(scores, life.visits),
    }
    result |= {f"visit_{k + 1}": mean for k, mean in enumerate(metrics.visit_means(scores, tasks))}
    if len(life.exams):
        exams, ages = life.scores, life.exam_ages
        result |= {
            "final_average": metrics.final_average(exams),
            "forgetting_final": metrics.forgetting_final(exams, ages, life.visits),
            "forgetting_away": metrics.forgetting_away(exams, ages, life.visits),
            "forgetting_peak": metrics.forgetting_peak(exams),
            "zero_shot_transfer": metrics.zero_shot_transfer(exams, ages, life.visits),
        }
    if len(life.leaving):
        result["leaving_rate"] = float(life.leaving.mean())
        result["late_leaving_rate"] = float(life.leaving[-max(1, round(0.2 * len(life.leaving))) :].mean())
    if len(life.final):
        result["kept_rate"] = metrics.kept(life.final, life.visits)
        result["kept_rate_late"] = metrics.kept(life.final, life.visits[-11:])
    result |= {f"kept_cold_{size}": metrics.kept(rates, life.visits) for size, rates in life.cold.items()}
    result |= late_vitals(life)
    if alone is not None:
        result["forward_transfer"] = metrics.forward_transfer(scores, tasks, alone.tolist(), best)
    seconds = life.done["cpu_seconds"] - life.done["overhead_cpu_seconds"]
    return result | {
        "cpu_seconds": life.done["cpu_seconds"],
        "cpu_microseconds_per_step": 1e6 * seconds / life.done["steps"],
    }


def late_vitals(life: Record) -> dict[str, float]:
    """Average the effective ranks that were told in the last tenth of a life."""
    late = [row for row in life.vitals if row["age"] > 0.9 * life.done["steps"]]
    names = dict.fromkeys(name for row in late for name in row if "effective_rank" in name)
    return {
        f"late_{name.removeprefix('vitals/')}": float(np.mean([row[name] for row in late if name in row]))
        for name in names
    }


def _homecomings(lives: Sequence[Record], tasks: Sequence[str]) -> list[dict[str, Any]]:
    """Say for every return to a known world what was known on leaving and on coming back, means over seeds."""
    scores = np.stack([scores_of(life) for life in lives])
    rows = []
    for again, before in metrics.returns_home(lives[0].visits[:, 0]):
        left, back = scores[:, before, -1].mean(), scores[:, again, 0].mean()
        rows.append(
            {
                "visit": again,
                "task": tasks[int(lives[0].visits[again, 0])],
                "left": number(left),
                "back": number(back),
                "ratio": number(back / left) if left > 0 else None,
            }
        )
    return rows


def _versions(records: Records) -> dict[str, str]:
    """Return the versions all cells were lived with; several, with commas, where they differ."""
    found: dict[str, list[str]] = {}
    for lives in records.values():
        for life in lives:
            for name, version in life.done["versions"].items():
                if version not in found.setdefault(name, []):
                    found[name].append(version)
    return {name: ", ".join(versions) for name, versions in found.items()}
