"""Sensors that read more or less than they should, always by as much."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from envs.changes.base import Change
from envs.changes.fault import sense_of
from envs.effect import Effect, Frame
from envs.when import Signal, bind, check_range

BYTE = 255.0


@dataclass(frozen=True)
class Shift(Change, kind="shift"):
    """Scale and offset each channel: ``seen[i] = scale[i] * sensed[i] + offset[i]``, drawn once for the world or given.

    With ``when`` as a signal the shift drifts in over the life: at strength s it is
    ``(1 + s * (scale[i] - 1)) * sensed[i] + s * offset[i]``. Channels of images are colours: their offsets are in units
    of 255, and what is seen is rounded and clipped to bytes. The present strength is in ``info["lifelong"]`` as
    ``LABEL_strength``.

    Source: hidden offsets N(0, 2^2), Muppidi et al. 2024 (TRAC, arXiv:2405.16642), section 4, whose protocol Tang et
    al. 2025 (C-CHAIN, ICML) call "Continual Gym Control".

    Attributes:
        offset: Standard deviation of normal offsets, in units of the observation (of images: of 255); 0 for none.
        scale: Standard deviation of the logarithm of the scales, which are ``exp(N(0, scale^2))``; 0 for none.
        offsets: The offsets themselves, one for all channels or one for each; none are drawn then.
        scales: The scales themselves, above 0, one for all channels or one for each; none are drawn then.
        when: Strength over the life, from 0 (nothing happens) to 1: a number or a signal.
        label: Begins the name of what is reported; the kind if empty. Two shifts of one task need labels.
    """

    offset: float = 2.0
    scale: float = 0.0
    offsets: tuple[float, ...] = ()
    scales: tuple[float, ...] = ()
    when: float | Signal = 1.0
    label: str = ""

    def __post_init__(self) -> None:
        """Check ranges, and refuse settings that would change nothing.

        Raises:
            TypeError: If a field has the wrong type.
            ValueError: If a field is out of its range.
        """
        for name, deviation in (("offset", self.offset), ("scale", self.scale)):
            _check_number(f"Shift.{name}", deviation, 0.0, "a standard deviation")
        check_range("Shift.when", self.when, 0.0, 1.0, "a strength")
        for name, values in (("offsets", self.offsets), ("scales", self.scales)):
            if not isinstance(values, tuple):
                raise TypeError(f"Shift.{name} is a tuple of numbers; got {values!r} of type {type(values).__name__}")
        for value in self.offsets:
            _check_number("Shift.offsets", value, -np.inf, "an offset")
        for value in self.scales:
            _check_number("Shift.scales", value, 0.0, "a scale")
        if 0.0 in self.scales:
            raise ValueError("Shift.scales are above 0; a sensor that reads nothing is what 'features' is for")
        moved = any(self.offsets) if self.offsets else self.offset > 0
        scaled = any(scale != 1 for scale in self.scales) if self.scales else self.scale > 0
        if not (moved or scaled):
            raise ValueError("Shift would change nothing: give an offset or a scale above 0, or offsets or scales")

    @property
    def name(self) -> str:
        """What begins the name of its report."""
        return self.label or self.kind

    @classmethod
    def examples(cls) -> tuple[Shift, ...]:
        """Give a shift of each kind of senses."""
        return (cls(), cls(offset=0.2, scale=0.5), cls(offsets=(0.1,), scales=(0.5,), when=0.5))

    def reports(self) -> tuple[str, ...]:
        """Name what it reports."""
        return (f"{self.name}_strength",)

    def still(self) -> Shift:
        """Give the same shift at zero strength."""
        return replace(self, when=0.0)

    def effect(self, frame: Frame) -> ShiftEffect:
        """Draw offsets and scales.

        Raises:
            ValueError: If the observations are neither unbounded real numbers nor images, or there are neither one nor
                as many given numbers as channels.
        """
        space = frame.observation_space
        if sense_of(space) not in ("real", "image") or not space.shape:
            raise ValueError(
                f"Shift needs unbounded real numbers or images (H, W, C) of bytes; got {space} from {frame.owner}"
            )
        channels = space.shape[-1]
        for name, values in (("offsets", self.offsets), ("scales", self.scales)):
            if len(values) not in (0, 1, channels):
                raise ValueError(
                    f"Shift.{name} is one number, or one for each of {channels} channels of {frame.owner}; "
                    f"got {len(values)}"
                )
        offsets: Any = self.offsets or frame.world.normal(0.0, self.offset, channels)
        scales: Any = self.scales or np.exp(frame.world.normal(0.0, self.scale, channels))
        return ShiftEffect(self, frame, *(np.broadcast_to(np.array(one), (channels,)) for one in (offsets, scales)))


class ShiftEffect(Effect):
    """The effect behind `Shift`.

    Attributes:
        offsets: At full strength, ``(channels,)`` float64.
        scales: At full strength, ``(channels,)`` float64.
    """

    def __init__(self, change: Shift, frame: Frame, offsets: np.ndarray, scales: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(frame)
        self.offsets, self.scales = offsets, scales
        self._image = frame.observation_space.dtype == np.uint8
        self._unit, self._shape = BYTE if self._image else 1.0, frame.observation_space.shape or (1,)
        self._curve, self._clock, self._num_envs = bind(change.when, frame.world), frame.clock, frame.num_envs
        (self._name,) = change.reports()
        self._turn(0.0)

    def _turn(self, strength: float) -> None:
        """Work out what a strength comes to."""
        self._strength = strength
        self._told = np.broadcast_to(np.array(strength), (self._num_envs,))
        self._factors = self._wide(1.0 + strength * (self.scales - 1.0))
        self._added = self._wide(strength * self.offsets * self._unit)

    def _wide(self, numbers: np.ndarray) -> np.ndarray:
        """Repeat numbers of channels over the whole observation: NumPy is slow at repeating few."""
        return np.broadcast_to(numbers.astype(np.float32), self._shape).copy()

    def see(self, sensed: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Shift what is sensed."""
        strength = self._curve.at(self._clock.age)
        if strength != self._strength:
            self._turn(strength)
        if strength == 0.0:
            return sensed
        seen = sensed * self._factors
        seen += self._added
        if not self._image:
            return seen
        np.rint(seen, out=seen)
        return np.clip(seen, 0.0, BYTE, out=seen).astype(np.uint8)

    def report(self) -> dict[str, np.ndarray]:
        """Tell the present strength."""
        return {self._name: self._told}


def _check_number(owner: str, value: Any, low: float, unit: str) -> None:
    """Check a number, and refuse a signal where only a number can stand."""
    if isinstance(value, Signal):
        raise TypeError(f"{owner} is {unit}, a number; got {value}; let Shift.when be the signal")
    check_range(owner, value, low, np.inf, unit)
