"""What each command of `lifelong` does; every function takes the words after its name and returns the exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from agents import AgentSpec
from envs import LIVES, Change, LifelongVectorEnv
from experiments.cells import Cell, cells
from experiments.load import SpecError, presets
from experiments.options import RunOptions, one_line, read_spec
from experiments.pool import live_all
from experiments.progress import make_watcher
from experiments.spec import Experiment


def run(args: Sequence[str]) -> int:
    """Live what has not been lived yet."""
    spec, options = read_spec(RunOptions, args, "run")
    return 1 if live_spec(spec, options.out, options.jobs) else 0


def live_spec(spec: Experiment, out: Path, jobs: int) -> list[Cell]:
    """Check a spec, then live all its cells.

    Returns:
        The cells that failed.

    Raises:
        SpecError: Before anything is written, if the spec cannot be lived.
    """
    check(spec)
    return live_cells(cells(spec, out), jobs)


def live_cells(asked: Sequence[Cell], jobs: int) -> list[Cell]:
    """Live cells with progress shown, and say where to look if some failed."""
    if jobs < 0:
        raise SpecError(f"--jobs: expected 0 or more processes; got {jobs}")
    watcher = make_watcher()
    try:
        failed = live_all(asked, jobs, watcher)
    finally:
        watcher.close()
    for cell in failed:
        print(f"lifelong: {cell.label} seed {cell.seed} failed; see {cell.folder / 'error.txt'}", file=sys.stderr)
    return failed


def check(spec: Experiment) -> None:
    """Build the life and every agent once, and throw them away.

    Raises:
        SpecError: If the tasks do not share one body, or an agent cannot live in it.
    """
    try:
        env = LifelongVectorEnv(spec.schedule, num_envs=spec.num_envs, seed=spec.seeds[0])
    except Exception as error:  # whatever a world raises at birth, gymnasium's own errors too, is the spec's fault
        raise SpecError(f"{spec.name}: life: {one_line(str(error))}") from error
    try:
        for label, agent in spec.agents.items():
            try:
                agent.build(env, seed=0)
            except (ValueError, TypeError, NotImplementedError, AssertionError) as error:
                raise SpecError(f"{spec.name}: agents: {label}: {one_line(str(error))}") from error
    finally:
        env.close()


def list_all(args: Sequence[str]) -> int:
    """Print everything that can be named in a spec."""
    console = Console()
    for title, names in (
        ("lives", LIVES),
        ("changes", Change.kinds),
        ("agents", AgentSpec.kinds),
        ("presets", presets()),
    ):
        console.print(f"[bold]{title}[/bold]: {', '.join(names)}", highlight=False)
    return 0


def preview(args):
    return 0


def compare(args):
    return 0


def report(args):
    return 0


def tune(args):
    return 0


def bench(args):
    return 0
