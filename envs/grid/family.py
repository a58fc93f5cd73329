"""A family of grid worlds: how one is built, what ends its episodes, what it is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from envs.grid.kernels import no_rule, nothing_before
from envs.grid.layout import ACTIONS, HEIGHT, MAX_STEPS, PARAMETER, SEE_THROUGH, SETTINGS, WIDTH


@dataclass(frozen=True)
class Shape:
    """What a family's arguments come to.

    Attributes:
        width: Columns of the world, walls included.
        height: Rows.
        max_steps: Steps until an episode is truncated.
        see_through: Whether walls hide nothing.
        parameters: What the family's own functions read from ``settings[PARAMETER:]``.
    """

    width: int
    height: int
    max_steps: int
    see_through: bool = False
    parameters: tuple[int, ...] = ()

    def settings(self) -> np.ndarray:
        """Give the settings array, ``(16 or more,)``, int64."""
        settings = np.zeros(max(SETTINGS, PARAMETER + len(self.parameters)), np.int64)
        settings[WIDTH], settings[HEIGHT] = self.width, self.height
        settings[MAX_STEPS], settings[SEE_THROUGH] = self.max_steps, self.see_through
        settings[PARAMETER : PARAMETER + len(self.parameters)] = self.parameters
        return settings


@dataclass(frozen=True)
class Family:
    """Everything about one of MiniGrid's environment classes. Making one registers it.

    The functions are `envs.compiled.compilable`: plain loops over the arrays of one world (`envs.grid.layout`) that
    call nothing but what is compilable too.

    Attributes:
        families: All families by name.
        name: Its name.
        shape: Turns the arguments of MiniGrid's constructor into a `Shape`; raises a ValueError for those that make no
            world. Its keyword arguments and their defaults are the family's.
        generate: ``generate(cells, contents, agent, dice, settings) -> bool`` builds one world, with MiniGrid's draws
            in MiniGrid's order. On entry all cells are empty, the agent is nowhere (-1, -1) and holds nothing, tokens
            and task columns are 0. False where MiniGrid raises a ``RecursionError``: it is then begun anew, with the
            dice as they are.
        ids: MiniGrid's ids without ``MiniGrid-`` -> arguments, as MiniGrid registers them.
        rule: ``rule(cells, agent, settings, action, held) -> int`` is asked after each action, with what was held
            before it, and says `GOES_ON`, `SUCCESS`, `FAILURE`, `OVER` or `PENALTY` (`envs.grid.layout`).
        rule_batch: ``rule_batch(xp, cells, agent, settings, action, held)`` gives the same for N worlds at once,
            ``(N,)``, in operations that ``xp``, NumPy or torch, both have: of fixed shapes, and waiting for nothing. It
            may write to ``agent``; ``settings`` are plain numbers. Needed where there is a rule.
        before: ``before(cells, agent, dice, settings, action)`` changes the world before the agent acts.
        before_batch: ``before_batch(xp, cells, agent, settings, action, uniform)`` does the same to N worlds at once,
            with other dice: ``uniform((N,))`` draws from ``[0, 1)``, at most 62 times a step. Needed on torch, where
            there is a `before`.
        meaning: The actions on offer, as what each of them does.
        tokens: How many values each token of the mission may take, at most 4 tokens.
        mission: Turns the tokens of one world into MiniGrid's text.
    """

    families: ClassVar[dict[str, Family]] = {}

    name: str
    shape: Callable[..., Shape]
    generate: Callable[..., bool]
    ids: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rule: Callable[..., int] = no_rule
    rule_batch: Callable[..., Any] | None = None
    before: Callable[..., None] = nothing_before
    before_batch: Callable[..., Any] | None = None
    meaning: tuple[int, ...] = tuple(range(len(ACTIONS)))
    tokens: tuple[int, ...] = ()
    mission: Callable[[tuple[int, ...]], str] = lambda tokens: ""

    def __post_init__(self) -> None:
        """Register the family."""
        Family.families[self.name] = self


def steps_or(max_steps: int | None, usual: int) -> int:
    """Give the steps of an episode: those asked for, or the usual.

    Raises:
        ValueError: If they are fewer than 1.
    """
    steps = usual if max_steps is None else max_steps
    if not isinstance(steps, (int, np.integer)) or isinstance(steps, bool) or steps < 1:
        raise ValueError(f"max_steps is an integer of at least 1; got {max_steps!r}")
    return int(steps)


def side(size: int, least: int, what: str, *, odd: bool = False) -> int:
    """Check the side of a world.

    Raises:
        ValueError: If it is too small, or even where it must be odd.
    """
    if not isinstance(size, (int, np.integer)) or size < least or (odd and size % 2 == 0):
        raise ValueError(f"size of {what} is {'an odd' if odd else 'an'} integer of at least {least}; got {size!r}")
    return int(size)


MOST = 256
"""Largest side of a world."""
