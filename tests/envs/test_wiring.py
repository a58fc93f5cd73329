"""Bodies whose senses are wired up differently within the compiled step, against the looped form: equal bits."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
from gymnasium import spaces

from envs import Dynamics, LifelongVectorEnv, Permute, Schedule, Storm, Task
from envs.changes.changed_dynamics import DynamicsWorld
from envs.changes.permute import PermutedWorld
from envs.classic import BODIES, ClassicWorld
from envs.compiled import can_compile
from tests.envs.test_batched_lives import lived_alike

SIGNS = np.array([1, -1, 1, -1], np.float32)
compiled_only = pytest.mark.skipif(not can_compile(), reason="no numba")


def free(name: str, num_envs: int = 3, engine: str = "auto") -> ClassicWorld:
    """A body whose senses are declared unbounded, as lives declare them."""
    world = ClassicWorld(BODIES[name](), num_envs, engine)
    world.observation_space = spaces.Box(-np.inf, np.inf, world.observation_space.shape, np.float32)
    return world


@pytest.mark.parametrize("change", [Permute(flip=True, offset=2.0), Permute(permute=False, flip=True)], ids=repr)
@pytest.mark.parametrize("name", ["CartPole-v1", "Acrobot-v1", "MountainCar-v0"])
def test_rewired_bodies_live_as_looped_ones(name: str, change: Permute):
    schedule = Schedule((Task("a", name, (change,)), Task("b", name, (change, Permute(offset=1.0)))), 1_500, cycles=2)
    ended = lived_alike(schedule, num_envs=5, steps=schedule.total // 5)
    assert ended > (50 if name == "CartPole-v1" else 0)


@compiled_only
@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("again", [True, False])
def test_what_is_seen_is_what_a_wrapper_makes_of_it_to_the_sign_of_zero(name: str, again: bool):
    ours, bare = free(name, 64), free(name, 64)
    channels = ours.observation_space.shape[0]
    rng = np.random.default_rng(0)
    order, signs = rng.permutation(channels), np.full(channels, -1, np.float32)  # a car at rest has a velocity of -0.0
    assert ours.rewire(order, signs)
    theirs = PermutedWorld(bare, order, signs, None)
    for world in (ours, theirs):
        world.seed(range(64))
    rows, ended = np.arange(64), 0
    for _ in range(3 if again else 40):
        seen, _ = ours.begin(rows)
        assert seen.tobytes() == theirs.begin(rows)[0].tobytes()
        for _ in range(520 if again else 30):
            idle = None if again else np.isin(np.arange(64), [3, 40])
            space: Any = ours.action_space
            actions = rng.uniform(-2, 2, (64, 1)) if name == "Pendulum-v1" else rng.integers(0, space.n, 64)
            one, two = cast(
                list[Any], [world.step(actions.astype(space.dtype), again=again, idle=idle) for world in (ours, theirs)]
            )
            assert one.observation.tobytes() == two.observation.tobytes()
            over = one.terminated | one.truncated
            ended += over.sum()
            if one.final is not None:
                assert one.final[over].tobytes() == two.final[over].tobytes()
            if not again and over.any():
                rows = np.flatnonzero(over)
                break
    assert ended or (name != "CartPole-v1" and not again)


@compiled_only
def test_an_observation_is_not_written_to_again():
    world = free("CartPole-v1")
    assert world.rewire(np.array([1, 0, 3, 2]), SIGNS)
    first = world.begin()[0]
    kept = first.copy()
    second = world.step(np.ones(3, np.int64)).observation
    assert not np.shares_memory(first, second) and not np.array_equal(first, second)
    np.testing.assert_array_equal(first, kept)


@compiled_only
def test_only_free_compiled_bodies_are_rewired_and_only_once():
    order = np.array([1, 0, 3, 2])
    assert not ClassicWorld(BODIES["CartPole-v1"](), 2, "numba").rewire(order)
    assert not free("CartPole-v1", engine="numpy").rewire(order)
    world = free("CartPole-v1")
    assert world.rewire(order)
    assert not world.rewire(order)


@compiled_only
@pytest.mark.parametrize(
    ("wiring", "message"),
    [
        ((np.array([0, 0, 1, 2]), None, None), "a permutation of 4 channels; got .0 0 1 2"),
        ((np.arange(3), None, None), "a permutation of 4 channels"),
        ((None, SIGNS[:3], None), "one sign for each of 4 channels"),
        ((None, None, SIGNS[:, None]), "one offset for each of 4 channels"),
    ],
)
def test_wrong_wirings_are_refused(wiring: Any, message: str):
    with pytest.raises(ValueError, match=message):
        free("CartPole-v1").rewire(*wiring)


def test_lives_rewire_bodies_without_a_wrapper():
    life = LifelongVectorEnv(Schedule((Task("a", "CartPole-v1", (Permute(flip=True), Storm())),), 100), 2)
    life.reset()
    world: Any = life._world
    assert isinstance(world.world, ClassicWorld if can_compile() else PermutedWorld)


def test_what_leaves_senses_alone_lets_the_body_inside_be_rewired():
    heavy = Task("a", "CartPole-v1", (Dynamics(factors={"gravity": 2.0}), Permute(flip=True)))
    life = LifelongVectorEnv(Schedule((heavy,), 100), 2)
    life.reset()
    assert isinstance(life._world, DynamicsWorld if can_compile() else PermutedWorld)
