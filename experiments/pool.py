"""Many cells side by side: one process and one torch thread each, resumable, and one failure stops nobody else."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from experiments.cells import Cell
from experiments.load import SpecError

ONE_THREAD: dict[str, str] = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class Watcher(Protocol):
    """Shows how far the cells are."""

    def begin(self, cells: Sequence[Cell], finished: int) -> None:
        """Told once: the cells that are to be lived now, and how many had been lived before."""
        ...

    def update(self, cell: Cell, age: int) -> None:
        """Told a few times a second: the age of a running cell, in environment steps."""
        ...

    def end(self, cell: Cell, error: str | None) -> None:
        """Told once a cell: it is done, or failed for this reason."""
        ...


@dataclass
class _Running:
    """A cell being lived in a process of its own."""

    cell: Cell
    process: Any
    age: Any
    """Shared number: how old the life is."""
    told: Any
    """Receiving end of a pipe: one line on what went wrong."""


def live_all(cells: Sequence[Cell], jobs: int, watcher: Watcher) -> list[Cell]:
    """Live all cells that have not been lived yet.

    Args:
        cells: The cells, in the order in which they are begun.
        jobs: How many are lived at the same time, each in a fresh process; 0 lives them one by one in this process,
            for debuggers and tests.
        watcher: Shows progress.

    Returns:
        The cells that failed; `error.txt` in the folder of each says why. The others are done.

    Raises:
        SpecError: Before anything is lived, if a folder holds a finished cell of another spec.
        KeyboardInterrupt: After the running cells have been stopped; finished ones are kept.
    """
    waiting = [cell for cell in cells if not cell.done]
    watcher.begin(waiting, len(cells) - len(waiting))
    failed: list[Cell] = []
    if jobs == 0:
        for cell in waiting:
            error = live_here(cell, watcher)
            watcher.end(cell, error)
            failed += [cell] if error else []
        return failed
    context = multiprocessing.get_context("spawn")
    running: list[_Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                cell = waiting.pop(0)
                age = context.RawValue(ctypes.c_longlong, 0)
                told, tell = context.Pipe(duplex=False)
                process = context.Process(target=_live_in_process, args=(cell, age, tell), daemon=True)
                with _environment(ONE_THREAD):
                    process.start()
                tell.close()
                running.append(_Running(cell, process, age, told))
            time.sleep(0.1)
            for one in [*running]:
                watcher.update(one.cell, one.age.value)
                if one.process.is_alive():
                    continue
                one.process.join()
                running.remove(one)
                error = None if one.process.exitcode == 0 else _reason(one)
                watcher.end(one.cell, error)
                failed += [one.cell] if error else []
    finally:
        for one in running:
            one.process.terminate()
        for one in running:
            one.process.join()
    return failed


def live_here(cell: Cell, watcher: Watcher | None = None) -> str | None:
    """Live a cell in this process; return the reason if it failed."""
    from experiments.life import live  # noqa: PLC0415  (torch and SB3 load in the processes that live, not before)

    try:
        live(cell, None if watcher is None else lambda age: watcher.update(cell, age))
    except Exception as error:
        _write_error(cell.folder, error)
        return _line(error)
    return None


def _live_in_process(cell: Cell, age: Any, tell: Any) -> None:
    """Live a cell as the main function of a process of its own; exit code 1, a line and `error.txt` if it fails."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends us in order
    try:
        import torch  # noqa: PLC0415  (after the thread limits in the environment)

        from experiments.life import live  # noqa: PLC0415

        torch.set_num_threads(1)
        parent = multiprocessing.parent_process()
        checked = time.monotonic()

        def progress(now: int) -> None:
            nonlocal checked
            age.value = now
            if time.monotonic() - checked > 2.0:
                checked = time.monotonic()
                if parent is not None and not parent.is_alive():
                    raise RuntimeError("the process that asked for this cell is gone; the cell starts over next time")

        live(cell, progress)
    except Exception as error:
        _write_error(cell.folder, error)
        tell.send(_line(error))
        sys.exit(1)


def _write_error(folder: Path, error: Exception) -> None:
    """Keep the traceback of the present exception beside the records."""
    if isinstance(error, SpecError) or not (folder / "cell.json").is_file():
        return  # the cell has not begun, or the folder is not ours
    with contextlib.suppress(OSError):
        (folder / "error.txt").write_text(traceback.format_exc(), encoding="utf-8")


def _reason(one: _Running) -> str:
    """Say in one line why a process has ended badly."""
    code = one.process.exitcode
    with contextlib.suppress(EOFError):
        if one.told.poll():
            return str(one.told.recv())
    if code is not None and code < 0:
        return f"killed by signal {-code} ({signal.Signals(-code).name}); out of memory?"
    return f"ended with exit code {code}"


def _line(error: Exception) -> str:
    """Write an exception in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for processes started meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
