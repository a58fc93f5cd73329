"""MiniGrid's LavaGap: reach the goal through the gap in a strip of lava, or in a wall."""

from __future__ import annotations

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_between
from envs.grid.codes import GOAL, LAVA, NOTHING
from envs.grid.families.crossing import mission, obstacle_code
from envs.grid.family import Family, Shape, side, steps_or
from envs.grid.layout import HEIGHT, MISSION, PARAMETER, WIDTH
from envs.grid.place import put, put_column, stand, wall_round

OBSTACLE = PARAMETER
"""Place in ``settings``: the code of what is in the way."""


def shape(size: int, obstacle_type: str = "lava", max_steps: int | None = None) -> Shape:
    """Read the arguments of ``LavaGapEnv``; ``obstacle_type`` is a name.

    Raises:
        ValueError: If the world is too small, or there are no such obstacles.
    """
    size = side(size, 5, "a LavaGap world")
    return Shape(size, size, steps_or(max_steps, 4 * size**2), False, (obstacle_code(obstacle_type),))


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``LavaGapEnv._gen_grid``."""
    width, height = settings[WIDTH], settings[HEIGHT]
    wall_round(cells, settings, 0, 0, width, height)
    stand(agent, 1, 1, 0)
    put(cells, settings, width - 2, height - 2, GOAL)
    x = draw_between(dice, 2, width - 2)
    y = draw_between(dice, 1, height - 1)
    put_column(cells, settings, x, 1, height - 2, settings[OBSTACLE])
    put(cells, settings, x, y, NOTHING)
    agent[MISSION] = 0 if settings[OBSTACLE] == LAVA else 1
    return True


LAVAGAP = Family(
    "LavaGap",
    shape,
    generate,
    ids={
        "LavaGapS5-v0": {"size": 5},
        "LavaGapS6-v0": {"size": 6},
        "LavaGapS7-v0": {"size": 7},
    },
    tokens=(2,),
    mission=mission,
)
