from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from envs.dice import fresh_dice
from envs.grid.codes import BALL, CLOSED, DOOR, GREEN, KEY, NOTHING, OPEN, PER_COLOUR, PER_KIND, code_of
from envs.grid.families import dynamicobstacles, redbluedoors
from envs.grid.family import Family
from envs.grid.layout import (
    AGENT_COLUMNS,
    DIRECTION,
    DONE,
    DROP,
    FAILURE,
    GOES_ON,
    HEIGHT,
    HELD,
    PENALTY,
    PICKUP,
    SUCCESS,
    TASK,
    TOGGLE,
    WIDTH,
    X,
    Y,
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
        # Two obstacles between the agent and the goal, that can never move.
        ("Dynamic-Obstacles-5x5-v0", {"size": 4, "n_obstacles": 2, "max_steps": 9}),
    ],
)
def test_arguments_mean_what_minigrids_mean(minigrid_id: str, arguments: dict[str, Any]):
    lived_alike(minigrid_id, num_envs=3, steps=40, biased=True, **arguments)


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


def built(family: Family, count: int, **arguments: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Build worlds with plain Python; returns cells, agents and settings."""
    settings = family.shape(**arguments).settings()
    cells = np.full((count, settings[WIDTH] * settings[HEIGHT]), NOTHING, np.uint8)
    agent, dice = np.zeros((count, AGENT_COLUMNS), np.int32), fresh_dice(range(count))
    for b in range(count):
        agent[b, X] = agent[b, Y] = -1
        agent[b, HELD] = NOTHING
        assert family.generate(cells[b], cells[b].copy(), agent[b], dice[b], settings)
    return cells, agent, settings


def stir(cells: np.ndarray, agent: np.ndarray, settings: np.ndarray, dice: np.random.Generator) -> None:
    """Put agents anywhere, with anything in their hands; open and close doors."""
    count = len(agent)
    agent[:, X], agent[:, Y] = (
        dice.integers(1, settings[WIDTH] - 1, count),
        dice.integers(1, settings[HEIGHT] - 1, count),
    )
    agent[:, DIRECTION] = dice.integers(4, size=count)
    agent[:, HELD] = np.where(dice.random(count) < 0.4, NOTHING, code_of(KEY, GREEN))
    doors = cells // PER_KIND == DOOR
    states = np.where(dice.random(cells.shape) < 0.5, OPEN, CLOSED)
    cells[doors] = (cells - cells % PER_COLOUR + states)[doors]


@pytest.mark.parametrize("xp", [np, torch], ids=["numpy", "torch"])
@pytest.mark.parametrize(
    ("name", "arguments", "verdicts"),
    [
        ("GoToDoor", {}, {GOES_ON, SUCCESS, FAILURE}),
        ("GoToObject", {}, {GOES_ON, SUCCESS, FAILURE}),
        ("PutNear", {}, {GOES_ON, SUCCESS, FAILURE}),
        ("Memory", {"size": 7}, {GOES_ON, SUCCESS, FAILURE}),
        ("RedBlueDoors", {"size": 4}, {GOES_ON, SUCCESS, FAILURE}),
        ("DynamicObstacles", {}, {GOES_ON, PENALTY}),
    ],
)
def test_rules_of_many_worlds_are_those_of_one(xp: Any, name: str, arguments: dict[str, Any], verdicts: set[int]):
    family, dice, count = Family.families[name], np.random.default_rng(2), 400
    cells, agent, settings = built(family, count, **arguments)
    stir(cells, agent, settings, dice)
    if name == "PutNear":  # in half of the worlds the right thing, or nothing any more
        some = dice.random(count) < 0.5
        agent[some, HELD] = np.where(dice.random(count) < 0.5, agent[:, TASK], NOTHING)[some]
    if name in ("RedBlueDoors", "DynamicObstacles"):
        agent[:, redbluedoors.RED_WAS_OPEN if name == "RedBlueDoors" else dynamicobstacles.BLOCKED] = dice.integers(
            2, size=count
        )
    action, held = dice.integers(7, size=count), np.where(dice.random(count) < 0.5, NOTHING, code_of(BALL, GREEN))
    mine = [np.array(array) for array in (cells, agent, action, held)]
    mine = mine if xp is np else [torch.from_numpy(array) for array in mine]
    assert family.rule_batch is not None
    told = np.asarray(family.rule_batch(xp, mine[0], mine[1], settings, *mine[2:]))
    wanted = [family.rule(cells[b], agent[b], settings, action[b], held[b]) for b in range(count)]
    assert set(wanted) == verdicts, "not every verdict was reached"
    assert told.tolist() == wanted
    assert np.array_equal(np.asarray(mine[1]), agent), "what the rule writes down"


def after(cells: np.ndarray, settings: np.ndarray, here: int, obstacles: list[int]) -> dict[tuple[int, ...], float]:
    """Give where obstacles may be after each has moved in turn to any free cell around it -> probability."""
    if not obstacles:
        return {(): 1.0}
    width, old = int(settings[WIDTH]), obstacles[0]
    around = [old + j * width + i for j in (-1, 0, 1) for i in (-1, 0, 1)]
    free = [cell for cell in around if cells[cell] == NOTHING and cell != here] or [old]
    found: dict[tuple[int, ...], float] = {}
    for new in free:
        moved = cells.copy()
        moved[old], moved[new] = NOTHING, dynamicobstacles.OBSTACLE
        for others, chance in after(moved, settings, here, obstacles[1:]).items():
            found[new, *others] = found.get((new, *others), 0.0) + chance / len(free)
    return found


@pytest.mark.parametrize("xp", [np, torch], ids=["numpy", "torch"])
@pytest.mark.parametrize("size", [4, 5, 6])
def test_obstacles_of_many_worlds_move_as_those_of_one(xp: Any, size: int):
    family, count, dice = Family.families["DynamicObstacles"], 20_000, np.random.default_rng(4)
    cells, agent, settings = built(family, 1, size=size, n_obstacles=2, agent_start_pos=None)
    here, obstacles = int(agent[0, Y] * size + agent[0, X]), agent[0, dynamicobstacles.FIRST_OBSTACLE :][:2].tolist()
    wanted = after(cells[0], settings, here, obstacles)
    many = np.repeat(cells, count, 0), np.repeat(agent, count, 0)
    mine = many if xp is np else tuple(torch.from_numpy(array) for array in many)

    def uniform(shape: tuple[int, ...]) -> Any:
        drawn = dice.random(shape, np.float32)
        return drawn if xp is np else torch.from_numpy(drawn)

    assert family.before_batch is not None
    family.before_batch(xp, *mine, settings, None, uniform)
    moved, me = (np.asarray(array) for array in mine)
    places = me[:, dynamicobstacles.FIRST_OBSTACLE :][:, :2]
    for k, cell in enumerate(obstacles):  # what is left of the world once the obstacles are taken out
        cells[0, cell] = NOTHING
        moved[np.arange(count), places[:, k]] = NOTHING
    assert (moved == cells).all()
    ends, counts = np.unique(places, axis=0, return_counts=True)
    found = {tuple(end): number for end, number in zip(ends.tolist(), counts, strict=True)}
    assert set(found) == set(wanted)
    for end, chance in wanted.items():
        spread = np.sqrt(count * chance * (1 - chance))
        assert abs(found[end] - count * chance) <= 5 * spread, f"{end}: {found[end] / count}, expected {chance}"
