"""`lifelong discover`: from options to a search, a report and its confirmation."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from experiments.cells import claim, write_json
from experiments.discover.confirm import Confirmed, confirm, found_label
from experiments.discover.formulas import formulas
from experiments.discover.lives import Ticker, in_processes, on_ray
from experiments.discover.options import DiscoverOptions, check_options, confirmed_lives, trial_experiment
from experiments.discover.report import (
    Found,
    as_json,
    confirmed_rows,
    constants,
    figure,
    front_rows,
    judged,
    scalarisation,
)
from experiments.discover.search import LiveAll, optuna_of, search
from experiments.discover.space import rule_of, shipped
from experiments.options import numbers, read_options
from experiments.plots import save
from experiments.tables import rich_table

ABOUT = "Search for local plasticity rules, report the Pareto front, confirm the winner on other worlds and seeds."


def discover(args: Sequence[str]) -> int:
    """Search, report and confirm.

    Returns:
        The exit code: 1 if no rule scored, or a cell of the confirmation failed.

    Raises:
        SpecError: Before anything is lived, if an option does not fit or an extra is missing.
    """
    from experiments.commands import check  # noqa: PLC0415  (which knows this command)

    options = read_options(DiscoverOptions, args, "lifelong discover", ABOUT)
    check_options(options)
    optuna_of()
    check(trial_experiment(options, {"shipped": rule_of(shipped(options.gate), options.gate)}))
    ticker = Ticker("discover", options.trials * len(numbers(options.seeds)))
    try:
        live = alive(options, ticker)
        with claim(options.folder):
            tries = search(options, live)
    finally:
        ticker.close()
    found = judged(tries, options)
    if found is None:
        print(
            f"lifelong: none of {len(tries)} rules lived to the end; see error.txt in {options.folder}", file=sys.stderr
        )
        return 1
    tell(found, options)
    confirmed = confirm_winner(found, options)
    for folder in written_to(options):
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "front.json", as_json(found, options, confirmed))
        (folder / "rule.txt").write_text("\n".join(formulas(found.front[0].agent)) + "\n", encoding="utf-8")
        title = f"{options.life}: {len(found.scored)} rules, {options.max_steps or 'all'} steps, seeds {options.seeds}"
        save(figure(found, title), folder / "front.png")
        print(f"written: {folder / 'front.json'}, front.png, rule.txt")
    return 1 if any(one.why.startswith("failed") for one in confirmed) else 0


def alive(options: DiscoverOptions, ticker: Ticker) -> LiveAll:
    """Choose where cells are lived."""
    return on_ray(ticker) if options.ray else in_processes(options.jobs, ticker)


def tell(found: Found, options: DiscoverOptions) -> None:
    """Print the front, and the winner in formulas."""
    header, rows = front_rows(found)
    failed = f", {found.failed} failed" if found.failed else ""
    title = f"{options.life}: {len(found.front)} of {len(found.scored)} rules are on the front{failed}"
    Console().print(rich_table(title, header, rows))
    print("constants that are not the shipped ones:")
    for line in constants(found):
        print(textwrap.fill(line, initial_indent="    ", subsequent_indent="        ", break_on_hyphens=False))
    winner = found.front[0]
    print(f"winner: trial {winner.number}, the best on the front by {scalarisation(options, winner)}")
    for line in formulas(winner.agent):
        print(f"    {line}")


def confirm_winner(found: Found, options: DiscoverOptions) -> list[Confirmed]:
    """Put the winner beside the baselines, and print what came of it."""
    asked = confirmed_lives(options)
    if not asked:
        return []
    winner = found.front[0].agent
    ticker = Ticker(f"confirm {found_label(winner)}", len(asked) * 3 * len(numbers(options.confirm_seeds)))
    try:
        confirmed = confirm(winner, options, alive(options, ticker), options.folder / "confirm" / found_label(winner))
    finally:
        ticker.close()
    header, rows = confirmed_rows(confirmed)
    if rows:
        Console().print(rich_table(f"confirmed on seeds {options.confirm_seeds}: means", header, rows))
    for one in confirmed:
        if one.summary is None:
            print(f"not confirmed on {one.life}: {one.why}", file=sys.stderr)
    return confirmed


def written_to(options: DiscoverOptions) -> list[Path]:
    """List the folders that the outcome is written to."""
    return [options.folder, *([options.results / f"discover_{options.life}"] if options.results is not None else [])]
