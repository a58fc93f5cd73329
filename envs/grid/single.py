"""One grid world as a Gymnasium environment, with as little as can be between the call and the kernel."""

from __future__ import annotations

from typing import Any

from gymnasium.error import ResetNeeded

from envs.batched_vector import BatchedEnv, whole
from envs.grid.engines import CompiledEngine
from envs.grid.world import GridWorld


class GridEnv(BatchedEnv):
    """A `GridWorld` of one row."""

    world: GridWorld

    def __init__(self, world: GridWorld) -> None:
        """Show a world of one row, with the compiled engine by the shortest way."""
        super().__init__(world, world.showing.presentation)
        engine = world.arithmetic
        self._step_one = engine.step_one if isinstance(engine, CompiledEngine) else None
        self._plain = world.showing.presentation is None

    @property
    def mission(self) -> str:
        """What there is to do, as MiniGrid words it."""
        return self.world.missions()[0]

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Act once.

        Raises:
            ResetNeeded: If no episode is under way.
            ValueError: If the action is none on offer.
            TypeError: If it is no integer.
        """
        if self._step_one is None:
            return super().step(action)
        if self._over:
            raise ResetNeeded("an episode begins with reset(): none is under way")
        row, reward, terminated, truncated = self._step_one(whole(action))
        self._over = terminated or truncated
        shown = self.world.showing.shaped(row[None])[0] if self._plain else self._show(row)
        return shown, reward, terminated, truncated, {}
