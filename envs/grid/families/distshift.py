"""MiniGrid's DistShift: reach the goal past two strips of lava, of which one lies elsewhere in a second world."""

from __future__ import annotations

import numpy as np

from envs.compiled import compilable
from envs.grid.codes import GOAL, LAVA
from envs.grid.family import Family, Shape, steps_or
from envs.grid.layout import HEIGHT, PARAMETER, WIDTH
from envs.grid.place import place_agent, put, put_row, stand, wall_round

START_X, START_Y, START_DIRECTION, SECOND_STRIP = range(PARAMETER, PARAMETER + 4)
SOMEWHERE = -1


def shape(
    width: int = 9,
    height: int = 7,
    agent_start_pos: tuple[int, int] | None = (1, 1),
    agent_start_dir: int = 0,
    strip2_row: int = 2,
    max_steps: int | None = None,
) -> Shape:
    """Read the arguments of ``DistShiftEnv``.

    Raises:
        ValueError: If the world is too small, or the agent or the lava lies outside of it.
    """
    for name, length, least in (("width", width, 4), ("height", height, 3)):
        if not isinstance(length, (int, np.integer)) or length < least:
            raise ValueError(f"{name} of a DistShift world is an integer of at least {least}; got {length!r}")
    x, y = (SOMEWHERE, SOMEWHERE) if agent_start_pos is None else agent_start_pos
    if agent_start_pos is not None and not (0 < x < width - 1 and 0 < y < height - 1):
        raise ValueError(f"agent_start_pos lies within the walls of {width} by {height} cells; got {(x, y)}")
    if agent_start_dir not in range(4):
        raise ValueError(f"agent_start_dir is 0, 1, 2 or 3; got {agent_start_dir!r}")
    if strip2_row not in range(1, height - 1):
        raise ValueError(f"strip2_row lies between 1 and {height - 2}; got {strip2_row!r}")
    parameters = x, y, agent_start_dir, strip2_row
    return Shape(int(width), int(height), steps_or(max_steps, 4 * width * height), True, parameters)


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``DistShiftEnv._gen_grid``."""
    width = settings[WIDTH]
    wall_round(cells, settings, 0, 0, width, settings[HEIGHT])
    put(cells, settings, width - 2, 1, GOAL)
    put_row(cells, settings, 3, 1, width - 6, LAVA)
    put_row(cells, settings, 3, settings[SECOND_STRIP], width - 6, LAVA)
    if settings[START_X] == SOMEWHERE:
        place_agent(cells, agent, dice, settings)
    else:
        stand(agent, settings[START_X], settings[START_Y], settings[START_DIRECTION])
    return True


DISTSHIFT = Family(
    "DistShift",
    shape,
    generate,
    ids={
        "DistShift1-v0": {"strip2_row": 2},
        "DistShift2-v0": {"strip2_row": 5},
    },
    mission=lambda tokens: "get to the green goal square",
)
