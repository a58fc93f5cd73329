"""What a physical parameter is: numbers of a base that can be read and written."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """One physical parameter of a base.

    Attributes:
        base: The base's own value: a number, or an array of those of all its parts.
        read: Gives the present value, like ``base``.
        write: Takes a new one, like ``base``, from the base's next step on; nothing else of the base is touched.
        part: What it writes to; two parameters of one part, or of ``"x"`` and ``"x.y"``, would overwrite each other.
        above: What a value has to be above, or at least, where ``inclusive``.
        inclusive: Whether ``above`` itself will do.
        spread: Makes values like ``base`` of one number in the parameter's unit; None if there is no such number, and
            factors alone make sense.
        known_as: The base's own name for it.
    """

    base: Any
    read: Callable[[], Any]
    write: Callable[[Any], None]
    part: str
    above: float = 0.0
    inclusive: bool = True
    spread: Callable[[float], Any] | None = float
    known_as: str = ""

    def scaled(self, factor: float) -> Any:
        """Give the base's own value times a factor; times 1 it is the same to the bit."""
        return self.base * factor

    def overlaps(self, other: Parameter) -> bool:
        """Tell whether it and another one of the same base would overwrite each other."""
        ours, theirs = self.part + ".", other.part + "."
        return ours.startswith(theirs) or theirs.startswith(ours)

    def allows(self, lowest: float) -> bool:
        """Tell whether values from ``lowest`` on are possible."""
        return lowest >= self.above if self.inclusive else lowest > self.above


class Parameters:
    """The parameters of one base.

    Attributes:
        owner: What the base is called in errors.
        all: Name -> parameter; names such as ``"friction.floor"`` are of one part of a base.
    """

    def __init__(self, owner: str, parameters: Mapping[str, Parameter]) -> None:
        """Collect parameters."""
        self.owner, self.all = owner, dict(parameters)

    def __getitem__(self, name: str) -> Parameter:
        """Give a parameter.

        Raises:
            ValueError: If there is none of that name.
        """
        if name in self.all:
            return self.all[name]
        theirs = {one.known_as: mine for mine, one in self.all.items() if one.known_as}
        near = difflib.get_close_matches(name, [*self.all, *theirs], n=1, cutoff=0.5)
        meant = f", did you mean {theirs.get(near[0], near[0])!r}?" if near else ""
        raise ValueError(f"{self.owner} has no parameter {name!r}{meant}; it has {', '.join(self.listed())}")

    def listed(self) -> list[str]:
        """List the names, those of parts by their kinds."""
        whole = [name for name in self.all if "." not in name]
        parts = dict.fromkeys(name.partition(".")[0] for name in self.all if "." in name)
        return [*whole, *(f"{kind}.NAME for one named part" for kind in parts)]


def attribute(
    base: Any, name: str, *, positive: bool = False, above: float = 0.0, then: Callable[[], None] | None = None
) -> Parameter:
    """Make the parameter that is an attribute of an environment. It is written on the object and never on its class.

    Args:
        base: The environment.
        name: The attribute, a number.
        positive: Whether it has to be above ``above``.
        above: Lower bound.
        then: Called after it has been written, to work out what depends on it.
    """

    def write(value: float) -> None:
        setattr(base, name, value)
        if then is not None:
            then()

    return Parameter(
        float(getattr(base, name)),
        lambda: getattr(base, name),
        write,
        name,
        above=above,
        inclusive=not positive,
        known_as=name,
    )
