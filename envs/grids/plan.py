"""A small world without chance as tables: which state follows which, what is seen there, what is paid."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from envs.places import Place


class Plan(ABC):
    """The tables of one grid, whose states are cells, or cells and directions.

    A subclass fills in the attributes and says what a goal is worth by `stakes`.

    Attributes:
        name: Its name in errors.
        width: Columns.
        height: Rows.
        cells: The cell of each state, ``row * width + column``, ``(S,)`` int64.
        following: The state that follows on each action, ``(S, A)`` int64.
        shown: What is seen in each state, ``(S, bits)`` int8 of 0 and 1.
        starts: States in which episodes begin, equally likely, ``(K,)`` int64.
        goals: Places a goal is drawn from.
        goal: The place of the goal if nobody says otherwise.
    """

    name: str
    width: int
    height: int
    cells: np.ndarray
    following: np.ndarray
    shown: np.ndarray
    starts: np.ndarray
    goals: tuple[Place, ...]
    goal: Place

    @abstractmethod
    def check_goal(self, place: Place) -> None:
        """Check that a goal can be at a place.

        Raises:
            ValueError: If not; the message says where it can be.
        """

    @abstractmethod
    def stakes(self, place: Place) -> tuple[np.ndarray, np.ndarray]:
        """Tell what actions are worth where the goal is at a place.

        Args:
            place: Column and row.

        Returns:
            The reward of each action in each state, ``(S, A)`` float64, and whether it ends the episode, ``(S, A)``
            bool.

        Raises:
            ValueError: If no goal can be there.
        """

    def cell(self, place: Place) -> int:
        """Give the number of the cell at a place."""
        return place[1] * self.width + place[0]

    def steps_to(self, target: np.ndarray) -> np.ndarray:
        """Count the steps of the shortest way from each state to any of some states.

        Args:
            target: Which states are to be reached, ``(S,)`` bool.

        Returns:
            ``(S,)`` int64; -1 where there is no way.
        """
        steps = np.where(target, 0, -1)
        for distance in range(1, len(steps)):
            near = (steps[self.following] == distance - 1).any(axis=1) & (steps < 0)
            if not near.any():
                break
            steps[near] = distance
        return steps
