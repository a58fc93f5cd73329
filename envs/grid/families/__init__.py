"""The families of grid worlds; importing this registers them in `envs.grid.family.Family.families`."""

from envs.grid.families import (
    doorkey,
    dynamicobstacles,
    empty,
    fetch,
    gotodoor,
    gotoobject,
    layout,
    lockedroom,
    memory,
    playground,
    putnear,
    redbluedoors,
    room,
)

__all__ = [
    "doorkey",
    "dynamicobstacles",
    "empty",
    "fetch",
    "gotodoor",
    "gotoobject",
    "layout",
    "lockedroom",
    "memory",
    "playground",
    "putnear",
    "redbluedoors",
    "room",
]
