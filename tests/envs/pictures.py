"""Which lives of labelled pictures can be lived on this machine, and pictures that a test makes up."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from envs import LIVES
from envs.labelled.data import FILES, VARIABLE, find


def where_data_is(names: Iterable[str]) -> list[Any]:
    """Give names of lives as parameters, those marked to be skipped whose pictures are not here; none is downloaded."""
    return [pytest.param(name, marks=_marks(name)) for name in names]


def _marks(name: str) -> tuple[pytest.MarkDecorator, ...]:
    wanted = {task.kwargs.get("data") for task in LIVES[name]().tasks}
    missing = [data for data in FILES if data in wanted and find(data) is None]
    reason = f"needs the pictures of {', '.join(missing)}: {VARIABLE} names no folder with them"
    return (pytest.mark.skip(reason=reason),) if missing else ()


def made_up(shape: tuple[int, ...] = (2, 3), train: int = 20, test: int = 7, classes: int = 4) -> dict[str, np.ndarray]:
    """Make pictures up: the first pixel of each one tells which it is, the labels go round."""
    arrays = {}
    for part, count in (("train", train), ("test", test)):
        x = np.random.default_rng(count).integers(256, size=(count, *shape), dtype=np.uint8)
        x.reshape(count, -1)[:, 0] = np.arange(count)
        arrays[f"{part}_x"], arrays[f"{part}_y"] = x, np.arange(count) % classes
    return arrays


def file_of(folder: Path, name: str = "some.npz", /, **changed: Any) -> str:
    """Write made-up pictures into a file, some arrays changed, or left out where they are None."""
    arrays: dict[str, Any] = {key: value for key, value in (made_up() | changed).items() if value is not None}
    np.savez_compressed(folder / name, **arrays)
    return str(folder / name)
