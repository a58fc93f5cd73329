"""Senses wired up differently: permuted channels, flipped signs, hidden offsets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from envs.batched import Array, BatchedWorld, Outcome
from envs.batched_wrapper import BatchedWrapper
from envs.changes.base import Change
from envs.changes.fault import sense_of
from envs.changes.images import Rearranged, image_shape
from envs.effect import EffectEnv, Frame, frame_of_many, frame_of_one, with_effect
from envs.plain import LATER
from envs.senses import is_unbounded
from envs.setting import BatchSetting, Setting

PLACES = ("channels", "pixels")


@dataclass(frozen=True)
class Permute(Change, kind="permute"):
    """Give a world its own fixed wiring of the senses: ``seen[i] = sign[i] * sensed[order[i]] + offset[i]``.

    Never the identity: ``order`` leaves no channel in its place (a derangement), and at least one sign is flipped where
    signs are flipped at all. Bits can be permuted only, and so can images of bytes: their colour channels, or their
    pixels, which then trade places with all their colours. Two worlds whose wiring is permutation and signs alone can
    be drawn alike (with four channels once in 135 pairs); an offset, or many channels, settle it.

    Source: permuted inputs as a continual problem, Goodfellow et al. 2013 (arXiv:1312.6211), section 4; hidden offsets
    N(0, 2^2) for control, Muppidi et al. 2024 (TRAC, arXiv:2405.16642), section 4.

    Attributes:
        permute: Whether the channels (or pixels) trade places.
        flip: Whether each sign is flipped with probability 1/2 (at least one is).
        offset: Standard deviation of a normal offset per channel, in units of the observation; 0 for none.
        what: What trades places: ``"channels"``, which are the components of a vector and the colours of an image, or
            ``"pixels"``, the places of an image.
        order: Which channel is seen in the place of which, each of 0 to channels - 1 once and not all in their places;
            it may leave some there. Drawn for the world if empty.
    """

    moves_channels: ClassVar[bool] = True

    permute: bool = True
    flip: bool = False
    offset: float = 0.0
    what: str = field(default="channels", metadata=LATER)
    order: tuple[int, ...] = field(default=(), metadata=LATER)

    def __post_init__(self) -> None:
        """Refuse settings that would change nothing."""
        if self.what not in PLACES:
            raise ValueError(f"Permute.what is one of {', '.join(PLACES)}; got {self.what!r}")
        if not (np.isfinite(self.offset) and self.offset >= 0):
            raise ValueError(f"Permute.offset is a standard deviation, finite and at least 0; got {self.offset!r}")
        if not (self.permute or self.flip or self.offset > 0):
            raise ValueError("Permute would change nothing: set permute, flip or an offset above 0")
        if self.order:
            self._check_order()

    def _check_order(self) -> None:
        """Refuse an order that is none, or changes nothing."""
        if not self.permute:
            raise ValueError(f"Permute is given an order and permute=False; leave one of them out; got {self.order}")
        for index in self.order:
            if not isinstance(index, int) or isinstance(index, bool):
                raise TypeError(
                    f"Permute.order holds indices of channels; got {index!r} of type {type(index).__name__}"
                )
        if sorted(self.order) != list(range(len(self.order))):
            raise ValueError(
                f"Permute.order holds each of 0 to {len(self.order) - 1} once, for {len(self.order)} channels; "
                f"got {self.order}"
            )
        if list(self.order) == sorted(self.order):
            raise ValueError("Permute.order leaves every channel in its place; give another, or none to draw one")

    @classmethod
    def examples(cls) -> tuple[Permute, ...]:
        """Give wirings of real senses, of bits and of images."""
        return (cls(flip=True), cls(permute=False, offset=1.0), cls(), cls(what="pixels"))

    def wrap(self, env: gym.Env, setting: Setting) -> gym.Env:
        """Draw the wiring from ``setting.world`` and wrap the environment.

        Raises:
            ValueError: If the observations are neither bits, nor unbounded real numbers in one dimension, nor images of
                bytes, if bits or images are to be flipped or shifted, if there are no pixels, or if a single channel is
                to be permuted.
        """
        if sense_of(env.observation_space) == "image":
            return EffectEnv(env, self._rearranged(frame_of_one(env, setting)))
        return PermutedSenses(env, *self._draw(env.observation_space, env, setting.world))

    def batch(self, world: BatchedWorld, setting: BatchSetting) -> BatchedWorld:
        """Draw the wiring from ``setting.world`` and wrap a batched world; see `wrap`."""
        if sense_of(world.observation_space) == "image":
            return with_effect(world, self._rearranged(frame_of_many(world, setting)))
        order, signs, offsets = self._draw(world.observation_space, world, setting.world)
        if world.rewire(order, signs, offsets):
            return world
        return PermutedWorld(world, order, signs, offsets)

    def _rearranged(self, frame: Frame) -> Rearranged:
        """Draw what trades places in an image."""
        if not self.permute or self.flip or self.offset > 0:
            raise ValueError(
                f"colours have no sign, and shift offsets them; Permute of the images of {frame.owner} takes "
                "permute=True alone"
            )
        height, width, colours = image_shape(frame, "Permute")
        if self.what == "pixels":
            return Rearranged(frame, self._ordered(height * width, frame.world, frame.owner), pixels=True)
        return Rearranged(frame, self._ordered(colours, frame.world, frame.owner), pixels=False)

    def _ordered(self, channels: int, world: np.random.Generator, owner: Any) -> np.ndarray:
        """Give the order, or draw one."""
        if not self.order:
            return derangement(channels, world)
        if len(self.order) != channels:
            raise ValueError(
                f"Permute.order has {len(self.order)} places, but there are {channels} {self.what} to be permuted in "
                f"{owner}; give as many, or none to draw an order"
            )
        return np.array(self.order)

    def _draw(
        self, space: gym.Space, owner: Any, world: np.random.Generator
    ) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]:
        """Draw order, signs and offsets for observations of a space."""
        real = is_unbounded(space)
        if not (real or isinstance(space, spaces.MultiBinary)) or space.shape is None or len(space.shape) != 1:
            raise ValueError(
                "Permute needs bits (MultiBinary), unbounded real senses of one dimension or images (H, W, C) of bytes;"
                f" got {space} from {owner}; bounded senses are freed by envs.RealSenses, others need flattening first"
            )
        if self.what == "pixels":
            raise ValueError(f"pixels are of images (H, W, C) of bytes; {owner} has {space}; take what='channels'")
        if not real and (self.flip or self.offset > 0):
            raise ValueError(f"bits have no sign and no offset; Permute of {owner} takes permute=True alone")
        channels = space.shape[0]
        order = self._ordered(channels, world, owner) if self.permute else None
        signs = random_signs(channels, world) if self.flip else None
        offsets = world.normal(0.0, self.offset, channels).astype(np.float32) if self.offset > 0 else None
        return order, signs, offsets


def derangement(channels: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a permutation that leaves no channel in its place, uniformly among all of them.

    Args:
        channels: Number of channels, at least 2.
        rng: Where the draw comes from.

    Returns:
        Indices ``(channels,)``, int64, with ``order[i] != i`` everywhere.

    Raises:
        ValueError: If there are fewer than 2 channels.
    """
    fewest = 2
    if channels < fewest:
        raise ValueError(f"a permutation that is not the identity needs at least {fewest} channels; got {channels}")
    places = np.arange(channels)
    while True:  # a random permutation is a derangement with probability of about 1/e
        order = rng.permutation(channels)
        if not (order == places).any():
            return order


def random_signs(channels: int, rng: np.random.Generator) -> np.ndarray:
    """Draw signs -1 and 1, float32, at least one of them -1."""
    while True:
        flipped = rng.integers(2, size=channels, dtype=bool)
        if flipped.any():
            return np.where(flipped, np.float32(-1.0), np.float32(1.0))


class PermutedSenses(gym.Wrapper):
    """The wrapper behind `Permute`.

    Attributes:
        order: ``(channels,)`` indices, or None where channels keep their places.
        signs: ``(channels,)`` of -1 and 1, or None.
        offsets: ``(channels,)`` in units of the observation, or None.
    """

    def __init__(
        self, env: gym.Env, order: np.ndarray | None, signs: np.ndarray | None, offsets: np.ndarray | None
    ) -> None:
        """Wrap an environment with a given wiring."""
        super().__init__(env)
        self.order, self.signs, self.offsets = order, signs, offsets

    def rewire(self, sensed: np.ndarray) -> np.ndarray:
        """Turn what the body senses ``(channels,)`` into what the agent sees."""
        seen = sensed if self.order is None else sensed[self.order]
        if self.signs is not None:
            seen = seen * self.signs
        if self.offsets is not None:
            seen = seen + self.offsets
        return seen

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        """Begin an episode."""
        observation, info = self.env.reset(seed=seed, options=options)
        return self.rewire(observation), info

    def step(self, action: Any) -> tuple[np.ndarray, Any, bool, bool, dict]:
        """Act once."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        return self.rewire(observation), reward, terminated, truncated, info


class PermutedWorld(BatchedWrapper):
    """What `PermutedSenses` is for one environment, for N at once."""

    def __init__(
        self, world: BatchedWorld, order: np.ndarray | None, signs: np.ndarray | None, offsets: np.ndarray | None
    ) -> None:
        """Wrap a world with a given wiring."""
        super().__init__(world)
        self.order, self.signs, self.offsets = (
            None if part is None else world.constant(part) for part in (order, signs, offsets)
        )

    def rewire_rows(self, sensed: Array) -> Array:
        """Turn what N bodies sense ``(N, channels)`` into what is seen."""
        seen = sensed if self.order is None else sensed[:, self.order]
        if self.signs is not None:
            seen = seen * self.signs
        return seen if self.offsets is None else seen + self.offsets

    def begin(self, rows: np.ndarray | None = None) -> tuple[Array, dict[str, Array]]:
        """Begin new episodes; see `BatchedWorld.begin`."""
        observation, report = self.world.begin(rows)
        return self.rewire_rows(observation), report

    def step(self, actions: Array, *, again: bool = True, idle: Array | None = None) -> Outcome:
        """Act once in every row; see `BatchedWorld.step`."""
        return self.world.step(actions, again=again, idle=idle).shown(self.rewire_rows)
