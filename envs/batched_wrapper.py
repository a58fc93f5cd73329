"""What a change is on a batched world: a world around a world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from envs.batched import Array, BatchedWorld, Outcome
from envs.saving.memory import clocks_of, freeze, thaw


class BatchedWrapper(BatchedWorld):
    """Hands everything on to the world inside; subclasses override what they change.

    Attributes:
        world: The world inside.
    """

    def __init__(self, world: BatchedWorld) -> None:
        """Wrap a world, with its spaces."""
        self.world = world
        self.num_envs = world.num_envs
        self.observation_space, self.action_space = world.observation_space, world.action_space

    def serve(self, purpose: str) -> None:
        """Learn what the world is for; see `BatchedWorld.serve`."""
        self.world.serve(purpose)

    def seed(self, seeds: Sequence[int | None], rows: np.ndarray | None = None) -> None:
        """Give rows new dice; see `BatchedWorld.seed`."""
        self.world.seed(seeds, rows)

    def begin(self, rows: np.ndarray | None = None) -> tuple[Array, dict[str, Array]]:
        """Begin new episodes; see `BatchedWorld.begin`."""
        return self.world.begin(rows)

    def step(self, actions: Array, *, again: bool = True, idle: Array | None = None) -> Outcome:
        """Act once in every row; see `BatchedWorld.step`."""
        return self.world.step(actions, again=again, idle=idle)

    def constant(self, array: np.ndarray) -> Array:
        """Bring an array to where the world lives; see `BatchedWorld.constant`."""
        return self.world.constant(array)

    def rewire(
        self, order: np.ndarray | None, signs: np.ndarray | None = None, offsets: np.ndarray | None = None
    ) -> bool:
        """Say no: what is changed already cannot be rewired from outside; see `BatchedWorld.rewire`."""
        return False

    def snapshot(self) -> dict[str, Any]:
        """Give what the world inside and this one remember: here, all attributes; see `BatchedWorld.snapshot`."""
        return {"world": self.world.snapshot(), "memory": freeze([self])}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave; see `BatchedWorld.restore`."""
        self.world.restore(saved["world"])
        thaw([self], saved["memory"], clock=next(clocks_of([self]), None))

    def undo(self) -> None:
        """Give back what was changed about the base itself, before it is changed anew."""

    def close(self) -> None:
        """Close the world inside."""
        self.world.close()


class UnseenWrapper(BatchedWrapper):
    """Changes nothing about what is seen, so that the world inside may still be rewired from outside."""

    def rewire(
        self, order: np.ndarray | None, signs: np.ndarray | None = None, offsets: np.ndarray | None = None
    ) -> bool:
        """Hand on; see `BatchedWorld.rewire`."""
        return self.world.rewire(order, signs, offsets)

    def show_bits(self, unset: np.ndarray, lit: np.ndarray) -> bool:
        """Hand on; see `BatchedWorld.show_bits`."""
        return self.world.show_bits(unset, lit)
