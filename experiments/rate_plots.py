"""A picture of lives that are judged by reward a step, such as those of labelled pictures: while lived, and kept."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.plots import COLOURS, colour_of, label_ends, new_figure, plain_axes

POINTS = 50
"""Points of a line at most; of longer lives neighbouring tasks are averaged, whose noise would hide the others."""


def rate_figure(
    lived: Mapping[str, np.ndarray], kept: Mapping[str, np.ndarray], away: np.ndarray, title: str
) -> Figure:
    """Draw mean rewards of a step: of each visit while it was lived, and of each task at the end of life by its age.

    Lines are means over seeds, from the lowest to the highest seed as a veil. In labelled worlds the first are online
    accuracies, the second accuracies on pictures that were held out.

    Args:
        lived: Agent -> mean reward of a step in each visit, shape (S, V); see `metrics.visit_rates`.
        kept: Agent -> mean reward of a step of each task that was met, at the end of life, shape (S, T).
        away: Visits that went by since each of these tasks was left, shape (T,).
        title: Said above.
    """
    figure = new_figure(11.5, 7.4)
    above, below = figure.subplots(2, 1)
    visits = next(iter(lived.values())).shape[1]
    _lines(above, np.arange(1, visits + 1), lived)
    above.set_xlabel("visit")
    above.set_ylabel("reward of a step while it is lived")
    order = np.argsort(away, kind="stable")
    _lines(below, away[order], {label: rates[:, order] for label, rates in kept.items()})
    below.set_xlabel("age of the task at the end of life: visits since it was left")
    below.set_ylabel("reward of a step at the end of life")
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    return figure


def _lines(axes: Axes, places: np.ndarray, rates: Mapping[str, np.ndarray]) -> None:
    """Draw a line an agent, with a veil over its seeds, and its name at the end."""
    colours = colour_of(list(rates))
    ends = {}
    for number, (label, seeds) in enumerate(rates.items()):
        groups = np.array_split(np.arange(len(places)), min(POINTS, len(places)))
        points = np.stack([seeds[:, group].mean(axis=1) for group in groups], axis=1)
        where = [places[group].mean() for group in groups]
        mean, dashed = points.mean(axis=0), number >= len(COLOURS)  # colours come again
        axes.plot(where, mean, color=colours[label], lw=1.6, ls="--" if dashed else "-", zorder=3)
        if len(points) > 1:
            axes.fill_between(where, points.min(axis=0), points.max(axis=0), color=colours[label], alpha=0.15, lw=0)
        ends[label] = float(mean[-1])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(places[0], max(places[-1], places[0] + 1))
    label_ends(axes, ends, colours, float(axes.get_xlim()[1]))
    plain_axes(axes)
