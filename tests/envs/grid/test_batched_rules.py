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
    FAILURE,
    GOES_ON,
    HEIGHT,
    HELD,
    PENALTY,
    SUCCESS,
    TASK,
    WIDTH,
    X,
    Y,
)


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
        drawn[:2] = 0.0, 1.0 - 2.0**-24  # the smallest and the largest that there are
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
