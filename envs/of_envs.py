"""Batched worlds whose rows are environments of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import gymnasium as gym

from envs.batched import BatchedWorld
from envs.setting import Setting


class OfEnvs(BatchedWorld):
    """A batched world of N single environments that can be reached, so that what has no batched form goes around each.

    Attributes:
        envs: The environments; whoever steps them holds this very list.
    """

    envs: list[gym.Env]

    def serve(self, purpose: str) -> None:
        """Tell each environment what it is for; see `BatchedWorld.serve`."""
        for env in self.envs:
            tell_purpose(env, purpose)

    def wrapped(self, wrap: Callable[[gym.Env, Setting], gym.Env], settings: Sequence[Setting]) -> Self:
        """Wrap each environment, before the first episode; returns the world itself.

        Args:
            wrap: Wraps one environment; it keeps the spaces.
            settings: One for each environment.
        """
        self.envs[:] = [wrap(env, setting) for env, setting in zip(self.envs, settings, strict=True)]
        return self


def tell_purpose(env: gym.Env, purpose: str) -> None:
    """Tell a base what it is for, before its first reset, if it asks: if it has a method ``serve(purpose)``."""
    serve: Any = getattr(env.unwrapped, "serve", None)
    if callable(serve):
        serve(purpose)
