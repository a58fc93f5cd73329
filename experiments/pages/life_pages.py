"""A page for each named life: what it is, its worlds, its sizes, how it is made, a picture of it."""

from __future__ import annotations

import re
import sys
from collections import Counter

from matplotlib.figure import Figure

from envs import LIVES, Schedule, Task, make_life
from experiments.pages.change_pages import spec
from experiments.pages.docstrings import spec_value, told
from experiments.plot_timeline import timeline
from experiments.preview import look

SEED = 0
"""Whose life is drawn: where something is random, pictures show that of this seed."""
MOST_STAGES = 12
"""Visits that are written out; longer orders are only counted."""
MAKE = """\
```python
import gymnasium as gym

import envs  # registers the lives

life = gym.make("lifelong/{name}-v0", seed=3)
bodies = gym.make_vec("lifelong/{name}-v0", num_envs=8, vectorization_mode="vector_entry_point")
```

In a [spec](../experiments.md#a-spec): `life: {name}`. Drawn before a step is lived: `./run lifelong preview {name}`.
"""


def lives() -> list[str]:
    """Give the names of the lives of the house, in the order in which they are named."""
    return [name for name, make in LIVES.items() if make.__module__.startswith("envs.")]


def life_page(name: str) -> str:
    """Write the page of a life."""
    about, schedule = told(LIVES[name]), make_life(name)
    source = about.source or told(sys.modules[LIVES[name].__module__]).source  # that of its family
    lines = [f"# `{name}`", "", _linked(about.first, ""), ""]
    if about.body:
        lines += [_linked(about.body, ""), ""]
    lines += [f"![which world is lived when]({name}.png)", ""]
    facts = {
        "worlds": str(len(schedule.tasks)),
        "visits": str(len(schedule.stays)),
        "environment steps of a visit": steps_of_visits(schedule),
        "environment steps of the life": f"{schedule.total:,}",
        "hash": f"`{schedule.hash}`",
    }
    lines += ["| | |", "|---|---|", *(f"| {label} | {value} |" for label, value in facts.items()), ""]
    lines += ["## How to make it", "", MAKE.format(name=name)]
    lines += ["## Worlds", "", "| world | base | arguments | changes, from the inside out | visits |"]
    lines += ["|---|---|---|---|---|", *_worlds(schedule), ""]
    if schedule.over:
        over = [f"- `{spec(change)}`" for change in schedule.over]
        lines += ["Over all of them, from the inside out:", "", *over, ""]
    lines += ["## Order", "", _order(schedule), ""]
    if source:
        lines += ["## Source", "", source, ""]
    return "\n".join(lines)


def life_table() -> str:
    """Write the table of all lives."""
    lines = ["| life | worlds | what it is | steps a visit | visits | steps |", "|---|---|---|---|---|---|"]
    for name in lives():
        schedule, first = make_life(name), _linked(told(LIVES[name]).first, "lives/")
        lines.append(
            f"| [`{name}`](lives/{name}.md) | {len(schedule.tasks)} | {first} | {steps_of_visits(schedule)} | "
            f"{len(schedule.stays)} | {schedule.total:,} |"
        )
    return "\n".join(lines)


def life_picture(name: str) -> Figure:
    """Draw the timeline of a life, as `lifelong preview` does."""
    schedule = make_life(name)
    return timeline(schedule, *look(schedule, SEED), name, SEED)


def steps_of_visits(schedule: Schedule) -> str:
    """Say how long visits are: one number, or the shortest and the longest one."""
    lengths = [stay.stop - stay.start for stay in schedule.stays]
    shortest, longest = min(lengths), max(lengths)
    return f"{shortest:,}" if shortest == longest else f"{shortest:,} to {longest:,}"


def _worlds(schedule: Schedule) -> list[str]:
    """Write a row for each world; those that follow each other and differ in nothing but their dice share one."""
    visits = Counter(stay.task for stay in schedule.stays)
    groups: list[list[int]] = []
    for index in range(len(schedule.tasks)):
        said = (*_said(schedule.tasks[index]), visits[index])
        if groups and said == (*_said(schedule.tasks[index - 1]), visits[index - 1]):
            groups[-1].append(index)
        else:
            groups.append([index])
    rows = []
    for group in groups:
        names = [schedule.names[index] for index in group]
        label = f"`{names[0]}`" if len(names) == 1 else f"`{names[0]}` to `{names[-1]}`, each with dice of its own"
        rows.append(f"| {label} | {' | '.join(_said(schedule.tasks[group[0]]))} | {visits[group[0]]} |")
    return rows


def _said(task: Task) -> tuple[str, str, str]:
    """Say what a world is, but for its name: base, arguments, changes."""
    arguments = ", ".join(f"`{label}: {spec_value(value)}`" for label, value in task.kwargs.items())
    return f"`{task.env_id}`", arguments, ", ".join(f"`{spec(change)}`" for change in task.changes)


def _order(schedule: Schedule) -> str:
    """Say what comes after what."""
    stays = [stay.task for stay in schedule.stays]
    total = len(stays)
    period = next(n for n in range(1, total + 1) if total % n == 0 and stays[:n] * (total // n) == stays)
    names = [f"`{schedule.names[task]}`" for task in stays[:period]]
    shown = names if period <= MOST_STAGES else [*names[:3], "...", names[-1]]
    times = total // period
    said = ", ".join(shown) + (f"; {times} times" if times > 1 else "") + "."
    blends = sorted({stay.blend for stay in schedule.stays if stay.blend})
    if blends:
        said += f" Switches are gradual, over {' or '.join(f'{blend:,}' for blend in blends)} steps."
    return said


def _linked(text: str, folder: str) -> str:
    """Make links of the names of other lives."""

    def link(found: re.Match[str]) -> str:
        return f"[{found[0]}]({folder}{found[1]}.md)" if found[1] in LIVES else found[0]

    return re.sub(r"`(\w+)`", link, text)
