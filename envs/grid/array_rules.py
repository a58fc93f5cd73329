"""One step of N worlds at once, in operations that NumPy and torch share: MiniGrid's rules without a branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from envs.batched import Array
from envs.grid.array_library import Library
from envs.grid.codes import (
    BOX,
    CLOSED,
    DOOR,
    GOAL_KIND,
    KEY,
    LAVA_KIND,
    LOCKED,
    NOTHING,
    OPEN,
    OPEN_GROUND,
    PER_KIND,
    PORTABLE,
    WALL,
    traits,
    triples,
)
from envs.grid.family import Family
from envs.grid.kernels import no_rule, nothing_before
from envs.grid.layout import (
    DIRECTION,
    DONE,
    DROP,
    FAILURE,
    FORWARD,
    GOES_ON,
    HEIGHT,
    HELD,
    HELD_CONTENT,
    LEFT,
    MAX_STEPS,
    OVER,
    PENALTY,
    PICKUP,
    RIGHT,
    STEPS,
    SUCCESS,
    TOGGLE,
    WIDTH,
    X,
    Y,
)


class Worlds(NamedTuple):
    """N worlds in arrays of one library, changed in place: see `envs.grid.layout`."""

    cells: Array
    contents: Array
    agent: Array


class ArrayRules:
    """Steps N worlds of one family: what `envs.grid.kernels` does row by row, for all rows at once."""

    def __init__(self, library: Library, family: Family, settings: tuple[int, ...]) -> None:
        """Make the tables.

        Args:
            library: NumPy or torch.
            family: The family, for its rule.
            settings: See `envs.grid.layout`. Rules get it as it is: plain numbers, on no device.

        Raises:
            ValueError: If the family has a rule, but none for N worlds.
        """
        if family.rule is not no_rule and family.rule_batch is None:
            raise ValueError(
                f"family {family.name!r} has a rule for one world alone; array engines need Family.rule_batch"
            )
        self._library, self._settings = library, settings
        self._rule = None if family.rule is no_rule else family.rule_batch
        constant = library.constant
        self._turn = constant(_table(7, {LEFT: 3, RIGHT: 1}))
        self._across, self._down = constant(np.array([1, 0, -1, 0])), constant(np.array([0, 1, 0, -1]))
        self._traits = constant(traits().astype(np.int64))
        kind, state = triples()[:, 0], triples()[:, 2]
        codes = np.arange(256)
        doors, locked = kind == DOOR, (kind == DOOR) & (state == LOCKED)
        # What a door becomes when it is toggled, and the key that opens a locked one; -1 is never held.
        self._toggled = constant(codes + doors * (CLOSED * (state == OPEN) - (CLOSED - OPEN) * (state == CLOSED)))
        self._key = constant(np.where(locked, codes - LOCKED + (KEY - DOOR) * PER_KIND, -1))

    def step(
        self, worlds: Worlds, action: Array, idle: Array | None, before: Callable[[Array], None] | None
    ) -> tuple[Array, Array, Array]:
        """Act once in every world.

        Args:
            worlds: The worlds, changed in place.
            action: What each agent does, ``(N,)`` int64, by MiniGrid's numbers.
            idle: Worlds that are left as they are, ``(N,)`` bool; None for none.
            before: What happens before agents act, given their actions; it leaves cells of idle worlds as they are.

        Returns:
            Reward, terminated and truncated, each ``(N,)``.
        """
        xp, agent, last = self._library.xp, worlds.agent, self._settings[MAX_STEPS]
        was = None if idle is None else self._library.copy(agent)
        if before is not None:
            before(action)
        if idle is not None:
            action = xp.where(idle, DONE, action)
        agent[:, STEPS] += 1
        held = self._library.copy(agent[:, HELD])
        told = self._act(worlds, action)
        if self._rule is not None:
            ruled = self._rule(xp, worlds.cells, agent, self._settings, action, held)
            over = xp.where(told == GOES_ON, FAILURE, told)
            told = xp.where(ruled == GOES_ON, told, xp.where(ruled == OVER, over, ruled))
        truncated = agent[:, STEPS] >= last
        if idle is not None:
            agent[:] = xp.where(idle[:, None], was, agent)
            told, truncated = xp.where(idle, GOES_ON, told), truncated & ~idle
        sooner = 1 - 0.9 * (self._library.real(agent[:, STEPS]) / last)
        reward = xp.where(told == SUCCESS, sooner, xp.where(told == PENALTY, -1.0, sooner * 0))
        return reward, told != GOES_ON, truncated

    def _act(self, worlds: Worlds, action: Array) -> Array:
        """Do one action in every world, as ``MiniGridEnv.step`` does; see `envs.grid.kernels.act`."""
        library, xp, (cells, contents, agent) = self._library, self._library.xp, worlds
        width, height = self._settings[WIDTH], self._settings[HEIGHT]
        rows = library.rows(len(cells))
        held, held_content = library.copy(agent[:, HELD]), library.copy(agent[:, HELD_CONTENT])
        x, y = library.wide(agent[:, X]), library.wide(agent[:, Y])
        facing = (library.wide(agent[:, DIRECTION]) + self._turn[action]) & 3
        ahead_x, ahead_y = x + self._across[facing], y + self._down[facing]
        beyond = (ahead_x < 0) | (ahead_y < 0) | (ahead_x >= width) | (ahead_y >= height)
        place = xp.where(beyond, 0, ahead_y * width + ahead_x)
        found, inside = cells[rows, place], contents[rows, place]
        # Nothing can be done with a wall: beyond the edge of the world nothing is.
        thing = xp.where(beyond, WALL, library.wide(found))
        kind, trait = thing // PER_KIND, self._traits[thing]

        walks = (action == FORWARD) & ((trait & OPEN_GROUND) != 0)
        takes = (action == PICKUP) & ((trait & PORTABLE) != 0) & (held == NOTHING)
        drops = (action == DROP) & (thing == NOTHING) & (held != NOTHING)
        unpacks = (action == TOGGLE) & (kind == BOX)
        turned = xp.where(self._key[thing] == held, thing - LOCKED, self._toggled[thing])
        left = xp.where((action == TOGGLE) & (kind == DOOR), library.narrow(turned), found)
        left = xp.where(takes, NOTHING, xp.where(unpacks, inside, left))
        cells[rows, place] = xp.where(drops, library.narrow(held), left)
        left = xp.where(takes | unpacks, NOTHING, inside)
        contents[rows, place] = xp.where(drops, library.narrow(held_content), left)

        agent[:, DIRECTION] = facing
        agent[:, X], agent[:, Y] = xp.where(walks, ahead_x, x), xp.where(walks, ahead_y, y)
        agent[:, HELD] = xp.where(takes, thing, xp.where(drops, NOTHING, held))
        agent[:, HELD_CONTENT] = xp.where(takes, library.wide(inside), xp.where(drops, NOTHING, held_content))
        failed = xp.where(walks & (kind == LAVA_KIND), FAILURE, GOES_ON)
        return xp.where(walks & (kind == GOAL_KIND), SUCCESS, failed)


def happens_before(family: Family) -> bool:
    """Say whether anything happens before agents act."""
    return family.before is not nothing_before


def _table(size: int, entries: dict[int, int]) -> np.ndarray:
    """Make a table of zeros but for some entries: ``(size,)``, int64."""
    table = np.zeros(size, np.int64)
    for place, entry in entries.items():
        table[place] = entry
    return table
