"""One step of many grid worlds, as plain loops: compiled by numba, or run as they stand where it is not."""

# Loops over arrays are what numba compiles: they look like C because they become C.
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from envs.compiled import compilable
from envs.grid.codes import (
    BOX,
    CLOSED,
    DOOR,
    GOAL_KIND,
    KEY,
    LAVA_KIND,
    LOCKED,
    NOTHING,
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
    MISSION,
    MISSION_TOKENS,
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
from envs.grid.sight import see

IMAGE, BITS, FULL, DICT = range(4)
"""What is shown: the view's image, its bits, the whole world's image, or the view's image, direction and mission."""
Array = np.ndarray[Any, Any]

TRIES = 1000
"""How often a world that could not be finished is begun anew before the family is taken for broken."""


@compilable
def act(  # noqa: PLR0912 - one branch an action, and what it may meet
    cells: Array, contents: Array, agent: Array, settings: Array, action: Any, traits: Array
) -> int:
    """Do one action in one world, as ``MiniGridEnv.step`` does.

    Returns:
        `SUCCESS` where a goal was reached, `FAILURE` where the agent walked into lava, else `GOES_ON`.
    """
    if action == LEFT:
        agent[DIRECTION] = (agent[DIRECTION] + 3) & 3
        return GOES_ON
    if action == RIGHT:
        agent[DIRECTION] = (agent[DIRECTION] + 1) & 3
        return GOES_ON
    facing = agent[DIRECTION]
    x, y = agent[X] + (facing == 0) - (facing == 2), agent[Y] + (facing == 1) - (facing == 3)
    if x < 0 or y < 0 or x >= settings[WIDTH] or y >= settings[HEIGHT]:
        return GOES_ON
    place = y * settings[WIDTH] + x
    thing = cells[place]
    kind = thing // PER_KIND
    if action == FORWARD:
        if traits[thing] & OPEN_GROUND:
            agent[X], agent[Y] = x, y
            if kind == GOAL_KIND:
                return SUCCESS
            if kind == LAVA_KIND:
                return FAILURE
    elif action == PICKUP:
        if traits[thing] & PORTABLE and agent[HELD] == NOTHING:
            agent[HELD], agent[HELD_CONTENT] = thing, contents[place]
            cells[place] = contents[place] = NOTHING
    elif action == DROP:
        if thing == NOTHING and agent[HELD] != NOTHING:
            cells[place], contents[place] = agent[HELD], agent[HELD_CONTENT]
            agent[HELD] = agent[HELD_CONTENT] = NOTHING
    elif action == TOGGLE:
        if kind == BOX:
            cells[place] = contents[place]
            contents[place] = NOTHING
        elif kind == DOOR:
            state = thing % PER_COLOUR
            if state == LOCKED:
                if agent[HELD] == thing - LOCKED + (KEY - DOOR) * PER_KIND:
                    cells[place] = thing - LOCKED
            else:
                cells[place] = thing + (CLOSED if state == 0 else -CLOSED)
    return GOES_ON


@compilable
def show(
    cells: Array,
    agent: Array,
    settings: Array,
    view: int,
    what: int,
    triples: Array,
    traits: Array,
    table: Array,
    places: Array,
    codes: Array,
    out: Array,
) -> None:
    """Write one observation into ``out``; see `envs.grid.showing` for what is written where."""
    if what == FULL:
        width, height = settings[WIDTH], settings[HEIGHT]
        at = 0
        for x in range(width):
            for y in range(height):
                thing = cells[y * width + x]
                out[at], out[at + 1], out[at + 2] = triples[thing, 0], triples[thing, 1], triples[thing, 2]
                at += 3
        at = 3 * (agent[X] * height + agent[Y])
        out[at], out[at + 1], out[at + 2] = 10, 0, agent[DIRECTION]
        return
    see(cells, agent, settings, view, traits, table, codes)
    size = view * view
    if what == BITS:
        out[:] = 0
        for k in range(size):
            thing = codes[k]
            out[places[20 * k + triples[thing, 0]]] = 1
            out[places[20 * k + 11 + triples[thing, 1]]] = 1
            out[places[20 * k + 17 + triples[thing, 2]]] = 1
        out[places[20 * size + agent[DIRECTION]]] = 1
        return
    for k in range(size):
        thing = codes[k]
        out[3 * k], out[3 * k + 1], out[3 * k + 2] = triples[thing, 0], triples[thing, 1], triples[thing, 2]
    if what == DICT:
        out[3 * size] = agent[DIRECTION]
        for k in range(MISSION_TOKENS):
            out[3 * size + 1 + k] = agent[MISSION + k]


def make_step(before: Callable[..., Any], rule: Callable[..., Any], view: int) -> Callable[..., int]:
    """Make the step of a family's worlds.

    Args:
        before: What happens before the agent acts; see `envs.grid.family.Family`.
        rule: What ends an episode beyond goals and lava; likewise.
        view: Side of the view in cells.
    """

    def step(
        cells: Array,
        contents: Array,
        agent: Array,
        dice: Array,
        settings: Array,
        actions: Array,
        meaning: Array,
        idle: Array,
        what: int,
        triples: Array,
        traits: Array,
        table: Array,
        places: Array,
        out: Array,
        reward: Array,
        terminated: Array,
        truncated: Array,
        ended: Array,
    ) -> int:
        # Returns how many episodes ended, their rows in `ended`; or -1 - row where an action is none: nothing is done.
        size = cells.shape[0]
        for b in range(size):
            if actions[b] < 0 or actions[b] >= meaning.shape[0]:
                return -1 - b
        codes = np.empty(view * view, np.uint8)
        over = 0
        for b in range(size):
            reward[b] = 0.0
            terminated[b] = truncated[b] = False
            if not (idle.shape[0] and idle[b]):
                world, me = cells[b], agent[b]
                action = meaning[actions[b]]
                before(world, me, dice[b], settings, action)
                me[STEPS] += 1
                held = me[HELD]
                told = act(world, contents[b], me, settings, action, traits)
                ruled = rule(world, me, settings, action, held)
                if ruled != GOES_ON:
                    told = ruled if ruled <= FAILURE or ruled == PENALTY else (told if told != GOES_ON else FAILURE)
                if told == SUCCESS:
                    reward[b] = 1 - 0.9 * (me[STEPS] / settings[MAX_STEPS])
                elif told == PENALTY:
                    reward[b] = -1.0
                terminated[b] = told != GOES_ON
                truncated[b] = me[STEPS] >= settings[MAX_STEPS]
                if terminated[b] or truncated[b]:
                    ended[over] = b
                    over += 1
            show(cells[b], agent[b], settings, view, what, triples, traits, table, places, codes, out[b])
        return over

    return step


def make_begin(generate: Callable[..., bool], view: int) -> Callable[..., int]:
    """Make what begins episodes in a family's worlds.

    Args:
        generate: Builds one world; see `envs.grid.family.Family`.
        view: Side of the view in cells.
    """

    def begin(
        rows: Array,
        count: int,
        cells: Array,
        contents: Array,
        agent: Array,
        dice: Array,
        settings: Array,
        what: int,
        triples: Array,
        traits: Array,
        table: Array,
        places: Array,
        out: Array,
    ) -> int:
        # Returns 0, or -1 - row where no world could be built.
        codes = np.empty(view * view, np.uint8)
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
            show(cells[b], agent[b], settings, view, what, triples, traits, table, places, codes, out[b])
        return 0

    return begin


@compilable
def nothing_before(cells: Array, agent: Array, dice: Array, settings: Array, action: int) -> None:
    """Let nothing happen before the agent acts."""


@compilable
def no_rule(cells: Array, agent: Array, settings: Array, action: int, held: int) -> int:
    """Let goals and lava alone end episodes."""
    return GOES_ON
