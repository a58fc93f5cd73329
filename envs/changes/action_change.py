"""What all changes of actions have in common: levels, and the truth about what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces

from envs.changes.base import Change
from envs.counter import CounterDice
from envs.effect import Effect, Frame


@dataclass(frozen=True, kw_only=True)
class ActionChange(Change):
    """A way in which what is done is not what was meant.

    A subclass adds its own parameters; those that are None by default take the value of the ``level`` from its
    ``presets``. The truth is in ``info["lifelong"]``: ``done_action``, in the form of an action; before the first step
    of an episode it is -1 where actions are numbered, else 0.

    Attributes:
        presets: Level -> parameter -> value.
        level: ``"easy"``, ``"medium"`` or ``"hard"``: where parameters that are not given come from.
        label: Begins the name of what is reported, ``LABEL_done_action``. Two changes of actions need labels.
    """

    group: ClassVar[str] = "actions"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"easy": {}, "medium": {}, "hard": {}}

    level: str = "easy"
    label: str = ""

    def __post_init__(self) -> None:
        """Fill in the level's values and check the fields.

        Raises:
            TypeError: If a field has the wrong type.
            ValueError: If a field is out of its range.
        """
        if self.level not in self.presets:
            raise ValueError(f"{type(self).__name__}.level is one of {', '.join(self.presets)}; got {self.level!r}")
        for name, value in self.presets[self.level].items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        self.check()

    def check(self) -> None:
        """Check the parameters of the subclass, all filled in; raises ValueError or TypeError."""

    def reports(self) -> tuple[str, ...]:
        """Name what it reports."""
        return (f"{self.label}_done_action" if self.label else "done_action",)


class ActionEffect(Effect):
    """What a change of actions does. A subclass writes `turn`, and `forget` if it remembers more than what was done.

    Attributes:
        done: What was done last, ``(N, ...)``; see `ActionChange` for before that. Never written to.
        fresh: Whose episode has no step yet, ``(N,)``, bool.
    """

    def __init__(self, change: ActionChange, frame: Frame) -> None:
        """Prepare for N bodies.

        Raises:
            ValueError: If actions are no numbers or arrays.
        """
        super().__init__(frame)
        space = frame.action_space
        if not isinstance(space, (spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary, spaces.Box)):
            raise ValueError(f"{type(change).__name__} changes numbers or arrays; got {space} from {frame.owner}")
        self.num_envs, self.clock = frame.num_envs, frame.clock
        self.dice = CounterDice(frame.moments())
        self._dtype: Any = space.dtype
        self._none = -1 if isinstance(space, (spaces.Discrete, spaces.MultiDiscrete)) else 0
        self._report = change.reports()[0]
        self.done = np.full((frame.num_envs, *(space.shape or ())), self._none, self._dtype)
        self.fresh = np.ones(frame.num_envs, bool)

    def turn(self, actions: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Turn what is meant, ``(R, ...)``, not to be written to, into what is done; rows as in `Effect.act`."""
        raise NotImplementedError

    def forget(self, rows: np.ndarray | slice) -> None:
        """Forget what belongs to an episode: new ones begin in these rows."""

    def begin(self, rows: np.ndarray | None) -> None:
        """Forget what was done."""
        where = slice(None) if rows is None else rows
        self.done = self.done.copy()
        self.done[where], self.fresh[where] = self._none, True
        self.forget(where)

    def act(self, actions: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Turn what is meant into what is done, and remember that."""
        done = self.turn(np.asarray(actions, self._dtype), rows)
        if rows is None:
            self.done = done.copy()
            self.fresh[:] = False
        else:
            self.done = self.done.copy()
            self.done[rows], self.fresh[rows] = done, False
        return done

    def report(self) -> dict[str, np.ndarray]:
        """Tell what was done."""
        return {self._report: self.done}

    def state(self) -> dict[str, Any]:
        """Give what was done."""
        return {"done": self.done.copy(), "fresh": self.fresh.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Remember what `state` gave."""
        self.done, self.fresh = state["done"].copy(), state["fresh"].copy()

    def chance(self, rows: np.ndarray | None) -> np.ndarray:
        """Draw a number in [0, 1) for each row, ``(R,)``: the same ones however often within a step."""
        return self.dice.uniform(self.clock.age, 1, rows)[:, 0]

    def instead(self, which: np.ndarray, others: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Take ``others`` in the rows that ``which``, ``(R,)`` bool, names, else ``actions``; both ``(R, ...)``."""
        return np.where(which.reshape(-1, *(1,) * (actions.ndim - 1)), others, actions)


def check_count(owner: str, value: Any, least: int, unit: str) -> None:
    """Check that a number of steps is a whole number.

    Raises:
        TypeError: If it is none.
        ValueError: If it is too small.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{owner} is {unit}, a whole number; got {value!r} of type {type(value).__name__}")
    if value < least:
        raise ValueError(f"{owner} is {unit}, at least {least}; got {value}")
