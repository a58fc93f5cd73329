"""Finished cells in small files: what was recorded of a life, without its TensorBoard log, to be kept or sent.

A life of an hour is some megabytes of rows that repeat themselves; packed it is a fiftieth of that. Unpacked elsewhere,
it is a finished cell like any other: `lifelong compare` goes on from there and lives only what is missing.
"""

from __future__ import annotations

import io
import lzma
import shutil
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.cells import Cell, cells
from experiments.load import SpecError
from experiments.options import RunOptions, read_spec

RECORDED = (
    "cell.json",
    "done.json",
    "episodes.jsonl",
    "exams.jsonl",
    "final.json",
    "rates.jsonl",
    "vitals.jsonl",
)
"""What an archive of a cell may hold."""


@dataclass(frozen=True)
class ArchiveOptions(RunOptions):
    """Which cells are packed or unpacked, and where the archives lie."""

    results: Path = Path("experiments/results")
    """Folder of archives, <results>/<experiment>/cells/<agent>_seed<k>.tar.xz."""


def pack(args: Sequence[str]) -> int:
    """Pack the finished cells of a spec; cells that are not finished are named and left out."""
    spec, options = read_spec(ArchiveOptions, args, "pack")
    asked = cells(spec, options.out)
    finished = [cell for cell in asked if cell.done]
    for cell in finished:
        path = archive_of(cell, spec.name, options.results)
        print(f"packed {path}, {pack_cell(cell, path) // 1000} kB")
    missing = [f"{cell.label} seed {cell.seed}" for cell in asked if cell not in finished]
    if missing:
        print(f"not finished, left out: {', '.join(missing)}")
    return 0


def unpack(args: Sequence[str]) -> int:
    """Unpack the archives of a spec's cells that are not there yet."""
    spec, options = read_spec(ArchiveOptions, args, "unpack")
    for cell in cells(spec, options.out):
        path = archive_of(cell, spec.name, options.results)
        if path.is_file() and not cell.done:
            unpack_cell(path, cell)
            print(f"unpacked {cell.folder}")
    return 0


def archive_of(cell: Cell, experiment: str, results: Path) -> Path:
    """Tell where the archive of a cell lies."""
    return results / experiment / "cells" / f"{cell.label}_seed{cell.seed}.tar.xz"


def pack_cell(cell: Cell, path: Path) -> int:
    """Write the archive of a finished cell, whole or not at all; equal records give equal bytes.

    Returns:
        Its size in bytes.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz", preset=9) as archive:
        for name in RECORDED:
            if (cell.folder / name).is_file():
                data = (cell.folder / name).read_bytes()
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(buffer.getvalue())
    part.replace(path)
    return len(buffer.getvalue())


def unpack_cell(path: Path, cell: Cell) -> None:
    """Make a finished cell of an archive.

    Raises:
        SpecError: If the file is broken, holds something else, or is a cell of another spec; nothing is left then.
    """
    with cell.claimed():
        cell.begin()
        try:
            with tarfile.open(path, mode="r:xz") as archive:
                members = archive.getmembers()
                if any(member.name not in RECORDED or not member.isfile() for member in members):
                    raise SpecError(f"{path} holds {[member.name for member in members]}, not a packed cell")
                # The end is written last, so that a cell that is cut off in between counts as not lived.
                for member in sorted(members, key=lambda member: member.name == "done.json"):
                    archive.extract(member, cell.folder, filter="data")
            if not cell.done:  # raises if it is of another spec
                raise SpecError(f"{path} holds no finished cell (no done.json); pack it anew")
        except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
            shutil.rmtree(cell.folder)
            raise SpecError(f"{path} is no packed cell, or is broken ({error}); pack it anew") from error
        except SpecError:
            shutil.rmtree(cell.folder)
            raise
