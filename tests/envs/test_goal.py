from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from envs import Clock, Goal, Setting
from envs.grid.aim import CORNERS

SETTING = Setting(Clock(), np.random.default_rng(0), np.random.default_rng(0))
LEFT, RIGHT, FORWARD, PICKUP = range(4)


def room(goal: Goal | None = None, **kwargs: Any) -> Any:
    env = gym.make("lifelong/Room-v0", actions=("left", "right", "forward", "pickup"), **kwargs)
    return goal.wrap(env, SETTING) if goal else env


def walk(env: gym.Env, position: tuple[int, int], facing: int, actions: list[int]) -> list[tuple[float, bool]]:
    """Put the agent somewhere, facing east (0), south, west or north (3); give rewards and ends of its actions."""
    env.reset(seed=0)
    base: Any = env.unwrapped
    base.agent_pos, base.agent_dir = position, facing
    answers = [env.step(action) for action in actions]
    return [(round(float(reward), 6), terminated) for _, reward, terminated, _, _ in answers]


def test_entering_the_corner_is_rewarded_as_minigrid_rewards_its_goal():
    env = room(Goal(where="north-east"), size=6, max_steps=60)
    assert walk(env, (2, 1), 0, [FORWARD, FORWARD]) == [(0.0, False), (round(1 - 0.9 * 2 / 60, 6), True)]


@pytest.mark.parametrize(
    ("corner", "cell"),
    list(zip(CORNERS, [(1, 1), (4, 1), (1, 4), (4, 4)], strict=True)),
)
def test_each_corner_is_where_its_name_says(corner: str, cell: tuple[int, int]):
    env = room(Goal(where=corner), size=6)
    rewarded = []
    for x in range(1, 5):
        for y in range(1, 5):
            before, facing = ((x - 1, y), 0) if x > 1 else ((x + 1, y), 2)
            ((reward, ended),) = walk(env, before, facing, [FORWARD])
            assert (reward > 0) == ended
            if ended:
                rewarded.append((x, y))
    assert rewarded == [cell]


def test_an_episode_that_begins_on_the_corner_has_to_come_back():
    env = room(Goal(where="north-west"), size=6)
    lived = walk(env, (1, 1), 0, [LEFT, RIGHT, FORWARD, LEFT, LEFT, FORWARD])
    assert [ended for _, ended in lived] == [False] * 5 + [True]


def test_picking_up_the_right_thing_is_rewarded_and_any_other_ends_with_nothing():
    things = ("red ball", "blue key", "red key")
    for goal, held, expected in (
        ("red ball", 0, True),
        ("blue key", 0, False),
        ("red key", 1, False),
        ("red key", 2, True),
    ):
        env = room(Goal(what=goal), size=6, max_steps=60, things=things)
        env.reset(seed=1)
        base: Any = env.unwrapped
        colour, kind = things[held].split()
        target = next(c for c in base.grid.grid if c is not None and (c.color, c.type) == (colour, kind))
        base.grid.grid = [c if c is not None and c.type == "wall" else None for c in base.grid.grid]
        base.grid.set(3, 2, target)
        base.agent_pos, base.agent_dir = (2, 2), 0
        assert env.step(FORWARD)[1:3] == (0.0, False)  # a thing is in the way and is not yet held
        _, reward, terminated, truncated, _ = env.step(PICKUP)
        assert reward == pytest.approx(1 - 0.9 * 2 / 60 if expected else 0.0)
        assert terminated and not truncated


@pytest.mark.parametrize(
    ("goals", "kwargs"),
    [
        ([Goal(where=corner) for corner in CORNERS], {}),
        ([Goal(what="red ball"), Goal(what="blue key")], {"things": ("red ball", "blue key")}),
    ],
    ids=["where", "what"],
)
def test_goals_are_hidden_until_they_are_met(goals: list[Goal], kwargs: dict[str, Any]):
    rng = np.random.default_rng(0)
    envs = [room(goal, max_steps=1000, **kwargs) for goal in [*goals, None]]
    running = [True] * len(goals)
    lasted = 0
    firsts = [env.reset(seed=3)[0] for env in envs]
    for first in firsts:
        np.testing.assert_array_equal(first, firsts[-1])
    for _ in range(300):
        action = int(rng.integers(4))
        bare = envs[-1].step(action)[0]
        for k, env in enumerate(envs[:-1]):
            if running[k]:
                seen, _, ended, _, _ = env.step(action)
                np.testing.assert_array_equal(seen, bare)
                running[k] = not ended
        lasted += sum(running)
    assert lasted > 10 and not all(running)


def test_no_goal_tile_is_ever_in_a_room():
    env = room(things=("green box",))
    env.reset(seed=0)
    assert {cell.type for cell in env.unwrapped.grid.grid if cell} == {"wall", "box"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Goal, "either a place or a thing"),
        (lambda: Goal(where="north-west", what="red ball"), "either a place or a thing"),
        (lambda: Goal(where="north"), r"one of north-west, .*; got 'north'"),
        (lambda: room(Goal(what="red ball")), r"'red ball', but the things of the room are \(\)"),
        (lambda: Goal(where="north-west").wrap(gym.make("CartPole-v1"), SETTING), "needs a room without a goal"),
        (lambda: room(things=("red elephant",)), "as 'red ball'; got 'red elephant'"),
        (lambda: room(things=("red ball", "red ball")), "'red ball' is there twice"),
        (lambda: room(size=3), "a room of size 3 has no space"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(make, message: str):
    with pytest.raises(ValueError, match=message):
        make()
