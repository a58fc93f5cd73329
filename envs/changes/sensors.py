"""What faults of sensors need to know of sensors: their senses, their bytes, and parameters for each channel."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces

from envs.senses import is_unbounded
from envs.when import Signal, check_range

BYTES = np.arange(256, dtype=np.float32)
"""All that a byte can be, for looking up what becomes of it."""
KINDS_OF_SENSES = {"real": "unbounded real numbers", "bits": "bits (MultiBinary)", "image": "images (H, W, C) of bytes"}


def sense_of(space: Any) -> str:
    """Tell whether a space holds ``"real"`` senses, ``"bits"`` or an ``"image"``; ``"other"`` if none of them."""
    if isinstance(space, spaces.MultiBinary):
        return "bits"
    if is_unbounded(space):
        return "real"
    if isinstance(space, spaces.Box) and space.dtype == np.uint8 and len(space.shape) == 3:
        return "image"
    return "other"


def as_bytes(numbers: np.ndarray) -> np.ndarray:
    """Turn numbers into the nearest bytes, as images have them."""
    return np.clip(np.rint(numbers), 0, 255).astype(np.uint8)


def of_channels(owner: str, value: float | tuple[float, ...], group: np.ndarray) -> np.ndarray:
    """Give a parameter's value for each channel, ``(channels,)`` float32, of one number or one for each channel.

    Raises:
        ValueError: If there is not one for each channel.
    """
    channels = group.shape[-1]
    if isinstance(value, tuple) and len(value) != channels:
        raise ValueError(f"{owner} needs one number for each of {channels} channels; got {len(value)}: {value}")
    return np.broadcast_to(np.asarray(value, np.float32), (channels,)).copy()


def check_each(owner: str, value: Any, low: float, high: float, unit: str) -> None:
    """Check a parameter that is one number or a tuple of one for each channel; see `envs.when.check_range`."""
    if isinstance(value, tuple) and not value:
        raise ValueError(f"{owner} is {unit}: one number, or one for each channel; got an empty tuple")
    for one in value if isinstance(value, tuple) else (value,):
        if isinstance(one, Signal):
            raise TypeError(f"{owner} is {unit}, which stays as it is; let `when` change over the life; got {one}")
        check_range(owner, one, low, high, unit)


def check_steps(owner: str, value: Any) -> None:
    """Check a length in steps of a body.

    Raises:
        TypeError: If it is no integer.
        ValueError: If it is below 1.
    """
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
        raise TypeError(f"{owner} is a whole number of steps; got {value!r} of type {type(value).__name__}")
    if value < 1:
        raise ValueError(f"{owner} is at least 1 step; got {value}")
