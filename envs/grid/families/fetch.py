"""MiniGrid's Fetch: pick up what the mission names, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_below
from envs.grid.codes import BALL, COLOURS, KEY, NOTHING, PER_COLOUR, PER_KIND, SORTED_COLOURS
from envs.grid.family import Family, Shape, side, steps_or
from envs.grid.layout import FAILURE, GOES_ON, HEIGHT, HELD, MISSION, PARAMETER, SUCCESS, TASK, WIDTH
from envs.grid.place import place_agent, place_thing, wall_round

THINGS = PARAMETER
TARGET = TASK
"""Column of ``agent`` that holds the code of what is to be fetched."""
SYNTAX = ("get a", "go get a", "fetch a", "go fetch a", "you must fetch a")


def shape(size: int = 8, numObjs: int = 3, max_steps: int | None = None) -> Shape:
    """Read the arguments of ``FetchEnv``."""
    size = side(size, 4, "a Fetch world")
    if not 1 <= numObjs <= min(16, (size - 2) ** 2 - 1):
        raise ValueError(
            f"numObjs lies between 1 and {min(16, (size - 2) ** 2 - 1)} in a world of {size}; got {numObjs}"
        )
    return Shape(size, size, steps_or(max_steps, 5 * size**2), True, (numObjs,))


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``FetchEnv._gen_grid``."""
    wall_round(cells, settings, 0, 0, settings[WIDTH], settings[HEIGHT])
    things = np.empty(16, np.int64)
    for k in range(settings[THINGS]):
        kind = KEY if draw_below(dice, 2) == 0 else BALL
        colour = SORTED_COLOURS[draw_below(dice, 6)]
        things[k] = kind * PER_KIND + colour * PER_COLOUR
        place_thing(cells, agent, dice, settings, things[k])
    place_agent(cells, agent, dice, settings)
    target = things[draw_below(dice, settings[THINGS])]
    agent[TARGET] = target
    agent[MISSION] = draw_below(dice, 5)
    agent[MISSION + 1] = target // PER_COLOUR % 6
    agent[MISSION + 2] = target // PER_KIND - KEY
    return True


@compilable
def rule(cells: np.ndarray, agent: np.ndarray, settings: np.ndarray, action: int, held: int) -> int:
    """End the episode with whatever is picked up."""
    if agent[HELD] == NOTHING:
        return GOES_ON
    return SUCCESS if agent[HELD] == agent[TARGET] else FAILURE


def rule_batch(xp: Any, cells: Any, agent: Any, settings: np.ndarray, action: Any, held: Any) -> Any:
    """Do what `rule` does for N worlds."""
    now = agent[:, HELD]
    return xp.where(now == NOTHING, GOES_ON, xp.where(now == agent[:, TARGET], SUCCESS, FAILURE))


def mission(tokens: tuple[int, ...]) -> str:
    """Say what is to be fetched."""
    syntax, colour, kind = tokens
    return f"{SYNTAX[syntax]} {COLOURS[colour]} {('key', 'ball')[kind]}"


FETCH = Family(
    "Fetch",
    shape,
    generate,
    ids={
        "Fetch-5x5-N2-v0": {"size": 5, "numObjs": 2},
        "Fetch-6x6-N2-v0": {"size": 6, "numObjs": 2},
        "Fetch-8x8-N3-v0": {},
    },
    rule=rule,
    rule_batch=rule_batch,
    tokens=(5, 6, 2),
    mission=mission,
)
