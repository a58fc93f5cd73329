"""Batched worlds as Gymnasium knows environments: a vector of them, in all three autoreset modes, or a single one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import index
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from envs.batched import Array, BatchedWorld, spread_seeds
from envs.saving.memory import load_dice, save_dice


class Presentation(NamedTuple):
    """How rows of observations are handed over.

    Attributes:
        space: The space of one row as it is handed over.
        show: Turns observations of the world's, one row or ``(N, ...)``, into what is handed over, as views.
    """

    space: gym.Space
    show: Callable[[Array], Any]


class BatchedVectorEnv(VectorEnv):
    """A `BatchedWorld` as a Gymnasium ``VectorEnv``.

    In SAME_STEP mode ``infos["final_obs"]`` holds the last observations in the rows that ``infos["_final_obs"]`` masks,
    whenever an episode ended; in NEXT_STEP mode the step after an end begins the next episode and ignores the action;
    in DISABLED mode ``reset(options={"reset_mask": mask})`` begins the next episodes.
    """

    def __init__(
        self,
        world: BatchedWorld,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        presentation: Presentation | None = None,
    ) -> None:
        """Show a world.

        Args:
            world: The world; this environment owns it.
            autoreset_mode: When the next episode begins, by Gymnasium's names.
            presentation: How observations are handed over; as the world has them if None.
        """
        self.world = world
        self.num_envs = world.num_envs
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {"autoreset_mode": self.autoreset_mode, "render_modes": []}
        self.single_observation_space = presentation.space if presentation else world.observation_space
        self.single_action_space = world.action_space
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._show = presentation.show if presentation else _as_it_is
        self._same_step = self.autoreset_mode is AutoresetMode.SAME_STEP
        self._ended: Array | None = None  # rows whose episode has ended and not begun again; None if there are none
        self._begun = self._seeded = False

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin new episodes.

        Args:
            seed: New dice: one seed, from which rows count upwards, or one a row, None for a row that keeps its dice.
            options: Nothing, or ``{"reset_mask": mask}`` with a bool mask ``(N,)`` of the rows that begin anew.

        Raises:
            ValueError: If options are unknown, a mask has another shape or is empty, or seeds do not fit.
            TypeError: If a mask is not of bools.
        """
        rows = self._masked(options)
        if seed is not None or not self._seeded:
            seeds = spread_seeds(seed, self.num_envs)
            which = range(self.num_envs) if rows is None else rows.tolist()
            told = [row for row in which if seeds[row] is not None or not self._seeded]
            if told:
                self.world.seed([seeds[row] for row in told], np.array(told, np.int64))
            self._seeded = True
        if rows is None or self._ended is None:
            self._ended = None
        else:
            self._ended[rows] = False
            self._ended = self._ended if bool(self._ended.any()) else None
        observation, _ = self.world.begin(rows)
        self._begun = True
        return self._show(observation), {}

    def step(self, actions: Any) -> tuple[Any, Array, Array, Array, dict[str, Any]]:
        """Act once in every row.

        Args:
            actions: One a row, ``(N,)`` or ``(N, ...)``.

        Raises:
            ResetNeeded: Before the first reset, and in DISABLED mode where an ended episode has not begun again.
        """
        if not self._begun:
            raise ResetNeeded("an episode begins with reset(): none has begun")
        ended = self._ended
        if ended is not None and self.autoreset_mode is AutoresetMode.DISABLED:
            raise ResetNeeded('ended episodes begin again with reset(options={"reset_mask": mask}); they have not')
        outcome = self.world.step(actions, again=self._same_step, idle=ended)
        observation, infos = outcome.observation, dict(outcome.infos)
        if ended is not None:
            observation, _ = self.world.begin(np.flatnonzero(ended.cpu() if hasattr(ended, "cpu") else ended))
            self._ended = None
        if outcome.final is not None:
            over = outcome.terminated | outcome.truncated
            if self._same_step:
                infos |= {"final_obs": self._show(outcome.final), "_final_obs": over, "final_info": {}}
                infos["_final_info"] = over
            else:
                self._ended = over
        return self._show(observation), outcome.reward, outcome.terminated, outcome.truncated, infos

    def close_extras(self, **kwargs: Any) -> None:
        """Close the world."""
        self.world.close()

    def snapshot(self) -> dict[str, Any]:
        """Give all that it remembers; see `envs.snapshot`."""
        ended = (
            None if self._ended is None else np.array(self._ended.cpu() if hasattr(self._ended, "cpu") else self._ended)
        )
        return {"world": self.world.snapshot(), "ended": ended, "begun": self._begun, "seeded": self._seeded}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave."""
        self.world.restore(saved["world"])
        self._ended = None if saved["ended"] is None else self.world.constant(saved["ended"].copy())
        self._begun, self._seeded = saved["begun"], saved["seeded"]

    def _masked(self, options: dict[str, Any] | None) -> np.ndarray | None:
        """Read which rows begin anew out of the options; None for all."""
        if not options:
            return None
        if set(options) != {"reset_mask"}:
            raise ValueError(f"reset() takes the option 'reset_mask' alone; got {', '.join(map(repr, options))}")
        mask = np.asarray(options["reset_mask"])
        if mask.dtype != np.bool_:
            raise TypeError(f"options['reset_mask'] is an array of bool; got {mask.dtype}")
        if mask.shape != (self.num_envs,) or not mask.any():
            raise ValueError(
                f"options['reset_mask'] has shape ({self.num_envs},) and names at least one row; got {mask!r}"
            )
        if not self._begun and not mask.all():
            raise ValueError("the first reset() begins episodes in all rows; leave options['reset_mask'] out")
        return np.flatnonzero(mask)


class BatchedEnv(gym.Env):
    """A `BatchedWorld` of one row as a single Gymnasium environment."""

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - as Gymnasium declares it

    def __init__(self, world: BatchedWorld, presentation: Presentation | None = None) -> None:
        """Show a world of one row; see `BatchedVectorEnv`."""
        self.world = world
        self.observation_space = presentation.space if presentation else world.observation_space
        self.action_space = world.action_space
        self._show = presentation.show if presentation else _as_it_is
        self._over = True
        self._seeded = False
        self._discrete = isinstance(world.action_space, spaces.Discrete)
        # One action at a time goes through an array that is kept: making one costs as much as half a step.
        self._action = np.zeros((1, *(world.action_space.shape or ())), world.action_space.dtype)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode, with new dice if a seed is given.

        Raises:
            ValueError: If options are given: there are none.
        """
        if options:
            raise ValueError(f"reset() of this environment takes no options; got {options}")
        if seed is not None or not self._seeded:
            self.world.seed(spread_seeds(None if seed is None else [seed], 1))
            self._seeded = True
        if seed is not None:
            super().reset(seed=seed)  # the world draws from dice of its own, but whoever asks for `np_random` finds it
        self._over = False
        observation, _ = self.world.begin()
        return self._show(observation[0]), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Act once.

        Raises:
            ResetNeeded: If no episode is under way.
        """
        if self._over:
            raise ResetNeeded("an episode begins with reset(): none is under way")
        self._action[0] = whole(action) if self._discrete else action
        outcome = self.world.step(self._action, again=False)
        terminated, truncated = outcome.terminated.item(0), outcome.truncated.item(0)
        self._over = terminated or truncated
        infos = self.told(outcome.infos) if outcome.infos else {}
        return self._show(outcome.observation[0]), outcome.reward.item(0), terminated, truncated, infos

    def serve(self, purpose: str) -> None:
        """Tell the world what it is for; see `BatchedWorld.serve`."""
        self.world.serve(purpose)

    def told(self, infos: Mapping[str, Any]) -> dict[str, Any]:
        """Choose what is told of the infos of a world of one row: nothing, unless a subclass does."""
        return {}

    def snapshot(self) -> dict[str, Any]:
        """Give all that it remembers; see `envs.snapshot`."""
        return {
            "world": self.world.snapshot(),
            "over": self._over,
            "seeded": self._seeded,
            "dice": save_dice(self._np_random),
            "seed": self._np_random_seed,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave."""
        self.world.restore(saved["world"])
        self._over, self._seeded = saved["over"], saved["seeded"]
        self._np_random, self._np_random_seed = load_dice(saved["dice"]), saved["seed"]

    def close(self) -> None:
        """Close the world."""
        self.world.close()


def whole(action: Any) -> int:
    """Take an action for an integer.

    Raises:
        TypeError: If it is none; a number with a fraction is not rounded.
    """
    try:
        return index(action)
    except TypeError:
        raise TypeError(f"a discrete action is an integer; got {action!r} of type {type(action).__name__}") from None


def _as_it_is(observation: Array) -> Array:
    return observation
