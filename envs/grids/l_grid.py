"""L-Grid: two green squares that look alike, of which one pays."""

from __future__ import annotations

import numpy as np

from envs.grid.array_library import HostLibrary
from envs.grid.array_sight import ArraySight
from envs.grid.codes import GOAL, NOTHING, WALL
from envs.grid.layout import AGENT_COLUMNS, DIRECTION, HEIGHT, HELD, SETTINGS, WIDTH, X, Y
from envs.grid.showing import CELL_BITS
from envs.grid.shows import BITS
from envs.grids.plan import Plan
from envs.places import Place

VIEW = 5
"""Side of the view in cells."""
LAYOUT = """
###############
#......G......#
#.............#
#........G....#
#..############
#....##########
#....##########
#....##########
#....##########
#****##########
###############
"""
"""The world: walls, the two squares, and the cells in which episodes begin."""
PAYS, FOILS = 5.0, 0.0
"""What the one square pays, and the other."""
AHEAD = ((1, 0), (0, 1), (-1, 0), (0, -1))
"""What lies ahead to the east, south, west and north, as steps of column and row."""


class LGrid(Plan):
    """An L of 15 by 11 cells with two green squares; one pays 5, the other 0, and both end the episode.

    The agent begins in the south-west, facing anywhere. Actions are left, right (turns by a quarter) and forward. It
    sees MiniGrid's egocentric view of 5 by 5 cells, through which walls hide what is behind them, one-hot: bit
    ``20 * (5 * column + row) + k`` is about one cell, columns of the view from left to right, rows from far to near:
    ``k`` 0 to 10 its type, 11 to 16 its colour, 17 to 19 its state. Nothing shows which square pays.

    Source: "Prediction and control in continual reinforcement learning", Anand and Precup 2023 (arXiv:2312.11669), as
    its code has it (``control/minigrid/empty_grid_env.py`` and ``CL_envs.py``): layout, squares at (7, 1) and (9, 3),
    rewards 5 and 0, starts, actions, view and 100 steps an episode. Its agents are shown the last four views; that is
    left to the agent here. The squares swap rewards every 1,000 of 10,000 episodes by the defaults of its scripts,
    every 500 of 5,000 in the script they are run by: a life swaps them by its schedule, in steps.
    """

    name = "LGrid"

    def __init__(self) -> None:
        """Work out the tables."""
        rows = LAYOUT.strip().split("\n")
        self.width, self.height = len(rows[0]), len(rows)
        signs = np.array([list(row) for row in rows]).ravel()
        free = np.flatnonzero(signs != "#")
        # State 4 * k + d: in free cell k, facing d.
        self.cells = np.repeat(free, 4)
        facing = np.tile(np.arange(4), len(free))
        self.starts = np.flatnonzero(signs[self.cells] == "*")
        self.goals = tuple((int(cell % self.width), int(cell // self.width)) for cell in free[signs[free] == "G"])
        self.goal = self.goals[0]
        number = np.full(len(signs), -1)
        number[free] = np.arange(len(free))
        ahead = np.array([dx + dy * self.width for dx, dy in AHEAD])
        states, there = np.arange(len(self.cells)), number[self.cells + ahead[facing]]
        self.following = np.stack(
            (
                states - facing + (facing + 3) % 4,
                states - facing + (facing + 1) % 4,
                np.where(there < 0, states, 4 * there + facing),
            ),
            axis=1,
        )
        self.shown = self._views(signs, facing)

    def _views(self, signs: np.ndarray, facing: np.ndarray) -> np.ndarray:
        """See the world from every state, ``(S, 500)`` int8, as grid worlds do; their direction bits are left out."""
        settings = np.zeros(SETTINGS, np.int64)
        settings[WIDTH], settings[HEIGHT] = self.width, self.height
        codes = np.where(signs == "#", WALL, np.where(signs == "G", GOAL, NOTHING)).astype(np.uint8)
        agent = np.zeros((len(facing), AGENT_COLUMNS), np.int32)
        agent[:, X], agent[:, Y], agent[:, DIRECTION] = self.cells % self.width, self.cells // self.width, facing
        agent[:, HELD] = NOTHING
        bits = CELL_BITS * VIEW * VIEW
        sight = ArraySight(HostLibrary(), BITS, VIEW, tuple(settings.tolist()), np.arange(bits + 4))
        return sight.show(np.tile(codes, (len(facing), 1)), agent)[:, :bits].astype(np.int8)

    def check_goal(self, place: Place) -> None:
        """Refuse what is no green square; see `Plan.check_goal`."""
        if place not in self.goals:
            raise ValueError(f"a goal of LGrid is one of its two squares {self.goals[0]}, {self.goals[1]}; got {place}")

    def stakes(self, place: Place) -> tuple[np.ndarray, np.ndarray]:
        """Tell what actions are worth; see `Plan.stakes`."""
        self.check_goal(place)
        there = self.cells[self.following]
        entered = there != self.cells[:, None]
        ends = entered & np.isin(there, [self.cell(goal) for goal in self.goals])
        return np.where(ends, np.where(there == self.cell(place), PAYS, FOILS), 0.0), ends
