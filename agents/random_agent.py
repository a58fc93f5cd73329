"""The agent that never learns: acts uniformly at random, the floor of every comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from agents.protocol import AgentSpec, Policy, Step, check_autoreset, vector_steps
from lifelong_agent.seeds import generator


def draw_actions(space: gym.Space, num_envs: int, rng: np.random.Generator) -> np.ndarray:
    """Draw one uniform action for each sub-environment.

    Args:
        space: ``Discrete``, or a ``Box`` of finite bounds.
        num_envs: How many actions, ``N``.
        rng: Where the dice come from.

    Returns:
        Actions of shape ``(N,)`` (``Discrete``) or ``(N, *space.shape)`` (``Box``).

    Raises:
        ValueError: If no uniform distribution over the space is known.
    """
    if isinstance(space, spaces.Discrete):
        return rng.integers(space.start, space.start + space.n, size=num_envs)
    if isinstance(space, spaces.Box) and space.is_bounded():
        return rng.uniform(space.low, space.high, size=(num_envs, *space.shape)).astype(space.dtype)
    raise ValueError(f"random actions need a Discrete space or a Box of finite bounds; got {space}")


@dataclass(frozen=True)
class RandomSpec(AgentSpec, kind="random"):
    """Uniformly random actions; nothing to set."""

    def build(self, env: gym.vector.VectorEnv, seed: int) -> RandomAgent:
        """Make the agent; see `AgentSpec.build`."""
        return RandomAgent(env.single_action_space, seed)


class RandomAgent:
    """Lives by dice alone."""

    def __init__(self, action_space: gym.Space, seed: int) -> None:
        """Make the agent.

        Args:
            action_space: Actions of one sub-environment, ``Discrete`` or a bounded ``Box``.
            seed: Root of its dice.

        Raises:
            ValueError: If uniform actions cannot be drawn from the space.
        """
        self.action_space = action_space
        self._rng = generator(seed, "random", "actions")
        draw_actions(action_space, 1, generator(seed, "random", "probe"))  # refuse an impossible body at birth

    def live(self, env: gym.vector.VectorEnv, steps: int) -> None:
        """Live exactly ``steps`` environment steps; see `Agent.live`."""
        check_autoreset(env)
        moves = vector_steps(env, steps)
        env.reset()
        for _ in range(moves):
            env.step(draw_actions(self.action_space, env.num_envs, self._rng))

    def policy(self) -> Policy:
        """Hand over equally random dice; see `Agent.policy`."""
        return RandomPolicy(self.action_space)

    def vitals(self) -> Mapping[str, float]:
        """Tell nothing: there is no inner life."""
        return {}


class RandomPolicy:
    """Uniform actions drawn from the exam's own generator."""

    def __init__(self, action_space: gym.Space) -> None:
        """Make the policy for actions of ``action_space``."""
        self.action_space = action_space
        self._rng: np.random.Generator | None = None

    def reset(self, num_envs: int, rng: np.random.Generator) -> None:
        """Begin an exam; see `Policy.reset`."""
        self._rng = rng

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Draw an action for each observation, shape ``(N, ...)`` -> ``(N,)``.

        Raises:
            ValueError: If no exam has begun.
        """
        if self._rng is None:
            raise ValueError("a policy acts within an exam; call policy.reset(num_envs, rng) before policy.act(...)")
        return draw_actions(self.action_space, len(observation), self._rng)

    def observe(self, step: Step) -> None:
        """Ignore what came of it."""
