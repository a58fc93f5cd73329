"""The kinds of change a world can bring; each file is one kind."""

from envs.changes.base import Change as Change
from envs.changes.permute import Permute as Permute

__all__ = ["Change", "Permute"]
