from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from envs import Clock, Goal, LifelongVectorEnv, Schedule, Setting, Task
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


@pytest.mark.parametrize("cell", [(2, 3), "2,3"])
def test_a_cell_is_a_goal_like_a_corner(cell: Any):
    env = room(Goal(where=cell), size=6, max_steps=60)
    assert walk(env, (2, 2), 1, [FORWARD]) == [(round(1 - 0.9 / 60, 6), True)]
    assert walk(env, (2, 3), 0, [FORWARD]) == [(0.0, False)]
    assert walk(env, (3, 3), 2, [FORWARD]) == [(round(1 - 0.9 / 60, 6), True)]


def before(env: Any, thing: str) -> Any:
    """Begin an episode with the agent in (2, 2), facing the thing in (3, 2); nothing else lies there."""
    env.reset(seed=1)
    base: Any = env.unwrapped
    colour, kind = thing.split()
    target = next(c for c in base.grid.grid if c is not None and (c.color, c.type) == (colour, kind))
    base.grid.grid = [c if c is not None and c.type == "wall" else None for c in base.grid.grid]
    base.grid.set(3, 2, target)
    base.agent_pos, base.agent_dir = (2, 2), 0
    return env


THINGS = ("red ball", "blue key", "red key", "grey box")


@pytest.mark.parametrize(
    ("goal", "right"),
    [
        (Goal(what="red key"), {"red key"}),
        (Goal(colour="red"), {"red ball", "red key"}),
        (Goal(type="key"), {"blue key", "red key"}),
        (Goal(colour="red", type="key"), {"red key"}),
        (Goal(mission="pick up the red ball"), {"red ball"}),
        (Goal(mission="pick up a key"), {"blue key", "red key"}),
        (Goal(mission="pick up a red thing"), {"red ball", "red key"}),
    ],
)
def test_only_what_is_meant_is_worth_picking_up(goal: Goal, right: set[str]):
    for thing in THINGS:
        env = before(room(goal, size=6, max_steps=60, things=THINGS), thing)
        _, reward, terminated, *_ = env.step(PICKUP)
        assert terminated and reward == (pytest.approx(1 - 0.9 / 60) if thing in right else 0.0), thing


@pytest.mark.parametrize(
    ("mission", "right"),
    [
        ("go to the blue key", {"blue key"}),
        ("go to a key", {"blue key", "red key"}),
        ("go to the grey thing", {"grey box"}),
    ],
)
def test_going_to_a_thing_is_coming_to_face_it(mission: str, right: set[str]):
    for thing in THINGS:
        env = before(room(Goal(mission=mission), size=6, max_steps=60, things=THINGS), thing)
        # It begins before the thing, so that it has to turn away first; walls, which are grey, are nothing to go to.
        lives = [env.step(action)[1:3] for action in (FORWARD, LEFT, FORWARD)]
        assert lives == [(0.0, False)] * 3
        env.unwrapped.agent_pos = (2, 2)
        _, reward, terminated, *_ = env.step(RIGHT)
        assert (reward, terminated) == ((pytest.approx(1 - 0.9 * 4 / 60), True) if thing in right else (0.0, False))


def test_what_is_held_is_nowhere_to_go_to():
    env = before(room(Goal(mission="go to the red ball"), size=6, things=THINGS), "red ball")
    assert [env.step(action)[2] for action in (PICKUP, LEFT, RIGHT, FORWARD)] == [False] * 4


GOALS = (
    Goal(where="2,2"),
    Goal(colour="red"),
    Goal(type="key"),
    Goal(mission="pick up a blue thing"),
    Goal(mission="go to the red key"),
    Goal(mission="go to a red thing"),
)


@pytest.mark.parametrize("engine", ["auto", "numpy"])
def test_goals_of_many_rooms_are_those_of_each(engine: str):
    kwargs = {"actions": ("left", "right", "forward", "pickup", "drop"), "size": 5, "things": THINGS[:3]}
    tasks = tuple(Task(str(k), "lifelong/Room-v0", (goal,), kwargs) for k, goal in enumerate(GOALS))
    fast, slow = (LifelongVectorEnv(Schedule(tasks, steps=960), 8, 1, engine=one) for one in (engine, "looped"))
    ours, theirs, rng = fast.reset()[0], slow.reset()[0], np.random.default_rng(0)
    won: dict[int, int] = dict.fromkeys(range(len(GOALS)), 0)
    for _ in range(120 * len(GOALS)):
        np.testing.assert_array_equal(ours, theirs)
        actions = rng.choice(5, 8, p=(0.2, 0.2, 0.4, 0.1, 0.1))
        ours, *outcome, infos = fast.step(actions)
        theirs, *expected, _ = slow.step(actions)
        np.testing.assert_array_equal(outcome, expected)
        won[int(infos["lifelong"]["task"][0])] += int((outcome[0] > 0).sum())
    assert min(won.values()) > 2


@pytest.mark.parametrize("goal", GOALS)
def test_tensors_pay_for_the_same_goals(goal: Goal):
    kwargs = {"actions": ("left", "right", "forward", "pickup"), "size": 5, "things": THINGS[:3]}
    schedule = Schedule((Task("a", "lifelong/Room-v0", (goal,), kwargs),), 10_000)
    tensors, arrays = (LifelongVectorEnv(schedule, 16, 1, engine=engine) for engine in ("torch", "numpy"))
    tensors.reset()
    arrays.reset()
    rng, running, won = np.random.default_rng(0), np.ones(16, bool), 0
    for _ in range(50):  # the first episode of each row is the same; see envs.grid.device_engine
        actions = rng.choice(4, 16, p=(0.25, 0.25, 0.4, 0.1))
        _, *outcome, _ = tensors.step(actions)
        _, *expected, _ = arrays.step(actions)
        for one, two in zip(outcome, expected, strict=True):
            np.testing.assert_array_equal(np.asarray(one)[running], two[running])
        won += int((expected[0][running] > 0).sum())
        running &= ~(expected[1] | expected[2])
    assert won > 2


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
        (lambda: Goal(where="north-wst"), r"got 'north-wst'; did you mean 'north-west'\?"),
        (lambda: Goal(where="2,x"), r"Goal.where is a cell, .*; got '2,x'"),
        (
            lambda: room(Goal(where=(5, 1)), size=6),
            r"inside of the walls, columns 1 to 4 and rows 1 to 4; got \(5, 1\)",
        ),
        (lambda: Goal(what="ball"), "Goal.what is a colour and a kind, such as 'red ball'; got 'ball'"),
        (lambda: Goal(what="rad ball"), r"Goal.what needs a colour, one of .*; got 'rad'; did you mean 'red'\?"),
        (lambda: Goal(colour="pink"), "Goal.colour needs a colour, one of blue, .*; got 'pink'"),
        (lambda: Goal(type="bal"), r"Goal.type needs a kind, one of ball, box, key; got 'bal'; did you mean 'ball'\?"),
        (lambda: Goal(colour="red", what="red ball"), "got colour='red', what='red ball'"),
        (lambda: Goal(mission="fetch the red ball"), "Goal.mission is 'pick up the red ball', .*; got 'fetch the"),
        (lambda: Goal(mission="pick up red ball"), "Goal.mission is 'pick up the red ball'"),
        (lambda: Goal(mission="go to the north corner"), "Goal.mission is one of north-west, .*; got 'north'"),
        (lambda: Goal(mission="go to the thing"), "calls a thing 'red ball', 'ball' or 'red thing'; got 'thing'"),
        (lambda: Goal(mission="pick up the red ball please"), "calls a thing .*; got 'red ball please'"),
        (lambda: room(Goal(colour="red"), things=("blue key",)), r"Goal is 'red thing', but .* are \('blue key',\)"),
        (lambda: room(Goal(mission="go to a box"), things=("blue key",)), "Goal is 'box', but the things of the room"),
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


def test_what_has_the_wrong_type_is_refused():
    with pytest.raises(TypeError, match=r"Goal.where is a cell, .*; got 5"):
        Goal(where=5)  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match=r"Goal.mission is a text, .*; got 5 of type int"):
        Goal(mission=5)  # pyright: ignore[reportArgumentType]
