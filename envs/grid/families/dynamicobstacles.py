"""MiniGrid's Dynamic-Obstacles: reach the goal without walking into balls that move about."""

from __future__ import annotations

from typing import Any

import numpy as np

from envs.compiled import compilable
from envs.grid.batch_tools import ahead, cells_ahead, rows_of
from envs.grid.codes import BALL, BLUE, GOAL, NOTHING, code_of
from envs.grid.family import Family, Shape, side, steps_or
from envs.grid.layout import (
    DIRECTION,
    FORWARD,
    GOES_ON,
    HEIGHT,
    LEFT,
    PARAMETER,
    PENALTY,
    RIGHT,
    TASK,
    TASK_COLUMNS,
    WIDTH,
    X,
    Y,
)
from envs.grid.place import ANYWHERE, find_place, place_agent, put, stand, wall_round

START_X, START_Y, START_DIRECTION, OBSTACLES = range(PARAMETER, PARAMETER + 4)
BLOCKED, FIRST_OBSTACLE = TASK, TASK + 1
"""Columns of ``agent``: whether something but the goal stood ahead before the obstacles moved, and the first of the
obstacles' cells."""
MOST_OBSTACLES = TASK_COLUMNS - 1
OBSTACLE = code_of(BALL, BLUE)
TRIES = 100
"""``max_tries`` of MiniGrid's obstacles."""
SOMEWHERE = -1


def shape(
    size: int = 8,
    agent_start_pos: tuple[int, int] | None = (1, 1),
    agent_start_dir: int = 0,
    n_obstacles: float = 4,
    max_steps: int | None = None,
) -> Shape:
    """Read the arguments of ``DynamicObstaclesEnv``.

    Raises:
        ValueError: If the world is too small, the agent starts outside of it or nowhere near a direction, or there are
            more obstacles than are kept track of.
    """
    size = side(size, 4, "a Dynamic-Obstacles world")
    x, y = (SOMEWHERE, SOMEWHERE) if agent_start_pos is None else agent_start_pos
    if agent_start_pos is not None and not (0 < x < size - 1 and 0 < y < size - 1):
        raise ValueError(f"agent_start_pos lies within the walls of a world of {size}, or is None; got {(x, y)}")
    if agent_start_dir not in range(4):
        raise ValueError(f"agent_start_dir is 0, 1, 2 or 3; got {agent_start_dir!r}")
    # What MiniGrid makes of too many.
    obstacles = int(n_obstacles) if n_obstacles <= size / 2 + 1 else int(size / 2)
    if not 0 <= obstacles <= MOST_OBSTACLES:
        raise ValueError(f"n_obstacles lies between 0 and {MOST_OBSTACLES}; got {n_obstacles}")
    return Shape(size, size, steps_or(max_steps, 4 * size**2), True, (x, y, agent_start_dir, obstacles))


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``DynamicObstaclesEnv._gen_grid``; False where an obstacle found no place."""
    width, height = settings[WIDTH], settings[HEIGHT]
    wall_round(cells, settings, 0, 0, width, height)
    put(cells, settings, width - 2, height - 2, GOAL)
    if settings[START_X] == SOMEWHERE:
        place_agent(cells, agent, dice, settings)
    else:
        stand(agent, settings[START_X], settings[START_Y], settings[START_DIRECTION])
    for k in range(settings[OBSTACLES]):
        cell = find_place(cells, agent, dice, settings, 0, 0, width, height, TRIES, ANYWHERE)
        if cell < 0:
            return False
        cells[cell] = OBSTACLE
        agent[FIRST_OBSTACLE + k] = cell
    return True


@compilable
def before(cells: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray, action: int) -> None:
    """Look ahead, then move each obstacle to a free cell beside its own, if one is found."""
    width = settings[WIDTH]
    x, y = ahead(agent[X], agent[Y], agent[DIRECTION])
    thing = cells[y * width + x]
    agent[BLOCKED] = thing not in (NOTHING, GOAL)
    for k in range(FIRST_OBSTACLE, FIRST_OBSTACLE + settings[OBSTACLES]):
        old = agent[k]
        new = find_place(cells, agent, dice, settings, old % width - 1, old // width - 1, 3, 3, TRIES, ANYWHERE)
        if new >= 0:
            cells[new], cells[old] = OBSTACLE, NOTHING
            agent[k] = new


def before_batch(xp: Any, cells: Any, agent: Any, settings: np.ndarray, action: Any, uniform: Any) -> None:
    """Do what `before` does for N worlds, with other dice.

    An obstacle moves to each free cell around it with the same probability, as MiniGrid's rejected draws come to, and
    never gives up before it has found one.

    Args:
        xp: NumPy or torch.
        cells: ``(N, area)``; changed in place.
        agent: ``(N, columns)``; changed in place.
        settings: ``(16,)``.
        action: ``(N,)``.
        uniform: Draws numbers in ``[0, 1)`` of a given shape.
    """
    width = int(settings[WIDTH])
    rows = rows_of(xp, cells)
    thing = cells[rows, cells_ahead(agent, settings)]
    agent[:, BLOCKED] = xp.where((thing != NOTHING) & (thing != GOAL), 1, 0)
    here = agent[:, Y] * width + agent[:, X]
    # Obstacles keep within the walls: the nine cells around one always exist.
    steps = [(j - 1) * width + i - 1 for j in range(3) for i in range(3)]
    for k in range(FIRST_OBSTACLE, FIRST_OBSTACLE + int(settings[OBSTACLES])):
        old = agent[:, k]
        around = xp.stack([old + step for step in steps], 1)
        free = (cells[rows[:, None], around] == NOTHING) & (around != here[:, None])
        count = xp.cumsum(xp.where(free, 1, 0), 1)
        # The first cell at which as many free ones have been counted as a fair draw from 1 to their number says.
        drawn = (uniform((cells.shape[0],)) * count[:, -1])[:, None] >= count
        chosen = xp.where(drawn, 1, 0).sum(1)
        new = xp.where(count[:, -1] > 0, around[rows, chosen % len(steps)], old)
        cells[rows, old] = NOTHING
        cells[rows, new] = OBSTACLE
        agent[:, k] = new


@compilable
def rule(cells: np.ndarray, agent: np.ndarray, settings: np.ndarray, action: int, held: int) -> int:
    """Punish a step towards what stood ahead, even where it has moved away in time."""
    return PENALTY if action == FORWARD and agent[BLOCKED] else GOES_ON


def rule_batch(xp: Any, cells: Any, agent: Any, settings: np.ndarray, action: Any, held: Any) -> Any:
    """Do what `rule` does for N worlds."""
    return xp.where((action == FORWARD) & (agent[:, BLOCKED] != 0), PENALTY, GOES_ON)


DYNAMICOBSTACLES = Family(
    "DynamicObstacles",
    shape,
    generate,
    ids={
        "Dynamic-Obstacles-5x5-v0": {"size": 5, "n_obstacles": 2},
        "Dynamic-Obstacles-Random-5x5-v0": {"size": 5, "agent_start_pos": None, "n_obstacles": 2},
        "Dynamic-Obstacles-6x6-v0": {"size": 6, "n_obstacles": 3},
        "Dynamic-Obstacles-Random-6x6-v0": {"size": 6, "agent_start_pos": None, "n_obstacles": 3},
        "Dynamic-Obstacles-8x8-v0": {},
        "Dynamic-Obstacles-16x16-v0": {"size": 16, "n_obstacles": 8},
    },
    rule=rule,
    rule_batch=rule_batch,
    before=before,
    before_batch=before_batch,
    meaning=(LEFT, RIGHT, FORWARD),
    mission=lambda tokens: "get to the green goal square",
)
