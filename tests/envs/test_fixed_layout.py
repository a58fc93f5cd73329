"""Grid worlds that are built once: every episode of every body begins alike, and what moves by itself does not."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from envs import FixedLayout, LifelongEnv, LifelongVectorEnv, Permute, Schedule, Task
from envs.setting import Clock, Setting

CROSSING = {"base": "MiniGrid-LavaCrossingS9N1-v0", "max_steps": 12}
MOVING = {"base": "MiniGrid-Dynamic-Obstacles-6x6-v0", "max_steps": 12}


def life(*changes, kwargs=CROSSING, tasks: int = 2) -> Schedule:
    return Schedule(tuple(Task(f"world{k}", "lifelong/Grid-v0", changes, kwargs) for k in range(tasks)), steps=120)


def firsts(env: LifelongEnv, steps: int) -> list[list[bytes]]:
    """Collect the first observations of all episodes, world by world, acting at random."""
    env.action_space.seed(0)
    found: list[list[bytes]] = [[] for _ in env.schedule.tasks]
    begins = True
    for _ in range(steps):
        if begins:
            found[env.schedule.task_at(env.clock.age)].append(env.reset()[0].tobytes())
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        begins = terminated or truncated
    return found


def test_all_episodes_of_a_world_begin_alike_and_worlds_differ():
    one, other = firsts(LifelongEnv(life(FixedLayout()), seed=1), 239)
    assert len(one) > 5 and len(set(one)) == 1
    assert len(other) > 5 and len(set(other)) == 1
    assert one[0] != other[0]
    assert len(set(firsts(LifelongEnv(life(), seed=1), 239)[0])) > 1  # which they do not by themselves


def test_a_given_seed_is_minigrids():
    env: Any = gym.make("MiniGrid-LavaCrossingS9N1-v0").unwrapped
    env.reset(seed=860)
    mine = LifelongEnv(life(FixedLayout(860)), seed=5)
    mine.reset()
    base: Any = mine._worlds.env(0, 0).unwrapped
    assert base.grid == env.grid


@pytest.mark.parametrize("kwargs", [CROSSING, MOVING], ids=["crossing", "moving"])
@pytest.mark.parametrize("changes", [(FixedLayout(),), (FixedLayout(), Permute())], ids=["plain", "wired"])
def test_many_bodies_live_as_each_alone(kwargs, changes):
    schedule = life(*changes, kwargs=kwargs)
    many = LifelongVectorEnv(schedule, num_envs=3, seed=2)
    each = LifelongVectorEnv(schedule, num_envs=3, seed=2, engine="looped")
    assert type(many._worlds.batch(0, 3)).__name__ == "SameLayouts"
    np.testing.assert_array_equal(many.reset()[0], each.reset()[0])
    rng = np.random.default_rng(0)
    for _ in range(79):
        actions = rng.integers(3, size=3)
        ours, theirs = many.step(actions), each.step(actions)
        for mine, its in zip(ours[:4], theirs[:4], strict=True):
            np.testing.assert_array_equal(mine, its)
        if "final_obs" in ours[4]:
            for row in np.flatnonzero(ours[4]["_final_obs"]):
                np.testing.assert_array_equal(ours[4]["final_obs"][row], theirs[4]["final_obs"][row])


def test_what_moves_by_itself_moves_differently_in_each_episode():
    env = LifelongEnv(life(FixedLayout(), kwargs=MOVING, tasks=1), seed=1)
    walks = []
    for _ in range(4):
        seen, _ = env.reset()
        walks.append([seen.tobytes()])
        for _ in range(3):
            seen, _, terminated, truncated, _ = env.step(0)
            walks[-1].append(seen.tobytes())
            if terminated or truncated:
                break
    assert len({walk[0] for walk in walks}) == 1
    assert len({tuple(walk) for walk in walks}) > 1


def test_what_cannot_be_fixed_is_refused():
    setting = Setting(Clock(), *np.random.default_rng(0).spawn(2))
    with pytest.raises(ValueError, match=r"FixedLayout fixes layouts of MiniGrid's.*CartPole"):
        FixedLayout().wrap(gym.make("CartPole-v1"), setting)
    with pytest.raises(ValueError, match="at least 0; got -1"):
        FixedLayout(-1)
    with pytest.raises(TypeError, match=r"an integer or None; got 1.5 of type float"):
        FixedLayout(1.5)  # pyright: ignore[reportArgumentType]
