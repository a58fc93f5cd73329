"""Building worlds: walls, things and the agent put where MiniGrid puts them, with the same draws in the same order."""

from __future__ import annotations

from typing import Any

import numpy as np

from envs.compiled import compilable
from envs.dice import draw_below, draw_between
from envs.grid.codes import NOTHING, WALL
from envs.grid.layout import DIRECTION, HEIGHT, WIDTH, X, Y

ENDLESS = 1 << 30
"""Tries of a rejection sampling that MiniGrid does not bound."""
ANYWHERE, NOT_BESIDE_AGENT = 0, 1
"""What places are refused besides those that are taken: none; those less than two steps from the agent."""


@compilable
def put(cells: np.ndarray, settings: np.ndarray, x: int, y: int, code: int) -> None:
    """Put a thing into a cell."""
    cells[y * settings[WIDTH] + x] = code


@compilable
def put_row(cells: np.ndarray, settings: np.ndarray, x: int, y: int, length: int, code: int) -> None:
    """Put things into ``length`` cells from one to the right: ``Grid.horz_wall``."""
    for i in range(length):
        cells[y * settings[WIDTH] + x + i] = code


@compilable
def put_column(cells: np.ndarray, settings: np.ndarray, x: int, y: int, length: int, code: int) -> None:
    """Put things into ``length`` cells from one downwards: ``Grid.vert_wall``."""
    for j in range(length):
        cells[(y + j) * settings[WIDTH] + x] = code


@compilable
def wall_round(cells: np.ndarray, settings: np.ndarray, x: int, y: int, width: int, height: int) -> None:
    """Build walls along the inside of a rectangle: ``Grid.wall_rect``."""
    put_row(cells, settings, x, y, width, WALL)
    put_row(cells, settings, x, y + height - 1, width, WALL)
    put_column(cells, settings, x, y, height, WALL)
    put_column(cells, settings, x + width - 1, y, height, WALL)


@compilable
def find_place(
    cells: np.ndarray,
    agent: np.ndarray,
    dice: np.ndarray,
    settings: np.ndarray,
    left: int,
    top: int,
    width: int,
    height: int,
    tries: int,
    refused: int,
) -> int:
    """Draw an empty cell of a rectangle in which the agent is not: the sampling in ``MiniGridEnv.place_obj``.

    Args:
        cells: The world.
        agent: The agent; at ``(-1, -1)`` it is nowhere.
        dice: The generator.
        settings: The settings.
        left: First column of the rectangle; below 0 it counts as 0, and the width stays as it is.
        top: First row, likewise.
        width: Columns; those beyond the world are left out.
        height: Rows, likewise.
        tries: ``max_tries``: one more is made before giving up.
        refused: `ANYWHERE` or `NOT_BESIDE_AGENT`.

    Returns:
        The cell, ``y * width + x``; -1 where all tries failed.
    """
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(left + width, settings[WIDTH]), min(top + height, settings[HEIGHT])
    for _ in range(tries + 1):
        x = draw_between(dice, left, right)
        y = draw_between(dice, top, bottom)
        cell = y * settings[WIDTH] + x
        if cells[cell] != NOTHING or (x == agent[X] and y == agent[Y]):
            continue
        if refused == NOT_BESIDE_AGENT and abs(agent[X] - x) + abs(agent[Y] - y) < 2:
            continue
        return cell
    return -1


@compilable
def place_thing(cells: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray, code: Any) -> int:
    """Put a thing anywhere in the world; returns its cell."""
    cell = find_place(cells, agent, dice, settings, 0, 0, settings[WIDTH], settings[HEIGHT], ENDLESS, ANYWHERE)
    cells[cell] = code
    return cell


@compilable
def place_agent_in(
    cells: np.ndarray,
    agent: np.ndarray,
    dice: np.ndarray,
    settings: np.ndarray,
    left: int,
    top: int,
    width: int,
    height: int,
    tries: int,
) -> bool:
    """Put the agent into a rectangle, facing anywhere: ``MiniGridEnv.place_agent``; False where all tries failed."""
    agent[X] = agent[Y] = -1
    cell = find_place(cells, agent, dice, settings, left, top, width, height, tries, ANYWHERE)
    if cell < 0:
        return False
    agent[X], agent[Y] = cell % settings[WIDTH], cell // settings[WIDTH]
    agent[DIRECTION] = draw_below(dice, 4)
    return True


@compilable
def place_agent(cells: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray) -> None:
    """Put the agent anywhere, facing anywhere."""
    place_agent_in(cells, agent, dice, settings, 0, 0, settings[WIDTH], settings[HEIGHT], ENDLESS)


@compilable
def stand(agent: np.ndarray, x: int, y: int, direction: int) -> None:
    """Put the agent into a given cell."""
    agent[X], agent[Y], agent[DIRECTION] = x, y, direction
