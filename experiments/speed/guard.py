"""What has become slower than it was: ratios of one run against those of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from experiments.speed.measure import more_is_better

MARGIN = 0.15
"""How far beyond the spread of the run before a ratio may lie, as a share of it."""


@dataclass(frozen=True)
class Verdict:
    """What was found.

    Attributes:
        slower: A line for each row that has become slower.
        kept: Rows that have not.
        apart: A line for each row of the run before that cannot be compared, with the reason.
    """

    slower: tuple[str, ...]
    kept: int
    apart: tuple[str, ...]


def compared(now: dict[str, Any], before: dict[str, Any]) -> Verdict:
    """Compare two results of `lifelong bench speed`.

    A row is slower if its median lies beyond the worst turn of the run before by more than `MARGIN`. Ratios are
    compared whatever the machine; figures that stand alone only between equal processors. Rows of the run before that
    were not asked for this time are left out.

    Args:
        now: This run.
        before: The one it is held against.
    """
    slower, apart, kept = [], [], 0
    same = now["machine"]["processor"] == before["machine"]["processor"]
    for name, old in before["rows"].items():
        new = now["rows"].get(name)
        if new is None or "median" not in old:
            continue
        if "median" not in new:
            apart.append(f"{name}: {new.get('absent') or new.get('failed')}")
            continue
        if new["other"] is None and not same:
            apart.append(f"{name}: another processor")
            continue
        limit = worst(old)
        if new["median"] < limit if more_is_better(new["kind"]) else new["median"] > limit:
            slower.append(
                f"{name}: {new['median']:.4g}, was {old['median']:.4g} [{old['min']:.4g}, {old['max']:.4g}], "
                f"may be {limit:.4g}"
            )
        else:
            kept += 1
    return Verdict(tuple(slower), kept, tuple(apart))


def worst(old: dict[str, Any]) -> float:
    """Give the last value that is not slower than a row of the run before."""
    return old["min"] / (1 + MARGIN) if more_is_better(old["kind"]) else old["max"] * (1 + MARGIN)
