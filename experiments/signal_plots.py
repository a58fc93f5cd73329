"""A picture of signals: what numbers do over a life, one small panel each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from envs.when import Curve, Signal, bind, changes, values
from experiments.plots import COLOURS, new_figure, plain_axes, short
from lifelong_agent.seeds import generator

COLUMNS = 4
POINTS = 800


def signal_figure(signals: Mapping[str, Signal], age: int, seed: int) -> Figure:
    """Draw signals over a life, one small panel each; those that jump as stairs, the others as lines.

    Args:
        signals: Name -> signal, at least one.
        age: How long the life is, in life steps, at least 1.
        seed: Seed of what is random; each signal is drawn under its own name, whichever are drawn beside it.

    Raises:
        ValueError: If there is no signal, or the life has no steps.
    """
    if not signals or age < 1:
        raise ValueError(f"signals are drawn over at least 1 life step; got {len(signals)} signals and {age} steps")
    columns = min(COLUMNS, len(signals))
    rows = -(-len(signals) // columns)
    figure = new_figure(2.9 * columns, 0.35 + 1.45 * rows)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
    for axes, (name, signal) in zip(panels, signals.items(), strict=False):
        _panel(axes, name, bind(signal, generator(seed, "signal", name)), signal.bounds(), age)
    for place, axes in enumerate(panels):
        if place >= len(signals):
            axes.set_visible(False)
        if place + columns >= len(signals):  # nothing below it
            axes.tick_params(labelbottom=True)
            axes.set_xlabel("age (life steps)", fontsize=8)
    return figure


def _panel(axes: Axes, name: str, curve: Curve, bounds: tuple[float, float], age: int) -> None:
    """Draw one curve with its bounds."""
    ages = np.unique(np.linspace(0, age - 1, POINTS).astype(int))
    stairs = np.mean([curve.until(int(each)) == each + 1 for each in ages]) < 0.2
    if stairs:  # drawn exactly where it jumps
        ages = np.array([0, *changes(curve, 0, age), age])
    for bound in bounds:
        if np.isfinite(bound):
            axes.axhline(bound, color="#BBBBBB", lw=0.8, zorder=0)
    style = "steps-post" if stairs else "default"
    axes.plot(ages, values(curve, np.minimum(ages, age - 1)), color=COLOURS[0], lw=1.3, drawstyle=style)
    axes.set_title(name, fontsize=9, loc="left", pad=3)
    axes.set_xlim(0, age)
    axes.margins(y=0.12)
    axes.locator_params(axis="x", nbins=4)
    axes.locator_params(axis="y", nbins=3)
    axes.tick_params(labelsize=7.5)
    axes.xaxis.set_major_formatter(lambda value, _: short(round(value)))
    plain_axes(axes)
