"""A step of one grid world that shows at once what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from envs.compiled import compilable
from envs.grid.kernels import make_step
from envs.grid.shows import make_show

Array = np.ndarray[Any, Any]


def make_alone(before: Callable[..., Any], rule: Callable[..., Any], what: int, view: int) -> Callable[..., int]:
    """Make the step of `make_step` that, unless an action is none, ends with what `make_show` makes."""
    step, show = compilable(make_step(before, rule)), compilable(make_show(what, view))

    def alone(
        cells: Array,
        contents: Array,
        agent: Array,
        dice: Array,
        settings: Array,
        traits: Array,
        meaning: Array,
        paint: Array,
        table: Array,
        places: Array,
        unset: Array,
        lit: Array,
        actions: Array,
        idle: Array,
        reward: Array,
        ends: Array,
        ended: Array,
        out: Array,
    ) -> int:
        over = step(cells, contents, agent, dice, settings, traits, meaning, actions, idle, reward, ends, ended)
        if over >= 0:
            show(cells, agent, settings, paint, traits, table, places, unset, lit, ended, -1, out)
        return over

    return alone
