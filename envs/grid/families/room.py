"""The suite's own room: a walled square with things to pick up, whose goal nothing in the senses marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from envs.compiled import compilable
from envs.grid.aim import ENTER, GO_TO, PICK_UP, Aim
from envs.grid.aim import KINDS as PORTABLE_KINDS
from envs.grid.batch_tools import ahead, cells_ahead, rows_of
from envs.grid.codes import BALL, BOX, COLOURS, KEY, NOTHING, PER_COLOUR, PER_KIND, code_of
from envs.grid.family import Family, Shape, steps_or
from envs.grid.layout import DIRECTION, FAILURE, GOES_ON, HEIGHT, HELD, PARAMETER, SUCCESS, TASK, WIDTH, X, Y
from envs.grid.place import place_agent, place_thing, wall_round

GOAL_CELL, DEED, GOAL_KIND, GOAL_COLOUR, THINGS = range(PARAMETER, PARAMETER + 5)
"""Places in ``settings``: the cell to enter (-1 for none), what is to be done with a thing (`PICK_UP`, `GO_TO`, 0 for
nothing), its kind and its colour (-1 for any), how many things lie here (their codes follow)."""
BEFORE, FACED = TASK, TASK + 1
"""Columns of ``agent``: the cell it stood in before the step, and the code of what it faced then."""


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
    return Shape(size, size, steps_or(max_steps, 60), False, (-1, 0, -1, -1, len(codes), *codes))


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
    x, y = ahead(agent[X], agent[Y], agent[DIRECTION])
    agent[FACED] = cells[y * settings[WIDTH] + x]
    return True


@compilable
def meant(code: Any, kind: Any, colour: Any) -> Any:
    """Tell whether codes are of things of a kind and a colour (-1 for any), numbers or arrays of them."""
    thing, shade = code // PER_KIND, code // PER_COLOUR % (PER_KIND // PER_COLOUR)
    portable = (thing == KEY) | (thing == BALL) | (thing == BOX)
    return portable & ((thing == kind) | (kind < 0)) & ((shade == colour) | (colour < 0))


@compilable
def rule(cells: np.ndarray, agent: np.ndarray, settings: np.ndarray, action: int, held: int) -> int:
    """End the episode where the hidden cell is entered, what is meant is faced, or anything is picked up for a goal."""
    here = agent[Y] * settings[WIDTH] + agent[X]
    entered = here == settings[GOAL_CELL] and agent[BEFORE] != here
    agent[BEFORE] = here
    if entered:
        return SUCCESS
    deed = settings[DEED]
    if deed == PICK_UP and agent[HELD] != NOTHING:
        return SUCCESS if meant(agent[HELD], settings[GOAL_KIND], settings[GOAL_COLOUR]) else FAILURE
    if deed == GO_TO:
        x, y = ahead(agent[X], agent[Y], agent[DIRECTION])
        faced, faces = agent[FACED], cells[y * settings[WIDTH] + x]
        agent[FACED] = faces
        was = meant(faced, settings[GOAL_KIND], settings[GOAL_COLOUR])
        if meant(faces, settings[GOAL_KIND], settings[GOAL_COLOUR]) and not was:
            return SUCCESS
    return GOES_ON


def rule_batch(xp: Any, cells: Any, agent: Any, settings: np.ndarray, action: Any, held: Any) -> Any:
    """Do what `rule` does for N worlds."""
    here = agent[:, Y] * int(settings[WIDTH]) + agent[:, X]
    entered = (here == int(settings[GOAL_CELL])) & (agent[:, BEFORE] != here)
    agent[:, BEFORE] = here
    told = xp.where(entered, SUCCESS, GOES_ON)
    deed, kind, colour = (int(settings[place]) for place in (DEED, GOAL_KIND, GOAL_COLOUR))
    if deed == PICK_UP:
        picked = xp.where(meant(agent[:, HELD], kind, colour), SUCCESS, FAILURE)
        return xp.where((agent[:, HELD] != NOTHING) & ~entered, picked, told)
    if deed == GO_TO:
        was = meant(agent[:, FACED], kind, colour)
        agent[:, FACED] = faces = cells[rows_of(xp, cells), cells_ahead(agent, settings)]
        return xp.where(meant(faces, kind, colour) & ~was, SUCCESS, told)
    return told


def aim_at(settings: np.ndarray, aim: Aim) -> None:
    """Hide a goal in rooms with these settings.

    Raises:
        ValueError: If it is not there.
    """
    settings[[GOAL_CELL, DEED, GOAL_KIND, GOAL_COLOUR]] = -1, 0, -1, -1
    if aim.deed == ENTER:
        x, y = aim.cell(settings[WIDTH], settings[HEIGHT])
        settings[GOAL_CELL] = y * settings[WIDTH] + x
        return
    codes = settings[THINGS + 1 : THINGS + 1 + settings[THINGS]].tolist()
    names = {number: name for name, number in PORTABLE_KINDS.items()}
    aim.find([f"{COLOURS[code // PER_COLOUR % 6]} {names[code // PER_KIND]}" for code in codes])
    settings[DEED] = aim.deed
    settings[GOAL_KIND] = -1 if aim.kind is None else PORTABLE_KINDS[aim.kind]
    settings[GOAL_COLOUR] = -1 if aim.colour is None else COLOURS.index(aim.colour)


ROOM = Family("Room", shape, generate, rule=rule, rule_batch=rule_batch)
