"""Anybody's Gymnasium vector environment as a batched world, in whichever way it resets itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv

from envs.batched import BatchedWorld, Outcome
from envs.effect import undo
from envs.of_envs import OfEnvs
from envs.senses import free
from envs.setting import INFO_KEY, take_report


class VectorWorld(BatchedWorld):
    """A vector environment, for changes to be put around.

    The environment resets itself as it does. In SAME_STEP mode every `step` begins again; in NEXT_STEP mode rows that
    have ended are idle in the step that begins their next episodes, and `begin` then tells the observations that the
    environment has given already; in DISABLED mode `begin` resets by the environment's ``reset_mask``.

    Attributes:
        env: The environment.
        mode: How it resets itself.
        infos: The infos of its last reset or step.
    """

    def __init__(self, env: VectorEnv) -> None:
        """Take an environment over.

        Raises:
            ValueError: If its observations are no arrays, or it does not tell how it resets itself.
        """
        space = env.single_observation_space
        if not isinstance(space, (spaces.Box, spaces.MultiBinary)):
            raise ValueError(f"observations are arrays (Box or MultiBinary); {env} has {space}: flatten them first")
        mode = env.metadata.get("autoreset_mode")
        if mode is None:
            raise ValueError(f'{env} does not tell how it resets itself: metadata["autoreset_mode"] is missing')
        self.env, self.mode = env, AutoresetMode(mode)
        self.num_envs = env.num_envs
        # Real senses count as unbounded, as in lives: see `envs.senses.RealSenses`.
        self._real = isinstance(space, spaces.Box) and np.issubdtype(space.dtype, np.floating)
        self.observation_space = spaces.Box(-np.inf, np.inf, space.shape, np.float32) if self._real else space
        self.action_space = env.single_action_space
        self.infos: dict[str, Any] = {}
        self._seeds: list[int | None] | None = None
        self._given: np.ndarray | None = None  # in NEXT_STEP mode, first observations that `begin` is going to tell

    def seed(self, seeds: Sequence[int | None], rows: np.ndarray | None = None) -> None:
        """Seed rows at the next `begin`; see `BatchedWorld.seed`."""
        told: list[int | None] = self._seeds or [None] * self.num_envs
        for row, seed in zip(range(self.num_envs) if rows is None else rows.tolist(), seeds, strict=True):
            told[row] = seed
        self._seeds = told

    def begin(self, rows: np.ndarray | None = None) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Begin new episodes; see `BatchedWorld.begin`."""
        if rows is not None and self._given is not None:
            given, self._given = self._given, None
            return given, {}
        options = None
        if rows is not None:
            mask = np.zeros(self.num_envs, bool)
            mask[rows] = True
            options = {"reset_mask": mask}
        seeds, self._seeds = self._seeds, None
        observation, self.infos = self.env.reset(seed=seeds, options=options)  # pyright: ignore[reportArgumentType]
        return self._shown(observation), {}

    def step(self, actions: Any, *, again: bool = True, idle: Any = None) -> Outcome:
        """Act once in every row; see `BatchedWorld.step`."""
        observation, reward, terminated, truncated, self.infos = self.env.step(actions)
        seen, final = self._shown(observation), None
        if self.mode is AutoresetMode.NEXT_STEP and idle is not None:
            self._given = seen
        if self.mode is not AutoresetMode.SAME_STEP:
            final = seen if (terminated | truncated).any() else None
        elif "_final_obs" in self.infos:
            final = seen.copy()
            for row in np.flatnonzero(self.infos["_final_obs"]):
                final[row] = self.infos["final_obs"][row]
        return Outcome(seen, np.asarray(reward, np.float64), terminated, truncated, final, {})

    def close(self) -> None:
        """Close the environment."""
        self.env.close()

    def _shown(self, observation: Any) -> np.ndarray:
        """Give observations as an array that the environment does not write to again."""
        return np.array(observation, np.float32 if self._real else None)


class SyncWorld(VectorWorld, OfEnvs):
    """A `SyncVectorEnv`, whose environments are in this process: changes may also go around each of them.

    They are put into the vector environment itself, which from then on steps them changed.
    """

    def __init__(self, env: VectorEnv, sync: SyncVectorEnv) -> None:
        """Take an environment over: ``sync`` itself, or in the wrappers of others."""
        super().__init__(env)
        self.envs = sync.envs  # pyright: ignore[reportAttributeAccessIssue] - a list, whatever it is declared
        self._bare = [free(env) for env in sync.envs]
        self.envs[:] = self._bare

    def strip(self) -> None:
        """Take off what was wrapped around the environments."""
        for env, bare in zip(self.envs, self._bare, strict=True):
            undo(env, bare)
        self.envs[:] = self._bare

    def begin(self, rows: np.ndarray | None = None) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Begin new episodes; see `BatchedWorld.begin`."""
        observation, _ = super().begin(rows)
        return observation, _told(self.infos)

    def step(self, actions: Any, *, again: bool = True, idle: Any = None) -> Outcome:
        """Act once in every row; see `BatchedWorld.step`."""
        outcome = super().step(actions, again=again, idle=idle)
        last = _told(self.infos.get("final_info", {}))
        return outcome.told(_told(self.infos), last or None)


def world_of(env: VectorEnv) -> VectorWorld:
    """Take a vector environment over.

    Raises:
        ValueError: See `VectorWorld`.
    """
    inner = env.unwrapped
    return SyncWorld(env, inner) if isinstance(inner, SyncVectorEnv) else VectorWorld(env)


def _told(infos: dict[str, Any]) -> dict[str, np.ndarray]:
    """Take out of gathered infos what changes of single environments reported."""
    infos.pop(f"_{INFO_KEY}", None)
    return {name: told for name, told in take_report(infos).items() if not name.startswith("_")}
