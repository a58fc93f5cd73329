"""Worlds whose N sub-environments are rows of arrays: what lives, changes and vector environments stand on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces

Array = Any
"""A NumPy array, or a torch tensor where the world lives on another device."""


class Outcome(NamedTuple):
    """What came of one step of N sub-environments.

    Attributes:
        observation: What is seen next, ``(N, ...)``: where an episode ended, the first observation of the next one if
            the world was asked to begin again, else the last one.
        reward: ``(N,)``, float64 (float32 on other devices than the host).
        terminated: Whether the episode came to its own end, ``(N,)``, bool.
        truncated: Whether it was cut, ``(N,)``, bool.
        final: Last observations, ``(N, ...)``, right in the rows whose episodes ended; None if none did.
        report: What changes have to tell recorders of ``observation``: name -> array ``(N, ...)``.
        infos: What Gymnasium's environments tell besides, gathered as its vector environments do.
        final_report: What they have to tell of ``final``, right in the rows that ended; None if it is the same.
    """

    observation: Array
    reward: Array
    terminated: Array
    truncated: Array
    final: Array | None
    report: dict[str, Array]
    infos: Mapping[str, Any] = MappingProxyType({})
    final_report: dict[str, Array] | None = None

    def told(self, report: dict[str, Array], final: dict[str, Array] | None = None) -> Outcome:
        """Add to what recorders are told: of what is seen next, and of what was seen last if that is another truth."""
        if final is None and self.final_report is None:
            return self._replace(report=self.report | report)
        last = (self.report if self.final_report is None else self.final_report) | (report if final is None else final)
        return self._replace(report=self.report | report, final_report=last)

    def shown(self, change: Callable[[Array], Array]) -> Outcome:
        """Change what is seen, next and last: once where both are one and the same."""
        observation = change(self.observation)
        if self.final is None or self.final is self.observation:
            return self._replace(observation=observation, final=None if self.final is None else observation)
        return self._replace(observation=observation, final=change(self.final))


class BatchedWorld(ABC):
    """N sub-environments of one kind that are stepped together, without a Python loop over them.

    A world knows nothing of lives or of Gymnasium's autoreset modes. Each row has dice of its own: what happens in it
    does not depend on how many rows there are. (One exception says so: rows of `envs.labelled` share a deck.)

    Attributes:
        num_envs: Number of sub-environments N.
        observation_space: Space of one row of observations, a ``Box`` or ``MultiBinary``.
        action_space: Space of one action.
    """

    num_envs: int
    observation_space: spaces.Box | spaces.MultiBinary
    action_space: spaces.Space

    def serve(self, purpose: str) -> None:  # noqa: B027 - most worlds are the same for everybody
        """Learn what this world is for, before it is seeded.

        Args:
            purpose: That of the life (see `LifelongEnv`). A world with things to hold out shows them to ``"exam"``.
        """

    @abstractmethod
    def seed(self, seeds: Sequence[int | None], rows: np.ndarray | None = None) -> None:
        """Give rows new dice.

        Args:
            seeds: One for each row; None draws one from the operating system.
            rows: Indices ``(R,)`` of the rows, int64; None for all.
        """

    @abstractmethod
    def begin(self, rows: np.ndarray | None = None) -> tuple[Array, dict[str, Array]]:
        """Begin new episodes.

        Args:
            rows: Indices ``(R,)`` of the rows in which they begin, int64; None for all.

        Returns:
            Observations of all rows, ``(N, ...)``, a new array; and what changes report, as in `Outcome.report`.
        """

    @abstractmethod
    def step(self, actions: Array, *, again: bool = True, idle: Array | None = None) -> Outcome:
        """Act once in every row.

        Args:
            actions: One a row, ``(N,)`` or ``(N, ...)``; in their space.
            again: Whether rows whose episodes end begin new ones at once.
            idle: Rows that are left as they are, ``(N,)``, bool: reward 0, no end; None for none.

        Returns:
            What came of it, in new arrays that the world does not write to again.
        """

    def constant(self, array: np.ndarray) -> Array:
        """Bring an array to where the world lives, so that it can be used beside what `step` returns."""
        return array

    def rewire(
        self, order: np.ndarray | None, signs: np.ndarray | None = None, offsets: np.ndarray | None = None
    ) -> bool:
        """Show ``signs[i] * sensed[order[i]] + offsets[i]`` at place ``i`` from now on, if that can be had at no cost.

        Args:
            order: A permutation of the channels, ``(channels,)``; None where they keep their places.
            signs: -1 or 1 for each channel, ``(channels,)`` float32; None where none is flipped.
            offsets: ``(channels,)`` float32, in units of the observation; None for none.

        Returns:
            Whether it is done; if not, nothing has been changed.
        """
        return False

    def show_bits(self, unset: np.ndarray, lit: np.ndarray) -> bool:
        """Show ``lit[i]`` where the bit at place ``i`` is 1, and ``unset[i]`` where it is 0, if that costs nothing.

        It holds from now on, until it is called again.

        Args:
            unset: What is shown of zeros, 0 or 1 for each place, ``(channels,)``.
            lit: What is shown of ones, likewise.

        Returns:
            Whether it is done; if not, nothing has been changed.
        """
        return False

    def snapshot(self) -> dict[str, Any]:
        """Give all that the world remembers, in copies: episodes under way, dice, and what changes remember.

        Raises:
            ValueError: If something cannot be saved exactly.
        """
        raise ValueError(f"{type(self).__qualname__} cannot be saved: it has no snapshot() and no restore()")

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave of this world, or of one that was built alike; it is left as it is.

        Raises:
            ValueError: If it is of a world that was built otherwise.
        """
        raise ValueError(f"{type(self).__qualname__} cannot be restored: it has no snapshot() and no restore()")

    def close(self) -> None:  # noqa: B027 - most worlds have nothing to close
        """Let go of what is held outside of memory."""


def spread_seeds(seed: int | Sequence[int | None] | None, num_envs: int) -> list[int | None]:
    """Give each of N rows its seed, as Gymnasium's vector environments do: ``seed``, ``seed + 1``, ...

    Raises:
        ValueError: If there are not N seeds, or one is negative.
        TypeError: If one is no integer.
    """
    given = [seed + row for row in range(num_envs)] if isinstance(seed, (int, np.integer)) else seed
    seeds: list[int | None] = [None] * num_envs if given is None else list(given)
    if len(seeds) != num_envs:
        raise ValueError(f"expected one seed for each of {num_envs} sub-environments; got {len(seeds)}")
    for one in seeds:
        if one is None:
            continue
        if not isinstance(one, (int, np.integer)) or isinstance(one, bool):
            raise TypeError(f"a seed is an integer, or None; got {one!r} of type {type(one).__name__}")
        if one < 0:
            raise ValueError(f"a seed is at least 0; got {one}")
    return seeds
