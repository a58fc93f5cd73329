import copy
import dataclasses
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from agents.brain import BrainSpec
from agents.brain_agent import BrainAgent, sample
from agents.protocol import Step
from envs import LifelongVectorEnv, Schedule, Task
from lifelong_agent.config import BrainConfig
from lifelong_agent.inference import Belief
from tests.agents.worlds import Counted, Echo, cartpoles, vector

SMALL: dict[str, Any] = {"neurons": 1024, "open_neurons": 256, "winners": 16, "contexts": 4}


EMPTY = {"base": "MiniGrid-Empty-5x5-v0", "actions": ("left", "right", "forward")}


def spec(brain: dict[str, Any] | None = None, **changes: Any) -> BrainSpec:
    return BrainSpec(brain=BrainConfig(**(SMALL | (brain or {}))), **changes)


def memory(agent: BrainAgent) -> dict[str, Any]:
    return copy.deepcopy({**agent.brain.state_dict(), **agent.yardstick.state_dict(prefix="yardstick.")})


def same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


class Corridor(gym.Env):
    """Two places, back and forth whatever one does; every step pays one; cut after ten steps."""

    def __init__(self, end: str = "truncated") -> None:
        self.observation_space, self.action_space = spaces.MultiBinary(2), spaces.Discrete(2)
        self.end = end

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        super().reset(seed=seed)
        self.time = 0
        return np.array([1, 0], np.int8), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict]:
        self.time += 1
        over = self.time == 10
        place = np.eye(2, dtype=np.int8)[self.time % 2]
        return place, 1.0, over and self.end == "terminated", over and self.end == "truncated", {}


def corridors(end: str) -> SyncVectorEnv:
    return SyncVectorEnv([lambda: Corridor(end)] * 4, autoreset_mode=AutoresetMode.SAME_STEP)


def test_it_lives_exactly_as_long_as_asked() -> None:
    env = Counted(vector(num_envs=4))
    agent = spec().build(env, 0)
    agent.live(env, 400)
    assert env.count == 100
    with pytest.raises(ValueError, match="multiple of 4"):
        agent.live(env, 402)


def test_equal_seeds_live_equal_lives() -> None:
    told = []
    for seed in (3, 3, 4):
        env = cartpoles(num_envs=2)
        agent = spec().build(env, seed)
        agent.live(env, 400)
        told.append(memory(agent))
    assert same(told[0], told[1])
    assert not same(told[0], told[2])


@pytest.mark.parametrize("real", [False, True], ids=["bits", "real"])
def test_one_body_told_as_plain_numbers_lives_the_life_it_lives_told_as_arrays(
    real: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("numba", reason="needs numba: pip install 'lifelong_agent[fast]'")
    task = Task("one", "CartPole-v1") if real else Task("one", "lifelong/Grid-v0", kwargs=EMPTY)
    memories, rewarded = [], 0.0
    for single in (True, False):
        env = LifelongVectorEnv(Schedule((task, dataclasses.replace(task, name="two")), 700, 2), num_envs=1, seed=3)
        agent = spec().build(env, 5)
        assert agent._learner.single
        monkeypatch.setattr(agent._learner, "single", single)
        agent.live(env, 2800)
        memories.append(memory(agent))
        rewarded = float(agent.yardstick.spread[:, 3].max())
    assert same(*memories)
    # What was paid is no float32: rounding counts.
    assert real or rewarded == np.float32(rewarded) != 1.0


def test_it_learns_to_do_what_it_sees() -> None:
    returns: list[float] = []
    env = Counted(vector(num_envs=4, length=5), lambda _, outcome: returns.append(float(outcome[1].mean())))
    agent = spec().build(env, 0)
    agent.live(env, 2400)
    assert np.mean(returns[:50]) < 0.75  # chance is a half
    assert np.mean(returns[-200:]) > 0.9


@pytest.mark.parametrize(
    ("end", "low", "high"),
    [
        # By hand: one a step for ever is 1 / (1 - .9).
        ("truncated", 9.5, 10.5),
        # The two places look alike in all five passes, so the answer depends on the traces: between the mean of what
        # still came, 4.14, and the fixed point of a = 1 + .9 b, b = 1 + .9 * 4/5 a, whose mean is 5.14.
        ("terminated", 4.0, 5.2),
    ],
)
def test_a_time_limit_is_bootstrapped_over_and_an_end_is_not(end: str, low: float, high: float) -> None:
    values: list[float] = []

    def look(count: int, _: Any) -> None:
        if count > 1000:
            unit = float(agent.yardstick._unit(0))
            values.append(float(agent.brain(torch.eye(2)).output[:, 2].mean()) * unit)

    env = Counted(corridors(end), look)
    agent = spec({"infer": False, "neurogenesis": False}, gamma=0.9).build(env, 0)
    agent.live(env, 6000)
    assert low < np.mean(values) < high


@pytest.mark.parametrize(
    ("observations", "actions", "told"),
    [
        (spaces.Box(-1, 1, (4,)), spaces.Box(-1, 1, (2,)), r"acts in a Discrete space; got Box.*discretise"),
        (spaces.Box(0, 1, (3, 4, 4)), spaces.Discrete(2), r"flat Box or MultiBinary; got Box.*\(3, 4, 4\).*: flatten"),
        (spaces.Discrete(5), spaces.Discrete(2), r"flat Box or MultiBinary; got Discrete\(5\)"),
        (spaces.MultiBinary([2, 3]), spaces.Discrete(2), "flatten the observations"),
    ],
)
def test_bodies_it_cannot_live_in_are_refused(observations: Any, actions: Any, told: str) -> None:
    class Body(Echo):
        def __init__(self) -> None:
            super().__init__()
            self.observation_space, self.action_space = observations, actions

    env = SyncVectorEnv([Body], autoreset_mode=AutoresetMode.SAME_STEP)
    with pytest.raises(ValueError, match=told):
        spec().build(env, 0)


def test_environments_that_reset_in_another_step_are_refused() -> None:
    with pytest.raises(ValueError, match="SAME_STEP"):
        spec().build(SyncVectorEnv([Echo]), 0)


@pytest.mark.parametrize("name", ["infer", "gate", "repair", "brake", "fast_share", "neurogenesis"])
def test_each_part_can_be_left_out(name: str) -> None:
    without = {name: 0.0 if name in ("brake", "fast_share") else False}
    env = cartpoles(num_envs=2)
    whole, part = spec().build(env, 0), spec(without).build(env, 0)
    for agent in (whole, part):
        env.reset(seed=0)
        agent.live(env, 300)
    assert all(np.isfinite(list(part.vitals().values())))
    assert part.vitals().keys() == whole.vitals().keys()
    if name == "fast_share":
        assert part.vitals()["vitals/context_energy"] == 0
    if name == "brake":
        assert part.vitals()["vitals/brake"] == 0
        assert whole.vitals()["vitals/brake"] > 0
    if name == "infer":
        assert part.brain.inference is None
    if name == "repair":
        assert part.brain.filter is None


def test_actions_that_do_not_begin_with_nought_are_named_as_the_environment_names_them() -> None:
    class Shifted(Echo):
        def __init__(self) -> None:
            super().__init__()
            self.action_space = spaces.Discrete(2, start=5)

        def step(self, action: Any) -> Any:
            assert action in (5, 6)
            return super().step(action - 5)

    env = SyncVectorEnv([Shifted] * 2, autoreset_mode=AutoresetMode.SAME_STEP)
    agent = spec().build(env, 0)
    agent.live(env, 60)
    policy = agent.policy()
    policy.reset(2, np.random.default_rng(0))
    seen, _ = env.reset(seed=0)
    action = policy.act(seen)
    policy.observe(Step.of(seen, action, env.step(action)))
    assert set(action.tolist()) <= {5, 6}


def test_actions_are_drawn_as_often_as_they_are_likely() -> None:
    chances = np.tile(np.array([0.6, 0.0, 0.3, 0.1], np.float32), (20_000, 1))
    drawn = sample(chances, np.random.default_rng(0))
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / 20_000, chances[0], atol=0.015)


def test_vitals_by_hand() -> None:
    env = cartpoles(num_envs=2)
    agent = spec({"winners": 256}).build(env, 0)  # all open neurons fire: every code is the same
    agent.live(env, 40)
    brain = agent.brain
    members = brain.cortex.members[0]
    brain.readout.core.zero_()
    brain.readout.core[:, members] = 2.0
    brain.readout.fast.zero_()
    brain.readout.fast[:, members[:64]] = 2.0  # a quarter of them
    brain.readout.importance.zero_()
    brain.readout.importance[0, members[:128]] = 1.0
    told = agent.vitals()
    assert told["vitals/core_energy"] == 2.0
    assert told["vitals/context_energy"] == 1.0
    # Half of the neurons' synapses of one output in three are braked to 1 / (1 + 3).
    assert told["vitals/brake"] == pytest.approx(0.5 / 3 * 0.75)
    assert told["vitals/protected_share"] == pytest.approx(128 / 1024)
    assert told["vitals/effective_rank"] == pytest.approx(1.0)
    assert told["vitals/dormant_share"] == 0.0
    assert (told["vitals/contexts"], told["vitals/context"], told["vitals/neurons_born"]) == (1, 0, 0)


def test_returns_do_not_run_from_one_world_into_another(monkeypatch: pytest.MonkeyPatch) -> None:
    env = cartpoles(num_envs=2)
    agent = spec().build(env, 0)
    observe, told = agent.brain.observe, []

    def switching(*args: Any) -> Belief:
        belief = observe(*args)
        told.append(agent.yardstick.returns.clone())
        return belief._replace(switched=len(told) == 5)

    monkeypatch.setattr(agent.brain, "observe", switching)
    agent.live(env, 12)
    assert bool((told[4] > 1.0).all())
    assert told[5].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("num_envs", [1, 8, 64, 256])
def test_however_many_bodies_there_are_the_first_world_is_no_other_world(num_envs: int) -> None:
    grid = {"base": "MiniGrid-Empty-Random-6x6-v0"}
    life = LifelongVectorEnv(Schedule((Task("empty", "lifelong/Grid-v0", (), grid),), 10**6), num_envs, seed=3)
    agent = BrainSpec().build(life, 0)
    agent.live(life, 60 * num_envs)
    inference = agent.brain.inference
    assert inference is not None and inference.known == 1 and inference.lost == 0
    assert float(agent.brain.readout.core.abs().sum()) > 0.0


@pytest.mark.parametrize("reach", [-0.1, float("nan"), float("inf")])
def test_a_reach_that_is_none_is_refused(reach: float):
    with pytest.raises(ValueError, match="reach is how far one step may move a logit"):
        BrainSpec(reach=reach).build(vector(), 0)
