"""Pictures of a change: what was sensed and what was seen, or how a world goes with it and without it."""

from __future__ import annotations

import numpy as np
from gymnasium import spaces
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from envs import Change
from envs.trial import Lived, live
from experiments.pages.change_pages import bare
from experiments.plots import COLOURS, new_figure, plain_axes

STEPS = 200
BEFORE, AFTER = "#777777", COLOURS[1]


def picture(base: str, change: Change, seed: int = 1) -> Figure:
    """Draw what a change does to a base in its first steps with random actions.

    Changes of the senses are shown by what was sensed and what was seen of it; all others by the world with them and
    without them, begun alike and acted in alike.
    """
    changed = live(bare(base), change, seed, STEPS)
    if change.group not in ("senses", "storms"):
        return _two_worlds(live(bare(base), None, seed, STEPS), changed, base)
    space = bare(base).observation_space
    if isinstance(space, spaces.Box) and len(space.shape) == 3:
        return _images(changed, base)
    if isinstance(space, spaces.MultiBinary):
        return _bits(changed, base)
    return _lines(changed, base)


def _lines(lived: Lived, base: str) -> Figure:
    """Draw the two channels that are changed most."""
    seen = np.array([np.ravel(moment.observation) for moment in lived.moments], float)
    sensed = np.array([np.ravel(moment.sensed) for moment in lived.moments], float)
    shared = min(seen.shape[1], sensed.shape[1])
    differs = (np.nan_to_num(seen[:, :shared], nan=9.0, posinf=9.0, neginf=9.0) != sensed[:, :shared]).sum(axis=0)
    channels = np.sort(np.argsort(-differs, kind="stable")[:2])
    if seen.shape[1] > shared:
        channels = np.array([channels[0], shared])
    figure = new_figure(8.0, 3.6)
    rows = figure.subplots(2, 1, sharex=True)
    for axes, channel in zip(rows, channels, strict=True):
        if channel < shared:
            axes.plot(sensed[:, channel], color=BEFORE, lw=1.2, label="sensed")
        finite = np.isfinite(seen[:, channel])
        axes.plot(np.where(finite, seen[:, channel], np.nan), color=AFTER, lw=1.2, label="seen")
        missing = np.flatnonzero(~finite)
        if len(missing):
            axes.plot(missing, np.full(len(missing), np.nanmean(sensed[:, channel])), "x", color=AFTER, ms=3)
        axes.set_ylabel(f"channel {channel}", fontsize=8)
        plain_axes(axes)
        _ticks(axes, lived, channel)
    rows[1].set_xlabel(f"steps in {base}; ticks below: hit", fontsize=8)
    rows[0].legend(fontsize=7.5, frameon=False, loc="lower right", bbox_to_anchor=(1.0, 0.98), ncol=2)
    return figure


def _ticks(axes: Axes, lived: Lived, channel: int) -> None:
    """Mark below the moments in which a mask says that a channel was hit."""
    for told in zip(*(moment.report.values() for moment in lived.moments), strict=True):
        if isinstance(told[0], np.ndarray) and told[0].dtype == np.bool_ and channel < told[0].size:
            hit = np.flatnonzero([np.ravel(mask)[channel] for mask in told])
            low = axes.get_ylim()[0]
            axes.plot(hit, np.full(len(hit), low), "|", color=COLOURS[0], ms=4, clip_on=False)


def _bits(lived: Lived, base: str) -> Figure:
    """Draw the bits that are ever lit, as sensed and as seen, one column a step."""
    both = [
        np.array([np.ravel(part) for part in parts])[:80]
        for parts in (
            [moment.sensed for moment in lived.moments],
            [moment.observation for moment in lived.moments],
        )
    ]
    figure = new_figure(8.0, 3.4)
    for axes, bits, title in zip(figure.subplots(1, 2), both, ("sensed", "seen"), strict=True):
        axes.imshow(bits.T[:160], aspect="auto", cmap="Greys", interpolation="nearest")
        axes.set_title(title, fontsize=8)
        axes.set_xlabel(f"steps in {base}", fontsize=8)
        axes.tick_params(labelsize=7)
    figure.axes[0].set_ylabel("the first 160 bits", fontsize=8)
    return figure


def _images(lived: Lived, base: str, count: int = 6) -> Figure:
    """Draw some frames as sensed and as seen: those that differ, evenly among them."""
    differ = [
        index
        for index, moment in enumerate(lived.moments)
        if moment.sensed.shape != moment.observation.shape or (moment.sensed != moment.observation).any()
    ] or [0]
    chosen = [differ[k] for k in np.linspace(0, len(differ) - 1, min(count, len(differ))).round().astype(int)]
    figure = new_figure(1.3 * len(chosen) + 0.4, 3.0)
    rows = figure.subplots(2, len(chosen), squeeze=False)
    for column, index in enumerate(chosen):
        moment = lived.moments[index]
        for axes, frame in zip(rows[:, column], (moment.sensed, moment.observation), strict=True):
            axes.imshow(frame, interpolation="nearest")
            axes.set_xticks([])
            axes.set_yticks([])
        rows[1, column].set_xlabel(f"step {moment.age}", fontsize=8)
    rows[0, 0].set_ylabel("sensed", fontsize=8)
    rows[1, 0].set_ylabel("seen", fontsize=8)
    figure.suptitle(base, fontsize=8)
    return figure


def _two_worlds(bare: Lived, changed: Lived, base: str) -> Figure:
    """Draw the channel that comes to differ most, and what has been paid so far, without and with the change."""
    figure = new_figure(8.0, 3.6)
    upper, lower = figure.subplots(2, 1, sharex=True)
    seen = [np.array([np.ravel(m.observation) for m in lived.moments], float) for lived in (bare, changed)]
    length = min(map(len, seen))
    spread = seen[0].std(axis=0) + 1e-9
    channel = int(np.argmax((np.abs(seen[0][:length] - seen[1][:length]) / spread).mean(axis=0)))
    for lived, what, colour, label in ((bare, seen[0], BEFORE, "without"), (changed, seen[1], AFTER, "with")):
        ages = [moment.age for moment in lived.moments]
        upper.plot(ages, what[:, channel], color=colour, lw=1.2, label=label)
        lower.plot(ages, np.cumsum([moment.reward for moment in lived.moments]), color=colour, lw=1.2)
    upper.set_ylabel(f"channel {channel}", fontsize=8)
    lower.set_ylabel("reward so far", fontsize=8)
    lower.set_xlabel(f"steps in {base}, the same random actions", fontsize=8)
    upper.legend(fontsize=7.5, frameon=False, loc="lower right", bbox_to_anchor=(1.0, 0.98), ncol=2)
    for axes in (upper, lower):
        plain_axes(axes)
    return figure
