"""A point mass in a maze, with its goal hidden, shown and fixed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from envs import Clock, LifelongVectorEnv, MazeGoal, Permute, RewardDelay, Schedule, Setting, Task, check_snapshot

pytest.importorskip("gymnasium_robotics")


def maze(**kwargs: Any) -> Any:
    return gym.make("lifelong/PointMaze-v0", **kwargs)


def setting(seed: int = 0) -> Setting:
    return Setting(Clock(), *np.random.default_rng(seed).spawn(2))


@pytest.mark.filterwarnings("ignore:.*A Box observation space m..imum value is")
def test_gymnasium_checks_it():
    check_env(maze().unwrapped, skip_render_check=True)


@pytest.mark.parametrize(("name", "steps"), [("umaze", 300), ("open", 300), ("medium", 600), ("large", 800)])
def test_it_is_the_maze_of_gymnasium_robotics_in_one_vector(name: str, steps: int):
    ids = {"umaze": "UMaze", "open": "Open", "medium": "Medium", "large": "Large"}
    theirs = gym.make(f"PointMaze_{ids[name]}-v3", disable_env_checker=True)
    hidden, shown = maze(maze=name), maze(maze=name, reveal_goal=True)
    assert theirs.spec is not None and theirs.spec.max_episode_steps == steps
    sensed, seen, told = theirs.reset(seed=5)[0], hidden.reset(seed=5)[0], shown.reset(seed=5)[0]
    rng = np.random.default_rng(0)
    for step in range(1, steps + 1):
        np.testing.assert_array_equal(seen, sensed["observation"])
        np.testing.assert_array_equal(told, [*sensed["observation"], *sensed["desired_goal"]])
        action = rng.uniform(-1, 1, 2).astype(np.float32) if step < 40 else np.zeros(2, np.float32)
        sensed, *outcome, _ = theirs.step(action)
        seen, *expected, _ = hidden.step(action)
        told = shown.step(action)[0]
        assert outcome == expected and outcome[2] == (step == steps)


def test_it_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    maze().close()
    assert not list(tmp_path.iterdir())


def test_the_goal_stays_in_its_cell_and_pays_within_its_distance():
    env = MazeGoal(cell="3,1").wrap(maze(reveal_goal=True), setting())
    base: Any = env.unwrapped
    for _ in range(20):
        seen, info = env.reset(seed=None)
        assert seen[4:].tolist() == [1.0, 1.0]  # the middle of a maze of 5 by 5 cells is at (0, 0)
        assert np.linalg.norm(seen[:2] - 1.0) > 0.5 and not info["success"]
        assert info["lifelong"]["goal_place"].tolist() == [3, 1]
        assert base.data.qpos.tolist() == seen[:2].tolist()  # also where it was moved away from the goal
    for distance, worth in ((0.44, 1.0), (0.46, 0.0)):
        base._maze.point_env.set_state(np.array([1.0 - distance, 1.0]), np.zeros(2))
        _, reward, terminated, _, info = env.step(np.zeros(2, np.float32))
        assert (reward, terminated, info["success"]) == (worth, False, worth > 0)


def test_an_episode_may_end_at_the_goal_and_dense_rewards_tell_how_far_it_is():
    env = MazeGoal(cell=(3, 1)).wrap(maze(continuing=False, reward="dense"), setting())
    env.reset(seed=0)
    base: Any = env.unwrapped
    base._maze.point_env.set_state(np.array([0.0, 1.0]), np.zeros(2))
    assert env.step(np.zeros(2, np.float32))[1:3] == (pytest.approx(np.exp(-1.0)), False)
    base._maze.point_env.set_state(np.array([0.9, 1.0]), np.zeros(2))
    assert env.step(np.zeros(2, np.float32))[1:3] == (pytest.approx(np.exp(-0.1)), True)


def test_fixing_the_goal_draws_nothing():
    bare, fixed = maze(), MazeGoal(cell=(1, 3)).wrap(maze(), setting())
    moved = 0
    for k in range(30):
        first, other = (env.reset(seed=k if k < 15 else None)[0] for env in (bare, fixed))
        assert bare.unwrapped.np_random.bit_generator.state == fixed.unwrapped.np_random.bit_generator.state
        moved += not np.array_equal(first, other)
        if not np.array_equal(first, other):  # it would have begun at the goal
            assert np.linalg.norm(first[:2] - [-1.0, -1.0]) <= 0.5
    assert 0 < moved < 15


def test_a_life_in_a_maze_with_a_goal_for_each_world():
    tasks = tuple(
        Task(str(k), "lifelong/PointMaze-v0", changes, {"max_steps": 20})
        for k, changes in enumerate([(MazeGoal(),), (MazeGoal(),), (Permute(flip=True), MazeGoal((1, 1)))])
    )
    schedule = Schedule(tasks, steps=60)
    traces = []
    for engine in ("auto", "looped"):
        life = LifelongVectorEnv(schedule, 2, seed=1, engine=engine)
        trace = [life.reset()[0]]
        places = []
        for k in range(90):
            seen, reward, *_, infos = life.step(np.full((2, 2), np.sin(k), np.float32))
            trace += [seen, reward]
            places.append(tuple(infos["lifelong"]["goal_place"][1].tolist()))
        traces.append(np.concatenate([np.ravel(part) for part in trace]))
    np.testing.assert_array_equal(*traces)
    assert len(set(places)) == 3 and places[0] == places[29] and places[-1] == (1, 1)


def test_a_goal_is_drawn_from_the_cells_that_are_named():
    env, found = maze(), set()
    for seed in range(12):
        _, info = MazeGoal(among=((1, 1), "3,3")).wrap(env, setting(seed)).reset(seed=0)
        found.add(tuple(info["lifelong"]["goal_place"].tolist()))
    assert found == {(1, 1), (3, 3)}


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: maze(maze="tiny"), ValueError, "a maze is one of umaze, open, medium, large, or a map; got 'tiny'"),
        (lambda: maze(reward="some"), ValueError, "the reward of PointMaze is one of sparse, dense; got 'some'"),
        (lambda: maze(max_steps=0), ValueError, "max_steps is an integer of at least 1; got 0"),
        (lambda: MazeGoal("1;3"), ValueError, "MazeGoal.cell is a cell, .*; got '1;3'"),
        (lambda: MazeGoal(among=((1, 1), "x")), ValueError, r"MazeGoal.among\[1\] is a cell, .*; got 'x'"),
        (lambda: MazeGoal(among="1,1"), TypeError, "MazeGoal.among is a tuple of cells; got '1,1'"),  # pyright: ignore[reportArgumentType]
        (lambda: MazeGoal((1, 1), ((1, 2),)), ValueError, "a cell or some to draw from, not both"),
        (lambda: MazeGoal(among=((0, 0), (1, 1))).wrap(maze(), setting()), ValueError, r"a wall, .*; got \(0, 0\)"),
        (lambda: MazeGoal((0, 0)).wrap(maze(), setting()), ValueError, r"a cell without a wall, .*; got \(0, 0\)"),
        (lambda: MazeGoal().wrap(gym.make("CartPole-v1"), setting()), ValueError, "MazeGoal needs a maze"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(make: Any, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make()


def test_mazes_go_on_bit_by_bit_from_where_they_were_saved():
    check_snapshot(lambda: maze(reveal_goal=True, max_steps=20), after=100)
    task = Task("a", "lifelong/PointMaze-v0", (MazeGoal(), RewardDelay(steps=4)), {"reward": "dense", "max_steps": 20})
    check_snapshot(lambda: LifelongVectorEnv(Schedule((task,), 1000), 2, 1), after=100)


def test_a_map_of_ones_own_will_do():
    env = maze(maze=[[1, 1, 1, 1], [1, 0, 0, 1], [1, 1, 1, 1]], reveal_goal=True)
    assert env.reset(seed=0)[0].shape == (6,) and env.unwrapped.free == [(1, 1), (2, 1)]
