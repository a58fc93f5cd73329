"""MiniGrid's GoToObject: stand beside the thing that the mission names, and say so."""

from __future__ import annotations

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_below
from envs.grid.codes import COLOURS, KEY, PER_COLOUR, PER_KIND, SORTED_COLOURS
from envs.grid.families.gotodoor import TARGET_X, TARGET_Y, rule, rule_batch
from envs.grid.family import Family, Shape, side, steps_or
from envs.grid.layout import HEIGHT, MISSION, PARAMETER, WIDTH
from envs.grid.place import place_agent, place_thing, wall_round

THINGS = PARAMETER
KINDS_HERE = ("key", "ball", "box")
MOST_THINGS = 18
"""Kinds times colours: no two things are alike."""


def shape(size: int = 6, numObjs: int = 2, max_steps: int | None = None) -> Shape:
    """Read the arguments of ``GoToObjectEnv``."""
    size = side(size, 4, "a GoToObject world")
    most = min(MOST_THINGS, (size - 2) ** 2 - 1)
    if not 1 <= numObjs <= most:
        raise ValueError(f"numObjs lies between 1 and {most} in a world of {size}; got {numObjs}")
    return Shape(size, size, steps_or(max_steps, 5 * size**2), True, (numObjs,))


@compilable
def draw_new_thing(dice: np.ndarray, things: np.ndarray, found: int) -> int:
    """Draw the code of a key, ball or box of any colour; -1 if it is among the first ``found`` of ``things``."""
    kind = KEY + draw_below(dice, 3)
    thing = kind * PER_KIND + SORTED_COLOURS[draw_below(dice, 6)] * PER_COLOUR
    for k in range(found):
        if things[k] == thing:
            return -1
    return thing


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``GoToObjectEnv._gen_grid``."""
    width = settings[WIDTH]
    wall_round(cells, settings, 0, 0, width, settings[HEIGHT])
    things, places = np.empty(MOST_THINGS, np.int64), np.empty(MOST_THINGS, np.int64)
    found = 0
    while found < settings[THINGS]:
        thing = draw_new_thing(dice, things, found)
        if thing >= 0:
            things[found], places[found] = thing, place_thing(cells, agent, dice, settings, thing)
            found += 1
    place_agent(cells, agent, dice, settings)
    target = draw_below(dice, found)
    # Where it was put: MiniGrid looks there even after it has been carried away.
    agent[TARGET_X], agent[TARGET_Y] = places[target] % width, places[target] // width
    agent[MISSION] = things[target] // PER_COLOUR % 6
    agent[MISSION + 1] = things[target] // PER_KIND - KEY
    return True


GOTOOBJECT = Family(
    "GoToObject",
    shape,
    generate,
    ids={
        "GoToObject-6x6-N2-v0": {},
        "GoToObject-8x8-N2-v0": {"size": 8, "numObjs": 2},
    },
    rule=rule,
    rule_batch=rule_batch,
    tokens=(6, 3),
    mission=lambda tokens: f"go to the {COLOURS[tokens[0]]} {KINDS_HERE[tokens[1]]}",
)
