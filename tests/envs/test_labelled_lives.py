from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from envs import LIVES, LifelongVectorEnv, Turn, make_life
from envs.labelled.data import VARIABLE, find, load
from envs.labelled.world import LabelledWorld
from tests.envs.pictures import file_of, made_up, where_data_is

ROOT = Path(__file__).resolve().parents[2]
NAMES = [name for name, make in LIVES.items() if make.__module__ == "envs.named.labelled"]


def test_the_protocols_have_their_sizes():
    sizes = {name: (len(make_life(name).tasks), make_life(name).steps) for name in NAMES}
    assert sizes == {
        "permuted_mnist": (200, 60_000),
        "permuted_mnist_5k": (200, 5_000),
        "permuted_digits": (20, 3_000),
        "permuted_cifar": (50, 10_000),
        "rotating_mnist": (36, 5_000),
        "relabelled_mnist": (50, 5_000),
    }
    assert all(make_life(name).cycles == 1 for name in NAMES)


def test_lives_are_made_and_told_of_without_their_pictures():
    code = (
        "import sys; sys.modules['torchvision'] = None; from envs import LIVES, make_life; from experiments.cli import "
        "main; made = [make_life(name).to_json() for name in LIVES]; main(['list']); "
        "from envs.labelled.data import load; assert load.cache_info().currsize == 0"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, env={})
    assert answer.returncode == 0, answer.stderr
    assert all(name in answer.stdout for name in NAMES)


def test_a_life_without_its_pictures_says_what_is_missing(monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)
    load.cache_clear()
    with pytest.raises(ValueError, match=r"needs mnist\.npz .*set LIFELONG_DATA to the folder"):
        gym.make("lifelong/permuted_mnist-v0")


def test_two_hundred_tasks_are_soon_made_and_share_their_pictures(tmp_path, monkeypatch):
    file_of(tmp_path, "mnist.npz", **made_up((28, 28), 60_000, 3_000, 10))
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    load.cache_clear()
    load("mnist")
    try:
        begun = time.perf_counter()
        env = LifelongVectorEnv(make_life("permuted_mnist"), 16)
        env.reset()
        assert time.perf_counter() - begun < 3.0
        held = 0
        for task in (0, 1, 199):
            world = env._worlds.batch(task, 16)
            world.begin()
            assert isinstance(world, LabelledWorld) and world._labels is load("mnist").train_y
            assert np.shares_memory(world._pictures, load("mnist").train_x)
            own = {name: part for name, part in vars(world).items() if name not in ("_pictures", "_labels")}
            held = max(held, sum(part.nbytes for part in own.values() if isinstance(part, np.ndarray)))
        assert held < 300_000  # a deck of narrow numbers, and a few rows
    finally:
        load.cache_clear()


def test_the_turning_life_turns_evenly_and_once_around():
    turns = [task.changes[0] for task in make_life("rotating_mnist").tasks]
    angles = []
    for visit, turn in enumerate(turns):
        assert isinstance(turn, Turn)
        curve = turn.degrees.bind(np.random.default_rng(0))  # pyright: ignore[reportAttributeAccessIssue]
        angles += [curve.at(age) for age in range(visit * 5_000, (visit + 1) * 5_000, 500)]
        assert curve.at(0) == visit * 10  # so are its exams
    np.testing.assert_allclose(angles, np.arange(360))


@pytest.mark.parametrize("name", where_data_is(NAMES))
def test_lives_are_of_their_pictures(name: str):
    env = LifelongVectorEnv(make_life(name), 16, 1)
    observation, _ = env.reset()
    assert observation.shape[1] == {"digits": 64, "cifar": 3072}.get(name.rpartition("_")[2], 784)
    assert observation.dtype == np.float32 and 0 <= observation.min() < observation.max() <= 1
    env.step(np.zeros(16, np.int64))
    assert env.single_action_space.n == 10  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.skipif(find("mnist") is None, reason=f"needs the pictures of mnist: {VARIABLE} names no folder with them")
def test_mnist_is_that_of_everybody():
    mnist = load("mnist")
    assert mnist.train_x.shape == (60_000, 28, 28) and mnist.shape == (28, 28)
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(mnist.train_y).tolist() == counts
