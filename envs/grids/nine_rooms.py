"""NineRooms: a goal somewhere behind doors, and a reward that tells how far it is."""

from __future__ import annotations

import numpy as np

from envs.grids.plan import Plan
from envs.places import Place

SIDE, ROOM = 15, 5
"""Cells along a side of the world, and of a room."""
START: Place = (7, 7)
"""Where episodes begin: the middle of the middle room."""
DOORS = (2, 7, 12)
"""Columns, or rows, in which walls between rooms have their doors."""
WORTH, PER_STEP = 3.0, 0.01
"""What the goal pays, and what each step costs for each step that the goal is away."""
MOVES = ((0, -1), (0, 1), (-1, 0), (1, 0))
"""Up, down, left, right as steps of column and row, in the order of the actions."""


class NineRooms(Plan):
    """Nine rooms of 5 by 5 cells, three by three, with thin walls between them.

    Each two neighbouring rooms are joined by a door in the middle of their wall, but for the middle room: it has doors
    to the north and the south alone. The agent sees one bit for each cell, row by row, 1 where it stands. Actions are
    up, down, left and right; what would go through a wall stays where it is.

    Each action costs 0.01 for each step that the goal was away where it was taken. An action taken on the goal is
    worth 3 and ends the episode, so the shortest way of d steps is worth ``3 - 0.01 * d * (d + 1) / 2`` in d + 1 steps.

    Source: the gridworld of "Parseval regularization for continual reinforcement learning", Chung et al. 2024
    (arXiv:2412.07224), as its code has it (``envs/gridworld_env.py``, with the default arguments "that correspond to
    those in the paper"): layout, start, four actions without chance, one-hot image, ``reward_type="opt"``, goals
    outside of the middle room and the three rooms of the north (``hard_exploration=2``), 100 steps an episode. Its
    docstring says that the door to the south is shut for that setting; its code leaves it open, and so it is here.
    """

    name = "NineRooms"
    width = height = SIDE

    def __init__(self) -> None:
        """Work out the tables."""
        size = SIDE * SIDE
        self.cells = np.arange(size)
        self.shown = np.eye(size, dtype=np.int8)
        self.starts = np.array([self.cell(START)])
        self.following = np.array([[self._next(cell, move) for move in MOVES] for cell in range(size)])
        middle = range(ROOM, 2 * ROOM)
        self.goals = tuple((x, y) for y in range(ROOM, SIDE) for x in range(SIDE) if not (x in middle and y in middle))
        self.goal = (12, 12)

    def _next(self, cell: int, move: tuple[int, int]) -> int:
        """Give the cell that follows on a move."""
        (y, x), (dx, dy) = divmod(cell, SIDE), move
        there, beyond = (x + dx, y + dy), (x // ROOM, y // ROOM) != ((x + dx) // ROOM, (y + dy) // ROOM)
        if not all(0 <= place < SIDE for place in there):
            return cell
        if beyond:
            at_a_door = (y if dx else x) in DOORS
            shut = dx != 0 and y // ROOM == 1  # the middle row of rooms has no doors to its sides
            if not at_a_door or shut:
                return cell
        return self.cell(there)

    def check_goal(self, place: Place) -> None:
        """Refuse what lies outside, or where episodes begin; see `Plan.check_goal`."""
        if not all(0 <= one < SIDE for one in place) or place == START:
            raise ValueError(
                f"a goal of NineRooms is one of {SIDE} by {SIDE} cells, columns and rows from 0 to {SIDE - 1}, and not "
                f"{START}, where episodes begin; got {place}"
            )

    def stakes(self, place: Place) -> tuple[np.ndarray, np.ndarray]:
        """Tell what actions are worth; see `Plan.stakes`."""
        self.check_goal(place)
        here = self.cells == self.cell(place)
        worth = np.where(here, WORTH, 0.0) - PER_STEP * self.steps_to(here)
        return np.repeat(worth[:, None], len(MOVES), axis=1), np.repeat(here[:, None], len(MOVES), axis=1)
