from __future__ import annotations

import platform
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env
from gymnasium.utils.seeding import np_random
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from hypothesis import given
from hypothesis import strategies as st
from stable_baselines3 import PPO

from agents.vec import SB3VecEnv
from envs import LifelongVectorEnv, Schedule, Task
from envs.classic import BODIES, ClassicWorld, make_env, make_vector_env
from envs.classic.arithmetic import squared
from envs.classic.body import Body
from envs.compiled import compiled

HOST = ("numba", "numpy")
# Processors that fuse a product and a sum round otherwise than Gymnasium's NumPy scalars, and chaos does the rest.
EXACT = platform.machine() == "x86_64"
EPISODES = {"CartPole-v1": 540, "Acrobot-v1": 1010, "MountainCar-v0": 410, "Pendulum-v1": 410}
CHANGED = {
    "CartPole-v1": {
        "gravity": ("gravity", 11.1),
        "cart_mass": ("masscart", 1.3),
        "pole_mass": ("masspole", 0.17),
        "half_length": ("length", 0.61),
        "force": ("force_mag", 9.7),
        "interval": ("tau", 0.017),
        "place_bound": ("x_threshold", 0.11),
        "angle_bound": ("theta_threshold_radians", 0.1),
    },
    "Acrobot-v1": {
        "mass_1": ("LINK_MASS_1", 1.1),
        "mass_2": ("LINK_MASS_2", 0.9),
        "length_1": ("LINK_LENGTH_1", 1.2),
        "centre_1": ("LINK_COM_POS_1", 0.41),
        "centre_2": ("LINK_COM_POS_2", 0.57),
        "inertia": ("LINK_MOI", 0.83),
        "torque": ("AVAIL_TORQUE", 1.7),
        "interval": ("dt", 0.17),
        "speed_bound_1": ("MAX_VEL_1", 1.5),
        "speed_bound_2": ("MAX_VEL_2", 2.5),
    },
    "MountainCar-v0": {
        "force": ("force", 0.0013),
        "gravity": ("gravity", 0.0023),
        "left_bound": ("min_position", -0.9),
        "right_bound": ("max_position", 0.53),
        "speed_bound": ("max_speed", 0.044),
        "goal": ("goal_position", 0.31),
        "goal_velocity": ("goal_velocity", 0.03),
    },
    "Pendulum-v1": {
        "gravity": ("g", 8.3),
        "mass": ("m", 1.2),
        "length": ("l", 0.9),
        "interval": ("dt", 0.04),
        "speed_bound": ("max_speed", 3.3),
        "torque_bound": ("max_torque", 1.7),
    },
}
bodies = pytest.mark.parametrize("name", BODIES)
engines = pytest.mark.parametrize("engine", ("numba", "numpy", "torch"))


def act(env: Any, observation: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Act so that even rows do well and odd rows do anything, which ends episodes in all ways."""
    size, name = len(observation), env.spec.id
    if "Pendulum" in name:
        return rng.uniform(-2.5, 2.5, (size, 1)).astype(np.float32)
    actions = rng.integers(0, env.single_action_space.n, size)
    if "CartPole" in name:
        well = (observation[:, 2] + 0.3 * observation[:, 3] + 0.05 * observation[:, 1] > 0).astype(int)
    elif "MountainCar" in name:
        well = 2 * (observation[:, 1] >= 0)
    else:
        well = 2 * (observation[:, 5] > 0)
    actions[::2] = well[::2]
    return actions


def copied(array: Any) -> np.ndarray:
    return np.asarray(array).copy()


def state_of(env: Any) -> np.ndarray:
    if isinstance(env, SyncVectorEnv):
        return np.array([one.unwrapped.state for one in env.envs], np.float64)  # type: ignore[attr-defined]
    return env.world.state


def same(ours: Any, theirs: Any, rough: float = 0.0) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=rough or (0 if EXACT else 1e-4), atol=0 if EXACT else 1e-4)


@pytest.mark.parametrize("mode", (AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP))
@pytest.mark.parametrize("engine", HOST)
@bodies
def test_rows_live_as_gymnasiums_own_environments_do(name: str, engine: str, mode: AutoresetMode):
    ours = gym.make_vec(f"lifelong/{name}", num_envs=5, engine=engine, autoreset_mode=mode)
    theirs = SyncVectorEnv([lambda: gym.make(name)] * 5, autoreset_mode=mode)
    assert ours.single_observation_space == theirs.single_observation_space
    assert ours.single_action_space == theirs.single_action_space
    rng, seen = np.random.default_rng(3), ours.reset(seed=11)[0]
    same(seen, theirs.reset(seed=11)[0])
    # Two squares of float32 numbers in 1,000 are not what the C library's pow makes of them.
    rough = 1e-6 if (name, engine) == ("Pendulum-v1", "numpy") else 0.0
    ends = np.zeros(2)
    for _ in range(EPISODES[name]):
        actions = act(ours, seen, rng)
        seen, reward, terminated, truncated, infos = ours.step(actions)
        expected = theirs.step(actions)
        assert seen.dtype == np.float32 and reward.dtype == np.float64
        same(seen, expected[0])
        same(reward, expected[1], rough)
        # float32 hides in what is seen much that float64 shows
        same(state_of(ours), state_of(theirs))
        assert terminated.tolist() == expected[2].tolist() and truncated.tolist() == expected[3].tolist()
        over = terminated | truncated
        if over.any() and mode is AutoresetMode.SAME_STEP:
            assert infos["_final_obs"].tolist() == expected[4]["_final_obs"].tolist() == over.tolist()
            same(infos["final_obs"][over], np.stack(list(expected[4]["final_obs"][over])))
        ends += terminated.sum(), truncated.sum()
    assert ends[1] > 0
    assert ends[0] > 0 or name == "Pendulum-v1"


@bodies
def test_one_environment_goes_on_in_the_same_dice(name: str):
    ours, theirs, rng = gym.make(f"lifelong/{name}"), gym.make(name), np.random.default_rng(0)
    for seed in (7, None, None):
        same(ours.reset(seed=seed)[0], theirs.reset(seed=seed)[0])
        over = False
        while not over:
            action = rng.uniform(-2, 2, 1).astype(np.float32) if "Pend" in name else rng.integers(2)
            mine, his = ours.step(action), theirs.step(action)
            same(mine[0], his[0])
            assert mine[1:4] == pytest.approx(his[1:4])
            over = his[2] or his[3]


@pytest.mark.filterwarnings("ignore:.*(Box observation space m|For Box action spaces).*:UserWarning")
@bodies
def test_gymnasiums_checker_is_content(name: str):
    check_env(gym.make(f"lifelong/{name}").unwrapped, skip_render_check=True)
    assert gym.make_vec(f"lifelong/{name}", num_envs=1024).reset(seed=0)[0].shape[0] == 1024


@given(seed=st.integers(0, 2**80), name=st.sampled_from(sorted(BODIES)), engine=st.sampled_from(HOST))
def test_start_states_are_those_of_numpys_stream(seed: int, name: str, engine: str):
    body = BODIES[name]()
    world = ClassicWorld(body, 1, engine)
    world.seed([seed])
    rng = np_random(seed)[0]
    for _ in range(3):
        world.begin()
        lowest, highest = np.array(body.lowest), np.array(body.highest)
        drawn = lowest < highest
        expected = lowest.copy()
        expected[drawn] = rng.uniform(lowest[drawn], highest[drawn])
        assert (world.state[0] == (expected.astype(np.float32) if body.single else expected)).all()


@pytest.mark.skipif(not EXACT, reason="NumPy's float32 sine is another one on other processors")
@pytest.mark.parametrize("engine", HOST)
def test_first_observations_of_acrobot_are_computed_in_float32(engine: str):
    world = ClassicWorld(BODIES["Acrobot-v1"](), 8_000, engine)
    world.seed(range(8_000))
    seen, env = world.begin()[0], gym.make("Acrobot-v1").unwrapped
    expected = []
    for state in world.state.astype(np.float32):
        env.state = state  # type: ignore[attr-defined]
        expected.append(env._get_ob())  # type: ignore[attr-defined]
    assert (np.cos(world.state[:, 0]).astype(np.float32) != seen[:, 0]).any()  # what makes it worth the trouble
    assert (seen == np.stack(expected)).all()
    still = world.step(np.zeros(8_000, np.int64), idle=np.ones(8_000, np.bool_))
    assert (seen == still.observation).all()


def square_all(numbers, squares):
    for i in range(len(numbers)):
        squares[i] = squared(numbers[i])


@pytest.mark.skipif(not EXACT, reason="which squares pow rounds otherwise is a matter of the C library")
@pytest.mark.parametrize("scale", (1e-9, 1.0, 30.0, 1e6))
def test_squares_are_those_of_numpys_scalars(scale: float):
    numbers = np.random.default_rng(0).standard_normal(100_000) * scale
    squares = np.empty_like(numbers)
    compiled(square_all)(numbers, squares)
    expected = np.array([number**2 for number in numbers])
    assert (expected != numbers * numbers).any()  # what makes it worth the trouble
    assert (squares == expected).all()
    assert (squared(numbers) == expected).all()


@pytest.mark.parametrize("engine", HOST)
@bodies
def test_parameters_mean_what_they_mean_to_gymnasium(name: str, engine: str):
    attributes: dict[str, Any] = dict(CHANGED[name].values())
    if name == "CartPole-v1":
        attributes["total_mass"] = attributes["masspole"] + attributes["masscart"]
        attributes["polemass_length"] = attributes["masspole"] * attributes["length"]
    if name == "Acrobot-v1":
        attributes["AVAIL_TORQUE"] = [-1.7, 0.0, 1.7]

    def make() -> gym.Env:
        env = gym.make(name)
        for attribute, value in attributes.items():
            assert hasattr(env.unwrapped, attribute)
            setattr(env.unwrapped, attribute, value)
        return env

    ours = make_vector_env(name, 4, engine, autoreset_mode="SameStep")
    ours.spec = gym.spec(name)
    assert isinstance(ours.world, ClassicWorld)
    ours.world.set_parameters(**{parameter: value for parameter, (_, value) in CHANGED[name].items()})
    theirs = SyncVectorEnv([make] * 4, autoreset_mode=AutoresetMode.SAME_STEP)
    rng, seen = np.random.default_rng(1), ours.reset(seed=2)[0]
    theirs.reset(seed=2)
    for _ in range(150):
        actions = act(ours, seen, rng)
        seen, reward, terminated, *_ = ours.step(actions)
        expected = theirs.step(actions)
        same(seen, expected[0])
        same(reward, expected[1], 1e-6)
        assert terminated.tolist() == expected[2].tolist()


def live(body: Body, steps: int = 200, engine: str = "numba", num_envs: int = 8) -> list[np.ndarray]:
    """Give all that is seen and earned in a life."""
    env = ClassicWorld(body, num_envs, engine)
    env.seed(range(num_envs))
    seen, rng = np.asarray(env.begin()[0]), np.random.default_rng(0)
    env.spec, env.single_action_space = gym.spec(body.name), env.action_space  # type: ignore[attr-defined]
    lived = []
    for _ in range(steps):
        outcome = env.step(act(env, seen, rng))
        seen = np.asarray(outcome.observation)
        lived += [seen.ravel(), np.asarray(outcome.reward), np.asarray(outcome.terminated)]
    return lived


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        ("Acrobot-v1", "gravity", 9.9),
        ("Acrobot-v1", "goal", 0.2),
        *(
            (name, parameter, {"right_bound": 0.45, "goal_velocity": 0.06}.get(parameter, value))
            for name in CHANGED
            for parameter, (_, value) in CHANGED[name].items()
        ),
    ],
)
def test_every_parameter_matters(name: str, parameter: str, value: float):
    usual, other = live(BODIES[name]()), live(BODIES[name]().changed(**{parameter: value}))
    assert any((one != two).any() for one, two in zip(usual, other, strict=True))


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
