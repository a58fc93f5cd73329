"""A number that changes over a life, as plain data and as a pure function of the age."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np


class Curve(Protocol):
    """A number as a function of the age."""

    def at(self, age: int) -> float:
        """Give its value at an age in life steps, at least 0; asked again, and in any order, it is the same."""
        ...


@dataclass(frozen=True)
class Signal(ABC):
    """How a number changes over a life: data, which specs can say and lives can be told by.

    A subclass is a frozen dataclass that names its kind, ``class Ramp(Signal, kind="ramp")``; defining it registers it.
    Wherever a change has a field of type ``float | Signal``, a number stands for one that never changes.

    Attributes:
        kinds: All registered signals by kind.
        kind: The name of this signal in specs.
    """

    kinds: ClassVar[dict[str, type[Signal]]] = {}
    kind: ClassVar[str]

    def __init_subclass__(cls, *, kind: str, **rest: object) -> None:
        """Register a new kind of signal.

        Raises:
            TypeError: If another class has claimed the kind.
        """
        super().__init_subclass__(**rest)
        owner = Signal.kinds.setdefault(kind, cls)
        if (owner.__module__, owner.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(
                f"kind {kind!r} belongs to {owner.__module__}.{owner.__qualname__}; "
                f"{cls.__module__}.{cls.__qualname__} needs a name of its own"
            )
        Signal.kinds[kind] = cls
        cls.kind = kind

    @abstractmethod
    def bind(self, rng: np.random.Generator) -> Curve:
        """Make the curve of one life.

        Args:
            rng: What is random about it is drawn from here, in an order that does not depend on which ages are asked
                for; a curve owns its generator.

        Returns:
            The curve.
        """

    @abstractmethod
    def bounds(self) -> tuple[float, float]:
        """Give the lowest and the highest value it can ever take, which a change checks at construction."""


class Level:
    """The curve of a number that never changes."""

    def __init__(self, value: float) -> None:
        """Keep the value."""
        self._value = float(value)

    def at(self, age: int) -> float:
        """Give the value."""
        return self._value


def bind(value: float | Signal, rng: np.random.Generator) -> Curve:
    """Make the curve of a number or a signal.

    The generator is split off whether or not the value needs one, so that exchanging a number for a signal changes
    nothing else that is drawn.
    """
    (own,) = rng.spawn(1)
    return value.bind(own) if isinstance(value, Signal) else Level(value)


def check_range(owner: str, value: float | Signal, low: float, high: float, unit: str) -> None:
    """Check that a number, or all values that a signal can take, are finite and lie in a range, bounds included.

    Args:
        owner: Whose value it is, such as ``"Noise.deviation"``.
        value: The number or signal.
        low: Lower bound.
        high: Upper bound.
        unit: What the number is, such as ``"a probability"``.

    Raises:
        TypeError: If it is neither a number nor a signal.
        ValueError: If it leaves the range.
    """
    if isinstance(value, Signal):
        lowest, highest = value.bounds()
        came = f"{value}, which goes from {lowest} to {highest}"
    elif isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        lowest = highest = float(value)
        came = repr(value)
    else:
        raise TypeError(f"{owner} is {unit}: a number or a signal; got {value!r} of type {type(value).__name__}")
    if not (low <= lowest <= highest <= high) or not np.isfinite((lowest, highest)).all():
        raise ValueError(f"{owner} is {unit}, {_told(low, high)}; got {came}")


def _told(low: float, high: float) -> str:
    if np.isfinite(low) and np.isfinite(high):
        return f"from {low:g} to {high:g}"
    if np.isfinite(low):
        return f"finite and at least {low:g}"
    return f"finite and at most {high:g}" if np.isfinite(high) else "finite"
