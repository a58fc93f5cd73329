"""Stretches of life spent in one world."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Visit:
    """A stretch of life spent in one world: ages ``[start, stop)`` in environment steps.

    Attributes:
        task: Index of the task lived in.
        start: Age at which the visit begins.
        stop: Age at which the next one begins.
    """

    task: int
    start: int
    stop: int


@dataclass(frozen=True)
class Stay(Visit):
    """A stretch of life which is about one world, with the gradual switch that leads to it.

    Attributes:
        task: Index of the task that it is about.
        start: Age at which it begins.
        stop: Age at which the next one begins.
        blend: For how many steps from ``start`` on this world and the one before take turns; 0 for an abrupt switch.
    """

    blend: int = 0
