"""Compiled coding of one stream of bits: who fires.

What a step costs is to fetch weights, so those of the cortex have 16 bits: a drive is then known up to a bound, and
where that leaves open who fires, the weights as they are decide. So who fires agrees with the reference to rounding.
"""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np

from lifelong_agent.kernels.compiled import compiled
from lifelong_agent.kernels.drives import centre_sense, move, project, take_in
from lifelong_agent.kernels.winners import collect, collect_largest, flag_from, kth_largest

Array = np.ndarray[Any, Any]

SLACK = 2e-5
"""What rounding may have made of a drive in single precision, at most."""


@compiled
def pick_nearly(
    value: Array,
    error: Any,
    flag: Array,
    where: Array,
    spare: Array,
    search: Array,
    weight: Array,
    unusual: Array,
    origin: Array,
    rest: Any,
    winners: Array,
) -> int:
    """Do what `pick` does where no two values are told apart by less than ``error``.

    Those that this leaves open are summed exactly: by ``weight (m, D)`` from ``unusual (D,)``, less ``rest`` of
    ``origin (m,)``.

    Returns:
        How many candidates there were, which ``where`` names.
    """
    k = len(winners)
    found = collect_largest(value, k, flag, where, spare, search)
    least = kth_largest(spare, found, k)
    search[0] = least - search[1]
    low, high = least - error, least + error
    if search[2] > low:
        flag_from(value, low, flag)
        found = collect(value, flag, where, spare)
    near, wanted = 0, k
    for i in range(found):
        drive = value[where[i]]
        wanted -= drive > high
        near += low <= drive <= high
    equals, least = near, np.float32(-np.inf)
    if near > wanted:
        near = 0
        for i in range(found):
            j = where[i]
            if low <= value[j] <= high:
                flag[j] = 2
                value[j] = spare[near] = project(weight[j], unusual) - rest * origin[j]
                near += 1
        least = kth_largest(spare, near, wanted)
        equals = wanted
        for i in range(near):
            equals -= spare[i] > least
    place = 0
    for i in range(found):
        j = where[i]
        drive = value[j]
        fires = drive >= low
        if flag[j] == 2:
            tied = drive == least and equals > 0
            equals -= tied
            fires = drive > least or tied
        if fires:
            winners[place] = j
            place += 1
    return found


@compiled
def meet_best(
    value: Array, error: Any, where: Array, found: int, weight: Array, unusual: Array, origin: Array, rest: Any
) -> Any:
    """Give the largest drive, exactly, after `pick_nearly` has found its ``found`` candidates."""
    top, best = value[where[0]], np.float32(-np.inf)
    for i in range(1, found):
        top = max(top, value[where[i]])
    for i in range(found):
        j = where[i]
        if value[j] >= top - error:
            best = max(best, project(weight[j], unusual) - rest * origin[j])
    return best


@compiled
def code_bits(
    before: Array,
    after: Array,
    weight: Array,
    unit: float,
    known: Array,
    drive: Array,
    centre: Array,
    owed: Array,
    owed_drive: Array,
    exact: Array,
    origin: Array,
    counts: Array,
    lived: Array,
    debt: Array,
    unusual: Array,
    lists: Array,
    value: Array,
    flag: Array,
    where: Array,
    spare: Array,
    search: Array,
    winners: Array,
) -> Any:
    """Code one observation of bits; returns the drive of the neuron that meets it best.

    The usual drive of a neuron is the mean of its drives at ``lived[0]`` observations, ``origin``, and at the
    ``lived[1]`` since: of each of these only how often each bit was on is kept.

    Args:
        before: The observation that ``known`` are the drives of, ``(D,)``, bytes; no bit on, and no drive, at first.
        after: The observation, ``(D,)``.
        weight: In fixed point, ``(D, m)``, int16.
        unit: What an integer 1 stands for.
        known: Drives of ``before``, ``(m,)``, int32.
        drive: Drives of ``after``, ``(m,)``: written.
        centre: Usual drives, ``(m,)``, as far as such weights tell.
        owed: The observation by which they have yet to be moved, ``(D,)``.
        owed_drive: Its drives, ``(m,)``.
        exact: Weights as they are, ``(m, D)``.
        origin: Usual drives when counting began, ``(m,)``.
        counts: How often each bit has been on since, ``(D,)``, int32.
        lived: How many observations there were before counting began, and since: ``(2,)``.
        debt: Whether an observation is owed: its first number.
        unusual: Memory, ``(D,)``.
        lists: Memory, ``(2, D)``.
        value: Centred drives, ``(m,)``: written.
        flag: Memory: see `pick`.
        where: Memory: see `pick`.
        spare: Memory: see `pick`.
        search: See `pick`.
        winners: Who fires, ``(k,)``: written.
    """
    share = take_in(owed, counts, lived, debt)
    move(before, after, weight, unit, known, drive, centre, share, owed_drive, lists, value, flag, search)
    samples = lived[0] + lived[1]
    rest = np.float32(lived[0] / samples if samples else 1.0)
    apart = centre_sense(after, counts, np.float32(1.0 / max(samples, 1.0)), unusual)
    error = np.float32(unit) * apart + np.float32(2.0 * SLACK)  # half a unit of each weight, for both of two neurons
    found = pick_nearly(value, error, flag, where, spare, search, exact, unusual, origin, rest, winners)
    return meet_best(value, error, where, found, exact, unusual, origin, rest)


@compiled
def code_raw_bits(
    before: Array,
    after: Array,
    weight: Array,
    unit: float,
    known: Array,
    drive: Array,
    centre: Array,
    exact: Array,
    plain: Array,
    lists: Array,
    value: Array,
    flag: Array,
    where: Array,
    spare: Array,
    search: Array,
    winners: Array,
) -> None:
    """Code one observation of bits with usual drives, ``centre (m,)``, that stay: see `code_bits`.

    ``plain (D,)`` is overwritten with the observation in single precision.
    """
    nothing, one = np.float32(0.0), np.float32(1.0)
    move(before, after, weight, unit, known, drive, centre, nothing, known, lists, value, flag, search)
    on = 0
    for d in range(len(plain)):
        plain[d] = after[d]
        on += after[d]
    error = np.float32(unit * on) + np.float32(2.0 * SLACK)
    pick_nearly(value, error, flag, where, spare, search, exact, plain, centre, one, winners)
