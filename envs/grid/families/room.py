"""The suite's own room: a walled square with things to pick up, whose goal nothing in the senses marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from envs.compiled import compilable
from envs.grid.codes import BALL, BOX, COLOURS, KEY, NOTHING, code_of
from envs.grid.family import Family, Shape, steps_or
from envs.grid.layout import FAILURE, GOES_ON, HEIGHT, HELD, PARAMETER, SUCCESS, TASK, WIDTH, X, Y
from envs.grid.place import place_agent, place_thing, wall_round

GOAL_CELL, GOAL_THING, THINGS = PARAMETER, PARAMETER + 1, PARAMETER + 2
"""Places in ``settings``: the cell to enter (-1 for none), the code to pick up (0 for none), how many things lie here
(their codes follow)."""
BEFORE = TASK
"""Column of ``agent``: the cell it stood in before the step."""
PORTABLE_KINDS = {"ball": BALL, "box": BOX, "key": KEY}


def thing_code(name: str) -> int:
    """Give the code of a thing by colour and kind, such as ``"red ball"``.

    Raises:
        ValueError: If there is no such thing.
    """
    colour, _, kind = name.partition(" ")
    if colour not in COLOURS or kind not in PORTABLE_KINDS:
        raise ValueError(
            f"a thing is a colour ({', '.join(sorted(COLOURS))}) and a kind ({', '.join(PORTABLE_KINDS)}), "
            f"as 'red ball'; got {name!r}"
        )
    return code_of(PORTABLE_KINDS[kind], COLOURS.index(colour))


def shape(size: int = 6, things: Sequence[str] = (), max_steps: int = 60) -> Shape:
    """Read the arguments of `envs.rooms.Room`.

    Raises:
        ValueError: If the room is too small, or a thing is unknown or there twice.
    """
    codes = [thing_code(thing) for thing in things]
    for thing in things:
        if list(things).count(thing) > 1:
            raise ValueError(f"things of a room are told apart by colour and kind; {thing!r} is there twice")
    if size < 4 or (size - 2) ** 2 <= len(codes):
        raise ValueError(f"a room of size {size} has no space for {len(codes)} things and an agent to move")
    return Shape(size, size, steps_or(max_steps, 60), False, (-1, 0, len(codes), *codes))


@compilable
def generate(
    cells: np.ndarray, contents: np.ndarray, agent: np.ndarray, dice: np.ndarray, settings: np.ndarray
) -> bool:
    """Build one room: ``Room._gen_grid`` of `envs.rooms`."""
    wall_round(cells, settings, 0, 0, settings[WIDTH], settings[HEIGHT])
    for k in range(settings[THINGS]):
        place_thing(cells, agent, dice, settings, settings[THINGS + 1 + k])
    place_agent(cells, agent, dice, settings)
    agent[BEFORE] = agent[Y] * settings[WIDTH] + agent[X]
    return True


@compilable
def rule(cells: np.ndarray, agent: np.ndarray, settings: np.ndarray, action: int, held: int) -> int:
    """End the episode where the hidden cell is entered, or anything is picked up while a thing is the goal."""
    here = agent[Y] * settings[WIDTH] + agent[X]
    entered = here == settings[GOAL_CELL] and agent[BEFORE] != here
    agent[BEFORE] = here
    if entered:
        return SUCCESS
    if settings[GOAL_THING] != 0 and agent[HELD] != NOTHING:
        return SUCCESS if agent[HELD] == settings[GOAL_THING] else FAILURE
    return GOES_ON


def rule_batch(xp: Any, cells: Any, agent: Any, settings: np.ndarray, action: Any, held: Any) -> Any:
    """Do what `rule` does for N worlds."""
    here = agent[:, Y] * int(settings[WIDTH]) + agent[:, X]
    entered = (here == int(settings[GOAL_CELL])) & (agent[:, BEFORE] != here)
    agent[:, BEFORE] = here
    told = xp.where(entered, SUCCESS, GOES_ON)
    wanted = int(settings[GOAL_THING])
    if not wanted:
        return told
    picked = xp.where(agent[:, HELD] == wanted, SUCCESS, FAILURE)
    return xp.where((agent[:, HELD] != NOTHING) & ~entered, picked, told)


ROOM = Family("Room", shape, generate, rule=rule, rule_batch=rule_batch)
