"""Classic control in arrays beside Gymnasium's own: bodies, dice, rounding and parameters."""

from __future__ import annotations

import platform
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.utils.seeding import np_random
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from hypothesis import given
from hypothesis import strategies as st

from envs.classic import BODIES, ClassicWorld, make_vector_env
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
