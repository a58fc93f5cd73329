"""NumPy views of a module's buffers, made once: what compiled kernels and host arithmetic work on, step after step."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import nn


class Viewed(nn.Module):
    """A module whose buffers, on the CPU, can be had as NumPy arrays without asking every time.

    The arrays share the buffers' memory: a buffer may be changed in place, but must not be put in another's stead
    without `forget_views`. Copies, moves and loaded states make views of their own.
    """

    _views: dict[str, np.ndarray] | None = None

    @property
    def views(self) -> dict[str, np.ndarray]:
        """Every buffer by name, as an array."""
        views = self._views
        if views is None:
            views = {name: value.numpy() for name, value in self._buffers.items() if value is not None}
            object.__setattr__(self, "_views", views)
        return views

    def forget_views(self) -> None:
        """Drop the views: to be called where a buffer was put in another's stead."""
        object.__setattr__(self, "_views", None)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_views"}

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        self.forget_views()
        return super()._apply(fn, recurse)

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self.forget_views()
