"""Normal noise on rows of observations, each row from a generator of its own: by NumPy, or compiled to equal bits."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from envs.batched import Array
from envs.compiled import can_compile
from envs.dice import WORDS, write_generator


class Noise(Protocol):
    """Adds noise to rows of observations."""

    def add(
        self, sensed: Array, factors: np.ndarray, rows: np.ndarray, final: Array | None = None, ended: Any = None
    ) -> tuple[Array, Array | None]:
        """Add a normal number to each channel, drawn as ``standard_normal(channels, float32)`` of the row's generator.

        Args:
            sensed: Observations, ``(N, channels)`` float32; left as they are.
            factors: What the numbers are multiplied with, ``(channels,)`` float32.
            rows: Rows ``(R,)`` that noise is drawn for, none twice; the others are given as they are.
            final: Last observations ``(N, channels)``; their noise is drawn before that of ``sensed``.
            ended: Rows ``(E,)`` of theirs; others are right only where they need no noise.

        Returns:
            What is seen of ``sensed``, and of ``final``.
        """
        ...

    def snapshot(self) -> dict[str, Any]:
        """Give how far the generators are, in copies."""
        ...

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave.

        Raises:
            ValueError: If another implementation gave it.
        """
        ...


def make_noise(
    moments: Callable[[], list[np.random.Generator]], channels: int, constant: Callable[..., Array]
) -> Noise:
    """Make what adds noise, fastest first.

    Args:
        moments: Makes the generators, one a row; they are not made before the first noise.
        channels: Channels of an observation.
        constant: Brings an array to where the observations are; see `BatchedWorld.constant`.
    """
    if can_compile() and isinstance(constant(np.zeros(1)), np.ndarray):
        return CompiledNoise(moments, channels)
    return NoiseRows(moments, channels, constant)


class NoiseRows:
    """Normal numbers drawn ahead in blocks by NumPy: the same numbers as drawn one by one."""

    def __init__(
        self,
        moments: Callable[[], list[np.random.Generator]],
        channels: int,
        constant: Callable[..., Array] = np.asarray,
        block: int = 64,
    ) -> None:
        """Begin with nothing drawn; see `make_noise`."""
        self._make, self._channels, self._constant, self._block = moments, channels, constant, block
        self._generators: list[np.random.Generator] = []

    def add(
        self, sensed: Array, factors: np.ndarray, rows: np.ndarray, final: Array | None = None, ended: Any = None
    ) -> tuple[Array, Array | None]:
        """Add noise; see `Noise.add`."""
        last = None if final is None else self._added(final, factors, ended)
        return self._added(sensed, factors, rows), last

    def snapshot(self) -> dict[str, Any]:
        """Give how far the generators are, and what is drawn ahead; see `Noise.snapshot`."""
        if not self._generators:
            return {"kind": "rows"}
        states = [generator.bit_generator.state for generator in self._generators]
        return {"kind": "rows", "states": states, "ahead": self._ahead.copy(), "used": self._used.copy()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave; see `Noise.restore`."""
        _check_kind(saved, "rows")
        self._generators = self._make() if "states" in saved else []
        for generator, state in zip(self._generators, saved.get("states", ()), strict=True):
            generator.bit_generator.state = state
        if self._generators:
            self._ahead, self._used = saved["ahead"].copy(), saved["used"].copy()

    def _added(self, sensed: Array, factors: np.ndarray, rows: np.ndarray) -> Array:
        # Minus zero: plus zero would make plus zero of a minus zero.
        drawn = np.full((len(sensed), self._channels), -0.0, np.float32)
        drawn[rows] = self._draw(rows) * factors
        return sensed + self._constant(drawn)

    def _draw(self, rows: np.ndarray) -> np.ndarray:
        """Draw ``(R, channels)`` float32 for the rows ``(R,)``, no row twice."""
        if not self._generators:
            self._generators = self._make()
            size = len(self._generators)
            self._ahead = np.empty((size, self._block, self._channels), np.float32)
            self._used = np.full(size, self._block)
        for row in rows[self._used[rows] == self._block].tolist():
            self._generators[row].standard_normal(dtype=np.float32, out=self._ahead[row])
            self._used[row] = 0
        drawn = self._ahead[rows, self._used[rows]]
        self._used[rows] += 1
        return drawn


class CompiledNoise:
    """The numbers of `NoiseRows`, drawn and added in one compiled call."""

    def __init__(self, moments: Callable[[], list[np.random.Generator]], channels: int) -> None:
        """Begin with nothing drawn; see `make_noise`."""
        self._make = moments
        self._add = import_module("envs.noise_compiled").adding(channels)
        self._none, self._nobody = np.empty((0, channels), np.float32), np.empty(0, np.int64)
        self._dice: np.ndarray | None = None
        # Compiled, or read from disk, before the life begins and not when the first noise comes.
        none, nobody = self._none, self._nobody
        self._add(np.empty((0, WORDS), np.uint64), np.empty(channels, np.float32), nobody, none, nobody, none, none)

    def add(
        self, sensed: Array, factors: np.ndarray, rows: np.ndarray, final: Array | None = None, ended: Any = None
    ) -> tuple[Array, Array | None]:
        """Add noise; see `Noise.add`.

        Raises:
            TypeError: If the generators are not PCG64, which NumPy's ``default_rng`` makes.
        """
        dice = self._dice
        if dice is None:
            dice = self._dice = _dice_of(self._make())
        # Arrays that lie in memory in another order would be compiled for anew.
        size, sensed = len(sensed), np.ascontiguousarray(sensed)
        final, ended = (self._none, self._nobody) if final is None else (np.ascontiguousarray(final), ended)
        seen = np.empty((size + len(final), sensed.shape[1]), np.float32)
        if len(rows) < size:
            seen[:size] = sensed
        self._add(dice, factors, rows, sensed, ended, final, seen)
        return (seen[:size], seen[size:]) if len(final) else (seen, None)

    def snapshot(self) -> dict[str, Any]:
        """Give how far the generators are; see `Noise.snapshot`."""
        return {"kind": "compiled", "dice": None if self._dice is None else self._dice.copy()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave; see `Noise.restore`."""
        _check_kind(saved, "compiled")
        self._dice = None if saved["dice"] is None else saved["dice"].copy()


def _check_kind(saved: dict[str, Any], kind: str) -> None:
    if saved["kind"] != kind:
        raise ValueError(f"noise is drawn by {kind!r} here, but was by {saved['kind']!r}; numba is there, or it is not")


def _dice_of(generators: list[np.random.Generator]) -> np.ndarray:
    """Give generators as rows of dice, ``(N, 6)``; see `envs.dice`."""
    dice = np.empty((len(generators), WORDS), np.uint64)
    for row, generator in zip(dice, generators, strict=True):
        if not isinstance(generator.bit_generator, np.random.PCG64):
            raise TypeError(f"noise is drawn from generators of PCG64, as default_rng makes them; got {generator}")
        write_generator(row, generator.bit_generator)
    return dice
