"""Physical parameters: read back, felt in trajectories, in time, once, and by nobody else."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from envs import Clock, Dynamics, LifelongVectorEnv, Linear, Noise, Permute, Schedule, Setting, Task, check_change
from envs.changes.changed_dynamics import DynamicsWorld
from envs.dynamics import parameters_of
from envs.senses import free
from experiments.load import build, plain

mujoco: Any = import_module("mujoco")
BASES: dict[str, dict[str, Any]] = {
    "CartPole-v1": {},
    "Acrobot-v1": {},
    "MountainCar-v0": {},
    "MountainCarContinuous-v0": {},
    "Pendulum-v1": {},
    "LunarLander-v3": {"enable_wind": True},
    "BipedalWalker-v3": {},
    "InvertedPendulum-v5": {},
    "HalfCheetah-v5": {},
    "Ant-v5": {},
    "Walker2d-v5": {},
}
NOT_AT_ONCE = ("goal", "goal_velocity", "left_bound", "right_bound", "place_bound", "angle_bound", "speed_bound",
               "speed_bound_1", "speed_bound_2")  # fmt: skip
"""Bounds, which are not met in a few steps."""


def changed(name: str, *changes: Dynamics, clock: Clock | None = None) -> gym.Env:
    env = free(gym.make(name, **BASES[name]))
    for change in changes:
        env = change.wrap(env, Setting(clock or Clock(), *np.random.default_rng(0).spawn(2)))
    return env


def lived(env: gym.Env, steps: int = 30, clock: Clock | None = None, seed: int = 1) -> list[np.ndarray]:
    """Live with given actions; gives observations, rewards and ends."""
    rng, seen = np.random.default_rng(0), [np.asarray(env.reset(seed=seed)[0])]
    for _ in range(steps):
        action: Any = rng.integers(env.action_space.n) if isinstance(env.action_space, gym.spaces.Discrete) else None
        if action is None:
            space: Any = env.action_space
            action = rng.uniform(space.low, space.high).astype(np.float32)
        if clock is not None:
            clock.advance(1)
        observation, reward, terminated, truncated, _ = env.step(action)
        seen += [np.asarray(observation), np.array([reward, terminated])]
        if terminated or truncated:
            seen.append(np.asarray(env.reset()[0]))
    return seen


def alike(ours: list[np.ndarray], theirs: list[np.ndarray]) -> bool:
    return len(ours) == len(theirs) and all(np.array_equal(*pair) for pair in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("name", BASES)
def test_parameters_are_read_back_and_felt_and_what_is_given_back_is_exact(name: str):
    bare = lived(changed(name))
    for known, parameter in parameters_of(gym.make(name, **BASES[name])).all.items():
        if "." in known or not np.any(parameter.base):
            continue
        env = changed(name, Dynamics(factors={known: 0.7}))
        told = env.reset(seed=1)[1]["lifelong"]
        assert told == {f"dynamics_{known}": 0.7}
        now = env.get_wrapper_attr("dials")._bases[0][known]
        np.testing.assert_allclose(now.read(), parameter.base * 0.7, rtol=1e-6)
        if known not in (*NOT_AT_ONCE, "friction", "turbulence"):
            assert not alike(bare, lived(env)), known
        if name == "BipedalWalker-v3":  # its Box2D world lives on, and the same seed is another life the second time
            env = changed(name, Dynamics(factors={known: 0.7}))
            now = env.get_wrapper_attr("dials")._bases[0][known]
            now.write(now.scaled(0.7))
        now.write(now.base)
        assert np.array_equal(now.read(), parameter.base)
        vars(env.get_wrapper_attr("dials"))["turn"] = lambda: None
        assert alike(bare, lived(env)), known
    still = Dynamics(factors={"force" if "MountainCar" in name else "gravity": 2.0}).still()
    assert still is not None and alike(bare, lived(changed(name, still)))


@pytest.mark.parametrize("name", ["HalfCheetah-v5", "Ant-v5", "Walker2d-v5", "BipedalWalker-v3"])
def test_friction_is_felt_where_feet_touch_the_ground(name: str):
    usual, slippery = (lived(changed(name, Dynamics(values={"friction": value})), 80) for value in (2.0, 0.02))
    assert not alike(usual, slippery)


def test_slippery_ant_has_the_friction_that_its_xml_would_have(tmp_path):
    env: Any = gym.make("Ant-v5").unwrapped
    with open(env.fullpath, encoding="utf-8") as file:  # noqa: PTH123
        text = file.read()
    assert text.count('friction="1 0.5 0.5"') == 1
    path = tmp_path / "slippery.xml"
    path.write_text(text.replace('friction="1 0.5 0.5"', 'friction="0.02 0.5 0.5"'), encoding="utf-8")
    ours: Any = changed("Ant-v5", Dynamics(values={"friction": 0.02}))
    ours.reset(seed=0)
    theirs = mujoco.MjModel.from_xml_path(str(path))
    np.testing.assert_array_equal(ours.unwrapped.model.geom_friction, theirs.geom_friction)


def test_masses_are_those_of_a_model_that_was_compiled_with_them():
    ours: Any = changed("Walker2d-v5", Dynamics(factors={"mass": 2.0}))
    ours.reset(seed=0)
    spec = mujoco.MjSpec.from_file(ours.unwrapped.fullpath)
    for geom in spec.geoms:
        geom.density *= 2
    theirs, model = spec.compile(), ours.unwrapped.model
    for name in ("body_mass", "body_inertia", "body_subtreemass", "dof_M0", "dof_invweight0", "body_invweight0"):
        np.testing.assert_allclose(getattr(model, name), getattr(theirs, name), rtol=1e-12, err_msg=name)
    whole: Any = changed("Walker2d-v5", Dynamics(values={"mass": 5.0}))
    whole.reset(seed=0)
    assert whole.unwrapped.model.body_mass.sum() == pytest.approx(5.0)


def test_single_parts_have_parameters_of_their_own():
    env: Any = changed(
        "Ant-v5", Dynamics(values={"mass.torso": 1.5, "friction.floor": 0.1}, factors={"gain.hip_1": 0.0})
    )
    env.reset(seed=0)
    model, usual = env.unwrapped.model, gym.make("Ant-v5").unwrapped.model  # type: ignore[attr-defined]
    assert model.body("torso").mass[0] == 1.5 and model.geom("floor").friction.tolist() == [0.1, 0.5, 0.5]
    assert (model.body_mass != usual.body_mass).sum() == 1 and (model.geom_friction != usual.geom_friction).sum() == 1
    assert (model.actuator_gainprm[:, 0] == [1, 1, 0, 1, 1, 1, 1, 1]).all()


@pytest.mark.parametrize("name", ["CartPole-v1", "Acrobot-v1", "LunarLander-v3", "BipedalWalker-v3", "HalfCheetah-v5"])
def test_a_value_changes_at_its_age_once_and_in_the_middle_of_an_episode(name: str):
    clock = Clock()
    at = 9
    env = changed(name, Dynamics(factors={"gravity": Linear(1.0, 3.0, over=1, begin=at - 1)}), clock=clock)
    parameter = env.get_wrapper_attr("dials")._bases[0]["gravity"]
    writes, write = [], parameter.write
    object.__setattr__(parameter, "write", lambda value: (writes.append(clock.age), write(value)))
    bare = lived(changed(name), 20)
    ours = lived(env, 20, clock)
    assert writes == [0, at]
    assert alike(bare[: 2 * at - 1], ours[: 2 * at - 1]) and not alike(bare, ours)
    first = next(k for k, pair in enumerate(zip(bare, ours, strict=False)) if not np.array_equal(*pair))
    # Some senses feel gravity one step after it has pulled.
    assert first <= 2 * at + 3
    env.reset()
    assert writes == [0, at]


@pytest.mark.parametrize("name", BASES)
def test_nobody_else_feels_it(name: str):
    bare = lived(changed(name))
    known = [one for one, parameter in parameters_of(gym.make(name)).all.items() if np.any(parameter.base)]
    lived(changed(name, Dynamics(factors={one: 1.3 for one in known if "." not in one})))
    assert alike(bare, lived(changed(name)))


DRIFT = Dynamics(values={"gravity": Linear(5.0, 15.0, over=60, begin=20)}, factors={"force": 0.7})
SWING = Dynamics(factors={"gravity": Linear(1.0, 2.0, over=60), "mass_1": 1.5, "torque": Linear(1.0, 0.4, 30)})
WEIGHT = Dynamics(factors={"gravity": Linear(1.0, 0.5, over=60), "mass": 1.5, "length": 0.9})
HILL = Dynamics(factors={"gravity": Linear(1.0, 0.5, over=60), "force": 1.5})


@pytest.mark.parametrize("engine", ["auto", "numpy"])
@pytest.mark.parametrize(
    ("name", "change"),
    [("CartPole-v1", DRIFT), ("Acrobot-v1", SWING), ("Pendulum-v1", WEIGHT), ("MountainCar-v0", HILL)],
)
def test_batched_bodies_change_as_gymnasiums_own_do(name: str, change: Dynamics, engine: str):
    schedule = Schedule(
        (Task("a", name, (Permute(), change, Noise())), Task("b", name, (change,))), steps=150, cycles=2
    )
    fast, slow = (LifelongVectorEnv(schedule, 3, seed=4, engine=one) for one in (engine, "looped"))
    np.testing.assert_array_equal(fast.reset()[0], slow.reset()[0])
    rng = np.random.default_rng(0)
    for _ in range(150):
        actions = np.stack([np.asarray(fast.single_action_space.sample()) for _ in range(3)])
        if isinstance(fast.single_action_space, gym.spaces.Discrete):
            actions = rng.integers(0, fast.single_action_space.n, 3)
        ours, theirs = fast.step(actions), slow.step(actions)
        # Rewards of Pendulum are equal to rounding: see tests/envs/test_classic.py.
        for one, two in zip(ours[:1] + ours[2:4], theirs[:1] + theirs[2:4], strict=True):
            np.testing.assert_array_equal(one, two)
        for told in change.reports():
            np.testing.assert_array_equal(ours[4]["lifelong"][told], theirs[4]["lifelong"][told])
    assert fast.clock.age == 450


def test_looped_bases_change_under_batched_changes():
    change = Dynamics(factors={"gravity": Linear(1.0, 2.0, over=30), "mass": 1.5})
    schedule = Schedule((Task("a", "InvertedPendulum-v5", (Noise(), change)),), steps=1000)
    fast, slow = (LifelongVectorEnv(schedule, 2, seed=4, engine=one) for one in ("auto", "looped"))
    for life in (fast, slow):
        life.reset()
    assert isinstance(fast._world, DynamicsWorld)
    for k in range(40):
        actions = np.full((2, 1), np.sin(k), np.float32)
        for ours, theirs in zip(fast.step(actions)[:4], slow.step(actions)[:4], strict=True):
            np.testing.assert_array_equal(ours, theirs)
    weights = [env.unwrapped.model.opt.gravity[2] for env in fast._world.world.world.envs]  # type: ignore[attr-defined]
    assert weights == [-2 * 9.81] * 2


@pytest.mark.parametrize("name", ["LunarLander-v3", "HalfCheetah-v5"])
def test_it_keeps_the_promises_of_a_change(name: str):
    check_change(name, Dynamics(factors={"gravity": 1.1}), steps=20)


def test_specs_can_say_it():
    said = {"kind": "dynamics", "values": {"gravity": {"kind": "linear", "start": 9.8, "stop": 5, "over": 100}},
            "factors": {"force": 2}}  # fmt: skip
    from envs import Change  # noqa: PLC0415

    change = build(Change, said, "spec")
    assert change == Dynamics(values={"gravity": Linear(9.8, 5.0, 100)}, factors={"force": 2.0})
    assert build(Change, plain(change), "spec") == change


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        (
            "CartPole-v1",
            {"values": {"masscart": 1.0}},
            "no parameter 'masscart', did you mean 'cart_mass'.*it has grav",
        ),
        ("Ant-v5", {"factors": {"frction": 1.0}}, "of Ant-v5 has no parameter 'frction', did you mean 'friction'"),
        ("LunarLander-v3", {"factors": {"main_engin": 1.0}}, "did you mean 'main_engine'"),
        ("lifelong/Room-v0", {"values": {"gravity": 1.0}}, "no physical parameters that are known here; those that"),
        ("Ant-v5", {"values": {"damping": 1.0}}, "'damping' is many numbers and takes no single value"),
        ("CartPole-v1", {"values": {"cart_mass": Linear(1.0, 0.0, 9)}}, "'cart_mass' is above 0; Dynamics.values has"),
        ("CartPole-v1", {"factors": {"half_length": 0.0}}, "'half_length' cannot be 0, so its factor is above 0"),
        ("LunarLander-v3", {"values": {"gravity": -10.0}}, "'gravity' is at least 0; Dynamics.values has -10.0"),
        ("Ant-v5", {"factors": {"density": 2.0}}, "'density' is 0 by itself"),
        (
            "Ant-v5",
            {"factors": {"mass": 2.0, "mass.torso": 2.0}},
            "'mass.torso' and 'mass' of Dynamics would overwrite",
        ),
    ],
)
def test_what_cannot_be_is_told_where_a_world_is_made(name: str, fields: dict, message: str):
    with pytest.raises(ValueError, match=message):
        Dynamics(**fields).wrap(gym.make(name), Setting(Clock(), *np.random.default_rng(0).spawn(2)))
    with pytest.raises(ValueError, match=message):
        LifelongVectorEnv(Schedule((Task("a", name, (Dynamics(**fields),)),), 100), 2).reset()


def test_two_changes_do_not_turn_one_parameter():
    with pytest.raises(ValueError, match=r"'mass.torso' and 'mass' of Dynamics would overwrite each other"):
        changed("Ant-v5", Dynamics(factors={"mass": 2.0}), Dynamics(factors={"mass.torso": 2.0}))
    with pytest.raises(ValueError, match="'dynamics' and 'dynamics' both report 'dynamics_force'"):
        Task("a", "CartPole-v1", (Dynamics(factors={"force": 2.0}), Dynamics(values={"force": 3.0})))


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({}, ValueError, "names no parameter; give it values"),
        ({"values": {"gravity": "low"}}, TypeError, r"Dynamics.values\['gravity'\] is a value: a number or a signal"),
        ({"factors": {"gravity": -1.0}}, ValueError, "is a factor, finite and at least 0; got -1.0"),
        ({"values": {"gravity": 1.0}, "factors": {"gravity": 1.0}}, ValueError, "in values and in factors; keep one"),
        ({"values": ["gravity"]}, TypeError, "maps names of parameters"),
    ],
)
def test_fields_are_checked(fields: dict, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        Dynamics(**fields)
