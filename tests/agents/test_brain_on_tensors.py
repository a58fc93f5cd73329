import copy
from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium import spaces

from agents.brain import BrainSpec
from agents.brain_agent import BrainAgent
from agents.protocol import Step, seen_last
from envs import LifelongVectorEnv, Permute, Schedule, Task
from lifelong_agent.config import BrainConfig
from lifelong_agent.device import DeviceLearner
from lifelong_agent.learner import Learner
from lifelong_agent.seeds import seed_for
from tests.agents.worlds import Counted

ROOM = Task("room", "lifelong/Grid-v0", (), {"base": "MiniGrid-Empty-Random-6x6-v0", "max_steps": 60})
SMALL = BrainConfig(neurons=1024, open_neurons=256, winners=16, contexts=4, engine="torch")


def life(*tasks: Task, streams: int = 4, engine: str = "torch", steps: int = 400, cycles: int = 1) -> LifelongVectorEnv:
    return LifelongVectorEnv(Schedule(tasks or (ROOM,), steps, cycles=cycles), streams, 0, engine=engine)


def agent_of(env: gym.vector.VectorEnv, seed: int = 0, brain: BrainConfig = SMALL) -> BrainAgent:
    return BrainSpec(brain=brain).build(env, seed)


def test_what_was_seen_last_is_told_of_tensors():
    now, last = torch.arange(6).view(3, 2), -torch.arange(6).view(3, 2)
    ended, cut = torch.tensor([True, False, False]), torch.tensor([False, False, True])
    assert seen_last(now, ended, cut, {}) is now
    after = seen_last(now, ended, cut, {"final_obs": last})
    assert after.tolist() == [[0, -1], [2, 3], [-4, -5]]
    image = torch.zeros(3, 2, 2)
    assert seen_last(image, ended, cut, {"final_obs": image + 1})[:, 0, 1].tolist() == [1, 0, 1]


def test_a_life_of_tensors_is_learnt_on_their_device():
    told: list[Any] = []
    env = Counted(life(ROOM, Task("other", "lifelong/Grid-v0", (Permute(),), ROOM.kwargs), cycles=2))
    env.after = lambda count, outcome: told.append([type(part) for part in outcome[:4]])
    agent = agent_of(env)
    agent.live(env, 1600)
    assert isinstance(agent._learner, DeviceLearner)
    assert told == [[torch.Tensor] * 4] * 400
    vitals = agent.vitals()
    assert vitals["vitals/core_energy"] > 0.0 and vitals["vitals/effective_rank"] >= 1.0
    assert agent.brain.contexts == 2 and vitals["vitals/context"] == 1.0
    assert float(agent.yardstick.usual[:, 0].sum()) > 300


def test_equal_seeds_live_equal_lives_and_exams_change_nothing():
    told = []
    for seed, looks in ((3, False), (3, True), (4, False)):
        env = Counted(life())
        agent = agent_of(env, seed)
        if looks:
            env.after = lambda count, _, agent=agent: exam(agent) if count % 30 == 0 else None
        agent.live(env, 400)
        told.append(copy.deepcopy(agent.brain.state_dict()))
    same = [
        all(torch.equal(value, told[other][name]) for name, value in told[0].items() if torch.is_tensor(value))
        for other in (1, 2)
    ]
    assert same == [True, False]


def test_dice_on_the_device_are_seeded_by_name():
    assert agent_of(life(), 3)._device_rng.initial_seed() == seed_for(3, "brain", "actions")


def exam(agent: BrainAgent) -> None:
    env = life(engine="auto")
    policy = agent.policy()
    policy.reset(4, np.random.default_rng(0))
    seen, _ = env.reset()
    for _ in range(10):
        action = policy.act(seen)
        outcome = env.step(action)
        policy.observe(Step.of(seen, action, outcome))
        seen = outcome[0]


def test_real_valued_senses_are_inferred_on_the_host():
    poles = Task("poles", "CartPole-v1")
    for infer, expected in ((True, Learner), (False, DeviceLearner)):
        env = life(poles)
        config = BrainConfig(neurons=512, open_neurons=128, winners=8, contexts=2, engine="torch", infer=infer)
        agent = agent_of(env, brain=config)
        agent.live(env, 400)
        assert type(agent._learner) is expected
        assert float(agent.brain.normalizer.count[0]) > 300


@pytest.mark.parametrize("streams", [1, 4])
def test_a_life_on_the_host_after_one_of_tensors_is_learnt_there(streams: int):
    agent = agent_of(life(streams=streams), brain=replace(SMALL, engine="auto"))
    counts = [0.0]
    for engine in ("auto", "torch", "auto", "torch"):
        agent.live(life(streams=streams, engine=engine), 200)
        assert isinstance(agent._learner, DeviceLearner) == (engine == "torch")
        counts.append(agent.brain.normalizer.count[0])
    assert all(np.diff(counts) > 150)


class Elsewhere(gym.vector.VectorEnv):
    """Shows tensors of a device on which no brain lives."""

    metadata: dict[str, Any] = {"autoreset_mode": gym.vector.AutoresetMode.SAME_STEP}  # noqa: RUF012
    num_envs = 2
    single_observation_space = spaces.MultiBinary(3)
    single_action_space = spaces.Discrete(2)

    def reset(self, **_: Any) -> Any:
        return torch.zeros(2, 3, device="meta"), {}


def test_a_brain_and_a_world_on_two_devices_are_refused():
    env = Elsewhere()
    with pytest.raises(ValueError, match=r"brain lives on 'cpu' and its world on 'meta'.*BrainSpec\(device='meta'\)"):
        agent_of(env).live(env, 20)


def test_a_life_of_tensors_learns_to_reach_the_goal():
    returns, done = torch.zeros(8, dtype=torch.float64), []

    def note(_: int, outcome: Any) -> None:
        nonlocal returns
        returns = returns + outcome[1]
        over = outcome[2] | outcome[3]
        done.extend(returns[over].tolist())
        returns = returns.masked_fill(over, 0.0)

    env = Counted(life(streams=8, steps=8 * 800), note)
    agent_of(env).live(env, 8 * 800)
    assert np.mean(done[-100:]) > np.mean(done[:50]) + 0.08
    assert np.mean(done[-100:]) > 0.82
