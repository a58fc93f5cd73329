"""Storms by name: faults of sensors, and what goes with them, that come together at one level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from typing import Any

from envs.changes.base import Change
from envs.changes.fault import LEVELS
from envs.when import Signal

STORMS: dict[str, tuple[str, ...]] = {
    "combined": (
        *("dummy", "noise", "drop", "stuck", "delay"),
        *("repeat_actions", "noisy_actions", "delay_actions", "reward_delay"),
    ),
    "observations": ("dummy", "noise", "drop", "stuck", "delay"),
    "sensors": ("noise", "drop", "stuck"),
    "bursts": ("drop", "stuck", "spikes"),
    "drift": ("bias_drift", "scale_drift"),
    "late": ("jitter", "packet_loss"),
    "worn": ("saturate", "quantise", "bias_drift"),
    "bits": ("drop", "stuck", "invert"),
    "camera": ("blur", "noise", "occlude", "invert_colours"),
}
"""Name -> kinds of changes, from the inside out.

``combined`` is the "combined challenge" of the Real-World RL suite, at its levels and in its order (Dulac-Arnold et al.
2020, arXiv:2003.11881, and ``get_combined_challenge`` of its code), except that the dummy channels come first and are
spoilt too, and that nothing perturbs the dynamics: add a ``dynamics`` of the body for that. ``observations`` is what it
does to observations alone. As dummies add channels, all tasks of a life need them at one level; ``sensors`` is what is
left without them and the delay.
"""


def storm(
    level: str = "easy",
    kinds: str | Sequence[str] | Mapping[str, tuple[int, ...]] = "sensors",
    when: float | Signal = 1.0,
) -> tuple[Change, ...]:
    """Make changes that come together, for `Task.changes`.

    ``storm("hard", "combined")`` is a storm by name, ``storm("medium", ("noise", "drop"))`` one of given kinds, and
    ``storm("easy", {"noise": (0, 2), "stuck": (1, 3)})`` one in which each kind hits a sensor group of its own.

    Args:
        level: ``"easy"``, ``"medium"`` or ``"hard"``.
        kinds: A name of `STORMS`; kinds of changes that have levels, from the inside out; or these with the channels
            that they hit, none for all.
        when: Strength over the life of all that have one.

    Returns:
        The changes, from the inside out.

    Raises:
        ValueError: If there is no such level, storm or kind, a kind has no levels or no channels, or one comes twice.
    """
    if level not in LEVELS:
        raise ValueError(f"a storm's level is one of {', '.join(LEVELS)}; got {level!r}")
    if isinstance(kinds, str):
        if kinds not in STORMS:
            raise ValueError(f"there is no storm {kinds!r}{_meant(kinds, STORMS)}; there are {', '.join(STORMS)}")
        kinds = STORMS[kinds]
    groups = kinds if isinstance(kinds, Mapping) else dict.fromkeys(kinds, ())
    if len(groups) < len(kinds):
        raise ValueError(f"a storm has each kind once; got {', '.join(kinds)}; build the second one with a label")
    return _labelled([_change(kind, level, channels, when) for kind, channels in groups.items()])


def _change(kind: str, level: str, channels: tuple[int, ...], when: float | Signal) -> Change:
    levelled = sorted(name for name, change in Change.kinds.items() if "level" in _names(change))
    if kind not in levelled:
        raise ValueError(f"no kind {kind!r} has levels{_meant(kind, levelled)}; those that do: {', '.join(levelled)}")
    names = _names(Change.kinds[kind])
    if channels and "channels" not in names:
        raise ValueError(f"{kind!r} has no channels to choose; got {channels}; give it none: {{{kind!r}: ()}}")
    given: dict[str, Any] = {"level": level}
    given |= {"channels": channels} if channels else {}
    given |= {"when": when} if "when" in names else {}
    return Change.kinds[kind](**given)


def _labelled(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Give a change its kind as its label where another one inside of it reports under the same name."""
    told: set[str] = set()
    labelled: list[Any] = []
    for change in changes:
        taken = "label" in _names(type(change)) and told & set(change.reports())
        labelled.append(replace(change, label=change.kind) if taken else change)  # pyright: ignore[reportCallIssue]
        told |= set(labelled[-1].reports())
    return tuple(labelled)


def _names(change: type[Change]) -> set[str]:
    return {field.name for field in fields(change)}


def _meant(name: str, names: Any) -> str:
    close = get_close_matches(name, list(names), 1)
    return f"; did you mean {close[0]!r}?" if close else ""
