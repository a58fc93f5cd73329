"""Sensors that are not there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from gymnasium import spaces

from envs.changes.base import Change
from envs.changes.fault import sense_of
from envs.effect import Effect, Frame
from envs.when import Signal, bind, check_range


@dataclass(frozen=True)
class Features(Change, kind="features"):
    """Take features away, or add them one by one, in a fixed space that bodies with fewer sensors share.

    Features that are absent read 0. Which can be absent is drawn once for the world, or given; how many of them are
    absent now is what ``when`` says: with a signal that rises they are lost one after the other, with one that falls
    they are added. With a ``size``, zeros are appended to what is sensed until there are so many components, so that
    worlds with different numbers of sensors live in one space. Features of images are their colour channels, and images
    are not padded.

    The truth is in ``info["lifelong"]``: ``features_absent``, which components of this observation are not there, those
    that fill up the space among them, ``(features,)`` bool. (Masks of faults are true where something was hit, too.)

    Source: streams whose features come and go, "trapezoidal data streams", Zhang et al. 2016 (IEEE TKDE 28(10)); and
    "feature evolvable streams", Hou et al. 2017 (NeurIPS).

    Attributes:
        share: Share of the features that can be absent, in [0, 1], rounded, at least one if above 0; not read if
            ``absent`` names them.
        absent: Indices of the features that can be absent, in the order in which they are lost; none to draw them.
        when: Which part of these is absent over the life, from 0 (none of them) to 1 (all), rounded: a number or a
            signal.
        size: Components of the space that bodies share; 0 for as many as there are.
    """

    moves_channels: ClassVar[bool] = True
    reports_channels: ClassVar[bool] = True
    keeps_spaces: ClassVar[bool] = False

    share: float = 0.5
    absent: tuple[int, ...] = ()
    when: float | Signal = 1.0
    size: int = 0

    def __post_init__(self) -> None:
        """Check the fields, and refuse settings that would change nothing.

        Raises:
            TypeError: If a field has the wrong type.
            ValueError: If a field is out of its range.
        """
        if isinstance(self.share, Signal):
            raise TypeError(f"Features.share is a number; got {self.share}; let Features.when be the signal")
        check_range("Features.share", self.share, 0.0, 1.0, "a share of the features")
        check_range("Features.when", self.when, 0.0, 1.0, "a part of the features that can be absent")
        if not isinstance(self.absent, tuple):
            raise TypeError(f"Features.absent is a tuple of indices; got {self.absent!r}")
        for name, numbers in (("absent", self.absent), ("size", (self.size,))):
            for number in numbers:
                if not isinstance(number, int) or isinstance(number, bool):
                    raise TypeError(f"Features.{name} counts whole features; got {number!r}")
                if number < 0:
                    raise ValueError(f"Features.{name} is at least 0; got {number}")
        if len(set(self.absent)) < len(self.absent):
            raise ValueError(f"Features.absent names a feature twice: {self.absent}")
        if not self.absent and self.share == 0.0 and self.size == 0:
            raise ValueError("Features would change nothing: give a share above 0, absent features or a size")

    @classmethod
    def examples(cls) -> tuple[Features, ...]:
        """Give features that are drawn, half of them all, and some in a larger space."""
        return (cls(), cls(share=1.0, when=0.5), cls(share=0.25, size=8))

    def reports(self) -> tuple[str, ...]:
        """Name what it reports."""
        return ("features_absent",)

    def still(self) -> Features:
        """Give the same change with all features there, and none added."""
        return replace(self, when=0.0, size=0, share=self.share or 1.0)

    def effect(self, frame: Frame) -> FeaturesEffect:
        """Draw which features can be absent.

        Raises:
            ValueError: If the observations are neither bits, unbounded real numbers nor images, there is no such
                feature, there are more features than the size, or what is to be padded is no vector.
        """
        space = frame.observation_space
        if sense_of(space) == "other" or not space.shape:
            raise ValueError(
                "Features needs bits, unbounded real numbers or images (H, W, C) of bytes; "
                f"got {space} from {frame.owner}"
            )
        count = space.shape[-1]
        for index in self.absent:
            if index >= count:
                raise ValueError(
                    f"Features.absent holds indices from 0 to {count - 1} in {space} from {frame.owner}; got {index}"
                )
        if self.size and len(space.shape) != 1:
            raise ValueError(f"Features.size pads vectors; got {space} from {frame.owner}; flatten it first")
        if self.size and self.size < count:
            raise ValueError(f"Features.size is at least the {count} components of {frame.owner}; got {self.size}")
        absent = np.array(self.absent, np.int64)
        if not self.absent and self.share > 0:
            absent = frame.world.permutation(count)[: max(1, round(self.share * count))]
        return FeaturesEffect(self, frame, absent)


class FeaturesEffect(Effect):
    """The effect behind `Features`.

    Attributes:
        absent: Indices of the features that can be absent, in the order in which they are lost.
    """

    def __init__(self, change: Features, frame: Frame, absent: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(frame)
        self.absent = absent
        self._curve, self._clock, self._num_envs = bind(change.when, frame.world), frame.clock, frame.num_envs
        self._count = (frame.observation_space.shape or (1,))[-1]
        self._size = change.size or self._count
        if change.size:
            bits = isinstance(frame.observation_space, spaces.MultiBinary)
            self.observation_space = (
                spaces.MultiBinary(self._size) if bits else spaces.Box(-np.inf, np.inf, (self._size,), np.float32)
            )
        self._lose(0)
        self._mask = self._masks

    def _lose(self, lost: int) -> None:
        """Work out what it comes to that so many are lost."""
        self._lost, self._gone = lost, self.absent[:lost]
        absent = np.arange(self._size) >= self._count
        absent[self._gone] = True
        self._masks = np.broadcast_to(absent, (self._num_envs, self._size))

    def see(self, sensed: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Take away what is absent, and remember it."""
        lost = round(self._curve.at(self._clock.age) * len(self.absent))
        if lost != self._lost:
            self._lose(lost)
        if rows is None or len(rows) == self._num_envs:
            self._mask = self._masks
        elif self._mask is not self._masks:
            self._mask = self._mask.copy()
            self._mask[rows] = self._masks[rows]
        if self._size > self._count:
            seen = np.zeros((len(sensed), self._size), sensed.dtype)
            seen[:, : self._count] = sensed
        elif lost == 0:
            return sensed
        else:
            seen = sensed.copy()
        seen[..., self._gone] = 0
        return seen

    def report(self) -> dict[str, np.ndarray]:
        """Tell which components are absent."""
        return {"features_absent": self._mask}
