"""A number that changes over a life, as plain data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from envs.when.checking import check_number, told_range
from envs.when.curve import Curve, Level

if TYPE_CHECKING:
    from envs.when.combine import Clipped, Product, Sum
    from envs.when.pace import Pace
    from envs.when.retime import Held, Shifted


@dataclass(frozen=True)
class Signal(ABC):
    """How a number changes over a life: data, which specs can say and lives can be told by.

    A subclass is a frozen dataclass that names its kind, ``class Ramp(Signal, kind="ramp")``; defining it registers it.
    Wherever a change has a field of type ``float | Signal``, a number stands for one that never changes.

    Signals and numbers add, subtract and multiply, and can be clipped, shifted and held; what comes out is a signal,
    data again. In a sum each random part is drawn for itself: ``walk - walk`` is the difference of two walks, not 0.

    Attributes:
        kinds: All registered signals by kind.
        kind: The name of this signal in specs.
    """

    kinds: ClassVar[dict[str, type[Signal]]] = {}
    kind: ClassVar[str]

    __array_ufunc__ = None  # numbers of NumPy leave sums and products to us

    def __init_subclass__(cls, *, kind: str | None = None, **rest: object) -> None:
        """Register a new kind of signal; a class without a kind is a base of others.

        Raises:
            TypeError: If another class has claimed the kind.
        """
        super().__init_subclass__(**rest)
        if kind is not None:
            register(Signal.kinds, kind, cls)
            cls.kind = kind

    @classmethod
    def examples(cls) -> tuple[Signal, ...]:
        """Give some signals of this kind that change within 1,000 steps, for the tests and the documentation."""
        return (cls(),)

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

    def clip(self, low: float, high: float) -> Clipped:
        """Give the signal kept within bounds."""
        from envs.when.combine import Clipped  # noqa: PLC0415  (signals themselves, as are all that follow)

        return Clipped(self, low, high)

    def shift(self, steps: int) -> Shifted:
        """Give the signal some life steps later (negative: earlier)."""
        from envs.when.retime import Shifted  # noqa: PLC0415

        return Shifted(self, steps)

    def hold(self, every: int | Pace) -> Held:
        """Give the signal as it is sampled every so many life steps, or at the beats of a pace."""
        from envs.when.retime import Held  # noqa: PLC0415

        return Held(self, every)

    def __add__(self, other: float | Signal) -> Sum:
        return _combined("sum", self, other)

    def __radd__(self, other: float) -> Sum:
        return _combined("sum", other, self)

    def __sub__(self, other: float | Signal) -> Sum:
        return _combined("sum", self, -other if _is_part(other) else other)

    def __rsub__(self, other: float) -> Sum:
        return _combined("sum", other, -self)

    def __mul__(self, other: float | Signal) -> Product:
        return _combined("product", self, other)

    def __rmul__(self, other: float) -> Product:
        return _combined("product", other, self)

    def __neg__(self) -> Product:
        return _combined("product", -1.0, self)


def _is_part(value: Any) -> bool:
    return isinstance(value, Signal) or (isinstance(value, Real) and not isinstance(value, bool))


def _combined(kind: str, *parts: Any) -> Any:
    """Combine signals and numbers, sums of sums into one; of anything else Python is told that we know no sum."""
    if not all(_is_part(part) for part in parts):
        return NotImplemented
    from envs.when.combine import Product, Sum  # noqa: PLC0415

    whole = {"sum": Sum, "product": Product}[kind]
    flat: list[float | Signal] = []
    for part in parts:
        if isinstance(part, whole):
            flat += part.parts
        else:
            flat.append(part)
    return whole(tuple(flat))


@dataclass(frozen=True)
class Fixed(Signal):
    """A signal with nothing random about it, which is its own curve. A subclass writes `at` and, at best, `until`."""

    def bind(self, rng: np.random.Generator) -> Self:
        """Give itself."""
        return self

    @abstractmethod
    def at(self, age: int) -> float:
        """Give its value at an age; see `Curve.at`."""

    def until(self, age: int) -> int:
        """Give an age before which its value stays; see `Curve.until`."""
        return age + 1


def bind(value: float | Signal, rng: np.random.Generator) -> Curve:
    """Make the curve of a number or a signal.

    The generator is split off whether or not the value needs one, so that exchanging a number for a signal changes
    nothing else that is drawn.
    """
    (own,) = rng.spawn(1)
    return value.bind(own) if isinstance(value, Signal) else Level(value)


def register(kinds: dict[str, Any], kind: str, cls: type) -> None:
    """Put a class into a registry of kinds.

    Raises:
        TypeError: If another class has claimed the kind.
    """
    owner = kinds.setdefault(kind, cls)
    if (owner.__module__, owner.__qualname__) != (cls.__module__, cls.__qualname__):
        raise TypeError(
            f"kind {kind!r} belongs to {owner.__module__}.{owner.__qualname__}; "
            f"{cls.__module__}.{cls.__qualname__} needs a name of its own"
        )
    kinds[kind] = cls


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
        cure = "; .clip(low, high) keeps a signal within bounds" if isinstance(value, Signal) else ""
        raise ValueError(f"{owner} is {unit}, {told_range(low, high)}; got {came}{cure}")


def check_part(owner: str, value: Any) -> float | Signal:
    """Check that a part of a combination is a signal or a finite number, and give it, a number as a float.

    Raises:
        TypeError: If it is neither.
        ValueError: If it is a number that is not finite.
    """
    if isinstance(value, Signal):
        return value
    return check_number(owner, value, unit="a signal or a number")


def check_signal(owner: str, value: Any) -> None:
    """Check that a field is a signal; raises TypeError."""
    if not isinstance(value, Signal):
        raise TypeError(f"{owner} is a signal, one of {', '.join(Signal.kinds)}; got {value!r}")
