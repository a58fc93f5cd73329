"""Contenders take turns; ratios are made turn by turn, and their middle and ends reported."""

from __future__ import annotations

import contextlib
import platform
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from experiments.speed.crew import Gone, Worker
from experiments.speed.rows import Contender, Group, Kind, Row


class Crew(Protocol):
    """What does the work of one contender; see `Worker`."""

    versions: dict[str, str]

    def ready(self) -> None:
        """Wait until it is."""
        ...

    def turn(self, seconds: float) -> float:
        """Let it work, and give its rate or its figure."""
        ...

    def close(self) -> None:
        """End it."""
        ...


Hire = Callable[[Contender], Crew]
Told = Callable[[str], None]
"""Told before each step of the work what it is; as often as `stages` says."""


def stages(groups: Sequence[Group], turns: int) -> int:
    """Count the steps of the work: getting ready, and each turn, of every contender."""
    return sum(len(group.contenders) * (1 + turns) for group in groups)


def measure(group: Group, turns: int, seconds: float, told: Told, hire: Hire = Worker) -> dict[str, Any]:
    """Measure a group: A B C, A B C, ...

    A contender that is not installed, or fails, is out; the others go on.

    Args:
        group: Who takes turns with whom.
        turns: How often each has its turn.
        seconds: CPU seconds of a turn; whoever works in larger pieces works at least one piece.
        told: Told what comes next.
        hire: What starts contenders.

    Returns:
        ``contenders``: key -> ``unit``, ``turns`` (each figure) with ``median``, ``min`` and ``max``, or
        ``absent`` or ``failed`` with the reason; ``rows``: see `judged`; ``versions``.
    """
    figures: dict[str, list[float]] = {name: [] for name in group.contenders}
    out: dict[str, dict[str, str]] = {}
    crews: dict[str, Crew] = {}
    versions: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        for name, contender in group.contenders.items():
            told(f"{group.key(name)} gets ready")
            with _leaving(out, name):
                crews[name] = hire(contender)
                stack.callback(crews[name].close)
                crews[name].ready()
                versions |= crews[name].versions
        for turn in range(turns):
            for name in group.contenders:
                told(f"{group.key(name)}, turn {turn + 1} of {turns}")
                if name not in out:
                    with _leaving(out, name):
                        figures[name].append(crews[name].turn(seconds))
    contenders = {
        group.key(name): {"unit": contender.unit, **(out.get(name) or spread(figures[name]))}
        for name, contender in group.contenders.items()
    }
    rows = {
        key(group, row): {**judged(row, figures, out), "unit": group.contenders[row.ours].unit} for row in group.rows
    }
    return {"contenders": contenders, "rows": rows, "versions": versions}


@contextlib.contextmanager
def _leaving(out: dict[str, dict[str, str]], name: str):
    """Note who is out, and why."""
    try:
        yield
    except Gone as error:
        out[name] = {"absent" if error.absent else "failed": str(error)}


def key(group: Group, row: Row) -> str:
    """Name a row: the same from run to run."""
    return f"{group.name}: {row.work}: {row.ours}" + (f" / {row.other}" if row.other else "")


def judged(row: Row, figures: dict[str, list[float]], out: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Divide turn by turn, and see which mark is reached.

    Returns:
        What the row says, the medians ``mine`` and ``theirs``, and ``turns`` with ``median``, ``min``, ``max`` and
        ``reached``; or ``absent`` or ``failed`` with the reason.
    """
    said = {"work": row.work, "ours": row.ours, "other": row.other, "must": row.must, "aim": row.aim, "kind": row.kind}
    for name in (row.ours, row.other):
        if name in figures and figures[name] and name not in out:
            said["mine" if name == row.ours else "theirs"] = statistics.median(figures[name])
    for name in (row.ours, row.other):
        if name in out:
            return {**said, **out[name]}
    mine = figures[row.ours]
    values = mine
    if row.other is not None:
        pairs = list(zip(mine, figures[row.other], strict=True))
        values = [one / two if row.kind == "times" else two / one for one, two in pairs]
    result = spread(values)
    return {**said, **result, "reached": reached(row.kind, result["median"], row.must, row.aim)}


def spread(values: list[float]) -> dict[str, Any]:
    """Give the values with their middle and ends."""
    return {"turns": values, "median": statistics.median(values), "min": min(values), "max": max(values)}


def reached(kind: Kind, value: float, must: float | None, aim: float | None) -> str | None:
    """Say which mark a value reaches: ``"aim"``, ``"must"``, ``"no"``; None where there are no marks."""
    if must is None:
        return None
    for name, mark in (("aim", aim), ("must", must)):
        if mark is not None and (value >= mark if more_is_better(kind) else value <= mark):
            return name
    return "no"


def more_is_better(kind: Kind) -> bool:
    """Tell which way is up."""
    return kind in ("times", "most")


def machine() -> dict[str, Any]:
    """Tell what the figures depend on, without names of hosts or places."""
    model, cores, memory = platform.processor() or "unknown", 0, 0
    with contextlib.suppress(OSError):
        lines = [line.partition(":") for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()]
        model = next((value.strip() for name, _, value in lines if name.strip() == "model name"), model)
        cores = sum(name.strip() == "processor" for name, _, _ in lines)
        kilobytes = Path("/proc/meminfo").read_text(encoding="utf-8").split()[1]
        memory = round(int(kilobytes) / 2**20)
    return {
        "processor": model,
        "cores": cores,
        "memory_gib": memory,
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }
