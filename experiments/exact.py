"""`lifelong bench exact`: are our grid worlds MiniGrid's? See `experiments.beside` for how they are compared."""

from __future__ import annotations

import json
import multiprocessing
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import gymnasium as gym
from rich.console import Console

from envs.compiled import can_compile
from envs.grid.make import names
from experiments.beside import ROWS, Found, compare
from experiments.load import SpecError, suggestion
from experiments.options import read_options
from experiments.progress import make_count
from experiments.tables import rich_table


@dataclass(frozen=True)
class ExactOptions:
    """What is compared, and how much of it."""

    steps: int = 1_000_000
    """Transitions, shared equally by the ids."""
    ids: str = ""
    """Only these ids, as "DoorKey-8x8-v0,FourRooms-v0"; all of MiniGrid's but the WFC ones if empty."""
    seed: int = 0
    """Seed of the first row, and of the actions; row i has this plus i."""
    engine: Literal["numba", "numpy"] = "numba"
    """What does our arithmetic."""
    jobs: int = 2
    """Ids lived at the same time, one process each; 0 lives them in this process."""
    out: Path = Path("runs")
    """Folder for what is found: <out>/exact/exact.json."""
    results: Path | None = None
    """Also write it to <results>/exact, to be committed."""


def exact(args: Sequence[str]) -> int:
    """Compare, show and keep what is found.

    Returns:
        The exit code: 1 if anything differs.

    Raises:
        SpecError: Before anything is lived, if an option does not fit.
    """
    about = "Our grid worlds beside MiniGrid's own; exit code 1 if anything differs."
    options = read_options(ExactOptions, args, "lifelong bench exact", about)
    for label, value, least in (("steps", options.steps, 1), ("jobs", options.jobs, 0), ("seed", options.seed, 0)):
        if value < least:
            raise SpecError(f"--{label}: expected at least {least}; got {value}")
    if options.engine == "numba" and not can_compile():
        raise SpecError("--engine: numba is not installed: pip install 'lifelong_agent[fast]', or take numpy")
    ids = asked(options.ids)
    known = set(names())
    missing = [one for one in ids if one.removeprefix("MiniGrid-") not in known]
    there = [one for one in ids if one not in missing]
    each = -(-options.steps // max(1, len(there) * ROWS))
    try:
        found = live_all(there, each, options)
    except KeyboardInterrupt:
        print("lifelong: interrupted; nothing is written", file=sys.stderr)
        return 130
    result = {
        "steps": sum(one.transitions for one in found),
        "seed": options.seed,
        "engine": options.engine,
        "rows": ROWS,
        "ids": {one.id: {name: value for name, value in asdict(one).items() if name != "id"} for one in found},
        "missing": missing,
    }
    show(found, missing, options.engine)
    for folder in (options.out, options.results):
        if folder is not None:
            path = folder / "exact" / "exact.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
            print(f"written: {path}")
    for one in found:
        if one.first is not None:
            print(f"lifelong: {one.id} differs: {describe(one.first)}", file=sys.stderr)
            return 1
    return 0


def asked(text: str) -> list[str]:
    """Read ids, with or without ``MiniGrid-``; all of MiniGrid's but those made by wave function collapse if empty.

    Raises:
        SpecError: If MiniGrid has none of a name.
    """
    known = [one for one in gym.registry if one.startswith("MiniGrid-") and "WFC" not in one]
    words = [f"MiniGrid-{word.strip().removeprefix('MiniGrid-')}" for word in text.split(",") if word.strip()]
    for word in words:
        if word not in known:
            raise SpecError(f"--ids: expected ids of MiniGrid's; got '{word}'{suggestion(word, known)}")
    return list(dict.fromkeys(words)) or known


def live_all(ids: Sequence[str], steps: int, options: ExactOptions) -> list[Found]:
    """Live all ids, in their order or side by side, with progress shown."""
    count = make_count("exact", len(ids))
    live = partial(compare, steps=steps, seed=options.seed, engine=options.engine)
    found: dict[str, Found] = {}
    try:
        if options.jobs == 0:
            for one in ids:
                count.next(one)
                found[one] = live(one)
        else:
            with multiprocessing.get_context("spawn").Pool(options.jobs, _leave_interrupts) as pool:
                for result in pool.imap_unordered(live, ids):
                    count.next(f"{result.id}: {result.differences} differences")
                    found[result.id] = result
    finally:
        count.close()
    return [found[one] for one in ids]


def _leave_interrupts() -> None:
    """Leave Ctrl-C, which reaches the whole group of processes, to the one that asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def describe(first: dict[str, Any]) -> str:
    """Say in one line what differed first."""
    told = f"seed {first['seed']}, step {first['step']}: {first['what']}"
    if isinstance(first["minigrid"], list):
        return told
    return f"{told} is {first['ours']!r}, MiniGrid has {first['minigrid']!r}"


def show(found: Sequence[Found], missing: Sequence[str], engine: str) -> None:
    """Print the table."""
    rows = [
        [one.id, *(f"{value:,}" for value in (one.transitions, one.episodes, one.worlds, one.differences))]
        for one in found
    ]
    rows += [[one, "-", "-", "-", "missing"] for one in missing]
    every = ([one.transitions, one.episodes, one.worlds, one.differences] for one in found)
    rows.append([f"all {len(found)}", *(f"{sum(column):,}" for column in zip(*every, strict=True))])
    title = f"our worlds (engine {engine}) beside MiniGrid's, {ROWS} seeds an id"
    Console().print(rich_table(title, ["id", "steps", "episodes", "worlds", "rows that differ"], rows))
