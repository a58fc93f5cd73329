"""The parts of a step of one stream of bits, on arrays that are found by their addresses.

To hand fifty arrays to compiled code costs as much as what is done with them.

Each array is found by its place in `at`, the addresses, and its shape by `sizes`: `lifelong_agent.stream` lists them.
"""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from typing import Any

import numpy as np

from lifelong_agent.addresses import carray, pointer
from lifelong_agent.kernels.coding import code_bits, code_raw_bits
from lifelong_agent.kernels.compiled import compiled
from lifelong_agent.kernels.evidence import LARGEST
from lifelong_agent.kernels.evidence import SEEN as NOTICED
from lifelong_agent.kernels.lessons import learn
from lifelong_agent.kernels.slots import FREE, GROWS, SEEN, look
from lifelong_agent.kernels.weighing import weigh

Array = np.ndarray[Any, Any]

# Where a stream stands, in `place`: the thought taken last; the one that drives are known of; the one learnt from last;
# the one that is acted on, and those about what came of it and about what is acted on next; how often weights have
# changed; the thought that drives of the reward model are known of; the context, how many are known; whether rewards
# had ever differed at the last step.
LATEST, BASE, OWED, NOW, THEN, LAST, VERSION, GAUGE, CONTEXT, KNOWN, INFORMATIVE = range(11)
# Its numbers, in `ages`: what an integer 1 of the drives and of those of the reward model stands for; samples of the
# normaliser and lessons of the cortex in this context.
UNIT, GAUGE_UNIT, COUNT, LIVED = range(4)
# What is in `sizes`: thoughts, bits in words of eight, bits, neurons, how many fire, outputs, slots that there is room
# for, observations after which they are counted anew; whether worlds are inferred, neurons of the reward model, how
# many of them fire, its actions, contexts and one more, observations that can be queued.
THOUGHTS, WIDTH, BITS, SIZE, FIRING, OUTPUTS, ROOM, COUNTED, INFERS, GAUGES, GAUGED, ACTIONS, CONTEXTS, QUEUE = range(
    14
)
# What is in `at`: first what all parts share, then what belongs to coding, to learning, and to inference.
PLACE, AGES, SENSES, MADE, BEST, DEBT, SINCE, WINNERS, CODES = range(9)
LESSONS = CODES + 13
INFERENCE = LESSONS + 18
ADDRESSES = INFERENCE + 35


@compiled
def find_place(at: Array) -> Array:
    """Find `place`."""
    return carray(pointer(at[PLACE]), (INFORMATIVE + 1,), np.int64)


@compiled
def find_ages(at: Array) -> Array:
    """Find `ages`."""
    return carray(pointer(at[AGES]), (LIVED + 1,), np.float64)


@compiled
def find_senses(at: Array, sizes: Array) -> Array:
    """Find the observations of all thoughts, and one more without a bit on."""
    return carray(pointer(at[SENSES]), (sizes[THOUGHTS] + 1, sizes[WIDTH]), np.uint8)


@compiled
def find_winners(at: Array, sizes: Array) -> Array:
    """Find who fires at all thoughts."""
    return carray(pointer(at[WINNERS]), (sizes[THOUGHTS], sizes[FIRING]), np.int64)


@compiled
def take(at: Array, sizes: Array, sense: Array) -> int:
    """Keep an observation, ``(D,)``; returns the place of the thought about it."""
    place, senses = find_place(at), find_senses(at, sizes)
    latest = (place[LATEST] + 1) % sizes[THOUGHTS]
    place[LATEST] = latest
    for d in range(len(sense)):
        senses[latest, d] = sense[d]
    return latest


@compiled
def think(at: Array, sizes: Array, which: int) -> None:
    """Code the observation of a thought: see `code_bits`."""
    place, senses, a = find_place(at), find_senses(at, sizes), CODES
    bits, size, base, owed = sizes[BITS], sizes[SIZE], place[BASE], place[OWED]
    drives = carray(pointer(at[a]), (sizes[THOUGHTS] + 1, size), np.int32)
    best = carray(pointer(at[BEST]), (sizes[THOUGHTS],), np.float64)
    made = carray(pointer(at[MADE]), (sizes[THOUGHTS],), np.int64)
    best[which] = code_bits(
        senses[base],
        senses[which],
        carray(pointer(at[a + 1]), (bits, size), np.int16),
        find_ages(at)[UNIT],
        drives[base],
        drives[which],
        carray(pointer(at[a + 2]), (size,), np.float32),
        senses[owed],
        drives[owed],
        carray(pointer(at[a + 3]), (size, bits), np.float32),
        carray(pointer(at[a + 4]), (size,), np.float32),
        carray(pointer(at[a + 5]), (bits,), np.int32),
        carray(pointer(at[SINCE]), (2,), np.float64),
        carray(pointer(at[DEBT]), (2,), np.float64),
        carray(pointer(at[a + 6]), (bits,), np.float32),
        carray(pointer(at[a + 7]), (2, bits + 8), np.int64),
        carray(pointer(at[a + 8]), (size,), np.float32),
        carray(pointer(at[a + 9]), ((size + 7) // 8 * 8,), np.uint8),
        carray(pointer(at[a + 10]), (size + 8,), np.int32),
        carray(pointer(at[a + 11]), (size,), np.float32),
        carray(pointer(at[a + 12]), (3,), np.float64),
        find_winners(at, sizes)[which],
    )
    place[BASE] = which
    made[which] = place[VERSION]


@compiled
def learn_from(
    at: Array, sizes: Array, action: int, reward: float, terminated: bool, over: bool, now: int, then: int, last: int
) -> bool:
    """Learn from the thought ``now`` what ``then`` came of it, and read ``last``: see `lessons.learn`."""
    a, size, thoughts, outs = LESSONS, sizes[SIZE], sizes[THOUGHTS], sizes[OUTPUTS]
    winners = find_winners(at, sizes)
    outputs = carray(pointer(at[a]), (thoughts, outs), np.float32)
    chances = carray(pointer(at[a + 1]), (thoughts, outs - 1), np.float64)
    summed = carray(pointer(at[a + 2]), (thoughts, outs - 1), np.float64)
    return learn(
        action,
        reward,
        terminated,
        over,
        winners[now],
        carray(pointer(at[BEST]), (thoughts,), np.float64)[now],
        outputs[now],
        chances[now],
        winners[then],
        winners[last],
        outputs[last],
        chances[last],
        summed[last],
        carray(pointer(at[a + 3]), (GROWS + 1,), np.float64),
        carray(pointer(at[a + 4]), (SEEN + 1,), np.float64),
        carray(pointer(at[a + 5]), (FREE + 1,), np.int64),
        carray(pointer(at[a + 6]), (1,), np.float64),
        carray(pointer(at[a + 7]), (4,), np.float64),
        carray(pointer(at[a + 8]), (3,), np.float64),
        carray(pointer(at[a + 9]), (size, 3, outs), np.float32),
        carray(pointer(at[a + 10]), (size, 2), np.float64),
        carray(pointer(at[a + 11]), (4, outs, sizes[ROOM]), np.float32),
        carray(pointer(at[a + 12]), (size,), np.int32),
        carray(pointer(at[a + 13]), (size,), np.int32),
        carray(pointer(at[a + 14]), (size,), np.int64),
        carray(pointer(at[a + 15]), (size,), np.int32),
        carray(pointer(at[a + 16]), (size,), np.float32),
        carray(pointer(at[a + 17]), (size,), np.float32),
    )


@compiled
def look_at(at: Array, sizes: Array, which: int) -> None:
    """Read out a thought: see `slots.look`."""
    a, size, thoughts, outs = LESSONS, sizes[SIZE], sizes[THOUGHTS], sizes[OUTPUTS]
    look(
        find_winners(at, sizes)[which],
        carray(pointer(at[a + 3]), (GROWS + 1,), np.float64),
        carray(pointer(at[a + 9]), (size, 3, outs), np.float32),
        carray(pointer(at[a + 10]), (size, 2), np.float64),
        carray(pointer(at[a + 4]), (SEEN + 1,), np.float64),
        carray(pointer(at[a + 11]), (4, outs, sizes[ROOM]), np.float32),
        carray(pointer(at[a + 12]), (size,), np.int32),
        carray(pointer(at[a]), (thoughts, outs), np.float32)[which],
        carray(pointer(at[a + 1]), (thoughts, outs - 1), np.float64)[which],
        carray(pointer(at[a + 2]), (thoughts, outs - 1), np.float64)[which],
    )


@compiled
def infer(at: Array, sizes: Array, action: int, reward: float, over: bool, now: int, then: int, last: int) -> int:
    """Weigh what came of an action: see `weigh`."""
    place, ages, senses, a = find_place(at), find_ages(at), find_senses(at, sizes), INFERENCE
    bits, n, slots, known = sizes[BITS], sizes[GAUGES], sizes[CONTEXTS], place[KNOWN]
    drives = carray(pointer(at[a]), (sizes[THOUGHTS] + 1, n), np.int32)
    centre = carray(pointer(at[a + 2]), (n,), np.float32)
    code = carray(pointer(at[a + 9]), (sizes[GAUGED],), np.int64)
    lists = carray(pointer(at[a + 3]), (2, bits + 8), np.int64)
    life = carray(pointer(at[a + 25]), (7,), np.float64)
    informative, follow = life[LARGEST] > 1e-6, life[NOTICED] < 1000
    if informative:
        base = place[GAUGE]
        code_raw_bits(
            senses[base],
            senses[now],
            carray(pointer(at[a + 1]), (bits, n), np.int16),
            ages[GAUGE_UNIT],
            drives[base],
            drives[now],
            centre,
            carray(pointer(at[a + 32]), (n, bits), np.float32),
            carray(pointer(at[a + 33]), (bits,), np.float32),
            lists,
            carray(pointer(at[a + 4]), (n,), np.float32),
            carray(pointer(at[a + 5]), ((n + 7) // 8 * 8,), np.uint8),
            carray(pointer(at[a + 6]), (n + 8,), np.int32),
            carray(pointer(at[a + 7]), (n,), np.float32),
            carray(pointer(at[a + 8]), (3,), np.float64),
            code,
        )
        place[GAUGE] = now
    else:
        place[GAUGE] = sizes[THOUGHTS]
    place[INFORMATIVE] = informative
    return weigh(
        place[CONTEXT],
        action,
        reward,
        over,
        senses[then],
        senses[last],
        informative,
        follow,
        senses[now],
        carray(pointer(at[a + 34]), (bits, n), np.float32),
        code,
        carray(pointer(at[a + 10]), (16,), np.float64),
        carray(pointer(at[a + 11]), (slots, bits), np.float32),
        carray(pointer(at[a + 12]), (slots, bits, 2), np.float32),
        carray(pointer(at[a + 13]), (slots,), np.float32),
        carray(pointer(at[a + 14]), (slots,), np.float64),
        carray(pointer(at[a + 15]), (slots,), np.float64),
        carray(pointer(at[a + 16]), (slots,), np.float64),
        carray(pointer(at[a + 17]), (2, slots), np.float64),
        carray(pointer(at[a + 18]), (known + 1,), np.float64),
        centre,
        carray(pointer(at[a + 21]), (slots, sizes[ACTIONS] * n), np.float32),
        carray(pointer(at[a + 22]), (slots,), np.float64),
        carray(pointer(at[a + 23]), (slots,), np.float64),
        carray(pointer(at[a + 24]), (slots,), np.float64),
        life,
        carray(pointer(at[a + 19]), (known + 1,), np.float64),
        carray(pointer(at[a + 20]), (known + 1,), np.float64),
        carray(pointer(at[a + 26]), (1,), np.float64),
        carray(pointer(at[a + 27]), (1,), np.float64),
        carray(pointer(at[a + 28]), (slots, 3), np.float64),
        carray(pointer(at[a + 29]), (sizes[QUEUE], sizes[WIDTH]), np.uint8),
        carray(pointer(at[a + 30]), (2,), np.int64),
        carray(pointer(at[a + 31]), (sizes[QUEUE], 2), np.int64),
        lists[0],
    )
