from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from envs.labelled.data import VARIABLE, NoPictures, find, load
from tests.envs.pictures import file_of, made_up


@pytest.fixture(autouse=True)
def nothing_is_known(monkeypatch):
    """Forget what has been read, and where pictures lie, before and after."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)  # as if it were not installed
    load.cache_clear()
    yield
    load.cache_clear()


def test_the_digits_need_nothing():
    digits = load("digits")
    assert (digits.train_x.shape, digits.test_x.shape, digits.classes) == ((1500, 8, 8), (297, 8, 8), 10)
    assert digits.train_x.dtype == np.uint8 and digits.train_y.dtype == np.int64
    assert (digits.train_x.min(), digits.train_x.max(), digits.shape) == (0, 255, (8, 8))
    for part in (digits.train_y, digits.test_y):
        assert (np.bincount(part, minlength=10) > 25).all()
    # The first digit of the collection is a nought, with a hole in its middle.
    assert digits.train_y[0] == 0 and digits.train_x[0, 3:5, 3:4].max() < 30 < digits.train_x[0, :, 2].max()


def test_they_are_read_once_and_cannot_be_written_to():
    assert load("digits") is load("digits")
    for array in (load("digits").train_x, load("digits").test_y):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_a_file_of_ones_own(tmp_path):
    path = file_of(tmp_path)
    pictures = load(path)
    assert (pictures.shape, pictures.classes, len(pictures.train_x), len(pictures.test_x)) == ((2, 3), 4, 20, 7)
    np.testing.assert_array_equal(pictures.train_x, made_up()["train_x"])
    assert load(file_of(tmp_path, "flat.npz", **made_up((9,)))).shape == (3, 3)  # as MNIST's often are
    assert load(file_of(tmp_path, "vectors.npz", **made_up((7,)))).shape == (7,)
    small = made_up()["train_y"].astype(np.uint8)
    assert load(file_of(tmp_path, "bytes.npz", train_y=small)).train_y.dtype == np.int64


def test_the_variable_names_folders_and_files(tmp_path, monkeypatch):
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    file_of(one, "cifar10_subset.npz")
    file_of(other, "mnist.npz")
    monkeypatch.setenv(VARIABLE, os.pathsep.join((str(tmp_path / "none"), str(one), str(other))))
    assert find("mnist") == other / "mnist.npz" and find("cifar10") == one / "cifar10_subset.npz"
    assert load("mnist").name == "mnist" and load("cifar10").classes == 4
    file_of(one, "cifar10.npz")
    assert find("cifar10") == one / "cifar10.npz"  # the whole rather than a part
    monkeypatch.setenv(VARIABLE, str(other / "mnist.npz"))
    assert find("mnist") == other / "mnist.npz" and find("cifar10") is None


def test_pictures_that_are_not_here_say_how_they_could_be(tmp_path, monkeypatch):
    with pytest.raises(NoPictures, match=r"mnist\.npz \(train_x.*not set; set LIFELONG_DATA.*torchvision.*'digits'"):
        load("mnist")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(NoPictures, match=rf"cifar10\.npz or cifar10_subset\.npz .*looked in {tmp_path}"):
        load("cifar10")
    with pytest.raises(NoPictures, match="there is no such file"):
        load(str(tmp_path / "mine.npz"))
    with pytest.raises(ValueError, match=r"'digits', 'mnist', 'cifar10', or the path of a \.npz file; got 'mnits'"):
        load("mnits")
    with pytest.raises(TypeError, match="a text; got 3 of type int"):
        load(3)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"test_y": None}, r"it has no test_y; it has train_x, train_y, test_x$"),
        ({"train_x": made_up()["train_x"].astype(float)}, r"train_x is float64 of shape \(20, 2, 3\)"),
        ({"train_x": np.zeros(20, np.uint8)}, r"train_x is uint8 of shape \(20,\)"),
        (
            {"test_x": np.zeros((0, 2, 3), np.uint8), "test_y": np.zeros(0, int)},
            r"test_x is uint8 of shape \(0, 2, 3\)",
        ),
        ({"test_y": np.zeros(6, int)}, r"test_y is int64 of shape \(6,\) for 7 pictures"),
        ({"test_y": np.zeros(7)}, r"test_y is float64"),
        ({"train_y": np.arange(20) - 1}, "train_y has a class -1"),
        ({"test_y": np.full(7, 4)}, "test_y has a class 4, but train_y ends at 3"),
        ({"test_x": np.zeros((7, 3, 2), np.uint8)}, r"of shape \(2, 3\) in train_x and \(3, 2\) in test_x"),
        ({"train_y": np.array([None] * 20)}, "Object arrays cannot be loaded"),
    ],
)
def test_a_file_that_holds_something_else_is_named(tmp_path, changed, said):
    path = file_of(tmp_path, **changed)
    with pytest.raises(ValueError, match=rf"some\.npz should hold train_x and test_x, uint8 .*{said}"):
        load(path)


@pytest.mark.parametrize("harm", ["cut", "scrambled", "stored", "text", "single", "empty"])
def test_a_broken_file_is_named(tmp_path, harm):
    path = Path(file_of(tmp_path))
    if harm == "stored":
        np.savez(path, **made_up())  # pyright: ignore[reportArgumentType] - as they are, with a checksum alone
    whole = path.read_bytes()
    if harm == "single":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    else:
        middle = bytes(byte ^ 0x5A for byte in whole[150:400])
        scrambled = whole[:150] + middle + whole[400:]
        broken = {"cut": whole[:300], "scrambled": scrambled, "stored": scrambled, "text": b"no picture"}
        path.write_bytes(broken.get(harm, b""))
    with pytest.raises(ValueError, match=r"some\.npz should hold"):
        load(str(path))


def test_torchvision_downloads_where_it_is_installed(tmp_path, monkeypatch):
    asked = []

    class Known:
        def __init__(self, root: str, train: bool, download: bool) -> None:
            asked.append((root, train, download))
            arrays, part = made_up((4, 4), 9, 5), "train" if train else "test"
            self.data, self.targets = arrays[f"{part}_x"], arrays[f"{part}_y"].tolist()

    def offline(*_: object, **__: object) -> None:
        raise RuntimeError("Error downloading train-images")

    fake = types.ModuleType("torchvision.datasets")
    fake.MNIST, fake.CIFAR10 = Known, offline  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "torchvision", types.ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.datasets", fake)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    mnist = load("mnist")
    assert (mnist.shape, len(mnist.train_x), len(mnist.test_x), mnist.classes) == ((4, 4), 9, 5, 4)
    assert asked == [(str(tmp_path / "lifelong_agent"), True, True), (str(tmp_path / "lifelong_agent"), False, True)]
    with pytest.raises(NoPictures, match=r"could not download it \(Error downloading .*LIFELONG_DATA"):
        load("cifar10")
