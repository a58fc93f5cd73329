"""MiniGrid's Empty: a bare room with a goal in the far corner."""

from __future__ import annotations

import numpy as np

from envs.compiled import compilable
from envs.grid.codes import GOAL
from envs.grid.family import Family, Shape, side, steps_or
from envs.grid.layout import HEIGHT, PARAMETER, WIDTH
from envs.grid.place import place_agent, put, stand, wall_round

START_X, START_Y, START_DIRECTION = PARAMETER, PARAMETER + 1, PARAMETER + 2
SOMEWHERE = -1


def shape(
    size: int = 8,
    agent_start_pos: tuple[int, int] | None = (1, 1),
    agent_start_dir: int = 0,
    max_steps: int | None = None,
) -> Shape:
    """Read the arguments of ``EmptyEnv``."""
    size = side(size, 4, "an Empty world")
    x, y = (SOMEWHERE, SOMEWHERE) if agent_start_pos is None else agent_start_pos
    return Shape(size, size, steps_or(max_steps, 4 * size**2), True, (x, y, agent_start_dir))


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``EmptyEnv._gen_grid``."""
    width, height = settings[WIDTH], settings[HEIGHT]
    wall_round(cells, settings, 0, 0, width, height)
    put(cells, settings, width - 2, height - 2, GOAL)
    if settings[START_X] == SOMEWHERE:
        place_agent(cells, agent, dice, settings)
    else:
        stand(agent, settings[START_X], settings[START_Y], settings[START_DIRECTION])
    return True


EMPTY = Family(
    "Empty",
    shape,
    generate,
    ids={
        "Empty-5x5-v0": {"size": 5},
        "Empty-Random-5x5-v0": {"size": 5, "agent_start_pos": None},
        "Empty-6x6-v0": {"size": 6},
        "Empty-Random-6x6-v0": {"size": 6, "agent_start_pos": None},
        "Empty-8x8-v0": {},
        "Empty-16x16-v0": {"size": 16},
    },
    mission=lambda tokens: "get to the green goal square",
)
