"""A cell is one agent living one seed of one life: what it is, where it is kept, and whether it has been lived.

A folder of a cell holds `cell.json` (what is lived), `episodes.jsonl`, `exams.jsonl`, `vitals.jsonl`, a TensorBoard
log and, written last and at once, `done.json`. A cell with a `done.json` is never lived again; one without starts over.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.protocol import AgentSpec
from envs import Schedule, Visit
from experiments.load import SpecError, plain
from experiments.spec import ExamPlan, Experiment


@dataclass(frozen=True)
class Cell:
    """One agent, one seed, one life."""

    label: str
    """What the agent is called in tables and folders."""
    agent: AgentSpec
    seed: int
    """Root seed of the life and of the agent's own dice."""
    schedule: Schedule
    num_envs: int
    visits: tuple[Visit, ...]
    """What is lived of the schedule."""
    exams: ExamPlan
    vitals_every: int
    folder: Path

    @property
    def steps(self) -> int:
        """Length of the life, in life steps."""
        return self.visits[-1].stop

    @property
    def spec(self) -> dict[str, Any]:
        """Everything that decides what happens in this cell, as plain data."""
        return {
            "life": plain(self.schedule),
            "steps": self.steps,
            "num_envs": self.num_envs,
            "exams": plain(self.exams),
            "vitals_every": self.vitals_every,
            "agent": plain(self.agent),
        }

    @property
    def hash(self) -> str:
        """Fingerprint of the spec without the seed: 16 hexadecimal digits, equal on every machine."""
        return fingerprint(self.spec)

    @property
    def done(self) -> bool:
        """Whether this cell has been lived to its end.

        Raises:
            SpecError: If its folder holds a finished cell of another spec.
        """
        path = self.folder / "done.json"
        if not path.is_file():
            return False
        other = read_json(path)["hash"]
        if other != self.hash:
            was = read_json(self.folder / "cell.json")["spec"]
            raise SpecError(
                f"{self.folder} holds a finished cell of another spec ({differences(was, self.spec)}); "
                "move or delete that folder, or choose another --out"
            )
        return True

    def claimed(self) -> contextlib.AbstractContextManager[None]:
        """Keep other processes from living this cell meanwhile; see `claim`."""
        return claim(self.folder)

    def begin(self) -> None:
        """Make the claimed folder ready for a life, dropping what an interrupted one has left.

        Raises:
            SpecError: If the folder holds something else than a cell, which is left alone.
        """
        left = list(self.folder.iterdir())
        if left and not (self.folder / "cell.json").is_file():
            raise SpecError(f"{self.folder} is in use for something else (no cell.json); choose another --out")
        for path in left:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        life = {
            "label": self.label,
            "seed": self.seed,
            "hash": self.hash,
            "tasks": [task.name for task in self.schedule.tasks],
            "visits": [[visit.task, visit.start, visit.stop] for visit in self.visits],
            "spec": self.spec,
        }
        write_json(self.folder / "cell.json", life)


@contextlib.contextmanager
def claim(folder: Path) -> Iterator[None]:
    """Keep other processes from living in a folder meanwhile; the claim ends with the process, however that ends.

    Raises:
        SpecError: If another process is living there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SpecError(f"{folder} is being lived by another process; wait for it, or stop it") from None
        yield
    finally:
        os.close(handle)


def cells(spec: Experiment, out: Path, labels: Iterable[str] | None = None) -> list[Cell]:
    """Lay out an experiment as cells, seed by seed, so that whole pairs are finished first.

    Args:
        spec: The experiment.
        out: Folder in which experiments are kept; a cell lies in `<out>/<experiment>/<label>/seed<k>`.
        labels: The agents wanted; None for all of them.
    """
    chosen = list(spec.agents) if labels is None else list(labels)
    schedule, visits = spec.schedule, spec.visits
    return [
        Cell(
            label=label,
            agent=spec.agents[label],
            seed=seed,
            schedule=schedule,
            num_envs=spec.num_envs,
            visits=visits,
            exams=spec.exams,
            vitals_every=spec.vitals_every,
            folder=out / spec.name / label / f"seed{seed}",
        )
        for seed in spec.seeds
        for label in chosen
    ]


def fingerprint(data: Any) -> str:
    """Hash plain data by its canonical JSON (sha256, the first 16 hexadecimal digits)."""
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def differences(was: Any, now: Any, where: str = "") -> str:
    """Say where two pieces of plain data differ: "agent.learning_rate was 0.1, is 0.2"; at most three places."""
    found: list[str] = []

    def walk(one: Any, two: Any, path: str) -> None:
        if isinstance(one, dict) and isinstance(two, dict):
            for key in dict.fromkeys((*one, *two)):
                walk(one.get(key, "absent"), two.get(key, "absent"), f"{path}.{key}" if path else key)
        elif one != two:
            short = len(json.dumps(one)) + len(json.dumps(two)) < 80
            found.append(f"{path} was {json.dumps(one)}, is {json.dumps(two)}" if short else f"{path} differs")

    walk(was, now, where)
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path: Path, data: Any) -> None:
    """Write a JSON file so that it is there whole or not at all, also when the machine stops in between."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(data, file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
