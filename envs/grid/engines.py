"""What steps the arrays of grid worlds on the host: compiled loops."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from envs.batched import Array
from envs.compiled import compiled
from envs.grid.alone import make_alone
from envs.grid.codes import painted, traits
from envs.grid.kernels import make_begin, make_step
from envs.grid.shows import make_show
from envs.grid.sight import spreading
from envs.spares import Spares

if TYPE_CHECKING:
    from envs.grid.world import GridWorld


@dataclass
class Arrays:
    """The state of N worlds: see `envs.grid.layout`.

    Attributes:
        cells: ``(N, width * height)`` uint8.
        contents: ``(N, width * height)`` uint8.
        agent: ``(N, 24)`` int32.
        dice: ``(N, 6)`` uint64.
        settings: ``(16,)`` int64.
        meaning: What each action does, ``(A,)`` int64.
        places: Where each bit is shown, ``(columns,)`` int64.
        unset: What is shown in each place of a bit that is 0, ``(columns,)`` uint8.
        lit: What is shown in each place of a bit that is 1, ``(columns,)`` uint8.
    """

    cells: Array
    contents: Array
    agent: Array
    dice: Array
    settings: np.ndarray
    meaning: np.ndarray
    places: np.ndarray
    unset: np.ndarray
    lit: np.ndarray


class GridEngine(Protocol):
    """What does the arithmetic of a `GridWorld`."""

    def reseed(self, rows: np.ndarray | None) -> None:
        """Take note of new dice in some rows of the world's arrays, or in all."""

    def begin(self, rows: np.ndarray | None) -> Array:
        """Begin episodes in some rows, or in all; returns observations of all rows as bytes, ``(N, columns)``."""
        ...

    def step(self, actions: Array, again: bool, idle: Array | None) -> tuple[Array, Array, Array, Array, Array | None]:
        """Act once; returns observations, rewards, terminated, truncated, and final observations if any are."""
        ...

    def state(self) -> Arrays:
        """Give the state on the host."""
        ...

    def take_over(self) -> None:
        """Go on from the arrays of the world."""

    def snapshot(self) -> dict[str, Any]:
        """Give copies of what it remembers beside the arrays of the world, which `state` has just given."""
        ...

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave, and from the arrays of the world, into which theirs have been written."""


def make_engine(name: str, world: GridWorld, device: str, layouts: int | None) -> GridEngine:
    """Make the engine of a world.

    Raises:
        ValueError: If it cannot be used here.
    """
    if name != "torch" and device != "cpu":
        raise ValueError(f"engine {name!r} works on the cpu; device {device!r} needs engine 'torch'")
    if name != "torch" and layouts is not None:
        raise ValueError(f"engine {name!r} builds every world anew; a pool of layouts={layouts} is for engine 'torch'")
    if name == "numba":
        return CompiledEngine(world)
    if name == "numpy":
        from envs.grid.array_engine import ArrayEngine  # noqa: PLC0415 - it stands on this module

        return ArrayEngine(world)
    from envs.grid.device_engine import DeviceEngine  # noqa: PLC0415 - likewise

    return DeviceEngine(world, device, layouts)


PAINT, TRAITS = painted(), traits()
NONE_IDLE = np.zeros(0, bool)
INTEGERS = np.dtype(np.int64)


@cache
def compiled_step(before: Any, rule: Any) -> Any:
    """Compile the step of all worlds with these rules, once."""
    return compiled(make_step(before, rule))


@cache
def compiled_begin(generate: Any) -> Any:
    """Compile what builds a family's worlds, once."""
    return compiled(make_begin(generate))


@cache
def compiled_show(what: int, view: int) -> Any:
    """Compile what shows worlds in a way, once."""
    return compiled(make_show(what, view))


@cache
def compiled_alone(before: Any, rule: Any, what: int, view: int) -> Any:
    """Compile a step of one world that shows what came of it, once: one call costs half of what two do."""
    return compiled(make_alone(before, rule, what, view))


class CompiledEngine:
    """Steps all rows in one call of compiled code (numba)."""

    def __init__(self, world: GridWorld) -> None:
        """Compile, or load what has been compiled before.

        Raises:
            ValueError: If numba cannot be used here.
        """
        family = world.family
        try:
            self._step = compiled_step(family.before, family.rule)
            self._begin = compiled_begin(family.generate)
            self._show = compiled_show(world.showing.what, world.view)
            alone = world.num_envs == 1
            shown = family.before, family.rule, world.showing.what, world.view
            self._alone = compiled_alone(*shown) if alone else None
        except (ImportError, RuntimeError) as error:
            raise ValueError(
                f"engine 'numba' cannot be used here: {error}; pip install 'lifelong_agent[fast]', or take 'numpy'"
            ) from error
        self._world = world
        self._size = world.num_envs
        self._every = np.arange(self._size)
        self._ended = np.empty(self._size, np.int64)
        # What `step_one` writes into: making arrays costs as much as a step of one world.
        self._one, self._reward, self._ends = np.zeros(1, np.int64), np.zeros(1), np.zeros((2, 1), bool)
        self._columns = world.showing.columns
        self._spares = Spares((self._size, self._columns))
        self.take_over()

    def take_over(self) -> None:
        """Go on from the arrays of the world."""
        world, arrays = self._world, self._world.arrays
        # What the kernels are called with, together.
        self._state = arrays.cells, arrays.contents, arrays.agent, arrays.dice, arrays.settings
        unset, lit = arrays.unset, arrays.lit[arrays.places]
        shown = arrays.places, unset[: len(unset) * unset.any()], lit[: len(lit) * (not lit.all())]
        self._seen = arrays.cells, arrays.agent, arrays.settings, PAINT, TRAITS, spreading(world.view), *shown
        self._meaning = arrays.meaning
        self._all = *self._state, TRAITS, arrays.meaning, PAINT, spreading(world.view), *shown

    def reseed(self, rows: np.ndarray | None) -> None:
        """Take note of new dice: they are in the arrays."""

    def begin(self, rows: np.ndarray | None) -> np.ndarray:
        """Begin episodes; see `GridEngine.begin`."""
        rows = self._every if rows is None else rows
        self._build(rows, len(rows))
        out = self._spares.take()
        self._show(*self._seen, rows, -1, out)
        return out

    def step(
        self, actions: Any, again: bool, idle: Any
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
        """Act once; see `GridEngine.step`."""
        size = self._size
        actions = as_actions(actions, size)
        out = self._spares.take()
        reward, ends, ended = np.empty(size), np.empty((2, size), bool), self._ended
        idle = NONE_IDLE if idle is None else idle
        if self._alone is None:
            over = self._step(*self._state, TRAITS, self._meaning, actions, idle, reward, ends, ended)
        else:
            over = self._alone(*self._all, actions, idle, reward, ends, ended, out)
        if over < 0:
            raise refused(actions, -1 - over, len(self._meaning))
        if self._alone is None:
            self._show(*self._seen, ended, -1, out)
        final = None
        if over:
            if again:
                final = self._spares.take()
                rows = ended[:over]
                final[rows] = out[rows]
                self._build(ended, over)
                self._show(*self._seen, ended, over, out)
            else:
                final = out
        return out, reward, ends[0], ends[1], final

    def step_one(self, action: int) -> tuple[np.ndarray, float, bool, bool]:
        """Act once in the only row; returns its observation ``(columns,)``, reward, terminated and truncated."""
        one = self._one
        one[0] = action
        reward, ends, ended = self._reward, self._ends, self._ended
        over = self._step(*self._state, TRAITS, self._meaning, one, NONE_IDLE, reward, ends, ended)
        if over < 0:
            raise refused(one, 0, len(self._meaning))
        out = np.empty((1, self._columns), np.uint8)
        self._show(*self._seen, ended, -1, out)
        if over:
            return out[0], reward.item(0), ends.item(0), ends.item(1)
        return out[0], 0.0, False, False

    def state(self) -> Arrays:
        """Give the state, which is on the host."""
        return self._world.arrays

    def snapshot(self) -> dict[str, Any]:
        """Give nothing: all is in the arrays."""
        return {}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from the arrays, in which all is."""
        self.take_over()

    def _build(self, rows: np.ndarray, count: int) -> None:
        """Build new worlds in the first ``count`` of some rows."""
        failed = self._begin(*self._state, rows, count)
        if failed < 0:
            raise unbuildable(self._world.family.name, -1 - failed)


def as_actions(actions: Any, size: int) -> np.ndarray:
    """Check that there is one integer a row, and give them as int64.

    Raises:
        ValueError: If there is not.
    """
    if type(actions) is np.ndarray and actions.dtype is INTEGERS and actions.shape == (size,):
        return actions
    actions = np.asarray(actions)
    if actions.shape != (size,) or actions.dtype.kind not in "iu":
        raise ValueError(
            f"expected {size} integer actions, one for each sub-environment; got shape {actions.shape}, {actions.dtype}"
        )
    return actions if actions.dtype == np.int64 else actions.astype(np.int64)


def refused(actions: np.ndarray, row: int, count: int) -> ValueError:
    """Say which action is none."""
    return ValueError(f"actions lie between 0 and {count - 1}; got {actions[row]} for sub-environment {row}")


def unbuildable(family: str, row: int) -> RuntimeError:
    """Say that no world could be built."""
    return RuntimeError(
        f"no world of family {family!r} could be built for sub-environment {row} in 1,000 tries; give it more space or "
        "fewer things"
    )
