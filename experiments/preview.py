"""`lifelong preview`: what comes when in a life, before a single step, printed and drawn, with its hash."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from rich.console import Console

from envs import Change, Schedule, Signal, Task
from envs.when import Curve
from envs.worlds import Worlds
from experiments.load import SpecError, load_life
from experiments.options import PreviewOptions, one_line, read_options
from experiments.pages.change_pages import spec
from experiments.plot_timeline import Line, Spell, lived, name_of, timeline
from experiments.plots import save
from experiments.tables import rich_table

MOST_ROWS = 60
"""Visits that are printed; those of longer lives are counted only."""
POINTS = 1500
"""Ages at which a curve is drawn, besides the ends of visits."""


def preview(args: Sequence[str]) -> int:
    """Print and draw the timeline of a life, named or in a file."""
    if not args or args[0].startswith("-"):
        if any(word in args for word in ("-h", "--help")):
            read_options(
                PreviewOptions, ["--help"], "lifelong preview LIFE", "LIFE is a life, a preset, or a YAML or JSON file."
            )
        raise SpecError(
            "say which life first: lifelong preview LIFE, a life or preset (`lifelong list`), or a YAML or JSON file"
        )
    options = read_options(PreviewOptions, args[1:], f"lifelong preview {args[0]}")
    schedule, name = load_life(args[0]), Path(args[0]).stem
    try:
        text = schedule.to_json()
        spells, lines = look(schedule, options.seed)
    except Exception as error:  # whatever a world raises at birth, gymnasium's own errors too, is the spec's fault
        raise SpecError(f"{name}: life: {one_line(str(error))}") from error
    title = f"{name}: {len(schedule.tasks)} worlds, {len(schedule.stays)} visits, {schedule.total:,} environment steps"
    Console().print(rich_table(title, *rows(schedule)))
    for change in schedule.over:
        print(f"over all: {spec(change)}")
    print(f"hash: {schedule.hash}")
    path = options.out / f"{name}_timeline.png"
    save(timeline(schedule, spells, lines, f"{title}; hash {schedule.hash}", options.seed), path)
    print(f"drawn: {path}")
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(text + "\n", encoding="utf-8")
        print(f"written: {options.json}")
    return 0


def rows(schedule: Schedule) -> tuple[list[str], list[list[str]]]:
    """Lay out the visits as a table: header and rows."""
    gradual = any(stay.blend for stay in schedule.stays)
    header = ["visit", "from", "to", *(["gradual for"] if gradual else []), "world", "what it is"]
    table = [
        [
            str(k),
            f"{stay.start:,}",
            f"{stay.stop:,}",
            *([f"{stay.blend:,}" if stay.blend else ""] if gradual else []),
            schedule.names[stay.task],
            describe_task(schedule.tasks[stay.task]),
        ]
        for k, stay in enumerate(schedule.stays[:MOST_ROWS])
    ]
    if len(schedule.stays) > MOST_ROWS:
        table.append(["...", *[""] * (len(header) - 2), f"and {len(schedule.stays) - MOST_ROWS} more visits"])
    return header, table


def describe_task(task: Task) -> str:
    """Say what a task is: its environment and its changes."""
    return " + ".join((task.env_id, *(change.kind for change in task.changes)))


def look(schedule: Schedule, seed: int) -> tuple[list[Spell], list[Line]]:
    """Find the storms and the curves that a life of a seed meets, by building its worlds without a step in them."""
    spells: list[Spell] = []
    lines: list[Line] = []
    seen_over = False
    worlds = Worlds(schedule, seed, "life")
    points = np.unique(np.linspace(0, schedule.total - 1, POINTS).astype(int)).tolist()
    for task in sorted({visit.task for visit in schedule.visits}):
        here = [(visit.start, visit.stop) for visit in schedule.visits if visit.task == task]
        env, count = schedule.tasks[task].make_bare(), len(schedule.tasks[task].changes)
        for k, setting in enumerate(worlds.settings(task, 0)):
            over = k >= count
            if over and seen_over:
                break
            row = len(schedule.tasks) + k - count if over else task
            when = [(0, schedule.total)] if over else here
            curves: dict[str, Curve] = {}
            inside, change = env, listening(schedule.lived[task].changes[k], curves)
            env = change.wrap(inside, setting)
            spells += [Spell(row, *storm) for storm in storms(env, inside, when)]
            edges = [age for start, stop in when for age in (start, stop - 1)]
            for name, curve in curves.items():
                ages = sorted({*points, *edges})
                values = np.array([float(curve.at(age)) for age in ages])
                panel, whose = f"{name_of(change)}.{name}", None if over else task
                lines.append(Line(panel, whose, np.array(ages), values, lived(ages, when)))
        env.close()
        seen_over = True
    worlds.close()
    return spells, lines


def listening(change: Change, heard: dict[str, Curve]) -> Change:
    """Give a copy of a change that notes the curves which its signals become: field -> curve."""

    def listen(value: Any, name: str) -> Any:
        if isinstance(value, Signal):
            ear = copy.copy(value)

            def bind(rng: np.random.Generator) -> Curve:
                heard[name] = value.bind(rng)
                return heard[name]

            object.__setattr__(ear, "bind", bind)
            return ear
        if isinstance(value, tuple):
            return tuple(listen(item, f"{name}[{k}]") for k, item in enumerate(value))
        if isinstance(value, Mapping):
            return {key: listen(item, f"{name}.{key}") for key, item in value.items()}
        return value

    told_by = {item.name: getattr(change, item.name) for item in fields(change) if item.init}
    return replace(change, **{name: listen(value, name) for name, value in told_by.items()})


def storms(env: gym.Env, inside: gym.Env, when: Sequence[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """List start, stop and kind of the storms that one change brings, if it keeps a timetable.

    Args:
        env: What the change made.
        inside: What it was given.
        when: The visits in which it is met, start and stop.
    """
    found = []
    while env is not inside and isinstance(env, gym.Wrapper):
        keeper: Any = env if hasattr(env, "timetable") else getattr(env, "effect", None)
        for start, stop in when if hasattr(keeper, "timetable") else ():
            age = start
            while age < stop:
                spell = keeper.timetable.at(age)
                if spell.mask.any():
                    found.append((age, min(spell.stop, stop), spell.kind))
                age = spell.stop
        env = env.env
    return found
