"""Steps the arrays of grid worlds with NumPy alone: always there, and what the compiled engine is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from envs.grid.array_library import HostLibrary
from envs.grid.array_rules import ArrayRules, Worlds, happens_before
from envs.grid.array_sight import ArraySight
from envs.grid.codes import NOTHING
from envs.grid.engines import Arrays, as_actions, refused, unbuildable
from envs.grid.family import Family
from envs.grid.kernels import TRIES
from envs.grid.layout import HELD, HELD_CONTENT, STEPS, X, Y

if TYPE_CHECKING:
    from envs.grid.world import GridWorld


class ArrayEngine:
    """Steps and shows all rows at once.

    Only what a family does with the dice of one world goes row by row, in plain Python: building worlds where episodes
    begin, and what happens before agents act. Both draw what the compiled engine draws.
    """

    def __init__(self, world: GridWorld) -> None:
        """Stand ready.

        Raises:
            ValueError: If the family has a rule, but none for N worlds.
        """
        self._world, self._library = world, HostLibrary()
        self._moves = happens_before(world.family)
        self.take_over()

    def take_over(self) -> None:
        """Go on from the arrays of the world."""
        world, arrays = self._world, self._world.arrays
        settings = tuple(arrays.settings.tolist())
        self._rules = ArrayRules(self._library, world.family, settings)
        self._sight = ArraySight(self._library, world.showing.what, world.view, settings, arrays.places)

    def reseed(self, rows: np.ndarray | None) -> None:
        """Take note of new dice: they are in the arrays."""

    def begin(self, rows: np.ndarray | None) -> np.ndarray:
        """Begin episodes; see `GridEngine.begin`."""
        arrays = self._world.arrays
        self._build(range(self._world.num_envs) if rows is None else rows)
        # All of them anew: what was handed out before belongs to whoever has it, and may have been written over.
        return self._sight.show(arrays.cells, arrays.agent)

    def step(
        self, actions: Any, again: bool, idle: Any
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
        """Act once; see `GridEngine.step`."""
        arrays = self._world.arrays
        actions = as_actions(actions, self._world.num_envs)
        none = (actions < 0) | (actions >= len(arrays.meaning))
        if none.any():
            raise refused(actions, int(none.argmax()), len(arrays.meaning))

        def before(action: np.ndarray) -> None:
            # The family's own function, with its own dice: one row after the other.
            for row in range(len(action)) if idle is None else np.flatnonzero(~idle):
                family.before(arrays.cells[row], arrays.agent[row], arrays.dice[row], arrays.settings, action[row])

        family = self._world.family
        worlds = Worlds(arrays.cells, arrays.contents, arrays.agent)
        reward, terminated, truncated = self._rules.step(
            worlds, arrays.meaning[actions], idle, before if self._moves else None
        )
        out = self._sight.show(arrays.cells, arrays.agent)
        ended: np.ndarray = np.flatnonzero(np.asarray(terminated | truncated))
        final = None
        if len(ended):
            final = out
            if again:
                out = out.copy()
                self._build(ended)
                out[ended] = self._sight.show(arrays.cells[ended], arrays.agent[ended])
        return out, reward, terminated, truncated, final

    def state(self) -> Arrays:
        """Give the state, which is on the host."""
        return self._world.arrays

    def snapshot(self) -> dict[str, Any]:
        """Give nothing: all is in the arrays."""
        return {}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from the arrays, in which all is."""
        self.take_over()

    def _build(self, rows: Any) -> None:
        family, arrays = self._world.family, self._world.arrays
        for row in rows:
            build_row(family, arrays, int(row))


def build_row(family: Family, arrays: Arrays, row: int) -> None:
    """Build the world of one episode in plain Python, as `envs.grid.kernels.make_begin` does it compiled.

    Raises:
        RuntimeError: If none could be built.
    """
    cells, contents, agent = arrays.cells[row], arrays.contents[row], arrays.agent[row]
    for _ in range(TRIES):
        cells[:] = contents[:] = NOTHING
        agent[:] = 0
        agent[[X, Y]] = -1
        agent[[HELD, HELD_CONTENT]] = NOTHING
        if family.generate(cells, contents, agent, arrays.dice[row], arrays.settings):
            agent[STEPS] = 0
            return
    raise unbuildable(family.name, row)
