"""A Gymnasium vector environment as Stable-Baselines3 wants it, with ends of episodes told right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvStepReturn

from agents.protocol import check_autoreset


class SB3VecEnv(VecEnv):
    """Stable-Baselines3's view of one Gymnasium ``VectorEnv`` in SAME_STEP autoreset mode.

    Two things are easy to get wrong and are this class's whole purpose: where an episode ends, the observation returned
    is the first of the next episode and the last one goes into ``info["terminal_observation"]``; and
    ``info["TimeLimit.truncated"]`` is true only for episodes that were cut, so that SB3 bootstraps from the value of
    the last observation there and from zero where the episode came to its own end.

    Nothing else of the environment's infos is passed on: they may name the hidden task.
    """

    def __init__(self, env: gym.vector.VectorEnv) -> None:
        """Wrap a vector environment.

        Args:
            env: The environment, in SAME_STEP autoreset mode.

        Raises:
            ValueError: If the environment resets ended episodes in another way.
        """
        check_autoreset(env)
        self.env = env
        self._actions: np.ndarray | None = None
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    def reset(self) -> np.ndarray:
        """Begin new episodes in all sub-environments of the same life.

        The environment was seeded when it was made; seeds given to `VecEnv.seed` are used once, as SB3 documents.

        Returns:
            First observations, shape ``(N, ...)``.
        """
        observations, _ = self.env.reset(seed=self._root())  # pyright: ignore[reportArgumentType]
        self.reset_infos = [{} for _ in range(self.num_envs)]
        self._reset_seeds()
        self._reset_options()
        return np.array(observations)

    def _root(self) -> int | list[int | None] | None:
        """Give the seeds as Gymnasium takes them: SB3 counts upwards from one, which is what that one alone means."""
        first = self._seeds[0]
        if first is not None and list(self._seeds) == [first + row for row in range(self.num_envs)]:
            return first
        return None if all(seed is None for seed in self._seeds) else list(self._seeds)

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the actions, shape ``(N, ...)``, for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Take the step.

        Returns:
            Observations ``(N, ...)``, rewards ``(N,)`` float32, dones ``(N,)`` bool, and a list of N info dicts. All
            arrays are copies: SB3 adds bootstrapped values to the rewards in place and keeps the observations.
        """
        observations, rewards, terminated, truncated, infos = self.env.step(self._actions)
        dones = terminated | truncated
        told: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for index in np.flatnonzero(dones):
            told[index]["terminal_observation"] = np.array(infos["final_obs"][index])
            told[index]["TimeLimit.truncated"] = bool(truncated[index] and not terminated[index])
        return np.array(observations), np.array(rewards, dtype=np.float32), dones, told

    def close(self) -> None:
        """Leave the environment open: it belongs to whoever made it."""

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Read an attribute of the vector environment, once for each asked sub-environment."""
        value = getattr(self.env, attr_name)
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Refuse: learners do not reach into the world.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(f"SB3VecEnv does not set attributes of {self.env}; got {attr_name!r}")

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Refuse: learners do not reach into the world.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(f"SB3VecEnv does not call methods of {self.env}; got {method_name!r}")

    def env_is_wrapped(self, wrapper_class: type[gym.Wrapper], indices: VecEnvIndices = None) -> list[bool]:
        """Say no for every asked sub-environment: single environments are not visible from here."""
        return [False for _ in self._get_indices(indices)]

    def get_images(self) -> Sequence[np.ndarray | None]:
        """Show nothing: lives are drawn from their records."""
        return [None] * self.num_envs
