"""Rules that several families share."""

from __future__ import annotations

from typing import Any

import numpy as np

from envs.compiled import compilable
from envs.grid.batch_tools import rows_of
from envs.grid.codes import NOTHING
from envs.grid.layout import GOES_ON, HELD, PICKUP, SUCCESS, TASK

TARGET, TARGET_CELL = TASK, TASK + 1
"""Columns of ``agent`` in families where a thing is to be picked up: its code, and the cell in which it lies."""


@compilable
def picked_up(cells: np.ndarray, agent: np.ndarray, settings: np.ndarray, action: int, held: int) -> int:
    """End the episode when the target is picked up: ``step`` of MiniGrid's ``UnlockPickupEnv`` and its like.

    MiniGrid asks whether the very thing is held, not one that looks like it. Until the episode ends the target lies
    where it was put: whoever holds its like has picked up the target only if nothing lies there any more.
    """
    if action == PICKUP and agent[HELD] == agent[TARGET] and cells[agent[TARGET_CELL]] == NOTHING:
        return SUCCESS
    return GOES_ON


def picked_up_batch(xp: Any, cells: Any, agent: Any, settings: np.ndarray, action: Any, held: Any) -> Any:
    """Do what `picked_up` does for N worlds."""
    gone = cells[rows_of(xp, cells), agent[:, TARGET_CELL]] == NOTHING
    return xp.where((action == PICKUP) & (agent[:, HELD] == agent[:, TARGET]) & gone, SUCCESS, GOES_ON)
