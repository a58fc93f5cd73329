"""One step of many grid worlds, as plain loops: compiled by numba, or run as they stand where it is not."""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from envs.compiled import compilable, inlined
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
    PER_COLOUR,
    PER_KIND,
    PORTABLE,
)
from envs.grid.layout import (
    DIRECTION,
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

Array = np.ndarray[Any, Any]

TRIES = 1000
"""How often a world that could not be finished is begun anew before the family is taken for broken."""


@inlined
def act(  # noqa: PLR0912 - one branch an action, and what it may meet
    cells: Array, contents: Array, agent: Array, b: int, settings: Array, action: Any, traits: Array
) -> int:
    """Do one action in world ``b``, as ``MiniGridEnv.step`` does.

    Returns:
        `SUCCESS` where a goal was reached, `FAILURE` where the agent walked into lava, else `GOES_ON`.
    """
    if action == LEFT:
        agent[b, DIRECTION] = (agent[b, DIRECTION] + 3) & 3
        return GOES_ON
    if action == RIGHT:
        agent[b, DIRECTION] = (agent[b, DIRECTION] + 1) & 3
        return GOES_ON
    facing = agent[b, DIRECTION]
    x, y = agent[b, X] + (facing == 0) - (facing == 2), agent[b, Y] + (facing == 1) - (facing == 3)
    if x < 0 or y < 0 or x >= settings[WIDTH] or y >= settings[HEIGHT]:
        return GOES_ON
    place = y * settings[WIDTH] + x
    thing = cells[b, place]
    if action == FORWARD:
        if traits[thing] & OPEN_GROUND:
            agent[b, X], agent[b, Y] = x, y
            kind = thing // PER_KIND
            if kind == GOAL_KIND:
                return SUCCESS
            if kind == LAVA_KIND:
                return FAILURE
    elif action == PICKUP:
        if traits[thing] & PORTABLE and agent[b, HELD] == NOTHING:
            agent[b, HELD], agent[b, HELD_CONTENT] = thing, contents[b, place]
            cells[b, place] = contents[b, place] = NOTHING
    elif action == DROP:
        if thing == NOTHING and agent[b, HELD] != NOTHING:
            cells[b, place], contents[b, place] = agent[b, HELD], agent[b, HELD_CONTENT]
            agent[b, HELD] = agent[b, HELD_CONTENT] = NOTHING
    elif action == TOGGLE:
        kind = thing // PER_KIND
        if kind == BOX:
            cells[b, place] = contents[b, place]
            contents[b, place] = NOTHING
        elif kind == DOOR:
            state = thing % PER_COLOUR
            if state == LOCKED:
                if agent[b, HELD] == thing - LOCKED + (KEY - DOOR) * PER_KIND:
                    cells[b, place] = thing - LOCKED
            else:
                cells[b, place] = thing + (CLOSED if state == OPEN else -CLOSED)
    return GOES_ON


@compilable
def nothing_before(cells: Array, agent: Array, dice: Array, settings: Array, action: int) -> None:
    """Let nothing happen before the agent acts."""


@compilable
def no_rule(cells: Array, agent: Array, settings: Array, action: int, held: int) -> int:
    """Let goals and lava alone end episodes."""
    return GOES_ON


def make_step(before: Callable[..., Any], rule: Callable[..., Any]) -> Callable[..., int]:
    """Make the step of a family's worlds.

    Args:
        before: What happens before the agent acts; see `envs.grid.family.Family`.
        rule: What ends an episode beyond goals and lava; likewise.
    """
    # Constants, so that what does nothing is left out of the compiled code: taking a row of an array is not free.
    preceded, ruled = before is not nothing_before, rule is not no_rule

    def step(
        cells: Array,
        contents: Array,
        agent: Array,
        dice: Array,
        settings: Array,
        traits: Array,
        meaning: Array,
        actions: Array,
        idle: Array,
        reward: Array,
        ends: Array,
        ended: Array,
    ) -> int:
        # Returns how many episodes ended, their rows in `ended`; or -1 - row where an action is none: nothing is done.
        size, last = cells.shape[0], settings[MAX_STEPS]
        for b in range(size):
            if actions[b] < 0 or actions[b] >= meaning.shape[0]:
                return -1 - b
        over = 0
        for b in range(size):
            reward[b] = 0.0
            ends[0, b] = ends[1, b] = False
            if idle.shape[0] and idle[b]:
                continue
            action = meaning[actions[b]]
            if preceded:
                before(cells[b], agent[b], dice[b], settings, action)
            agent[b, STEPS] += 1
            held = agent[b, HELD]
            told = act(cells, contents, agent, b, settings, action, traits)
            if ruled:
                verdict = rule(cells[b], agent[b], settings, action, held)
                if verdict == OVER:
                    told = FAILURE if told == GOES_ON else told
                elif verdict != GOES_ON:
                    told = verdict
            if told == SUCCESS:
                reward[b] = 1 - 0.9 * (agent[b, STEPS] / last)
            elif told == PENALTY:
                reward[b] = -1.0
            ends[0, b] = told != GOES_ON
            ends[1, b] = agent[b, STEPS] >= last
            if ends[0, b] or ends[1, b]:
                ended[over] = b
                over += 1
        return over

    return step


def make_begin(generate: Callable[..., bool]) -> Callable[..., int]:
    """Make what builds new worlds of a family.

    Args:
        generate: Builds one world; see `envs.grid.family.Family`.
    """

    def begin(
        cells: Array, contents: Array, agent: Array, dice: Array, settings: Array, rows: Array, count: int
    ) -> int:
        # Builds the first `count` of `rows`. Returns 0, or -1 - row where no world could be built.
        for k in range(count):
            b = rows[k]
            tries, built = 0, False
            while not built:
                if tries == TRIES:
                    return -1 - b
                tries += 1
                for j in range(cells.shape[1]):
                    cells[b, j] = contents[b, j] = NOTHING
                for j in range(agent.shape[1]):
                    agent[b, j] = 0
                agent[b, X] = agent[b, Y] = -1
                agent[b, HELD] = agent[b, HELD_CONTENT] = NOTHING
                built = generate(cells[b], contents[b], agent[b], dice[b], settings)
            agent[b, STEPS] = 0
        return 0

    return begin
