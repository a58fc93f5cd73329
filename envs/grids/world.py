"""N bodies in one small grid, stepped by looking things up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces

from envs.batched import Array, BatchedWorld, Outcome
from envs.dice import fresh_dice
from envs.grid.array_dice import RowDice, keys_of
from envs.grid.engines import as_actions, refused
from envs.grids.plan import Plan
from envs.places import Place
from envs.spares import Spares

REMEMBERED = ("state", "_steps", "_keys", "_begun", "_order", "_unset", "_lit")
"""Arrays of a world that are saved with it."""


class PlanWorld(BatchedWorld):
    """N sub-environments of one `Plan`.

    What a row draws (where its episodes begin) depends on its seed and on how many episodes it has begun.

    Attributes:
        plan: The tables.
        max_steps: Steps until an episode is truncated.
        reveal_goal: Whether the goal is seen: a bit for each cell of the grid, row by row, after the plan's own.
        goal: Column and row of the goal.
        state: The state of each row, ``(N,)`` int64.
    """

    def __init__(
        self,
        plan: Plan,
        num_envs: int = 1,
        *,
        goal: Place | None = None,
        reveal_goal: bool = False,
        max_steps: int = 100,
    ) -> None:
        """Prepare N sub-environments; `seed` and `begin` them before the first step.

        Args:
            plan: The grid.
            num_envs: N, at least 1.
            goal: Column and row of the goal; None for the plan's.
            reveal_goal: Whether the goal is seen.
            max_steps: Steps of an episode, at least 1.

        Raises:
            ValueError: If a number is out of range, or no goal can be there.
        """
        for label, number in (("num_envs", num_envs), ("max_steps", max_steps)):
            if not isinstance(number, (int, np.integer)) or isinstance(number, bool) or number < 1:
                raise ValueError(f"{label} is an integer of at least 1; got {number!r}")
        self.plan, self.num_envs, self.max_steps, self.reveal_goal = plan, int(num_envs), int(max_steps), reveal_goal
        bits = plan.shown.shape[1] + reveal_goal * plan.width * plan.height
        self._actions = plan.following.shape[1]
        self.observation_space, self.action_space = spaces.MultiBinary(bits), spaces.Discrete(self._actions)
        self._following = plan.following.ravel()
        self._order, self._unset, self._lit = np.arange(bits), np.zeros(bits, np.int8), np.ones(bits, np.int8)
        self.state = np.full(self.num_envs, plan.starts[0])
        self._steps = np.zeros(self.num_envs, np.int64)
        self._keys, self._begun = np.zeros(self.num_envs, np.int64), np.zeros(self.num_envs, np.int64)
        self._spares = Spares((self.num_envs, bits), np.int8)
        self.aim(plan.goal if goal is None else goal)

    def aim(self, goal: Place) -> None:
        """Put the goal elsewhere, for all rows and from now on.

        Raises:
            ValueError: If no goal can be there.
        """
        pays, ends = self.plan.stakes(goal)
        self.goal, self._pays, self._ends = goal, pays.ravel(), ends.ravel()
        self._show()

    def _show(self) -> None:
        """Tabulate what is seen in each state."""
        seen = self.plan.shown
        if self.reveal_goal:
            mark = np.zeros((len(seen), self.plan.width * self.plan.height), np.int8)
            mark[:, self.plan.cell(self.goal)] = 1
            seen = np.concatenate((seen, mark), axis=1)
        # Row by row in memory: `take` would copy the whole table otherwise.
        self._table = np.ascontiguousarray(np.where(seen[:, self._order], self._lit, self._unset))

    def rewire(
        self, order: np.ndarray | None, signs: np.ndarray | None = None, offsets: np.ndarray | None = None
    ) -> bool:
        """Show bit ``order[i]`` at place ``i`` from now on; see `BatchedWorld.rewire`. Bits have no sign, no offset.

        Raises:
            ValueError: If it is no permutation of the bits.
        """
        if order is None or signs is not None or offsets is not None:
            return False
        bits = len(self._order)
        if order.shape != (bits,) or not (np.sort(order) == np.arange(bits)).all():
            raise ValueError(f"expected a permutation of {bits} bits; got an array of shape {order.shape}")
        self._order = self._order[order]
        self._show()
        return True

    def show_bits(self, unset: np.ndarray, lit: np.ndarray) -> bool:
        """Show other values of bits from now on; see `BatchedWorld.show_bits`.

        Raises:
            ValueError: If there is not one value a place, 0 or 1.
        """
        bits = len(self._order)
        for values in (unset, lit):
            if values.shape != (bits,) or not ((values == 0) | (values == 1)).all():
                raise ValueError(f"expected {bits} values, 0 or 1; got {values} of shape {values.shape}")
        self._unset, self._lit = unset.astype(np.int8), lit.astype(np.int8)
        self._show()
        return True

    def snapshot(self) -> dict[str, Any]:
        """Give where everyone is, the dice, the goal and what bits are shown as; see `BatchedWorld.snapshot`."""
        arrays = {name: getattr(self, name).copy() for name in REMEMBERED}
        return {"plan": self.plan.name, "goal": self.goal, "arrays": arrays}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave; see `BatchedWorld.restore`."""
        arrays = saved["arrays"]
        same = all(arrays[name].shape == getattr(self, name).shape for name in REMEMBERED)
        if saved["plan"] != self.plan.name or not same:
            raise ValueError(
                f"{self.num_envs} bodies in {self.plan.name} with {len(self._order)} bits cannot go on from "
                f"{len(arrays['state'])} in {saved['plan']} with {len(arrays['_order'])}"
            )
        for name in REMEMBERED:
            setattr(self, name, arrays[name].copy())
        self.aim(tuple(saved["goal"]))

    def seed(self, seeds: Sequence[int | None], rows: np.ndarray | None = None) -> None:
        """Give rows new dice; see `BatchedWorld.seed`."""
        which = slice(None) if rows is None else rows
        self._keys[which], self._begun[which] = keys_of(fresh_dice(seeds)), 0

    def begin(self, rows: np.ndarray | None = None) -> tuple[Array, dict[str, Array]]:
        """Begin new episodes; see `BatchedWorld.begin`."""
        self._begin(np.arange(self.num_envs) if rows is None else rows)
        return self._see(), {}

    def _see(self) -> np.ndarray:
        """Show all rows."""
        # Clipping is for `out` alone, which is buffered otherwise: states are never out of range.
        return self._table.take(self.state, axis=0, out=self._spares.take(), mode="clip")

    def _begin(self, rows: np.ndarray) -> None:
        starts = self.plan.starts
        self.state[rows] = starts[RowDice(self._keys[rows], self._begun[rows]).below(len(starts))]
        self._begun[rows] += 1
        self._steps[rows] = 0

    def step(self, actions: Array, *, again: bool = True, idle: Array | None = None) -> Outcome:
        """Act once in every row; see `BatchedWorld.step`.

        Raises:
            ValueError: If there is not one action a row, or an action is none.
        """
        actions = as_actions(actions, self.num_envs)
        none = (actions < 0) | (actions >= self._actions)
        if none.any():
            raise refused(actions, int(none.argmax()), self._actions)
        deed = self.state * self._actions + actions
        state, reward, terminated = self._following.take(deed), self._pays.take(deed), self._ends.take(deed)
        self._steps += 1
        truncated = self._steps >= self.max_steps
        if idle is not None:
            state, reward = np.where(idle, self.state, state), np.where(idle, 0.0, reward)
            terminated, truncated = terminated & ~idle, truncated & ~idle
            self._steps -= idle
        self.state = state
        seen = self._see()
        over = terminated | truncated
        if not over.any():
            return Outcome(seen, reward, terminated, truncated, None, {})
        final = seen
        if again:
            rows = np.flatnonzero(over)
            self._begin(rows)
            seen = self._spares.take()
            seen[:] = final
            seen[rows] = self._table.take(self.state[rows], axis=0)
        return Outcome(seen, reward, terminated, truncated, final, {})
