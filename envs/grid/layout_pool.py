"""Worlds built beforehand on the host, from which episodes on a device begin without waiting for it."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from envs.compiled import can_compile
from envs.dice import WORDS, write_generator
from envs.grid.array_engine import ArrayEngine
from envs.grid.array_library import Library
from envs.grid.array_rules import Worlds
from envs.grid.array_sight import ArraySight
from envs.grid.codes import NOTHING
from envs.grid.engines import Arrays, CompiledEngine, GridEngine
from envs.grid.layout import AGENT_COLUMNS

if TYPE_CHECKING:
    from envs.grid.world import GridWorld

LAYOUTS = 4096
"""Worlds in a pool, unless another number is asked for."""
POOLED_CELLS = 1 << 22
"""Cells in a pool at most, which makes it smaller for worlds of more than 32 by 32 cells, but never below 64 worlds."""


class LayoutPool:
    """Worlds of one family as they are when an episode begins, with their first observations.

    Attributes:
        size: Worlds in the pool.
        worlds: The worlds; filled in place.
        shown: What they show first, ``(size, columns)``; filled in place.
    """

    def __init__(self, library: Library, world: GridWorld, size: int | None) -> None:
        """Reserve the space.

        Args:
            library: Where the pool lives.
            world: A world of the kind that is pooled.
            size: Worlds in the pool; None for `LAYOUTS`, or fewer where they are large (`POOLED_CELLS`).

        Raises:
            ValueError: If there are no layouts.
        """
        if size is None:
            size = min(LAYOUTS, max(64, POOLED_CELLS // world.arrays.cells.shape[1]))
        if size < 1:
            raise ValueError(f"a pool has at least 1 layout; got {size}")
        self._library, self._arrays = library, _empty(world.arrays, size)
        constant = library.constant
        self.size = size
        self.worlds = Worlds(*(constant(a) for a in (self._arrays.cells, self._arrays.contents, self._arrays.agent)))
        self.shown = library.blank(size, world.showing.columns)

    def fill(self, world: GridWorld, dice: np.ndarray) -> None:
        """Build the worlds with the exact generator.

        Args:
            world: A world of the kind that is pooled.
            dice: The generator ``(6,)`` from which those of the layouts are derived.
        """
        nursery = copy.copy(world)
        nursery.num_envs = self.size
        nursery.arrays = replace(self._arrays, settings=world.arrays.settings, places=world.arrays.places)
        seeds = np.random.SeedSequence(dice[:4].tolist()).spawn(self.size)
        for row, seed in zip(self._arrays.dice, seeds, strict=True):
            write_generator(row, np.random.PCG64(seed))
        host_engine(nursery).begin(None)
        send(self._library, self.worlds, self._arrays, None)

    def show(self, sight: ArraySight) -> None:
        """See anew what the worlds show first."""
        self.shown[:] = sight.show(self.worlds.cells, self.worlds.agent)

    def home(self) -> Arrays:
        """Give copies of the worlds on the host."""
        return copy.deepcopy(self._arrays)


def host_engine(world: GridWorld) -> GridEngine:
    """Make the fastest engine that builds exact worlds on the host."""
    return CompiledEngine(world) if can_compile() else ArrayEngine(world)


def send(library: Library, target: Worlds, arrays: Arrays, rows: np.ndarray | None) -> None:
    """Bring cells, contents and agents of some rows, or of all, from the host to where a library has its arrays."""
    for here, home in zip(target, (arrays.cells, arrays.contents, arrays.agent), strict=True):
        if rows is None:
            here[:] = library.constant(home)
        else:
            here[library.constant(rows)] = library.constant(home[rows])


def _empty(arrays: Arrays, size: int) -> Arrays:
    """Make arrays for so many worlds of the same kind."""
    cells = np.full((size, arrays.cells.shape[1]), NOTHING, np.uint8)
    agent, dice = np.zeros((size, AGENT_COLUMNS), np.int32), np.zeros((size, WORDS), np.uint64)
    return Arrays(
        cells, cells.copy(), agent, dice, arrays.settings, arrays.meaning, arrays.places, arrays.unset, arrays.lit
    )
