from dataclasses import dataclass

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import SyncVectorEnv
from stable_baselines3 import PPO

from agents import AgentSpec, RandomSpec, Step, check_autoreset, vector_steps
from agents.random_agent import RandomAgent, draw_actions
from agents.vec import SB3VecEnv
from envs import LifelongVectorEnv, Noise, Permute, Task
from tests.agents.worlds import Counted, Echo, cartpoles, vector


def test_a_step_carries_the_final_observation_of_ended_episodes_only() -> None:
    env = vector(num_envs=2, length=3)
    before, _ = env.reset()
    for _ in range(2):
        env.step(np.zeros(2, int))
    outcome = env.step(np.zeros(2, int))
    step = Step.of(before, np.zeros(2, int), outcome)
    np.testing.assert_array_equal(outcome[0][:, 2], [0, 0])  # already the next episode
    np.testing.assert_array_equal(step.next_observation[:, 2], [1, 1])  # what was seen last
    assert step.reward.dtype == np.float32
    assert step.terminated.all()
    assert not step.truncated.any()


def test_a_second_claim_on_a_kind_is_refused() -> None:
    with pytest.raises(TypeError, match=r"'random' of .*Impostor already belongs to agents\.random_agent\.RandomSpec"):

        @dataclass(frozen=True)
        class Impostor(AgentSpec, kind="random"):
            pass

    assert AgentSpec.kinds["random"] is RandomSpec


def test_lives_that_cannot_be_lived_exactly_are_refused() -> None:
    env = vector(num_envs=4)
    assert vector_steps(env, 40) == 10
    with pytest.raises(ValueError, match=r"multiple of 4 environment steps; got steps=42; the nearest is 40"):
        vector_steps(env, 42)
    with pytest.raises(ValueError, match="steps=-4"):
        vector_steps(env, -4)


def test_environments_that_reset_in_another_step_are_refused() -> None:
    env = SyncVectorEnv([Echo])
    for refuse in (check_autoreset, SB3VecEnv, lambda env: RandomSpec().build(env, 0).live(env, 1)):
        with pytest.raises(ValueError, match=r"SAME_STEP.*NEXT_STEP"):
            refuse(env)


@pytest.mark.parametrize("end", ["terminated", "truncated"])
def test_sb3_sees_ends_of_episodes_as_they_are(end: str) -> None:
    env = SB3VecEnv(vector(num_envs=2, length=3, end=end))
    first = env.reset()
    np.testing.assert_array_equal(first[:, 2], [0, 0])
    for time in (1, 2):
        seen, reward, done, infos = env.step(np.zeros(2, int))
        np.testing.assert_allclose(np.asarray(seen)[:, 2], time / 3, rtol=1e-6)
        assert infos == [{}, {}]  # nothing of the world's infos reaches the learner
        assert not done.any()
    seen, reward, done, infos = env.step(np.zeros(2, int))
    assert done.all()
    assert reward.dtype == np.float32
    np.testing.assert_array_equal(np.asarray(seen)[:, 2], [0, 0])
    for info in infos:
        assert info["terminal_observation"][2] == 1
        assert info["TimeLimit.truncated"] == (end == "truncated")


def test_what_sb3_keeps_is_not_the_environments_own_memory() -> None:
    inner = vector(num_envs=2)
    inner.copy = False
    env = SB3VecEnv(inner)
    first = env.reset()
    kept = first.copy()
    for _ in range(4):
        _, reward, _, _ = env.step(np.ones(2, int))
        reward += 7
    np.testing.assert_array_equal(first, kept)
    assert inner._rewards.max() <= 1


class FirstSeen(gym.vector.VectorWrapper):
    """Notes the seed and the first observations of every reset."""

    def __init__(self, env: gym.vector.VectorEnv) -> None:
        super().__init__(env)
        self.resets: list[tuple[object, np.ndarray]] = []

    def reset(self, *, seed=None, options=None):
        observations, infos = self.env.reset(seed=seed, options=options)
        self.resets.append((seed, observations.copy()))
        return observations, infos


def test_the_seed_of_ppo_is_the_seed_of_the_life_once() -> None:
    stream = Task("wired", "CartPole-v1", (Permute(), Noise(deviation=0.3))).for_steps(1_000)
    env = FirstSeen(LifelongVectorEnv(stream, num_envs=4, seed=0))
    learner = PPO("MlpPolicy", SB3VecEnv(env), n_steps=8, batch_size=32, n_epochs=1, seed=5, device="cpu")
    learner.learn(64).learn(64)  # the second call resets the world once more, in the same life
    assert [seed for seed, _ in env.resets] == [5, None]
    assert env.env.clock.age == 128  # pyright: ignore[reportAttributeAccessIssue]
    for seed, alike in ((5, True), (0, False)):
        life, _ = LifelongVectorEnv(stream, num_envs=4, seed=seed).reset()
        assert np.array_equal(env.resets[0][1], life) is alike


def test_seeds_of_sb3_reach_the_bodies_as_they_are_given() -> None:
    inner = FirstSeen(vector(num_envs=3))
    env = SB3VecEnv(inner)
    env.reset()
    for seeds in ([5, 6, 8], [5, None, 7], [None, 1, 2]):
        env._seeds = list(seeds)
        env.reset()
        env.reset()
    assert [seed for seed, _ in inner.resets] == [None, [5, 6, 8], None, [5, None, 7], None, [None, 1, 2], None]


def test_random_agents_live_exactly_and_reproducibly() -> None:
    lives = []
    for _ in range(2):
        actions = []
        env = Counted(cartpoles(2))
        env.after = lambda _count, outcome, actions=actions: actions.append(outcome[0].copy())
        agent = RandomSpec().build(env, seed=3)
        agent.live(env, 200)
        assert env.count == 100
        assert agent.vitals() == {}
        lives.append(np.stack(actions))
    np.testing.assert_array_equal(lives[0], lives[1])


def test_random_policies_draw_from_the_exams_generator() -> None:
    policy = RandomAgent(spaces.Discrete(3, start=-1), seed=0).policy()
    with pytest.raises(ValueError, match=r"policy\.reset"):
        policy.act(np.zeros((2, 1)))
    policy.reset(1000, np.random.default_rng(5))
    drawn = policy.act(np.zeros((1000, 1)))
    np.testing.assert_array_equal(drawn, np.random.default_rng(5).integers(-1, 2, 1000))
    assert set(drawn) == {-1, 0, 1}


def test_random_actions_lie_in_the_box_or_are_refused() -> None:
    rng = np.random.default_rng(0)
    box = spaces.Box(np.array([-1, 2], np.float32), np.array([1, 5], np.float32))
    drawn = draw_actions(box, 500, rng)
    assert all(box.contains(row) for row in drawn)
    assert np.ptp(drawn[:, 1]) > 2.5
    unbounded: gym.Space = spaces.Box(-np.inf, np.inf, (1,))
    with pytest.raises(ValueError, match="Box of finite bounds"):
        RandomAgent(unbounded, seed=0)
