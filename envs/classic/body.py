"""What a body of classic control is: its physical parameters, and the laws by which it moves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from gymnasium import spaces

from envs.batched import Array
from envs.classic.wiring import Wiring
from envs.compiled import compilable
from envs.dice import draw_double


@dataclass(frozen=True)
class Body(ABC):
    """One body. Its fields are its physical parameters, with Gymnasium's values as defaults.

    Laws are written twice: `move` and `show` for rows of arrays, in NumPy and torch alike, are the reference;
    `move_row` and `show_row`, `envs.compiled.compilable`, are for one row. What the two have in common is written once.

    Attributes:
        name: Gymnasium's name of the environment.
        limit: Steps after which an episode is truncated.
        lowest: Lower bounds of what a start state is drawn from, one for each of the S state variables.
        highest: Upper bounds; a variable whose bounds are equal is not drawn.
        single: Whether Gymnasium rounds start states to float32, and computes the first observation in float32.
        actions: Number of discrete actions; 0 if actions are real numbers.
        move_row: ``(state (N, S), row, action, settings) -> (reward, terminated)``; changes the state in place. It is
            not given a row of its own: compiled code would count references to that, at half the price of a CartPole.
        show_row: ``(state (N, S), row, observation (N, ...))``; writes the observation.
    """

    name: ClassVar[str]
    limit: ClassVar[int]
    lowest: ClassVar[tuple[float, ...]]
    highest: ClassVar[tuple[float, ...]]
    single: ClassVar[bool] = False
    actions: ClassVar[int]
    move_row: ClassVar[Callable[..., Any]]
    show_row: ClassVar[Callable[..., Any]]

    def __post_init__(self) -> None:
        """Check the parameters.

        Raises:
            ValueError: If one is no finite number.
        """
        for name, value in asdict(self).items():
            if not isinstance(value, Real) or isinstance(value, bool) or not np.isfinite(float(value)):
                raise ValueError(f"{name} of {self.name} is a finite number; got {value!r}")

    @abstractmethod
    def observation_space(self) -> spaces.Box:
        """Give the space of one observation, float32."""

    def action_space(self) -> spaces.Space:
        """Give the space of one action."""
        return spaces.Discrete(self.actions)

    @abstractmethod
    def settings(self) -> np.ndarray:
        """Give what the laws need to know, worked out from the parameters, shape ``(K,)``, float64."""

    @staticmethod
    @abstractmethod
    def move(kit: Any, state: Array, actions: Array, settings: Any) -> tuple[Array, Array, Array]:
        """Move all rows by one step.

        Args:
            kit: The module whose functions are used: ``numpy`` or ``torch``.
            state: State variables, ``(N, S)``, float64; is left as it is.
            actions: ``(N,)``: float32, or whole numbers (int64 in NumPy, float64 in torch, which would make float32 of
                an integer times a float).
            settings: What `settings` gives, as an array or a list.

        Returns:
            New state ``(N, S)``, rewards ``(N,)``, and whether the episodes came to their own ends ``(N,)``, bool.
        """

    @staticmethod
    @abstractmethod
    def show(kit: Any, state: Array) -> Array:
        """Give what is seen of states ``(N, S)``, ``(N, ...)``, in their type; see `move`."""

    def refusal(self, came: str) -> ValueError:
        """Make the error for wrong actions."""
        each = f"integers from 0 to {self.actions - 1}" if self.actions else "real numbers"
        return ValueError(
            f"actions of {self.name} are {each} of shape {'(N,)' if self.actions else '(N, 1)'}; got {came}"
        )

    def check(self, actions: np.ndarray, idle: np.ndarray | None) -> None:
        """Check actions ``(N,)``, but for those of idle rows, ``(N,)``.

        Raises:
            ValueError: If one is no number, or no action.
        """
        good = (actions >= 0) & (actions < self.actions) if self.actions else ~np.isnan(actions)
        if not good.all():
            wrong = np.flatnonzero(~good if idle is None else ~good & ~idle)
            if len(wrong):
                raise self.refusal(f"{actions[wrong[0]]} in row {wrong[0]}")

    def limited(self, limit: int) -> Self:
        """Give this body with another length of episodes, in steps.

        Raises:
            ValueError: If it is below 1.
        """
        if limit == self.limit:
            return self
        if limit < 1:
            raise ValueError(f"an episode of {self.name} has at least 1 step; got a limit of {limit}")
        kind = type(self)
        return type(kind.__name__, (kind,), {"limit": limit, "__doc__": kind.__doc__})(**asdict(self))  # pyright: ignore[reportReturnType]

    def changed(self, **changes: float) -> Self:
        """Give this body with other parameters.

        Raises:
            ValueError: If it has no parameter of a name, or a value is no finite number.
        """
        known = [field.name for field in fields(self)]
        unknown = sorted(set(changes) - set(known))
        if unknown:
            raise ValueError(f"{self.name} has the parameters {', '.join(known)}; got {', '.join(unknown)}")
        return replace(self, **changes)


@compilable
def draw_start(dice: np.ndarray, lowest: np.ndarray, highest: np.ndarray, single: bool, state: np.ndarray) -> None:
    """Draw a start state as ``Generator.uniform`` does, from dice ``(6,)`` between bounds ``(S,)``, into ``(S,)``."""
    for i in range(len(state)):
        low, high = lowest[i], highest[i]
        value = low + (high - low) * draw_double(dice) if high > low else low
        state[i] = np.float32(value) if single else value


def correct_first(
    body: Body, state: np.ndarray, steps: np.ndarray, observation: np.ndarray, wiring: Wiring | None = None
) -> None:
    """Write first observations, those in which no step was taken, as Gymnasium has them if it computes in float32.

    NumPy's float32 sine is one of its own, which is why compiled code leaves it to NumPy.

    Args:
        body: The body.
        state: State variables, ``(N, S)``, float64.
        steps: Steps taken in this episode, ``(N,)``.
        observation: Observations, ``(N, ...)``, float32.
        wiring: How channels are wired to what is seen; None as they are.
    """
    if body.single:
        first = np.flatnonzero(steps == 0)
        sensed = body.show(np, state[first].astype(np.float32))
        observation[first] = sensed if wiring is None else wiring.seen(sensed)
