"""The families of grid worlds; importing this registers them in `envs.grid.family.Family.families`."""

from envs.grid.families import doorkey, empty, fetch, layout, room

__all__ = ["doorkey", "empty", "fetch", "layout", "room"]
