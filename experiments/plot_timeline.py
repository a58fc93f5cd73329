"""The figure of a timeline: which world when, what blows over it, and the numbers that change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from envs import Change, Schedule
from experiments.plots import COLOURS, new_figure, plain_axes, short

DARK = "#222222"
MOST_LABELS = 6
"""Lines of a panel that are labelled beside it."""
MOST_ROWS = 30
"""Height of the worlds at most, in rows that can be read; of more every so many is named."""
WIDE = 20.0
"""Ratio of the highest and the lowest value, all above 0, from which on they are drawn on a logarithmic scale."""


@dataclass(frozen=True)
class Spell:
    """A storm in one row of the figure: tasks first, then the changes over all of them."""

    row: int
    start: int
    stop: int
    kind: str


@dataclass(frozen=True)
class Line:
    """A number that changes over the life."""

    panel: str
    """What it is, such as "noise.when"."""
    task: int | None
    """The task that it belongs to; None if it is over all of them."""
    ages: np.ndarray
    """Ages, shape (A,), rising."""
    values: np.ndarray
    """Its values there, shape (A,)."""
    here: np.ndarray
    """Whether its world is lived in there, shape (A,), bool."""


def name_of(change: Change) -> str:
    """Give the label of a change, or else its kind."""
    return getattr(change, "label", "") or change.kind


def timeline(schedule: Schedule, spells: Sequence[Spell], lines: Sequence[Line], title: str, seed: int) -> Figure:
    """Draw which world is lived when, gradual switches, storms, and the numbers that change.

    Args:
        schedule: The life.
        spells: Its storms.
        lines: The numbers that change.
        title: Said above.
        seed: Root seed of the life, to be said where it matters.
    """
    rows = [*schedule.names, *(f"over all: {name_of(change)}" for change in schedule.over)]
    panels: dict[str, list[Line]] = {}
    for line in lines:
        panels.setdefault(line.panel, []).append(line)
    heights = [0.7 + 0.36 * min(len(rows), MOST_ROWS), *(1.15 for _ in panels)]
    figure = new_figure(11.5, sum(heights) + 0.55)
    axes = figure.subplots(1 + len(panels), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    _draw_worlds(axes[0], schedule, spells, rows)
    for place, (name, drawn) in zip(axes[1:], panels.items(), strict=True):
        _draw_lines(place, name, drawn, schedule)
    notes = _notes(schedule, spells, lines, seed)
    axes[-1].set_xlabel("age (environment steps)" + "".join(f"; {note}" for note in notes))
    axes[-1].set_xlim(0, schedule.total)
    axes[-1].xaxis.set_major_formatter(lambda value, _: short(round(value)))
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    return figure


def _draw_worlds(axes: Axes, schedule: Schedule, spells: Sequence[Spell], rows: Sequence[str]) -> None:
    """Draw a row a task and a row a change over all of them."""
    tasks = len(schedule.tasks)
    for stay in schedule.stays:
        if stay.blend:
            axes.axvspan(stay.start, stay.start + stay.blend, color="#DDDDDD", lw=0, zorder=0)
    for task in range(tasks):
        parts = [(visit.start, visit.stop - visit.start) for visit in schedule.visits if visit.task == task]
        axes.broken_barh(parts, (task - 0.36, 0.72), color=COLOURS[task % len(COLOURS)], alpha=0.85, lw=0, zorder=2)
    for row in range(tasks, len(rows)):
        axes.broken_barh([(0, schedule.total)], (row - 0.36, 0.72), color="#CFCFCF", lw=0, zorder=2)
    for row in range(len(rows)):
        parts = [(spell.start, spell.stop - spell.start) for spell in spells if spell.row == row]
        alpha = 0.55 if row < tasks else 0.9
        axes.broken_barh(parts, (row - 0.36, 0.72), color="#111111", alpha=alpha, lw=0, zorder=3)
    named = range(0, len(rows), -(-len(rows) // MOST_ROWS))
    axes.set_yticks(list(named), [rows[row] for row in named])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    plain_axes(axes)


def _draw_lines(axes: Axes, name: str, lines: Sequence[Line], schedule: Schedule) -> None:
    """Draw one number that changes, a line a task that has it, thin where another world is lived in."""
    for line in lines:
        colour = DARK if line.task is None else COLOURS[line.task % len(COLOURS)]
        label = "over all" if line.task is None else schedule.names[line.task]
        axes.plot(line.ages, line.values, color=colour, lw=0.7, alpha=0.45)
        met = np.where(line.here, line.values, np.nan)
        axes.plot(line.ages, met, color=colour, lw=1.9, solid_capstyle="butt", label=label)
    values = np.concatenate([line.values for line in lines])
    if values.min() > 0 and values.max() > WIDE * values.min():
        axes.set_yscale("log")
    axes.margins(y=0.12)
    axes.set_title(name, loc="left", fontsize=9)
    if len(lines) <= MOST_LABELS:  # more do not fit beside a panel; the colours are those of the rows above
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8, frameon=False, handlelength=1.2)
    axes.tick_params(labelsize=8)
    plain_axes(axes)


def _notes(schedule: Schedule, spells: Sequence[Spell], lines: Sequence[Line], seed: int) -> list[str]:
    """Say what shades mean, and whose dice were thrown."""
    notes = []
    if any(stay.blend for stay in schedule.stays):
        notes.append("grey: gradual switches")
    kinds = sorted({spell.kind for spell in spells})
    if kinds:
        notes.append(f"dark: storms ({', '.join(kinds)}) of seed {seed}")
    elif lines:
        notes.append(f"random curves are those of seed {seed}")
    return notes


def lived(ages: Sequence[int], visits: Sequence[tuple[int, int]]) -> np.ndarray:
    """Tell at which ages one of the visits, start and stop, goes on: shape (A,), bool."""
    starts, stops = np.array(visits).T
    return ((starts <= np.array(ages)[:, None]) & (np.array(ages)[:, None] < stops)).any(axis=1)
