"""Lives that go on from a snapshot: equal bits, in the same object and in another one, and refusals where not."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils import EzPickle
from minigrid.wrappers import ImgObsWrapper

from envs import (
    BatchedWorld,
    BatchedWrapper,
    BatchSetting,
    Change,
    Clock,
    Dynamics,
    Goal,
    LifelongEnv,
    LifelongVectorEnv,
    Linear,
    Noise,
    Permute,
    Schedule,
    Setting,
    Storm,
    Task,
    check_snapshot,
    from_bytes,
    restore,
    snapshot,
    to_bytes,
)
from envs.senses import free
from envs.snapshot import _live

STORM = Storm(("noise", "drop", "invert"), calm=30, burst=60)
BITS = Storm(("drop", "invert"), calm=30, burst=60)
DRIFT = Dynamics(factors={"gravity": Linear(1.0, 2.0, over=500)})
BODIES = Schedule(
    (
        Task("plain", "CartPole-v1", (Permute(flip=True), DRIFT, STORM)),
        Task("noisy", "CartPole-v1", (Noise(), DRIFT, Noise(label="more"))),
    ),
    steps=330,
    cycles=3,
)
SWING = Schedule((Task("a", "Acrobot-v1", (DRIFT, STORM)), Task("b", "Acrobot-v1", (Permute(), Noise()))), 400, 2)
GRIDS = Schedule(
    (
        Task("obstacles", "lifelong/Grid-v0", (Permute(), BITS),
             {"base": "MiniGrid-Dynamic-Obstacles-Random-5x5-v0"}),
        Task("gap", "lifelong/Grid-v0", (BITS,), {"base": "MiniGrid-LavaGapS5-v0"}),
    ),
    steps=330,
    cycles=3,
)  # fmt: skip
ROOMS = Schedule((Task("corner", "lifelong/Room-v0", (Goal(where="north-west"), BITS), {"size": 6}),), 10_000)
CHEETAHS = Schedule(
    (
        Task("heavy", "HalfCheetah-v5", (DRIFT, STORM), {"max_episode_steps": 50}),
        Task("noisy", "HalfCheetah-v5", (Permute(), Noise(), DRIFT)),
    ),
    steps=150,
    cycles=3,
)


LIVES = {"bodies": BODIES, "swing": SWING, "grids": GRIDS, "rooms": ROOMS}


def storming(info: dict[str, Any]) -> bool:
    return np.ravel(info["lifelong"].get("storm_kind", "calm"))[0] != "calm"


def goes_on_alike(make: Callable[[], Any], stormy: bool = True, after: int = 150) -> None:
    """Save in the middle of an episode (and of a burst), go on, and go on again from there, three times."""
    env: Any
    env, other, fresh = make(), make(), make()
    env.reset(seed=3)
    rng, info = np.random.default_rng(0), {}
    for step in range(2000):
        env.action_space.seed(int(rng.integers(2**31)))
        *_, terminated, truncated, info = env.step(env.action_space.sample())
        if not isinstance(env, gym.vector.VectorEnv) and (terminated or truncated):
            env.reset()
        elif step > 60 and (storming(info) or not stormy):
            break
    assert storming(info) or not stormy
    saved = snapshot(env)
    went_on = _live(env, after, 5)
    restore(env, saved)
    same(_live(env, after, 5), went_on)
    other.reset(seed=8)
    _live(other, 100, 1)
    restore(other, from_bytes(to_bytes(saved)))
    same(_live(other, after, 5), went_on)
    restore(fresh, saved)
    same(_live(fresh, after, 5), went_on)
    assert fresh.clock.age == other.clock.age


def same(ours: Any, theirs: Any, where: str = "") -> None:
    assert type(ours) is type(theirs), where
    if isinstance(ours, dict):
        assert ours.keys() == theirs.keys(), where
        for name in ours:
            same(ours[name], theirs[name], f"{where}.{name}")
    elif isinstance(ours, (list, tuple)):
        assert len(ours) == len(theirs), where
        for k, pair in enumerate(zip(ours, theirs, strict=True)):
            same(*pair, f"{where}[{k}]")
    else:
        np.testing.assert_array_equal(ours, theirs, err_msg=where)


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        *((name, "numba") for name in LIVES),
        *((name, "numpy") for name in ("bodies", "swing", "grids")),
        *((name, "looped") for name in ("bodies", "rooms")),
        *((name, "torch") for name in ("bodies", "grids")),
    ],
)
def test_lives_of_many_go_on_bit_by_bit(name: str, engine: str):
    schedule = LIVES[name]
    if engine == "torch" and name == "bodies":  # tensors know no `Noise`
        schedule = Schedule((Task("a", "CartPole-v1", (Permute(flip=True), DRIFT, STORM)),), 900)
    goes_on_alike(lambda: LifelongVectorEnv(schedule, 3, engine=engine))


@pytest.mark.parametrize("schedule", LIVES.values(), ids=LIVES)
def test_lives_of_one_go_on_bit_by_bit(schedule: Schedule):
    goes_on_alike(lambda: LifelongEnv(schedule))


@pytest.mark.parametrize("engine", ["auto", "looped"])
def test_lives_on_mujoco_go_on_bit_by_bit(engine: str):
    goes_on_alike(lambda: LifelongVectorEnv(CHEETAHS, 2, engine=engine))


def test_registered_lives_go_on_with_gymnasiums_wrappers_around():
    check_snapshot(lambda: gym.make("lifelong/demo-v0"))
    check_snapshot(lambda: gym.make_vec("lifelong/demo-v0", 3, vectorization_mode="vector_entry_point"))


ALONE = [
    "CartPole-v1", "Acrobot-v1", "FrozenLake-v1", "MiniGrid-Dynamic-Obstacles-8x8-v0", "MiniGrid-DoorKey-8x8-v0",
    "lifelong/CartPole-v1", "lifelong/DoorKey-5x5-v0", "InvertedPendulum-v5", "HalfCheetah-v5", "Ant-v5",
    "Walker2d-v5", "Humanoid-v5",
]  # fmt: skip


@pytest.mark.parametrize("name", ALONE)
def test_environments_that_nobody_prepared_go_on_bit_by_bit(name: str):
    def make() -> gym.Env:
        env = gym.make(name, disable_env_checker=True)
        return ImgObsWrapper(env) if name.startswith("MiniGrid") else env

    check_snapshot(make, after=100)


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
@pytest.mark.parametrize("name", ["lifelong/CartPole-v1", "lifelong/LavaGapS5-v0"])
def test_batched_environments_go_on_bit_by_bit(name: str, mode: str):
    check_snapshot(lambda: gym.make_vec(name, 4, autoreset_mode=mode), after=100)


def test_a_wrapped_environment_goes_on_with_its_clock():
    clocks = [Clock(), Clock()]
    envs = []
    for clock in clocks:
        env: Any = gym.make("Pendulum-v1")
        for change in (DRIFT, Noise()):
            env = change.wrap(free(env), Setting(clock, *np.random.default_rng(1).spawn(2)))
        envs.append(env)
    envs[0].reset(seed=1)
    for _ in range(30):
        clocks[0].advance(1)
        envs[0].step(np.zeros(1, np.float32))
    saved = snapshot(envs[0])
    restore(envs[1], saved)
    assert clocks[1].age == 30
    for _ in range(30):
        for clock in clocks:
            clock.advance(1)
        same(envs[0].step(np.ones(1, np.float32)), envs[1].step(np.ones(1, np.float32)))


@dataclass(frozen=True)
class Drunk(Change, kind="drunk"):
    """Blurs what is seen more and more, from generators of its own, by a wrapper that knows nothing of snapshots."""

    def wrap(self, env: gym.Env, setting: Setting) -> gym.Env:
        return env

    def batch(self, world: BatchedWorld, setting: BatchSetting) -> BatchedWorld:
        return DrunkWorld(world, setting)


class DrunkWorld(BatchedWrapper):
    def __init__(self, world: BatchedWorld, setting: BatchSetting) -> None:
        super().__init__(world)
        self.moments, self.glasses, self.clock = setting.moments(), 0, setting.clock

    def step(self, actions, *, again=True, idle=None):
        self.glasses += 1
        noise = np.array([moment.normal(size=4) for moment in self.moments]).astype(np.float32)
        return self.world.step(actions, again=again, idle=idle).shown(lambda seen: seen + noise * self.glasses)


def test_wrappers_of_others_are_saved_by_their_attributes():
    schedule = Schedule((Task("a", "CartPole-v1", (Drunk(),)),), 500)
    goes_on_alike(lambda: LifelongVectorEnv(schedule, 2), stormy=False)


class Nest(gym.Env, EzPickle):
    """Holds an environment, and something that EzPickle would build anew."""

    class Egg(EzPickle):
        def __init__(self) -> None:
            EzPickle.__init__(self)
            self.warmth = 0.0

    def __init__(self) -> None:
        EzPickle.__init__(self)
        self.inner = gym.make("CartPole-v1")
        self.observation_space, self.action_space = self.inner.observation_space, self.inner.action_space
        self.egg, self.clock = Nest.Egg(), None

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.inner.reset(seed=seed)

    def step(self, action) -> Any:
        self.egg.warmth += self.np_random.random()
        observation, _, *rest = self.inner.step(action)
        return observation, self.egg.warmth, *rest


def test_what_is_nested_and_what_pickles_itself_wrongly_is_saved():
    check_snapshot(Nest)
    nest = Nest()
    nest.egg.warmth = 3.0
    assert pickle.loads(pickle.dumps(nest.egg)).warmth == 0.0  # what is to be avoided


@pytest.mark.parametrize("name", ["LunarLander-v3", "BipedalWalker-v3"])
def test_what_cannot_be_saved_exactly_is_told(name: str):
    env = gym.make(name)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"cannot be saved exactly: its attribute 'world', a Box2D.*snapshot\(\)"):
        snapshot(env)


def test_what_does_not_fit_is_told():
    life = LifelongVectorEnv(BODIES, 3)
    life.reset(seed=0)
    saved = snapshot(life)
    for other, message in (
        (LifelongVectorEnv(BODIES, 2), "a life of 3 bodies; this one has 2"),
        (LifelongVectorEnv(SWING, 3), "another life: it follows another schedule"),
        (LifelongVectorEnv(BODIES, 3, purpose="exam"), "is a life for 'life'; this one is for 'exam'"),
        (
            LifelongVectorEnv(BODIES, 3, engine="looped"),
            "'plain' was stepped by StormyWorld of .*, and here it is",
        ),
        (LifelongEnv(BODIES), "has the layers envs.vector.LifelongVectorEnv; this has envs.life.LifelongEnv"),
    ):
        with pytest.raises(ValueError, match=message):
            restore(other, saved)
    with pytest.raises(ValueError, match=r"expected what snapshot.. gave .*; got dict"):
        restore(life, {})


class Forgetful(gym.Wrapper):
    """Hides what it remembers."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        count = [0]

        def again() -> int:
            count[0] += 1
            return count[0]

        self.again = again

    def step(self, action) -> Any:
        observation, _, *rest = self.env.step(action)
        return observation, self.again(), *rest


def test_a_check_finds_what_is_lost():
    with pytest.raises(ValueError, match="went on otherwise from its snapshot after 37 steps in the same object"):
        check_snapshot(lambda: Forgetful(gym.make("CartPole-v1")))


def test_a_snapshot_shares_nothing_and_moves_nothing():
    one, two = LifelongVectorEnv(BODIES, 3), LifelongVectorEnv(BODIES, 3)
    one.reset(seed=2)
    two.reset(seed=2)
    for k in range(40):
        actions = np.array([k, k + 1, 0]) % 2
        before = to_bytes(snapshot(one))
        same(one.step(actions)[:4], two.step(actions)[:4])
        assert k % 10 or before != to_bytes(snapshot(one))
