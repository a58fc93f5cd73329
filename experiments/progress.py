"""What is seen while cells are lived: bars with ages on a terminal, a line a cell elsewhere. All on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from experiments.cells import Cell


class Lines:
    """One line when a cell ends: for logs and pipes."""

    def __init__(self) -> None:
        self._since = time.perf_counter()
        self._total = 0
        self._count = 0

    def begin(self, cells: Sequence[Cell], finished: int) -> None:
        """Say how much there is to do."""
        self._total, self._count = len(cells) + finished, finished
        kept = f", {finished} kept from before" if finished else ""
        print(f"{len(cells)} cells to live{kept}", file=sys.stderr, flush=True)

    def update(self, cell: Cell, age: int) -> None:
        """Stay silent between the ends of cells."""

    def end(self, cell: Cell, error: str | None) -> None:
        """Say how a cell ended, and when."""
        self._count += 1
        how = f"FAILED: {error}" if error else "done"
        print(
            f"[{time.perf_counter() - self._since:7.1f} s] {self._count}/{self._total} "
            f"{cell.label} seed {cell.seed}: {how}",
            file=sys.stderr,
            flush=True,
        )

    def close(self) -> None:
        """Nothing is left open."""


class Bars:
    """A bar a running cell, with its age, and one for all of them."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<24}"),
            BarColumn(bar_width=32),
            TextColumn("{task.fields[age]:>21}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=False,
        )
        self._bars: dict[str, TaskID] = {}
        self._all: TaskID | None = None
        self._shown: dict[str, float] = {}
        self._lived: dict[str, int] = {}
        self._count = self._total = 0

    def begin(self, cells: Sequence[Cell], finished: int) -> None:
        """Draw the bar of everything, if there is anything to do."""
        self._total, self._count = len(cells) + finished, finished
        if cells:
            self._progress.start()
            self._all = self._progress.add_task("all", total=sum(cell.steps for cell in cells), age=self._cells())

    def update(self, cell: Cell, age: int) -> None:
        """Move a cell's bar; each ten times a second at most."""
        if time.monotonic() - self._shown.get(str(cell.folder), -1.0) < 0.1:
            return
        self._shown[str(cell.folder)] = time.monotonic()
        self._move(cell, age)

    def end(self, cell: Cell, error: str | None) -> None:
        """Take the cell's bar away; a failure stays on the screen."""
        self._count += 1
        self._move(cell, cell.steps)
        self._progress.remove_task(self._bars.pop(str(cell.folder)))
        if error:
            self._progress.console.print(
                f"{cell.label} seed {cell.seed} FAILED: {error}",
                markup=False,
                highlight=False,
                soft_wrap=True,
                style="red",
            )

    def close(self) -> None:
        """Leave the last state on the screen."""
        self._progress.stop()

    def _cells(self) -> str:
        return f"{self._count}/{self._total} cells"

    def _move(self, cell: Cell, age: int) -> None:
        key = str(cell.folder)
        self._lived[key] = age
        if key not in self._bars:
            self._bars[key] = self._progress.add_task(f"{cell.label} seed {cell.seed}", total=cell.steps, age="")
        self._progress.update(self._bars[key], completed=age, age=f"age {age:,} / {cell.steps:,}")
        if self._all is not None:
            self._progress.update(self._all, completed=sum(self._lived.values()), age=self._cells())


def make_watcher() -> Lines | Bars:
    """Choose bars on a terminal, lines elsewhere."""
    console = Console(stderr=True)
    return Bars(console) if console.is_terminal else Lines()


class Count:
    """Progress of work that is counted in equal steps: a bar on a terminal, a line a step elsewhere."""

    def __init__(self, title: str, total: int, console: Console | None) -> None:
        """Show nothing done yet.

        Args:
            title: What is done.
            total: Number of steps.
            console: Where the bar is drawn; None for lines.
        """
        self._total, self._done = total, 0
        self._bar: Progress | None = None
        if console is not None:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=32),
                TextColumn("{task.completed:.0f}/{task.total:.0f} {task.fields[what]}"),
                TimeElapsedColumn(),
                TimeRemainingColumn(compact=True),
                console=console,
            )
            self._bar.start()
            self._task = self._bar.add_task(title, total=total, what="")

    def next(self, what: str) -> None:
        """Say what begins now."""
        self._done += 1
        if self._bar is None:
            print(f"[{self._done}/{self._total}] {what}", file=sys.stderr, flush=True)
        else:
            self._bar.update(self._task, completed=self._done - 1, what=what)

    def close(self) -> None:
        """Leave the last state on the screen."""
        if self._bar is not None:
            if self._done == self._total:
                self._bar.update(self._task, completed=self._total, what="")
            self._bar.stop()


def make_count(title: str, total: int) -> Count:
    """Choose a bar on a terminal, lines elsewhere."""
    console = Console(stderr=True)
    return Count(title, total, console if console.is_terminal else None)
