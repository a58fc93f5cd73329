"""A page for each kind of change: what it does, its fields, what it reports, a picture of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any

import gymnasium as gym
import numpy as np

from envs import Change, Clock, Setting
from envs.changes.action_change import ActionChange
from envs.changes.fault import Fault
from envs.senses import free
from experiments.load import plain
from experiments.pages.docstrings import default_of, spec_value, told

GROUPS: Mapping[str, str] = {
    "senses": "Senses wired up differently",
    "storms": "Sensors that fail",
    "goals": "What there is to do",
    "dynamics": "Worlds that move differently",
    "actions": "Bodies that obey differently",
}
"""Group of changes -> its heading."""
BASES: Mapping[str, Mapping[str, Any]] = {
    "Acrobot-v1": {},
    "Pendulum-v1": {},
    "lifelong/Pixels-v0": {},
    "lifelong/Room-v0": {},
    "lifelong/NineRooms-v0": {},
    "lifelong/PointMaze-v0": {"reward": "dense", "reveal_goal": True},
    "InvertedPendulum-v5": {},
    "LunarLander-v3": {},
    "lifelong/Labelled-v0": {},
}
"""Bases of all kinds of senses, actions and bodies, with their arguments; pictures are looked for in this order."""


FAMILIES: Mapping[type[Change], str] = {Fault: "fault", ActionChange: "change of actions"}
"""Classes whose fields all of their kinds have, and what these are called."""


def kinds() -> dict[str, type[Change]]:
    """Give the kinds of changes of the house by name, in the order of their groups."""
    order = list(GROUPS)
    shipped = {kind: cls for kind, cls in Change.kinds.items() if cls.__module__.startswith("envs.")}
    return dict(sorted(shipped.items(), key=lambda one: (order.index(one[1].group), one[0])))


@cache
def fitting(cls: type[Change]) -> dict[str, Change]:
    """Find the bases that a kind fits: id -> the first of its examples that does; where it has levels, the hardest."""
    found: dict[str, Change] = {}
    hardest = (cls(level="hard"),) if "level" in {field.name for field in fields(cls)} else ()  # pyright: ignore[reportCallIssue]
    for base in BASES:
        for example in (*hardest, *cls.examples()):
            try:
                env = example.wrap(bare(base), _setting())
            except ValueError:
                continue
            env.close()
            found[base] = example
            break
    return found


def bare(base: str) -> gym.Env:
    """Make one of `BASES`."""
    return free(gym.make(base, disable_env_checker=True, **BASES[base]))


def _setting() -> Setting:
    return Setting(Clock(), *np.random.default_rng(0).spawn(2))


def change_page(cls: type[Change]) -> str:
    """Write the page of a kind."""
    about, fits = told(cls), fitting(cls)
    shown = next(iter(fits))
    lines = [f"# `{cls.kind}`", "", about.first, ""]
    if about.body:
        lines += [about.body, ""]
    lines += [f"![what it does in {shown}]({cls.kind}.png)", "", f"In the picture: `{spec(fits[shown])}`.", ""]
    own = [field.name for field in fields(cls)]
    family = next((base for base in FAMILIES if issubclass(cls, base)), None)
    common = [field.name for field in fields(family)] if family else []
    own = [name for name in own if name not in common]
    for heading, names in (("Fields", own), (f"Fields of every {FAMILIES[family] if family else ''}", common)):
        if names:
            lines += [f"## {heading}", "", "| field | meaning | default |", "|---|---|---|"]
            lines += [f"| `{name}` | {about.fields.get(name, '')} | {_code(default_of(cls, name))} |" for name in names]
            lines += [""]
    lines += _levels(cls) + _reports(fits[shown])
    lines += ["## Where", "", "It fits bases such as " + ", ".join(f"`{base}`" for base in fits) + ".", ""]
    if about.source:
        lines += ["## Source", "", about.source, ""]
    return "\n".join(lines)


def _levels(cls: type[Change]) -> list[str]:
    """Write what the levels of a fault mean."""
    presets = getattr(cls, "presets", {})
    names = sorted({name for values in presets.values() for name in values})
    if not names:
        return []
    rows = [
        f"| `{level}` | " + " | ".join(f"`{spec_value(values.get(name))}`" for name in names) + " |"
        for level, values in presets.items()
    ]
    return [
        "## Levels",
        "",
        f"| level | {' | '.join(f'`{n}`' for n in names)} |",
        "|---" * (len(names) + 1) + "|",
        *rows,
        "",
    ]


def _reports(example: Change) -> list[str]:
    """Write what is told to recorders."""
    names = example.reports()
    if not names:
        return ["It reports nothing.", ""]
    return ["## Reports", "", 'In `info["lifelong"]`: ' + ", ".join(f"`{name}`" for name in names) + ".", ""]


def spec(change: Change) -> str:
    """Write a change as specs do, without what is default."""
    defaults = {field.name: default_of(type(change), field.name) for field in fields(change)}
    given = {
        name: value
        for name, value in plain(change).items()
        if name != "kind" and spec_value(value) != defaults[name] and value is not None
    }
    said = "".join(f", {name}: {spec_value(value)}" for name, value in given.items())
    return f"{{kind: {change.kind}{said}}}"


def _code(text: str) -> str:
    return f"`{text}`" if text else "must be given"


def change_table() -> str:
    """Write the table of all kinds."""
    lines = []
    for group, heading in GROUPS.items():
        members = {kind: cls for kind, cls in kinds().items() if cls.group == group}
        if members:
            lines += [f"### {heading}", "", "| kind | what it does |", "|---|---|"]
            lines += [f"| [`{kind}`](changes/{kind}.md) | {told(cls).first} |" for kind, cls in members.items()]
            lines += [""]
    return "\n".join(lines)
