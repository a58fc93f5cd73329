"""N grid worlds in arrays: MiniGrid's rules, views, worlds and dice, bit for bit, by the million."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from importlib import import_module
from typing import Any, Literal

import numpy as np
from gymnasium import spaces

from envs.batched import Array, BatchedWorld, Outcome
from envs.compiled import can_compile
from envs.dice import WORDS, fresh_dice
from envs.grid.codes import NOTHING
from envs.grid.engines import Arrays, GridEngine, make_engine
from envs.grid.family import Family, Shape
from envs.grid.layout import ACTIONS, AGENT_COLUMNS, HELD, HELD_CONTENT, MISSION, SEE_THROUGH
from envs.grid.showing import show_as
from envs.grid.sight import VIEWS

Engine = Literal["auto", "numba", "numpy", "torch"]
ENGINES = ("auto", "numba", "numpy", "torch")


class GridWorld(BatchedWorld):
    """N worlds of one family, each with dice of its own, stepped together.

    Row ``i`` lives as MiniGrid's environment with the same seed does: the same worlds in the same order, the same
    observations, rewards and ends. (The engine ``"torch"`` begins episodes after the first in worlds drawn from a pool:
    see `envs.grid.device_engine`.)

    Attributes:
        family: The family.
        shape: Size, steps and parameters.
        arrays: The state: see `envs.grid.layout`.
        engine: What does the arithmetic: ``"numba"``, ``"numpy"`` or ``"torch"``.
        device: Where it is done.
    """

    def __init__(
        self,
        family: Family,
        num_envs: int = 1,
        *,
        senses: str = "image",
        actions: Sequence[str] | None = None,
        agent_view_size: int = 7,
        see_through_walls: bool | None = None,
        engine: Engine = "auto",
        device: str = "cpu",
        layouts: int | None = None,
        **arguments: Any,
    ) -> None:
        """Make N worlds; they are built when episodes begin.

        Args:
            family: The family.
            num_envs: Number of worlds N, at least 1.
            senses: What is shown: see `envs.grid.showing.SENSES`.
            actions: Names of MiniGrid actions on offer, in the order of their new numbers; None for the family's.
            agent_view_size: Side of the view in cells: 3, 5, 7 or 9.
            see_through_walls: Whether walls hide nothing; None for the family's.
            engine: ``"numba"``, ``"numpy"``, ``"torch"``, or ``"auto"`` for numba where it is installed, else NumPy.
            device: Where torch works; the others work on the ``"cpu"``.
            layouts: Layouts in the pool from which torch draws episodes; None for 4,096, fewer where worlds are large.
            **arguments: The family's own, as MiniGrid names them.

        Raises:
            ValueError: If an argument is out of range, or the engine or the device is not there.
            TypeError: If the family has no such argument.
        """
        if not isinstance(num_envs, (int, np.integer)) or num_envs < 1:
            raise ValueError(f"num_envs is an integer of at least 1; got {num_envs!r}")
        if agent_view_size not in VIEWS:
            raise ValueError(f"agent_view_size is one of {VIEWS}; got {agent_view_size!r}")
        if engine not in ENGINES:
            raise ValueError(f"engine of a grid world is one of {', '.join(ENGINES)}; got {engine!r}")
        self.family, self.num_envs = family, int(num_envs)
        self.shape: Shape = family.shape(**arguments)
        self.view = agent_view_size
        self.showing = show_as(senses, family, self.shape, self.view)
        self.observation_space = self.showing.space
        meaning = _meaning(family, actions)
        self.action_space = spaces.Discrete(len(meaning))
        settings = self.shape.settings()
        if see_through_walls is not None:
            settings[SEE_THROUGH] = see_through_walls
        area = self.shape.width * self.shape.height
        agent = np.zeros((self.num_envs, AGENT_COLUMNS), np.int32)
        agent[:, [HELD, HELD_CONTENT]] = NOTHING
        places = np.arange(self.showing.columns)
        self.arrays = Arrays(
            cells=np.full((self.num_envs, area), NOTHING, np.uint8),
            contents=np.full((self.num_envs, area), NOTHING, np.uint8),
            agent=agent,
            dice=np.zeros((self.num_envs, WORDS), np.uint64),
            settings=settings,
            meaning=meaning,
            places=places,
            unset=np.zeros(len(places), np.uint8),
            lit=np.ones(len(places), np.uint8),
        )
        self.device = device
        self.engine = ("numba" if can_compile() else "numpy") if engine == "auto" else engine
        self._engine = make_engine(self.engine, self, device, layouts)

    def rewire(
        self, order: np.ndarray | None, signs: np.ndarray | None = None, offsets: np.ndarray | None = None
    ) -> bool:
        """Show bit ``order[i]`` at place ``i`` from now on; see `BatchedWorld.rewire`. Bits have no sign and no offset.

        Raises:
            ValueError: If it is no permutation of the bits.
        """
        columns = self.showing.columns
        if not isinstance(self.observation_space, spaces.MultiBinary):
            return False
        if order is None or signs is not None or offsets is not None:
            return False
        if order.shape != (columns,) or not (np.sort(order) == np.arange(columns)).all():
            raise ValueError(f"expected a permutation of {columns} bits; got an array of shape {order.shape}")
        inverse = np.empty(columns, np.int64)
        inverse[order] = np.arange(columns)
        self.arrays.places = inverse[self.arrays.places]
        self._engine.take_over()
        return True

    def show_bits(self, unset: np.ndarray, lit: np.ndarray) -> bool:
        """Show other values of bits from now on; see `BatchedWorld.show_bits`. Only compiled code does it at no cost.

        Raises:
            ValueError: If there is not one value a place, 0 or 1.
        """
        columns = self.showing.columns
        if self.engine != "numba" or not isinstance(self.observation_space, spaces.MultiBinary):
            return False
        for values in (unset, lit):
            if values.shape != (columns,) or not ((values == 0) | (values == 1)).all():
                raise ValueError(f"expected {columns} values, 0 or 1; got {values} of shape {values.shape}")
        self.arrays.unset, self.arrays.lit = unset.astype(np.uint8), lit.astype(np.uint8)
        self._engine.take_over()
        return True

    def seed(self, seeds: Sequence[int | None], rows: np.ndarray | None = None) -> None:
        """Give rows new dice; see `BatchedWorld.seed`."""
        self.arrays.dice[slice(None) if rows is None else rows] = fresh_dice(seeds)
        self._engine.reseed(rows)

    def begin(self, rows: np.ndarray | None = None) -> tuple[Array, dict[str, Array]]:
        """Begin new episodes; see `BatchedWorld.begin`."""
        return self.showing.shaped(self._engine.begin(rows)), {}

    def step(self, actions: Array, *, again: bool = True, idle: Array | None = None) -> Outcome:
        """Act once in every row; see `BatchedWorld.step`.

        Raises:
            ValueError: If there is not one action a row, or an action is none.
        """
        out, reward, terminated, truncated, final = self._engine.step(actions, again, idle)
        shaped = self.showing.shaped
        return Outcome(shaped(out), reward, terminated, truncated, None if final is None else shaped(final), {})

    def constant(self, array: np.ndarray) -> Array:
        """Bring an array to where the world lives; see `BatchedWorld.constant`."""
        return import_module("torch").from_numpy(array).to(self.device) if self.engine == "torch" else array

    def snapshot(self) -> dict[str, Any]:
        """Give cells, agents, dice and what is shown; see `BatchedWorld.snapshot`."""
        arrays = self.state()
        copies = {field.name: getattr(arrays, field.name).copy() for field in fields(Arrays)}
        return {"torch": self.engine == "torch", "arrays": copies, "engine": self._engine.snapshot()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave; see `BatchedWorld.restore`."""
        was = saved["arrays"]
        if saved["torch"] != (self.engine == "torch") or was["cells"].shape != self.arrays.cells.shape:
            raise ValueError(
                f"worlds of shape {self.arrays.cells.shape} and engine {self.engine!r} cannot go on from those of "
                f"shape {was['cells'].shape}{' and engine torch' * saved['torch']}"
            )
        for field in fields(Arrays):
            getattr(self.arrays, field.name)[:] = was[field.name]
        self._engine.restore(saved["engine"])

    def missions(self) -> list[str]:
        """Give the mission of every row, as MiniGrid words it."""
        agent = np.asarray(self._engine.state().agent)
        count = len(self.family.tokens)
        return [self.family.mission(tuple(row[MISSION : MISSION + count].tolist())) for row in agent]

    @property
    def arithmetic(self) -> GridEngine:
        """What does the arithmetic."""
        return self._engine

    def state(self) -> Arrays:
        """Give the state as NumPy arrays on the host: the world's own where it lives there, else copies."""
        return self._engine.state()

    def take_over(self) -> None:
        """Go on from what has been written into ``arrays``: needed for engines that keep their state elsewhere."""
        self._engine.take_over()


def _meaning(family: Family, actions: Sequence[str] | None) -> np.ndarray:
    """Say what each action on offer does: ``(A,)``, int64."""
    if actions is None:
        return np.array(family.meaning, np.int64)
    if not actions:
        raise ValueError(f"an agent needs at least one action out of {', '.join(ACTIONS)}; got none")
    for name in actions:
        if name not in ACTIONS:
            raise ValueError(f"MiniGrid has the actions {', '.join(ACTIONS)}; got {name!r}")
    known = family.meaning
    numbers = [ACTIONS.index(name) for name in actions]
    # What MiniGrid's environment makes of an action that it does not offer: Dynamic-Obstacles takes it for a turn left.
    return np.array([known[number] if number < len(known) else 0 for number in numbers], np.int64)
