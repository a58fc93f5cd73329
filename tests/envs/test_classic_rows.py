"""Rows of classic control: on tensors, left idle, given what they cannot do, and learnt in."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode
from stable_baselines3 import PPO

from agents.vec import SB3VecEnv
from envs import LifelongVectorEnv, Schedule, Task
from envs.classic import BODIES, ClassicWorld, make_env, make_vector_env
from tests.envs.test_classic import bodies, copied, live

engines = pytest.mark.parametrize("engine", ("numba", "numpy", "torch"))


@bodies
def test_tensors_move_as_arrays_do(name: str):
    worlds = [ClassicWorld(BODIES[name](), 16, engine) for engine in ("numpy", "torch")]
    for world in worlds:
        world.seed(range(16))
        world.begin()
        world.set_parameters(interval=0.03) if name == "CartPole-v1" else None
    assert isinstance(worlds[1].state, torch.Tensor)
    assert (worlds[0].state == worlds[1].state.numpy()).all()
    rng, ends = np.random.default_rng(0), 0
    for step in range(210):
        actions = rng.uniform(-2, 2, (16, 1)).astype(np.float32) if "Pend" in name else rng.integers(0, 2, 16)
        array = worlds[0].step(actions, again=False)
        tensor = worlds[1].step(torch.from_numpy(actions) if step % 2 else actions, again=False)
        for one, two in zip(array[:4], tensor[:4], strict=True):
            np.testing.assert_allclose(one, two.numpy(), rtol=1e-4, atol=1e-4)
        if array.final is not None:
            over = np.flatnonzero(np.asarray(array.terminated | array.truncated))
            ends += len(over)
            for world in worlds:
                world.begin(over)
    assert ends or name == "Acrobot-v1"


@bodies
def test_tensors_begin_again_by_dice_of_their_rows(name: str):
    few, many = live(BODIES[name](), 210, "torch", 2), live(BODIES[name](), 210, "torch", 2)
    assert all((one == two).all() for one, two in zip(few, many, strict=True))
    starts = {}
    for size in (3, 7):
        world = ClassicWorld(BODIES[name](), size, "torch")
        world.seed(range(size))
        world.begin()
        drawn = []
        for _ in range(3):
            world.steps[:] = world.body.limit - 1
            shape = (size, 1) if "Pend" in name else (size,)
            outcome = world.step(np.ones(shape, world.action_space.dtype))
            assert outcome.truncated.all() and not world.steps.any()
            assert (outcome.final != outcome.observation).any(1).all()
            drawn.append(world.state[:3].clone())
        starts[size] = torch.stack(drawn)
    assert (starts[3] == starts[7]).all()
    assert len(starts[3].reshape(9, -1).unique(dim=0)) == 9
    assert (starts[3] >= torch.tensor(world.body.lowest)).all() and (
        starts[3] <= torch.tensor(world.body.highest)
    ).all()


@engines
@bodies
def test_idle_rows_are_left_alone(name: str, engine: str):
    world = ClassicWorld(BODIES[name](), 3, engine)
    world.seed([1, 2, 3])
    first = copied(world.begin()[0])
    idle = world.constant(np.array([False, True, False]))
    actions = np.zeros(3, np.int64) if world.body.actions else np.zeros((3, 1), np.float32)
    actions[1] = 99 if world.body.actions else np.nan  # nobody asks what an idle row does
    outcome = world.step(actions, idle=idle)
    moved = (np.asarray(outcome.observation) != first).any(1)
    assert moved.tolist() == [True, False, True]
    assert outcome.reward[1] == 0 and not outcome.terminated[1] and not outcome.truncated[1]
    assert world.steps.tolist() == [1, 0, 1]
    assert np.asarray(outcome.observation)[1].tolist() == first[1].tolist()


@engines
def test_what_was_handed_out_stays_as_it_is(engine: str):
    world = ClassicWorld(BODIES["CartPole-v1"](), 4, engine)
    world.seed(range(4))
    world.begin()
    outcomes, copies = [], []
    for _ in range(60):
        outcomes.append(world.step(np.ones(4, np.int64)))
        copies.append([None if part is None else copied(part) for part in outcomes[-1][:5]])
    assert sum(outcome.final is not None for outcome in outcomes) > 1
    for outcome, kept in zip(outcomes, copies, strict=True):
        for part, copy in zip(outcome[:5], kept, strict=True):
            assert part is None or (np.asarray(part) == copy).all()


@pytest.mark.parametrize(
    "actions", [np.zeros(2), np.zeros((2, 1), int), [0, 1, 0], np.array([0, 2]), [-1, 0], [True, False]], ids=repr
)
@engines
def test_wrong_actions_are_refused_and_move_nothing(engine: str, actions: Any):
    world = ClassicWorld(BODIES["CartPole-v1"](), 2, engine)
    world.seed([0, 1])
    world.begin()
    before = copied(world.state)
    with pytest.raises(ValueError, match=r"actions of CartPole-v1 are integers from 0 to 1 of shape \(N,\); got "):
        world.step(actions)
    assert (np.asarray(world.state) == before).all() and world.steps.tolist() == [0, 0]


@pytest.mark.parametrize("actions", [np.zeros(2), np.zeros((2, 1), int), np.array([[0.0], [np.nan]])], ids=repr)
@engines
def test_wrong_torques_are_refused(engine: str, actions: Any):
    world = ClassicWorld(BODIES["Pendulum-v1"](), 2, engine)
    world.begin()
    with pytest.raises(ValueError, match=r"actions of Pendulum-v1 are real numbers of shape \(N, 1\); got "):
        world.step(actions)


@pytest.mark.parametrize("kind", (np.int8, np.uint8, np.int32, np.uint64))
def test_integers_of_all_sizes_are_actions(kind: type):
    world = ClassicWorld(BODIES["CartPole-v1"](), 4)
    world.begin()
    apart = np.zeros(8, kind)
    apart[2] = 1
    apart.flags.writeable = False
    assert (world.step(apart[::2]).observation[:, 1] > 0).tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_envs": 0}, "num_envs is an integer of at least 1; got 0"),
        ({"num_envs": 2.0}, "num_envs is an integer of at least 1; got 2.0"),
        ({"engine": "jax"}, "engine is one of auto, numba, numpy, torch; got 'jax'"),
        ({"engine": "numba", "device": "cuda"}, "engine 'numba' runs on the device \"cpu\"; got 'cuda'"),
        ({"engine": "torch", "device": "nowhere"}, "device is one of cpu.*; got 'nowhere'"),
        ({"engine": "torch", "device": "cuda:99"}, "device 'cuda:99' is not here; here are cpu"),
        ({"device": "cuda:99"}, "device 'cuda:99' is not here; here are cpu"),
        ({"body": "CartPole-v0"}, "bodies are CartPole-v1, .*; got 'CartPole-v0'"),
        ({"masscart": 2.0}, "CartPole-v1 has the parameters gravity, cart_mass, .*; got masscart"),
        ({"gravity": np.inf}, "gravity of CartPole-v1 is a finite number; got inf"),
        ({"gravity": "9"}, "gravity of CartPole-v1 is a finite number; got '9'"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        make_vector_env(**{"body": "CartPole-v1", **arguments})


def test_one_environment_has_no_tensors():
    with pytest.raises(ValueError, match="engine 'torch' is for vectors"):
        make_env("CartPole-v1", engine="torch")


def test_a_learner_learns_in_it():
    env = gym.make_vec("lifelong/CartPole-v1", num_envs=16, autoreset_mode=AutoresetMode.SAME_STEP)
    env.reset(seed=0)
    learner = PPO("MlpPolicy", SB3VecEnv(env), n_steps=32, batch_size=256, n_epochs=6, learning_rate=3e-3, seed=0)
    learner.learn(8_192)
    world = ClassicWorld(BODIES["CartPole-v1"](), 16)
    world.seed(range(16))
    seen, lengths = world.begin()[0], []
    for _ in range(500):
        steps = world.steps + 1
        outcome = world.step(learner.predict(seen, deterministic=True)[0])
        seen = outcome.observation
        lengths += steps[outcome.terminated | outcome.truncated].tolist()
    assert np.mean(lengths) > 100  # anything at all gives 22


@pytest.mark.parametrize("engine", ["looped", "numpy", "auto"])
def test_episodes_are_as_long_as_a_task_says(engine: str):
    task = Task("short", "Acrobot-v1", kwargs={"max_episode_steps": 30})
    life = LifelongVectorEnv(Schedule((task,), steps=1000), 2, engine=engine)
    life.reset()
    cut = [bool(life.step(np.ones(2, int))[3].all()) for _ in range(90)]
    assert [age for age, one in enumerate(cut, 1) if one] == [30, 60, 90]
