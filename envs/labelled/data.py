"""Pictures and what they show: read once a process, from the package, from a file of one's own, or by torchvision."""

from __future__ import annotations

import importlib
import os
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

VARIABLE = "LIFELONG_DATA"
"""Environment variable that names folders or files with pictures, separated as in PATH."""
FILES = {"mnist": ("mnist.npz",), "cifar10": ("cifar10.npz", "cifar10_subset.npz")}
"""What the files of known data are called, the first that is there is taken."""
TORCHVISION = {"mnist": "MNIST", "cifar10": "CIFAR10"}
ARRAYS = ("train_x", "train_y", "test_x", "test_y")
DIGITS_HELD_OUT = 297
"""Of the 1,797 digits, the last so many are held out."""


class NoPictures(ValueError):
    """Pictures that are not on this machine, and cannot be had; says where they were looked for, and what to do."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """Labelled pictures, some of them held out.

    Attributes:
        name: What they are called.
        shape: Shape of one picture.
        train_x: ``(n, *shape)``, uint8.
        train_y: Classes, ``(n,)``, int64, from 0.
        test_x: ``(m, *shape)``, uint8: those held out.
        test_y: ``(m,)``, int64.
        classes: How many classes there are.
    """

    name: str
    shape: tuple[int, ...]
    train_x: np.ndarray
    train_y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray
    classes: int


@cache
def load(data: str) -> Pictures:
    """Read pictures, once a process: what has been read stays, whatever becomes of files and environment variables.

    Args:
        data: ``"digits"``, which are part of the package; ``"mnist"`` or ``"cifar10"``, looked for where the
            environment variable `VARIABLE` says and else downloaded by torchvision, where that is installed; or the
            path of a ``.npz`` file with ``train_x`` and ``test_x``, uint8 ``(n, ...)``, and ``train_y`` and ``test_y``,
            integers ``(n,)`` from 0.

    Returns:
        The pictures, in arrays that cannot be written to.

    Raises:
        TypeError: If the data is not named by text.
        NoPictures: If they cannot be had; says where it looked.
        ValueError: If there is no data of that name, or a file does not hold what it should.
    """
    if not isinstance(data, str):
        raise TypeError(f"data is the name or the path of pictures, a text; got {data!r} of type {type(data).__name__}")
    if data == "digits":
        return _digits()
    if data not in FILES:
        path = Path(data)
        if path.suffix != ".npz":
            raise ValueError(
                f"data is one of 'digits', {', '.join(map(repr, FILES))}, or the path of a .npz file; got {data!r}"
            )
        if not path.is_file():
            raise NoPictures(f"data={data!r}: there is no such file")
        return _read(data, path)
    path = find(data)
    return _downloaded(data) if path is None else _read(data, path)


def find(data: str) -> Path | None:
    """Tell which file of the folders and files that the environment variable names holds ``"mnist"`` or ``"cifar10"``.

    Args:
        data: A key of `FILES`.

    Returns:
        The first one; None if there is none.
    """
    for place in map(Path, _places()):
        for path in [place / name for name in FILES[data]] if place.is_dir() else [place]:
            if path.is_file() and path.name in FILES[data]:
                return path
    return None


def _places() -> list[str]:
    return [place for place in os.environ.get(VARIABLE, "").split(os.pathsep) if place]


def _digits() -> Pictures:
    """Read the digits of the package, whose values from 0 to 16 are stretched to 0 to 255."""
    with np.load(Path(__file__).with_name("digits.npz")) as file:
        x, y = np.round(file["pictures"] * (255 / 16)).astype(np.uint8), file["labels"].astype(np.int64)
    cut = len(x) - DIGITS_HELD_OUT
    return _checked("digits", (8, 8), {"train_x": x[:cut], "train_y": y[:cut], "test_x": x[cut:], "test_y": y[cut:]})


def _read(name: str, path: Path) -> Pictures:
    """Read a file.

    Raises:
        ValueError: If it is broken or holds something else.
    """
    try:
        if not zipfile.is_zipfile(path):
            raise ValueError("it is no .npz file, or not all of one")
        with np.load(path, allow_pickle=False) as file:
            missing = [array for array in ARRAYS if array not in file]
            if missing:
                raise ValueError(f"it has no {', '.join(missing)}; it has {', '.join(file.files) or 'nothing'}")
            arrays = {array: file[array] for array in ARRAYS}
        return _checked(name, None, arrays)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{path} should hold train_x and test_x, uint8 (n, ...), and train_y and test_y, integers (n,) from 0; "
            f"{error}"
        ) from error


def _checked(name: str, shape: tuple[int, ...] | None, arrays: dict[str, Any]) -> Pictures:
    """Take arrays for pictures; without a shape, flat ones are squares where that can be.

    Raises:
        ValueError: If they are none.
    """
    for part in ("train", "test"):
        x, y = arrays[f"{part}_x"], arrays[f"{part}_y"]
        if x.dtype != np.uint8 or x.ndim < 2 or not len(x):
            raise ValueError(f"{part}_x is {x.dtype} of shape {x.shape}")
        if not np.issubdtype(y.dtype, np.integer) or y.shape != (len(x),):
            raise ValueError(f"{part}_y is {y.dtype} of shape {y.shape} for {len(x)} pictures")
        if y.min() < 0:
            raise ValueError(f"{part}_y has a class {y.min()}")
    one = arrays["train_x"].shape[1:]
    if arrays["test_x"].shape[1:] != one:
        raise ValueError(f"pictures are of shape {one} in train_x and {arrays['test_x'].shape[1:]} in test_x")
    classes = int(arrays["train_y"].max()) + 1
    if int(arrays["test_y"].max()) >= classes:
        raise ValueError(f"test_y has a class {int(arrays['test_y'].max())}, but train_y ends at {classes - 1}")
    side = round(one[0] ** 0.5)
    square: tuple[int, ...] = (side, side) if len(one) == 1 and side * side == one[0] else one
    picture = shape or square
    kept = {
        array: np.ascontiguousarray(value.reshape(-1, *picture) if array.endswith("x") else value.astype(np.int64))
        for array, value in arrays.items()
    }
    for value in kept.values():
        value.flags.writeable = False
    return Pictures(name, picture, classes=classes, **kept)


def _downloaded(data: str) -> Pictures:
    """Let torchvision fetch data, where it is installed.

    Raises:
        NoPictures: If it is not, or cannot; says how else to get them.
    """
    try:
        datasets = importlib.import_module("torchvision.datasets")
    except ImportError:
        where = ", ".join(_places()) or f"nowhere, as the environment variable {VARIABLE} is not set"
        raise NoPictures(
            f"data={data!r} needs {' or '.join(FILES[data])} (train_x, test_x: uint8 (n, ...); train_y, test_y: "
            f"integers); looked in {where}; set {VARIABLE} to the folder that holds it, or install torchvision, which "
            "downloads it; data='digits' needs neither"
        ) from None
    root = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lifelong_agent"
    arrays: dict[str, np.ndarray] = {}
    for part, train in (("train", True), ("test", False)):
        try:
            found = getattr(datasets, TORCHVISION[data])(str(root), train=train, download=True)
        except (OSError, RuntimeError) as error:
            raise NoPictures(
                f"data={data!r}: torchvision could not download it ({error}); put {' or '.join(FILES[data])} into a "
                f"folder and name that in the environment variable {VARIABLE}; data='digits' needs neither"
            ) from error
        arrays[f"{part}_x"], arrays[f"{part}_y"] = np.asarray(found.data), np.asarray(found.targets)
    return _checked(data, None, arrays)
