"""Living the cells of a search: in processes of this machine, or on a Ray cluster; one progress for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from experiments.cells import Cell
from experiments.discover.search import LiveAll
from experiments.load import SpecError
from experiments.pool import live_all, live_here
from experiments.progress import Count, make_count


class Ticker:
    """Shows how many cells of a search have been lived; a failure is told with its reason."""

    def __init__(self, title: str, total: int) -> None:
        """Begin with nothing lived.

        Args:
            title: What is done.
            total: Cells that there are.
        """
        self.count: Count = make_count(title, total)

    def begin(self, cells: Sequence[Cell], finished: int) -> None:
        """Count those that had been lived before."""
        for _ in range(finished):
            self.count.next("kept from before")

    def update(self, cell: Cell, age: int) -> None:
        """Show nothing of a life in progress: there are many, and they are short."""

    def end(self, cell: Cell, error: str | None) -> None:
        """Count one more."""
        self.count.next(f"{cell.label} seed {cell.seed}{f' FAILED: {error}' if error else ''}")

    def close(self) -> None:
        """Leave the last state on the screen."""
        self.count.close()


def in_processes(jobs: int, ticker: Ticker) -> LiveAll:
    """Live cells in so many processes of this machine, in this process for 0."""
    return lambda cells: live_all(cells, jobs, ticker)


def on_ray(ticker: Ticker) -> LiveAll:
    """Live cells on a Ray cluster, the one that `RAY_ADDRESS` names or one of this machine alone, a core each.

    All its machines see the folder of the search under the same path, and have this package installed.

    Raises:
        SpecError: If Ray is not installed.
    """
    try:
        import ray  # noqa: PLC0415  # pyright: ignore[reportMissingImports]  (an extra)
    except ImportError:
        raise SpecError("--ray lives cells on Ray, which is not installed: pip install '.[cluster]'") from None
    cluster: Any = ray
    if not cluster.is_initialized():
        cluster.init(log_to_driver=False)
    remote = cluster.remote(num_cpus=1, max_retries=0)(live_here)

    def live(cells: Sequence[Cell]) -> list[Cell]:
        waiting = [cell for cell in cells if not cell.done]
        ticker.begin(waiting, len(cells) - len(waiting))
        running = {remote.remote(cell): cell for cell in waiting}
        failed = []
        while running:
            done, _ = cluster.wait(list(running), num_returns=1)
            for reference in done:
                cell = running.pop(reference)
                try:
                    error = cluster.get(reference)
                except cluster.exceptions.RayError as lost:
                    error = f"{type(lost).__name__}: {' '.join(str(lost).split())}"
                ticker.end(cell, error)
                failed += [cell] if error else []
        return failed

    return live
