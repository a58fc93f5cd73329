"""State that stays on the host: a handful of numbers a step, for which a device is only a detour."""

from __future__ import annotations

from typing import Any

from lifelong_agent.views import Viewed


class HostModule(Viewed):
    """A module whose buffers keep their place and type: `.to(device)`, `.cuda()`, `.float()` pass it by.

    Its methods take and return NumPy arrays, views of CPU buffers: ten times cheaper for a few numbers than tensors.
    """

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        return self
