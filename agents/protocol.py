"""What an experiment may ask of a learner: live a life, hand over a frozen policy, tell how it fares."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode


class Step(NamedTuple):
    """One step of N parallel sub-environments, as learners and frozen policies see it.

    Attributes:
        observation: What was seen before the action, shape ``(N, ...)``.
        action: What was done, shape ``(N,)`` for discrete actions, ``(N, ...)`` otherwise.
        reward: What it brought, shape ``(N,)``, float32.
        terminated: Whether the episode came to its own end, shape ``(N,)``, bool: nothing follows, bootstrap with zero.
        truncated: Whether the episode was cut from outside, shape ``(N,)``, bool: life went on, bootstrap with a value.
        next_observation: What was seen after the action, shape ``(N, ...)``: the *final* observation where an episode
            ended, never the first of the next episode.
    """

    observation: np.ndarray
    action: np.ndarray
    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    next_observation: np.ndarray

    @classmethod
    def of(
        cls,
        observation: np.ndarray,
        action: np.ndarray,
        outcome: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, Mapping[str, Any]],
    ) -> Step:
        """Build a step from what a vector environment in SAME_STEP mode returned.

        Args:
            observation: What was seen before the action, shape ``(N, ...)``.
            action: What was done, shape ``(N, ...)``.
            outcome: The five values of ``env.step(action)``; its observations already belong to the next episode where
                one ended, and ``infos["final_obs"]`` holds what was seen last.

        Returns:
            The step, with final observations in their place. Shares no memory with the environment's ended rows.
        """
        after, reward, terminated, truncated, infos = outcome
        after = seen_last(after, terminated, truncated, infos)
        return cls(observation, action, np.asarray(reward, dtype=np.float32), terminated, truncated, after)


def seen_last(observation: Any, terminated: Any, truncated: Any, infos: Mapping[str, Any]) -> Any:
    """Give what was seen after the actions of a step in SAME_STEP mode: final observations where episodes ended.

    Args:
        observation: What the environment returned, ``(N, ...)``, an array or a tensor: already of the next episode
            where one ended.
        terminated: ``(N,)``, bool, alike.
        truncated: ``(N,)``, bool, alike.
        infos: Holds what was seen last in ``infos["final_obs"]``.

    Returns:
        The same array if no episode ended, else a new one. Of tensors, no one waits to learn whether any did: a new one
        wherever the environment gives final observations.
    """
    if not isinstance(observation, np.ndarray):
        if "final_obs" not in infos:
            return observation
        over = (terminated | truncated).reshape(-1, *(1,) * (observation.ndim - 1))
        return observation.where(~over, infos["final_obs"])
    # A tenth of what `any` costs a single body; both are bools, a byte each.
    if 1 not in terminated.tobytes() and 1 not in truncated.tobytes():
        return observation
    after = np.array(observation)
    for index in np.flatnonzero(terminated | truncated):
        after[index] = infos["final_obs"][index]
    return after


class Policy(Protocol):
    """Frozen weights that act. May carry state (such as which world it believes to be in), never learns."""

    def reset(self, num_envs: int, rng: np.random.Generator) -> None:
        """Begin an exam in ``num_envs`` sub-environments, knowing nothing of the world; draw from ``rng`` only."""
        ...

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Choose actions, shape ``(N,)``, for observations, shape ``(N, ...)``: sampled, the policy as it lives."""
        ...

    def observe(self, step: Step) -> None:
        """See what came of the actions. Policies without state ignore it."""
        ...


class Agent(Protocol):
    """A learner."""

    def live(self, env: gym.vector.VectorEnv, steps: int) -> None:
        """Live exactly ``steps`` environment steps (a step of N sub-environments counts N); one call a life."""
        ...

    def policy(self) -> Policy:
        """Copy the policy as it is now. Shares nothing with the learner and costs it no randomness."""
        ...

    def vitals(self) -> Mapping[str, float]:
        """Tell a few health figures, such as ``"vitals/effective_rank"``. Changes nothing, costs no randomness."""
        ...


@dataclass(frozen=True)
class AgentSpec(ABC):
    """What makes an agent: a frozen dataclass of hyper-parameters, registered by its kind.

    Subclass with ``class MySpec(AgentSpec, kind="mine")``, decorate with ``@dataclass(frozen=True)``, and every place
    that reads specs (YAML, command line, tables) knows the kind.

    Attributes:
        kinds: All registered specs by kind.
        kind: The name of this kind, in specs and in tables.
    """

    kinds: ClassVar[dict[str, type[AgentSpec]]] = {}
    kind: ClassVar[str]

    def __init_subclass__(cls, *, kind: str, **kwargs: Any) -> None:
        """Register the subclass.

        Args:
            kind: The name in specs.
            **kwargs: Handed on to other base classes.

        Raises:
            TypeError: If another class already has this kind.
        """
        super().__init_subclass__(**kwargs)
        if kind in AgentSpec.kinds:
            owner = AgentSpec.kinds[kind]
            raise TypeError(
                f"the agent kind {kind!r} of {cls.__module__}.{cls.__qualname__} already belongs to "
                f"{owner.__module__}.{owner.__qualname__}; choose another kind"
            )
        cls.kind = kind
        AgentSpec.kinds[kind] = cls

    @abstractmethod
    def build(self, env: gym.vector.VectorEnv, seed: int) -> Agent:
        """Make the agent for a body.

        Args:
            env: Read for ``single_observation_space``, ``single_action_space`` and ``num_envs``; neither reset nor
                stepped.
            seed: Root of all the agent's randomness; equal seeds make equal agents.

        Returns:
            The agent, unborn.

        Raises:
            ValueError: If the agent cannot live in this body; says what it could live in.
        """


def check_autoreset(env: gym.vector.VectorEnv) -> None:
    """Refuse vector environments that lose final observations or spend steps on resets.

    Args:
        env: The environment a learner is to live in.

    Raises:
        ValueError: If the environment does not reset ended episodes in the same step.
    """
    mode = env.metadata.get("autoreset_mode")
    if mode not in (AutoresetMode.SAME_STEP, AutoresetMode.SAME_STEP.value):
        raise ValueError(
            f"agents live in vector environments whose metadata['autoreset_mode'] is AutoresetMode.SAME_STEP (every "
            f"step is lived, final observations in infos['final_obs']); got {mode!r} from {env}; build it with "
            f"autoreset_mode=AutoresetMode.SAME_STEP"
        )


def vector_steps(env: gym.vector.VectorEnv, steps: int) -> int:
    """Count the vector steps that make up a life of ``steps`` environment steps.

    Args:
        env: The environment of ``N`` sub-environments.
        steps: Environment steps to live, a multiple of ``N``.

    Returns:
        ``steps / N``.

    Raises:
        ValueError: If the steps cannot be lived exactly.
    """
    if steps < 0 or steps % env.num_envs:
        raise ValueError(
            f"a life of {env.num_envs} sub-environments lasts a multiple of {env.num_envs} environment steps; "
            f"got steps={steps}; the nearest is {max(0, round(steps / env.num_envs)) * env.num_envs}"
        )
    return steps // env.num_envs
