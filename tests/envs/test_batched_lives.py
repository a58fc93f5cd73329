"""Lives on batched worlds against the same lives stepped one environment after the other: equal bits."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium import spaces

from envs import Change, Goal, LifelongVectorEnv, Permute, Schedule, Setting, Storm, Task, bases, make_life
from envs.looped import LoopedWorld
from tests.envs.probes import WEATHER, counters

LIVES = ("minigrid_permuted", "minigrid_goals", "cartpole_worlds", "cartpole_storm")
STORMY_GRID = Schedule(
    (
        Task("doors", "lifelong/Grid-v0", (Permute(), Storm(("drop", "invert"), calm=30, burst=60)),
             {"base": "MiniGrid-DoorKey-5x5-v0", "actions": ("left", "right", "forward", "pickup", "toggle")}),
        Task("gap", "lifelong/Grid-v0", (Storm(("invert",), calm=30, burst=60, share=0.2),),
             {"base": "MiniGrid-LavaGapS5-v0", "actions": ("left", "right", "forward", "forward", "forward")}),
    ),
    steps=700,
    cycles=2,
)  # fmt: skip


def lived_alike(schedule: Schedule, num_envs: int, steps: int, seed: int = 3, engine: str = "auto") -> int:
    """Live twice; returns how many episodes ended."""
    fast = LifelongVectorEnv(schedule, num_envs, seed, engine=engine)
    slow = LifelongVectorEnv(schedule, num_envs, seed, engine="looped")
    (ours, told), (theirs, truth) = fast.reset(), slow.reset()
    assert not isinstance(fast._world, LoopedWorld) and isinstance(slow._world, LoopedWorld)
    rng, ended = np.random.default_rng(seed), 0
    for step in range(steps):
        assert ours.dtype == theirs.dtype and fast.single_observation_space == slow.single_observation_space
        np.testing.assert_array_equal(ours, theirs, err_msg=f"step {step}")
        assert set(told["lifelong"]) == set(truth["lifelong"])
        for name, value in truth["lifelong"].items():
            np.testing.assert_array_equal(told["lifelong"][name], value, err_msg=f"{name} in step {step}")
        actions = rng.integers(0, fast.single_action_space.n, num_envs)  # pyright: ignore[reportAttributeAccessIssue]
        ours, *outcome, told = fast.step(actions)
        theirs, *expected, truth = slow.step(actions)
        for label, one, two in zip(("reward", "terminated", "truncated"), outcome, expected, strict=True):
            np.testing.assert_array_equal(one, two, err_msg=f"{label} in step {step}")
        over = outcome[1] | outcome[2]
        if over.any():
            np.testing.assert_array_equal(told["final_obs"][over], truth["final_obs"][over])
            np.testing.assert_array_equal(told["_final_obs"], over)
            ended += int(over.sum())
    return ended


@pytest.mark.parametrize("name", LIVES)
def test_named_lives_are_the_same_bit_by_bit(name: str):
    schedule = replace(make_life(name), steps=230)
    assert lived_alike(schedule, num_envs=6, steps=schedule.total // 6 + 20) > 50


@pytest.mark.parametrize("schedule", [WEATHER, STORMY_GRID], ids=["weather", "stormy grid"])
def test_storms_are_the_same_bit_by_bit(schedule: Schedule):
    assert lived_alike(schedule, num_envs=5, steps=schedule.total // 5) > 30


def test_the_numpy_engine_lives_the_same_life():
    assert lived_alike(replace(STORMY_GRID, steps=120), num_envs=3, steps=160, engine="numpy") > 5


def test_storms_blow_over_tensors():
    task = replace(STORMY_GRID.tasks[0], changes=(Storm(("drop", "invert"), calm=1, burst=10**6, share=1.0),))
    schedule = Schedule((task,), 10**4)
    stormy = LifelongVectorEnv(schedule, 4, 3, engine="torch")
    calm = LifelongVectorEnv(Schedule((replace(task, changes=()),), 10**4), 4, 3, engine="torch")
    still: Any = torch.zeros(4, dtype=torch.int64)
    for life in (stormy, calm):
        life.reset()
        life.step(still)
    seen, *_, infos = stormy.step(still)
    bare, *_ = calm.step(still)
    fault = infos["lifelong"]["storm_kind"][0]
    assert fault in ("drop", "invert")
    np.testing.assert_array_equal(seen, np.zeros_like(bare) if fault == "drop" else 1 - np.asarray(bare))


@pytest.mark.parametrize("name", LIVES)
def test_lives_of_tensors_begin_in_the_same_worlds(name: str):
    schedule = replace(make_life(name), steps=60)
    tensors = LifelongVectorEnv(schedule, 4, 3, engine="torch", device="cpu")
    arrays = LifelongVectorEnv(schedule, 4, 3)
    seen: Any = tensors.reset()[0]
    np.testing.assert_array_equal(seen.numpy(), arrays.reset()[0])
    tasks = []
    for _ in range(schedule.total // 4):
        step: Any = tensors.step(torch.zeros(4, dtype=torch.int64))  # pyright: ignore[reportArgumentType]
        seen, reward, terminated, truncated, infos = step
        assert seen.shape == tensors.observation_space.shape and seen.isfinite().all()
        assert reward.shape == terminated.shape == truncated.shape == (4,)
        assert bool(truncated.logical_or(terminated).all()) or not infos["lifelong"]["switched"].any()
        tasks.append(int(infos["lifelong"]["task"][0]))
    assert tasks == [schedule.task_at(age) for age in range(0, schedule.total, 4)]


def test_exams_of_batched_lives_have_other_dice():
    first, second = (LifelongVectorEnv(STORMY_GRID, 4, 3, purpose) for purpose in ("life", "exam"))
    assert not np.array_equal(first.reset()[0], second.reset()[0])


def test_bases_without_a_batched_form_are_looped_and_told_once(caplog: pytest.LogCaptureFixture):
    bases._told.discard("probe/Counter-v0")
    with caplog.at_level(logging.WARNING, "envs"):
        for _ in range(2):
            life = LifelongVectorEnv(counters(), num_envs=2)
            life.reset()
            assert isinstance(life._world, LoopedWorld)
    (record,) = caplog.records
    assert "probe/Counter-v0 is stepped one environment after the other" in record.getMessage()


def test_tensors_of_a_base_without_a_batched_form_are_refused():
    with pytest.raises(ValueError, match="task 'world0' cannot be lived in tensors: its base 'probe/Counter-v0'"):
        LifelongVectorEnv(counters(), num_envs=2, engine="torch").reset()


def test_changes_without_a_batched_form_are_looped(caplog: pytest.LogCaptureFixture):
    @dataclass(frozen=True)
    class Shy(Change, kind="shy of batches"):
        def wrap(self, env: gym.Env, setting: Setting) -> gym.Env:
            return env

    try:
        life = LifelongVectorEnv(Schedule((Task("a", "CartPole-v1", (Shy(),)),), 100), num_envs=2)
        life.reset()
        assert isinstance(life._world, LoopedWorld)
        assert "shy of batches" in caplog.text
    finally:
        del Change.kinds["shy of batches"]


def test_arguments_that_the_batched_form_does_not_know_are_looped():
    life = LifelongVectorEnv(Schedule((Task("a", "CartPole-v1", (), {"sutton_barto_reward": True}),), 100), num_envs=2)
    life.reset()
    assert isinstance(life._world, LoopedWorld) and not life.step(np.zeros(2, np.int64))[1].any()


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (Task("a", "CartPole-v1", (Goal(where="north-west"),)), "task 'a': Goal needs a room"),
        (Task("a", "lifelong/Room-v0", (Goal(what="red ball"),)), "no such thing lies in the room"),
        (Task("a", "lifelong/Grid-v0", (Permute(flip=True),), {"base": "MiniGrid-Empty-5x5-v0"}), "bits have no sign"),
        (Task("a", "lifelong/Grid-v0", (), {"base": "MiniGrid-Emty-5x5-v0"}), "did you mean 'Empty-5x5-v0'"),
    ],
)
def test_what_does_not_fit_is_named(task: Task, message: str):
    from envs.worlds import Worlds  # noqa: PLC0415 - the looped form of a wrong base fails elsewhere

    with pytest.raises(ValueError, match=message):
        Worlds(Schedule((task,), 100)).batch(0, 2)


def test_real_senses_are_unbounded_in_batched_lives_too():
    space = LifelongVectorEnv(WEATHER, 2).single_observation_space
    assert space == spaces.Box(-np.inf, np.inf, (4,), np.float32)
