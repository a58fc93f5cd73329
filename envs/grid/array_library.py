"""What NumPy and torch do under different names: the rest of the array engines is written once for both."""

from __future__ import annotations

import importlib
from typing import Any, Protocol

import numpy as np

from envs.batched import Array


class Library(Protocol):
    """Where arrays live, and what makes them.

    Attributes:
        xp: NumPy or torch: for the operations that both have.
    """

    xp: Any

    def constant(self, array: np.ndarray) -> Array:
        """Bring an array here."""
        ...

    def rows(self, size: int) -> Array:
        """Number rows: ``0 ... size - 1``, int64."""
        ...

    def blank(self, *shape: int) -> Array:
        """Make an array of bytes that is about to be written."""
        ...

    def copy(self, array: Array) -> Array:
        """Copy an array."""
        ...

    def wide(self, array: Array) -> Array:
        """Give whole numbers as int64, which can be an index in both libraries."""
        ...

    def narrow(self, array: Array) -> Array:
        """Give whole numbers as bytes."""
        ...

    def real(self, array: Array) -> Array:
        """Give whole numbers in the type of rewards."""
        ...


class HostLibrary:
    """NumPy. Rewards are float64."""

    xp: Any = np

    def constant(self, array: np.ndarray) -> np.ndarray:
        """See `Library.constant`."""
        return array

    def rows(self, size: int) -> np.ndarray:
        """See `Library.rows`."""
        return np.arange(size)

    def blank(self, *shape: int) -> np.ndarray:
        """See `Library.blank`."""
        return np.empty(shape, np.uint8)

    def copy(self, array: np.ndarray) -> np.ndarray:
        """See `Library.copy`."""
        return array.copy()

    def wide(self, array: np.ndarray) -> np.ndarray:
        """See `Library.wide`."""
        return array.astype(np.int64)

    def narrow(self, array: np.ndarray) -> np.ndarray:
        """See `Library.narrow`."""
        return array.astype(np.uint8)

    def real(self, array: np.ndarray) -> np.ndarray:
        """See `Library.real`."""
        return array.astype(np.float64)


class DeviceLibrary:
    """Torch on one device. Rewards are float64 on the CPU, exact as NumPy's, and float32 elsewhere.

    Attributes:
        xp: Torch.
        device: The device, a ``torch.device``.
    """

    def __init__(self, device: str) -> None:
        """Find the device.

        Raises:
            ValueError: If torch is not installed, or the device is not there.
        """
        try:
            # By name: who makes no worlds for torch need not have it, and processes of worlds stay small.
            self.xp: Any = importlib.import_module("torch")
        except ImportError as error:
            raise ValueError(f"engine 'torch' needs torch, which cannot be used here: {error}") from error
        self.device = self._find(device)
        self._real = self.xp.float64 if self.device.type == "cpu" else self.xp.float32

    def _find(self, name: str) -> Any:
        there = ["cpu"]
        if self.xp.accelerator.is_available():
            kind = self.xp.accelerator.current_accelerator().type
            there += [f"{kind}:{number}" for number in range(self.xp.accelerator.device_count())]
        try:
            device = self.xp.device(name)
        except (RuntimeError, TypeError):
            device = None
        if device is None or (str(device) not in there and f"{device}:0" not in there):
            raise ValueError(f"devices that torch has here are {', '.join(there)}; got {name!r}")
        return device

    def constant(self, array: np.ndarray) -> Array:
        """See `Library.constant`; always a copy."""
        return self.xp.tensor(array, device=self.device)

    def rows(self, size: int) -> Array:
        """See `Library.rows`."""
        return self.xp.arange(size, device=self.device)

    def blank(self, *shape: int) -> Array:
        """See `Library.blank`."""
        return self.xp.empty(shape, dtype=self.xp.uint8, device=self.device)

    def copy(self, array: Array) -> Array:
        """See `Library.copy`."""
        return array.clone()

    def wide(self, array: Array) -> Array:
        """See `Library.wide`."""
        return array.to(self.xp.int64)

    def narrow(self, array: Array) -> Array:
        """See `Library.narrow`."""
        return array.to(self.xp.uint8)

    def real(self, array: Array) -> Array:
        """See `Library.real`."""
        return array.to(self._real)
