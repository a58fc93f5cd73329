from __future__ import annotations

from typing import Any

import pytest

from envs.grid.family import Family
from envs.grid.layout import (
    DONE,
    DROP,
    PICKUP,
    TOGGLE,
)
from envs.grid.make import find
from tests.envs.grid.oracle import Expert, faced, go_and, lived_alike, where_is

FAMILIES = (
    "GoToDoor",
    "GoToObject",
    "PutNear",
    "Memory",
    "RedBlueDoors",
    "Playground",
    "LockedRoom",
    "DynamicObstacles",
)


def beside(env: Any) -> int:
    tx, ty = env.target_pos
    return go_and(env, lambda x, y, facing: abs(x - tx) + abs(y - ty) == 1, DONE)


def put_near(env: Any) -> int:
    if env.carrying is None:
        return go_and(env, lambda x, y, facing: faced(x, y, facing) == tuple(env.move_pos), PICKUP)
    tx, ty = env.target_pos

    def near(x: int, y: int, facing: int) -> bool:
        i, j = faced(x, y, facing)
        return abs(i - tx) <= 1 and abs(j - ty) <= 1 and env.grid.get(i, j) is None

    return go_and(env, near, DROP)


def always_up(env: Any) -> int:
    """Right in half of the worlds."""
    end = env.success_pos[0], env.height // 2 - 1
    return go_and(env, lambda x, y, facing: (x, y) == end, PICKUP)


def open_doors(env: Any) -> int:
    """In the wrong order where the blue door is in an odd row."""
    red, blue = where_is(env, "door", "red"), where_is(env, "door", "blue")
    assert red
    assert blue
    door = blue if env.red_door.is_open or blue[1] % 2 else red
    return go_and(env, lambda x, y, facing: faced(x, y, facing) == door, TOGGLE)


def unlock(env: Any) -> int:
    key, goal = where_is(env, "key"), where_is(env, "goal")
    if key is not None and env.carrying is None:
        return go_and(env, lambda x, y, facing: faced(x, y, facing) == key, PICKUP)
    return go_and(env, lambda x, y, facing: (x, y) == goal, DONE)


def to_the_goal(env: Any) -> int:
    goal = where_is(env, "goal")
    return go_and(env, lambda x, y, facing: (x, y) == goal, 0)


EXPERTS: dict[str, Expert] = {
    "GoToDoor": beside,
    "GoToObject": beside,
    "PutNear": put_near,
    "Memory": always_up,
    "RedBlueDoors": open_doors,
    "LockedRoom": unlock,
    "DynamicObstacles": to_the_goal,
}


@pytest.mark.parametrize("minigrid_id", [name for family in FAMILIES for name in Family.families[family].ids])
def test_worlds_live_as_minigrids_do(minigrid_id: str):
    lived_alike(minigrid_id, num_envs=3, steps=120, seed=11)
    lived_alike(minigrid_id, num_envs=3, steps=120, seed=5, biased=True)


@pytest.mark.parametrize(
    ("minigrid_id", "steps", "ends"),
    [
        ("GoToDoor-8x8-v0", 150, "sf"),
        ("GoToObject-8x8-N2-v0", 150, "sf"),
        ("PutNear-6x6-N2-v0", 200, "sf"),
        ("PutNear-8x8-N3-v0", 200, "sf"),
        ("MemoryS13Random-v0", 200, "sf"),
        ("MemoryS7-v0", 150, "sf"),
        ("RedBlueDoors-6x6-v0", 250, "sf"),
        ("LockedRoom-v0", 400, "s"),
        ("Dynamic-Obstacles-Random-6x6-v0", 200, "sp"),
    ],
)
def test_worlds_end_as_minigrids_do(minigrid_id: str, steps: int, ends: str):
    expert = EXPERTS[find(minigrid_id)[0].name]
    lived = lived_alike(minigrid_id, num_envs=4, steps=steps, seed=3, expert=expert)
    happened = {"s": lived.successes, "f": lived.failures, "p": lived.penalties}
    assert all(happened[end] > 1 for end in ends), f"too little happened for a comparison: {lived}"


@pytest.mark.parametrize(
    ("minigrid_id", "arguments"),
    [
        ("GoToDoor-5x5-v0", {"size": 7, "max_steps": 9}),
        ("GoToObject-6x6-N2-v0", {"size": 7, "numObjs": 6, "max_steps": 9}),
        ("PutNear-6x6-N2-v0", {"size": 9, "numObjs": 5, "max_steps": 9}),
        ("MemoryS7-v0", {"size": 5, "max_steps": 9}),
        ("RedBlueDoors-8x8-v0", {"size": 3, "max_steps": 9}),
        ("LockedRoom-v0", {"size": 8, "max_steps": 9}),
        ("LockedRoom-v0", {"size": 22, "max_steps": 9}),
        ("Playground-v0", {"max_steps": 9}),
        (
            "Dynamic-Obstacles-8x8-v0",
            {"size": 7, "agent_start_pos": (3, 2), "agent_start_dir": 3, "n_obstacles": 9, "max_steps": 9},
        ),
    ],
)
def test_arguments_mean_what_minigrids_mean(minigrid_id: str, arguments: dict[str, Any]):
    lived_alike(minigrid_id, num_envs=3, steps=40, biased=True, **arguments)


def test_what_finds_no_place_is_given_up_as_minigrid_gives_it_up():
    """The agent, a goal and two obstacles in four cells: none can move, and some worlds cannot be (seed 21)."""
    lived = lived_alike(
        "Dynamic-Obstacles-Random-5x5-v0", num_envs=3, steps=60, seed=21, size=4, n_obstacles=2, max_steps=9
    )
    assert lived.penalties > 9


@pytest.mark.parametrize(
    ("family", "arguments", "match"),
    [
        ("GoToDoor", {"size": 4}, "at least 5"),
        ("GoToObject", {"numObjs": 16}, "between 1 and 15"),
        ("PutNear", {"numObjs": 1}, "between 2 and 4"),
        ("PutNear", {"numObjs": 5}, "between 2 and 4"),
        ("Memory", {}, "odd"),
        ("Memory", {"size": 5, "random_length": True}, "at least 7"),
        ("LockedRoom", {"size": 7}, "at least 8"),
        ("DynamicObstacles", {"size": 30, "n_obstacles": 14}, "between 0 and 13"),
        ("DynamicObstacles", {"agent_start_pos": (0, 1)}, "within the walls"),
        ("DynamicObstacles", {"agent_start_dir": 4}, "agent_start_dir"),
    ],
)
def test_worlds_that_cannot_be_are_refused(family: str, arguments: dict[str, Any], match: str):
    with pytest.raises(ValueError, match=match):
        Family.families[family].shape(**arguments)
