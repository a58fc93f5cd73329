"""Sensors whose polarity is reversed for a while."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from envs.changes.fault import FaultEffect
from envs.changes.lasting import LastingEffect, LastingFault
from envs.effect import Frame


@dataclass(frozen=True, kw_only=True)
class Invert(LastingFault, kind="invert"):
    """Flip the sign of components for some steps; of bits, the value.

    With a probability of 1 it never ends. For images see ``invert_colours``.

    Source: reversed sensor polarity, this project's own; the presets are those that the Real-World RL suite has for
    dropped values (Dulac-Arnold et al. 2020, arXiv:2003.11881).
    """

    senses: ClassVar[tuple[str, ...]] = ("real", "bits")

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect."""
        return InvertEffect(self, frame, group)


class InvertEffect(LastingEffect):
    """The effect behind `Invert`."""

    def broken(self, sensed: np.ndarray, now: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Flip signs or bits."""
        return sensed ^ now if sensed.dtype == np.int8 else np.where(now, -sensed, sensed)
