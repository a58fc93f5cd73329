"""`lifelong bench speed` and `worlds`: what is asked for, measured, shown, kept, and held against the run before."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from experiments.load import SpecError, suggestion
from experiments.options import read_options
from experiments.progress import Count, make_count
from experiments.speed.guard import Verdict, compared
from experiments.speed.measure import machine, measure, stages
from experiments.speed.report import table, write
from experiments.speed.rows import GROUPS, Group

COMMITTED = Path(__file__).parent.parent / "results"
"""Where what a run is held against lies, if nothing else is named: <here>/NAME/NAME.json."""
HELP = """Ours against others, in one run, taking turns, one thread each. Exit code 1 if a contender fails, or, with
--against, if a ratio has become worse."""


@dataclass(frozen=True)
class SpeedOptions:
    """What is measured, how much, and where it goes."""

    rows: str = ""
    """Only these groups of rows, as "grid,peers"; all of them if empty."""
    turns: int = 5
    """How often every contender has its turn."""
    seconds: float = 0.5
    """CPU seconds of a turn; a contender that works in larger pieces works one piece."""
    out: Path = Path("runs")
    """Folder for figures and numbers: <out>/NAME/NAME.json and NAME.png, where NAME is what is measured."""
    results: Path | None = None
    """Also write them to <results>/NAME, to be committed."""
    against: Path | None = None
    """The NAME.json of a run before: ratios that have become worse make exit code 1. Without it the committed one is
    compared with, if there is one, and nothing follows from it."""


def speed(args: Sequence[str], name: str = "speed", every: Sequence[Group] = GROUPS) -> int:
    """Measure, show, keep, compare.

    Args:
        args: The words after ``lifelong bench NAME``.
        name: What is measured.
        every: All groups that can be asked for.

    Returns:
        The exit code.

    Raises:
        SpecError: Before anything is measured, if an option does not fit.
    """
    options = read_options(SpeedOptions, args, f"lifelong bench {name}", HELP)
    groups = chosen(options.rows, every)
    if options.turns < 1:
        raise SpecError(f"--turns: expected at least 1; got {options.turns}")
    if not options.seconds > 0:
        raise SpecError(f"--seconds: expected more than 0; got {options.seconds:g}")
    if options.rows and options.results is not None:
        raise SpecError("--results keeps whole runs, which others are held against; leave --rows out")
    before = read_result(options.against, name)
    folder = options.out / name
    result: dict[str, Any] = {
        "machine": machine(),
        "versions": {},
        "turns": options.turns,
        "seconds": options.seconds,
        "complete": False,
        "contenders": {},
        "rows": {},
    }
    count = make_count(name, stages(groups, options.turns))
    try:
        run(result, groups, count)
    except KeyboardInterrupt:
        count.close()
        write(result, folder, name)
        print(f"lifelong: interrupted; what has been measured is in {folder / f'{name}.json'}", file=sys.stderr)
        return 130
    finally:
        count.close()
    console = Console()
    (console if console.is_terminal else Console(width=150)).print(table(result))
    kept = write(result, options.results / name, name) if options.results else []
    for path in write(result, folder, name) + kept:
        print(f"written: {path}")
    failed = [who for who, one in result["contenders"].items() if "failed" in one]
    for who in failed:
        print(f"lifelong: {who} failed: {result['contenders'][who]['failed']}", file=sys.stderr)
    slower = before is not None and say(compared(result, before))
    return 1 if failed or (slower and options.against is not None) else 0


def run(result: dict[str, Any], groups: Sequence[Group], count: Count) -> None:
    """Measure one group after the other, and note what comes of each as it comes."""
    for group in groups:
        found = measure(group, result["turns"], result["seconds"], count.next)
        for part in ("contenders", "rows", "versions"):
            result[part] |= found[part]
    result["complete"] = True


def chosen(text: str, groups: Sequence[Group] = GROUPS) -> list[Group]:
    """Read "grid,peers" into groups, in their own order; all of them if it is empty.

    Raises:
        SpecError: If there is none of a name.
    """
    asked = [word.strip() for word in text.split(",") if word.strip()]
    known = list(dict.fromkeys(group.name for group in groups))
    for word in asked:
        if word not in known:
            raise SpecError(f"--rows: expected some of {', '.join(known)}; got '{word}'{suggestion(word, known)}")
    return [group for group in groups if not asked or group.name in asked]


def read_result(path: Path | None, name: str = "speed") -> dict[str, Any] | None:
    """Read the run before; the committed one, if there is one, where none is named.

    Raises:
        SpecError: If the named one is none.
    """
    if path is None:
        committed = COMMITTED / name / f"{name}.json"
        return read_result(committed, name) if committed.is_file() else None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        whole = isinstance(found["machine"]["processor"], str) and isinstance(found["rows"], dict)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SpecError(f"--against: '{path}' is no {name}.json of `lifelong bench {name}` ({error})") from error
    if not whole:
        raise SpecError(f"--against: '{path}' is no {name}.json of `lifelong bench {name}`")
    return found


def say(verdict: Verdict) -> bool:
    """Print what has become slower; returns whether anything has."""
    for line in verdict.apart:
        print(f"not compared: {line}")
    for line in verdict.slower:
        print(f"slower: {line}")
    slower, apart = len(verdict.slower), len(verdict.apart)
    print(f"against the run before: {slower} slower, {verdict.kept} not, {apart} not compared")
    return bool(verdict.slower)
