"""Reading what the recorder has written: one lived cell as arrays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.cells import read_json


@dataclass(frozen=True)
class Record:
    """One life as it was lived: V visits, M episodes, K exams of T tasks with E episodes each."""

    label: str
    seed: int
    tasks: tuple[str, ...]
    """Names of the T tasks."""
    visits: np.ndarray
    """Task, start and stop of each visit, shape (V, 3), ages in environment steps."""
    visit: np.ndarray
    """The visit in which each episode was lived, shape (M,)."""
    task: np.ndarray
    """The task in which each episode was lived, shape (M,)."""
    start: np.ndarray
    """Age at which each episode began, shape (M,)."""
    end: np.ndarray
    """Age at which each episode ended, shape (M,)."""
    returns: np.ndarray
    """Undiscounted return of each episode, shape (M,)."""
    cut: np.ndarray
    """Whether the world changed, or life ended, before the episode did, shape (M,), bool."""
    exam_ages: np.ndarray
    """Ages of the exams, shape (K,)."""
    exams: np.ndarray
    """Returns in exams, shape (K, T, E)."""
    leaving: np.ndarray
    """Mean reward per step in the exam of its own task at the end of each visit, shape (V,), or empty."""
    final: np.ndarray
    """Mean reward per step in the exam of each task at the end of life, shape (T,), or empty."""
    cold: dict[int, np.ndarray]
    """Size of a group that meets a task cold at the end of life -> mean reward of that step, shape (T,)."""
    vitals: tuple[dict[str, float], ...]
    """Rows of health figures, each with its `age`."""
    done: dict[str, Any]
    """What `done.json` says: hash, steps, CPU seconds, versions."""

    @property
    def scores(self) -> np.ndarray:
        """The exam matrix score[age, task]: mean over episodes, shape (K, T)."""
        return self.exams.mean(axis=-1)


def read_record(folder: Path, done: dict[str, Any] | None = None) -> Record:
    """Read one finished cell.

    Args:
        folder: The folder of the cell.
        done: What `done.json` is going to say, for a cell that has just been lived; None to read it.

    Raises:
        FileNotFoundError: If the cell has not been lived to its end.
    """
    end = read_json(folder / "done.json") if done is None else done
    life = read_json(folder / "cell.json")
    episodes, exams = read_rows(folder / "episodes.jsonl"), read_rows(folder / "exams.jsonl")

    left, last = folder / "rates.jsonl", folder / "final.json"
    leaving = [row["rate"] for row in read_rows(left)] if left.is_file() else []
    final = read_json(last) if last.is_file() else {"rates": [], "cold": {}}

    def column(name: str, kind: type) -> np.ndarray:
        return np.array([row[name] for row in episodes], dtype=kind)

    tasks = tuple(life["tasks"])
    return Record(
        label=life["label"],
        seed=life["seed"],
        tasks=tasks,
        visits=np.array(life["visits"], dtype=np.int64).reshape(-1, 3),
        visit=column("visit", np.int64),
        task=column("task", np.int64),
        start=column("start", np.int64),
        end=column("end", np.int64),
        returns=column("return", np.float64),
        cut=np.array([row["how"] == "cut" for row in episodes], dtype=bool),
        exam_ages=np.array([row["age"] for row in exams], dtype=np.int64),
        exams=np.array([row["returns"] for row in exams], dtype=np.float64).reshape(len(exams), len(tasks), -1)
        if exams
        else np.zeros((0, len(tasks), 1)),
        leaving=np.array(leaving, dtype=np.float64),
        final=np.array(final["rates"], dtype=np.float64),
        cold={int(size): np.array(rates) for size, rates in final["cold"].items()},
        vitals=tuple(read_rows(folder / "vitals.jsonl")),
        done=end,
    )


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read a JSONL file; a last line that was cut off by a kill is left out."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return rows
