"""What each command of `lifelong` does; every function takes the words after its name and returns the exit code."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from agents import AgentSpec
from envs import LIVES, Change, LifelongVectorEnv, Timeline
from envs.when import Pace, Signal
from experiments.cells import Cell, cells
from experiments.compare import Comparison, alone_cells, collect, export
from experiments.load import SpecError, load, plain, presets, suggestion
from experiments.options import (
    BenchOptions,
    CompareOptions,
    ReportOptions,
    RunOptions,
    labels,
    one_line,
    read_options,
    read_spec,
)
from experiments.pool import live_all
from experiments.progress import make_watcher
from experiments.report import write_report
from experiments.spec import Experiment
from experiments.tables import main_rows, pair_rows, rich_table
from experiments.tune import TuneOptions, best_rows, outcome, tuning, tuning_cells, write_outcome


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
        where = cell.folder / "error.txt"
        if where.is_file():
            print(f"lifelong: {cell.label} seed {cell.seed} failed; see {where}", file=sys.stderr)
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
    if args:
        raise SpecError(f"list takes no further words; got {' '.join(args)}")
    for name, life in LIVES.items():
        schedule = life()
        print(f"{'life':<8} {name:<20} {len(schedule.tasks)} worlds, {schedule.total:,} steps: {first_line(life)}")
    worlds = {"timeline": Timeline.kinds, "change": Change.kinds, "signal": Signal.kinds, "pace": Pace.kinds}
    families = {**worlds, "agent": AgentSpec.kinds}
    for title, kinds in families.items():
        for name, kind in sorted(kinds.items()):
            print(f"{title:<8} {name:<20} {first_line(kind)}")
    for name, path in presets().items():
        first = path.read_text(encoding="utf-8").splitlines()[0]
        print(f"{'preset':<8} {name:<20} {first.lstrip('# ')}")
    return 0


def first_line(thing: object) -> str:
    """Return the first line of a docstring."""
    return (inspect.getdoc(thing) or "").split("\n")[0]


def compare(args: Sequence[str]) -> int:
    """Live what is missing, then print tables and draw figures."""
    spec, options = read_spec(CompareOptions, args, "compare")
    comparison = compared(spec, options)
    if comparison is None:
        return 1
    summary, console = comparison.summary, Console()
    header, rows = main_rows(summary)
    console.print(rich_table(f"{spec.name}: means over seeds [95 % bootstrap intervals]", header, rows))
    if summary["pairs"]:
        console.print(rich_table("differences and ratios, seed by seed", *pair_rows(summary)))
    print(f"figures:     {', '.join(str(path) for path in comparison.figures)}")
    print(f"summary:     {comparison.folder / 'summary.json'}")
    board = Path(sys.executable).with_name("tensorboard")  # the virtual environment need not be activated
    here = board.relative_to(Path.cwd()) if board.is_relative_to(Path.cwd()) else board
    print(f"TensorBoard: {here} --logdir {comparison.folder} --samples_per_plugin images=200,scalars=0")
    return 0


def compared(spec: Experiment, options: CompareOptions) -> Comparison | None:
    """Live what is missing and judge it; None if a cell failed."""
    check(spec)
    asked = cells(spec, options.out)
    if options.alone:
        asked += [cell for group in alone_cells(spec, options.out).values() for cell in group]
    if live_cells(asked, options.jobs):
        print("lifelong: nothing is compared while cells are missing", file=sys.stderr)
        return None
    comparison = collect(spec, options.out, options.alone)
    if options.results is not None:
        print(f"results:     {export(comparison, options.results)}")
    return comparison


def report(args: Sequence[str]) -> int:
    """Compare, and write it as one page."""
    spec, options = read_spec(ReportOptions, args, "report")
    comparison = compared(spec, options)
    if comparison is None:
        return 1
    print(f"report: {write_report(comparison, options.format)}")
    return 0


def tune(args: Sequence[str]) -> int:
    """Try the settings of a grid."""
    if not args or args[0].startswith("-"):
        if any(word in args for word in ("-h", "--help")):
            read_options(
                TuneOptions, ["--help"], "lifelong tune SPEC", "SPEC is a preset or a YAML file; say it first."
            )
        raise SpecError("say which spec first: lifelong tune SPEC --agent LABEL")
    options = read_options(TuneOptions, args[1:], f"lifelong tune {args[0]}")
    loaded = load(args[0])
    spec, changes = tuning(loaded, options)
    check(spec)
    live_cells(tuning_cells(spec, options), options.jobs)
    result = outcome(spec, options, changes, plain(loaded.agents[options.agent]))
    header, rows = best_rows(result)
    Console().print(rich_table(f"{spec.name}, {options.agent}: {len(changes)} settings, the best first", header, rows))
    print(f"outcome: {write_outcome(result, options)}")
    return 1 if result["failed"] else 0


def discover(args: Sequence[str]) -> int:
    """Search for local plasticity rules."""
    from experiments.discover.command import discover as search  # noqa: PLC0415  (most commands need none of it)

    return search(args)


def bench(args: Sequence[str]) -> int:
    """Measure what agents and changes cost, how fast we are beside others, or what holds everywhere."""
    kinds = {
        "cost": bench_cost,
        "speed": bench_speed,
        "worlds": bench_worlds,
        "exact": bench_exact,
        "faults": bench_faults,
    }
    if args and args[0] in ("-h", "--help"):
        read_options(BenchOptions, ["--help"], "lifelong bench cost [SPEC]", f"There are also {' and '.join(OTHERS)}.")
    if not args or args[0] not in kinds:
        near = suggestion(args[0], kinds) if args else ""
        raise SpecError(
            f"say what to measure: lifelong bench cost [SPEC], {' or '.join(OTHERS)}; got '{' '.join(args)}'{near}"
        )
    return kinds[args[0]](args[1:])


OTHERS = tuple(f"lifelong bench {kind}" for kind in ("speed", "worlds", "exact", "faults"))


def bench_speed(args: Sequence[str]) -> int:
    """Measure how fast we are beside others."""
    from experiments.speed.command import speed  # noqa: PLC0415  (most commands need none of it)

    return speed(args)


def bench_worlds(args: Sequence[str]) -> int:
    """Measure what changes and lives cost, against the bare environments."""
    from experiments.speed.command import speed  # noqa: PLC0415  (most commands need none of it)
    from experiments.speed.life_rows import GROUPS  # noqa: PLC0415

    return speed(args, "worlds", GROUPS)


def bench_faults(args: Sequence[str]) -> int:
    """Try every kind of sensor fault on every base."""
    from experiments.faults import faults  # noqa: PLC0415  (most commands need none of it)

    return faults(args)


def bench_exact(args: Sequence[str]) -> int:
    """See whether our grid worlds are MiniGrid's, transition by transition."""
    from experiments.exact import exact  # noqa: PLC0415  (most commands need none of it)

    return exact(args)


def pages(args: Sequence[str]) -> int:
    """Write the pages of the documentation that are made from the code."""
    from experiments.pages.command import pages as write  # noqa: PLC0415  (most commands need none of it)

    return write(args)


def bench_cost(args: Sequence[str]) -> int:
    """Measure what agents cost."""
    words = list(args)
    source = words.pop(0) if words and not words[0].startswith("-") else "demo"
    options = read_options(BenchOptions, words, f"lifelong bench cost {source}")
    from experiments.bench import cost, ratios, shortened  # noqa: PLC0415  (torch)

    spec = load(source)
    spec = shortened(
        replace(spec, agents={label: spec.agents[label] for label in labels(options.agents, spec)}), options.steps
    )
    check(spec)
    result = cost(spec, options.turns, lambda what: print(what, file=sys.stderr))
    against = "ppo" if "ppo" in result else next(iter(spec.agents))
    ratio = ratios(result, against)
    rows = [
        [label, f"{row['microseconds']:.1f}", f"{row['own']:.1f}", f"{ratio[label]:.2f}"]
        for label, row in result.items()
    ]
    title = f"{spec.name}: CPU time per environment step over {spec.steps:,} steps, learning included, one thread"
    header = ["agent", "microseconds", "without the world", f"ratio to {against}"]
    Console().print(rich_table(title, header, rows))
    return 0
