"""A step of one grid world that shows at once what came of it, on arrays that are found by their addresses."""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from envs.compiled import compilable, compiled
from envs.dice import WORDS
from envs.grid.kernels import make_step
from envs.grid.layout import AGENT_COLUMNS
from envs.grid.shows import make_show
from lifelong_agent.addresses import addresses, carray, pointer

Array = np.ndarray[Any, Any]

CODES = 256
"""Codes of a cell: what is known of each is in tables of so many rows."""
STATE = np.uint8, np.uint8, np.int32, np.uint64, np.int64
KINDS = *STATE, np.int64, np.int32, np.uint8, np.int32, np.int64, np.uint8, np.uint8, np.float64, np.bool_, np.int64
"""Types of what is found, in the order of `find`."""
AREA, SETTINGS, ACTIONS, PLACES, UNSET, LIT = range(len(KINDS), len(KINDS) + 6)
"""Where sizes follow the addresses."""


def find(
    state: tuple[Array, ...], meaning: Array, seen: tuple[Array, ...], shown: tuple[Array, ...], told: tuple[Array, ...]
) -> Array:
    """Write down where the arrays of one world are, and their sizes: ``(n,)`` int64. Whoever uses it keeps the arrays.

    Args:
        state: Cells, contents, agent, dice and settings: see `envs.grid.engines.Arrays`.
        meaning: What each action does.
        seen: Paint and traits of every code, and how sight spreads.
        shown: Places, and what is shown of zeros and ones, either empty for zeros and ones.
        told: Where the reward is written, ``(1,)``; the ends, ``(2, 1)``; and the rows that ended, ``(1,)``.
    """
    found = addresses(list(zip((*state, meaning, *seen, *shown, *told), KINDS, strict=True)))
    sizes = state[0].shape[1], len(state[4]), len(meaning), *map(len, shown)
    return np.concatenate([found, np.array(sizes, np.int64)])


def make_alone(before: Callable[..., Any], rule: Callable[..., Any], what: int, view: int) -> Any:
    """Compile the step of `make_step` that, unless the action is none, ends with what `make_show` makes.

    To hand over eighteen arrays costs as much as the step.
    """
    step, show = compilable(make_step(before, rule)), compilable(make_show(what, view))
    spread = 1 << 2 * view

    def alone(at: Array, actions: Array, out: Array) -> int:
        cells = carray(pointer(at[0]), (1, at[AREA]), np.uint8)
        contents = carray(pointer(at[1]), (1, at[AREA]), np.uint8)
        agent = carray(pointer(at[2]), (1, AGENT_COLUMNS), np.int32)
        dice = carray(pointer(at[3]), (1, WORDS), np.uint64)
        settings = carray(pointer(at[4]), (at[SETTINGS],), np.int64)
        meaning = carray(pointer(at[5]), (at[ACTIONS],), np.int64)
        paint = carray(pointer(at[6]), (CODES,), np.int32)
        traits = carray(pointer(at[7]), (CODES,), np.uint8)
        table = carray(pointer(at[8]), (spread,), np.int32)
        places = carray(pointer(at[9]), (at[PLACES],), np.int64)
        unset = carray(pointer(at[10]), (at[UNSET],), np.uint8)
        lit = carray(pointer(at[11]), (at[LIT],), np.uint8)
        reward = carray(pointer(at[12]), (1,), np.float64)
        ends = carray(pointer(at[13]), (2, 1), np.bool_)
        ended = carray(pointer(at[14]), (1,), np.int64)
        idle = carray(pointer(at[13]), (0,), np.bool_)
        over = step(cells, contents, agent, dice, settings, traits, meaning, actions, idle, reward, ends, ended)
        if over >= 0:
            show(cells, agent, settings, paint, traits, table, places, unset, lit, ended, -1, out)
        return over

    return compiled(alone)
