"""MiniGrid's Crossing: reach the goal across rivers of lava, or through walls, each with one opening."""

from __future__ import annotations

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_between, shuffle
from envs.grid.codes import GOAL, LAVA, NOTHING, WALL
from envs.grid.family import Family, Shape, side, steps_or
from envs.grid.layout import HEIGHT, MISSION, PARAMETER, WIDTH
from envs.grid.place import put, put_column, put_row, stand, wall_round

OBSTACLE, CROSSINGS = PARAMETER, PARAMETER + 1
"""Places in ``settings``: the code of what is in the way, and how many rivers of it there are."""
OBSTACLES = {"lava": LAVA, "wall": WALL}
DOWN, ACROSS = 0, 1
"""How a river runs."""


def obstacle_code(obstacle_type: str) -> int:
    """Give the code of an obstacle by name, as ``CrossingEnv`` reads it.

    Raises:
        ValueError: If there is no such obstacle.
    """
    if not isinstance(obstacle_type, str) or obstacle_type.lower() not in OBSTACLES:
        raise ValueError(f"obstacle_type is {' or '.join(map(repr, OBSTACLES))}; got {obstacle_type!r}")
    return OBSTACLES[obstacle_type.lower()]


def shape(size: int = 9, num_crossings: int = 1, obstacle_type: str = "lava", max_steps: int | None = None) -> Shape:
    """Read the arguments of ``CrossingEnv``; ``obstacle_type`` is a name.

    Raises:
        ValueError: If the size is even or too small, or there are no such obstacles.
    """
    size = side(size, 5, "a Crossing world", odd=True)
    if not isinstance(num_crossings, (int, np.integer)) or num_crossings < 0:
        raise ValueError(f"num_crossings is an integer of at least 0; got {num_crossings!r}")
    parameters = obstacle_code(obstacle_type), int(num_crossings)
    return Shape(size, size, steps_or(max_steps, 4 * size**2), False, parameters)


@compilable
def draw_rivers(dice: np.ndarray, size: int, crossings: int, down: np.ndarray, across: np.ndarray) -> tuple[int, int]:
    """Draw where rivers run.

    Args:
        dice: The generator.
        size: Side of the world.
        crossings: How many rivers, if there is space for as many.
        down: Gets, from its second place on, the columns of rivers that run down, from left to right; before them 0,
            after them ``size - 1``.
        across: Gets the rows of rivers that run across, likewise.

    Returns:
        How many run down, how many across.
    """
    lines = (size - 3) // 2
    rivers = np.arange(2 * lines)
    shuffle(dice, rivers)
    chosen = np.zeros(2 * lines, np.int64)
    for k in range(min(crossings, 2 * lines)):
        chosen[rivers[k]] = 1
    count_down, count_across = 0, 0
    for k in range(lines):
        if chosen[DOWN * lines + k]:
            count_down += 1
            down[count_down] = 2 * k + 2
        if chosen[ACROSS * lines + k]:
            count_across += 1
            across[count_across] = 2 * k + 2
    down[0] = across[0] = 0
    down[count_down + 1] = across[count_across + 1] = size - 1
    return count_down, count_across


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one world: ``CrossingEnv._gen_grid``."""
    size, obstacle = settings[WIDTH], settings[OBSTACLE]
    wall_round(cells, settings, 0, 0, size, settings[HEIGHT])
    stand(agent, 1, 1, 0)
    put(cells, settings, size - 2, size - 2, GOAL)
    down, across = np.empty(size, np.int64), np.empty(size, np.int64)
    count_down, count_across = draw_rivers(dice, size, settings[CROSSINGS], down, across)
    for k in range(1, count_across + 1):
        put_row(cells, settings, 1, across[k], size - 2, obstacle)
    for k in range(1, count_down + 1):
        put_column(cells, settings, down[k], 1, size - 2, obstacle)
    # The way to the goal: which kind of river is crossed when. One that runs down is crossed by a step to the side.
    path = np.empty(count_down + count_across, np.int64)
    path[:count_down], path[count_down:] = DOWN, ACROSS
    shuffle(dice, path)
    i, j = 0, 0
    for k in range(len(path)):
        if path[k] == DOWN:
            put(cells, settings, down[i + 1], draw_between(dice, across[j] + 1, across[j + 1]), NOTHING)
            i += 1
        else:
            put(cells, settings, draw_between(dice, down[i] + 1, down[i + 1]), across[j + 1], NOTHING)
            j += 1
    agent[MISSION] = 0 if obstacle == LAVA else 1
    return True


def mission(tokens: tuple[int, ...]) -> str:
    """Say what to look for, or what to look out for."""
    return f"{('avoid the lava', 'find the opening')[tokens[0]]} and get to the green goal square"


CROSSING = Family(
    "Crossing",
    shape,
    generate,
    ids={
        f"{name}S{size}N{rivers}-v0": {"size": size, "num_crossings": rivers, "obstacle_type": obstacle}
        for name, obstacle in (("LavaCrossing", "lava"), ("SimpleCrossing", "wall"))
        for size, rivers in ((9, 1), (9, 2), (9, 3), (11, 5))
    },
    tokens=(2,),
    mission=mission,
)
