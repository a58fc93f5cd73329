"""One step of one stream of bits in one call: infer the world, think, learn, look."""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np

from lifelong_agent.addresses import carray, pointer
from lifelong_agent.kernels.compiled import compiled
from lifelong_agent.kernels.finding import (
    COUNT,
    COUNTED,
    DEBT,
    INFERS,
    LAST,
    LESSONS,
    LIVED,
    MADE,
    NOW,
    OUTPUTS,
    OWED,
    ROOM,
    SINCE,
    THEN,
    THOUGHTS,
    VERSION,
    find_ages,
    find_place,
    infer,
    learn_from,
    look_at,
    take,
    think,
)
from lifelong_agent.kernels.slots import FREE, GAMMA, GROWS, TAKEN
from lifelong_agent.kernels.weighing import CALM, UNSURE

Array = np.ndarray[Any, Any]

# What a step asks of whoever called, added to what `weigh` says: the thought was about something novel; its drives were
# of weights that have changed since; it is time to count anew what was seen.
NOVEL, STALE, FULL = 16, 32, 64


@compiled
def attend(at: Array, sizes: Array, which: int) -> None:
    """Think a thought, and act on it."""
    think(at, sizes, which)
    look_at(at, sizes, which)
    find_place(at)[NOW] = which


@compiled
def proceed(at: Array, sizes: Array, action: int, reward: float, terminated: bool, over: bool) -> int:
    """Think what came of an action, and learn from it: see `learn`.

    Returns:
        What it asks for: see above.
    """
    place, ages = find_place(at), find_ages(at)
    now, then, last = place[NOW], place[THEN], place[LAST]
    think(at, sizes, then)
    if over:
        think(at, sizes, last)
    asks = CALM
    if learn_from(at, sizes, action, reward, terminated, over, now, then, last):
        asks += NOVEL
    ages[COUNT] += 1.0
    ages[LIVED] += 1.0
    place[OWED], place[NOW] = now, last
    carray(pointer(at[DEBT]), (2,), np.float64)[0] = 1.0
    if carray(pointer(at[MADE]), (sizes[THOUGHTS],), np.int64)[now] != place[VERSION]:
        asks += STALE
    elif carray(pointer(at[SINCE]), (2,), np.float64)[1] > sizes[COUNTED]:
        asks += FULL
    return asks


@compiled
def hesitate(at: Array, sizes: Array, reward: float, over: bool) -> None:
    """Go on without learning from a step: see `Learner` and `Yardstick.reward`."""
    rates = carray(pointer(at[LESSONS + 3]), (GROWS + 1,), np.float64)
    returns = carray(pointer(at[LESSONS + 6]), (1,), np.float64)
    returns[0] = 0.0 if over else returns[0] * rates[GAMMA] + reward
    if over:
        counters = carray(pointer(at[LESSONS + 5]), (FREE + 1,), np.int64)
        held = carray(pointer(at[LESSONS + 11]), (4, sizes[OUTPUTS], sizes[ROOM]), np.float32)
        for o in range(sizes[OUTPUTS]):
            held[0, o, : counters[TAKEN]] = 0.0
    attend(at, sizes, find_place(at)[LAST])


@compiled
def live(
    at: Array,
    sizes: Array,
    after: Array,
    upcoming: Array,
    action: int,
    reward: float,
    terminated: bool,
    over: bool,
) -> int:
    """Live one step: see `Learner.learn`.

    Args:
        at: Addresses: see `finding`.
        sizes: See `finding`.
        after: What was seen after the action, ``(1, D)``.
        upcoming: What is acted on next, ``(1, D)``: read if an episode ended.
        action: What was done.
        reward: What it brought.
        terminated: Whether nothing follows.
        over: Whether an episode ended.

    Returns:
        What `weigh` says of the belief, and what the step asks for: see above. After ``OPEN`` and ``CONVINCING`` the
        step has been weighed, and nothing more.
    """
    place = find_place(at)
    place[THEN] = place[LAST] = take(at, sizes, after[0])
    if over:
        place[LAST] = take(at, sizes, upcoming[0])
    if sizes[INFERS]:
        told = infer(at, sizes, action, reward, over, place[NOW], place[THEN], place[LAST])
        if told == UNSURE:
            hesitate(at, sizes, reward, over)
        if told != CALM:
            return told
    return proceed(at, sizes, action, reward, terminated, over)
