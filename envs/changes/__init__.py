"""The kinds of change a world can bring; each file is one kind."""

from envs.changes.base import Change as Change
from envs.changes.goal import Goal as Goal
from envs.changes.permute import Permute as Permute
from envs.changes.storm import Storm as Storm

__all__ = ["Change", "Goal", "Permute", "Storm"]
