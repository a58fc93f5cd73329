"""A module of which somebody holds a working copy: it is brought up to date before anyone looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from torch import nn

from lifelong_agent.views import Viewed


class Holder(Protocol):
    """Holds a working copy."""

    def settle(self) -> None:
        """Write back what has changed since the last time; cheap if nothing has."""
        ...


class Attended(Viewed):
    """A module whose parts and buffers, however they are reached, are what its holder knows by now.

    Only whoever keeps a part or buffer by itself, while its holder goes on, looks at what was: ask the module anew.
    """

    _holder: Holder | None = None

    def attend(self, holder: Holder | None) -> None:
        """Let somebody hold a working copy, in place of whoever did."""
        self.settle()
        object.__setattr__(self, "_holder", holder)

    def settle(self) -> None:
        """Bring everything up to date."""
        if self._holder is not None:
            self._holder.settle()

    def __getattr__(self, name: str) -> Any:  # asked for parts and buffers only: all else is found before
        self.settle()
        return super().__getattr__(name)

    def __getstate__(self) -> dict[str, Any]:
        self.settle()
        return {name: value for name, value in super().__getstate__().items() if name != "_holder"}

    def named_children(self) -> Iterator[tuple[str, nn.Module]]:
        """See `torch.nn.Module`."""
        self.settle()
        return super().named_children()

    def named_modules(self, *args: Any, **kwargs: Any) -> Any:
        """See `torch.nn.Module`: buffers and parameters are found by way of it."""
        self.settle()
        return super().named_modules(*args, **kwargs)

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """See `torch.nn.Module`."""
        self.settle()
        return super().state_dict(*args, **kwargs)

    def load_state_dict(self, state_dict: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        """See `torch.nn.Module`."""
        self.settle()
        return super().load_state_dict(state_dict, *args, **kwargs)
