"""Figures. Every function takes arrays read from files and returns a figure; none touches matplotlib's global state.

Colours are Okabe and Ito's eight, which colour-blind eyes tell apart; agents are labelled where their lines end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999933")
LOWER = ("regret", "forgetting", "recovery", "cpu")
BANDS = ("#E8EDF3", "#F6EFE3", "#E7F1EA", "#F4E8EF", "#F7F3DA", "#E6F2F8", "#ECECEC", "#F1F1E2")


MANY = 60
"""Visits that are drawn with bands and names; of more, single ones cannot be told apart."""

ROWS = 48
"""Rows that can be read, of all exam matrices of a figure together; of more tasks every so many is named."""


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure, in inches, that belongs to nobody else."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, path: Path, dpi: int = 110) -> None:
    """Write a figure as a PNG of 128 colours: a third of the size, and the same to the eye."""
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(dpi)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    picture.quantize(colors=128, dither=Image.Dither.NONE).save(path, optimize=True)


def learning_curves(curves: Mapping[str, np.ndarray], visits: np.ndarray, tasks: Sequence[str], title: str) -> Figure:
    """Draw scores over a life: mean over seeds, from the lowest to the highest seed as a veil, worlds as bands.

    Of a life of many visits a point a visit is drawn, without bands and names.

    Args:
        curves: Agent -> score of every tenth of every visit, shape (S, V, B).
        visits: Task, start and stop of each visit, shape (V, 3).
        tasks: Names of the tasks.
        title: Said above.
    """
    figure = new_figure(11.5, 4.6)
    axes = figure.subplots()
    many = len(visits) > MANY
    if many:
        curves = {label: scores.mean(axis=-1, keepdims=True) for label, scores in curves.items()}
    bins = next(iter(curves.values())).shape[-1]
    parts = [slice(0, len(visits))] if many else [slice(v * bins, (v + 1) * bins) for v in range(len(visits))]
    ages = np.concatenate([start + (stop - start) * (np.arange(bins) + 0.5) / bins for _, start, stop in visits])
    for v, (task, start, stop) in enumerate([] if many else visits):
        axes.axvspan(start, stop, color=BANDS[task % len(BANDS)], lw=0, zorder=0)
        if v == 0 or len(visits) <= 30:
            middle = (start + stop) / 2
            turn = 90 if len(visits) > 8 else 0
            axes.annotate(
                str(tasks[task]),
                (middle, 1.0),
                xycoords=axes.get_xaxis_transform(),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                va="bottom",
                rotation=turn,
                fontsize=7.5,
                color="#555555",
            )
    colours = colour_of(list(curves))
    ends: dict[str, float] = {}
    for label, scores in curves.items():
        seeds = scores.reshape(len(scores), -1)
        mean = seeds.mean(axis=0)
        for part in parts:  # a line is broken where the world changes
            axes.plot(ages[part], mean[part], color=colours[label], lw=1.8, solid_capstyle="round", zorder=3)
            if len(seeds) > 1:
                low, high = seeds[:, part].min(axis=0), seeds[:, part].max(axis=0)
                axes.fill_between(ages[part], low, high, color=colours[label], alpha=0.16, lw=0, zorder=2)
        ends[label] = float(mean[-1])
    label_ends(axes, ends, colours, float(visits[-1, 2]))
    axes.set_xlim(0, visits[-1, 2])
    axes.set_xlabel("age (environment steps)")
    axes.set_ylabel("mean return of a visit's episodes" if many else "mean return of episodes begun")
    axes.xaxis.set_major_formatter(lambda value, _: short(round(value)))
    plain_axes(axes)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    return figure


def label_ends(axes: Axes, ends: Mapping[str, float], colours: Mapping[str, str], age: float) -> None:
    """Write each agent's name where its line ends, moved apart where lines end together."""
    low, high = axes.get_ylim()
    gap = 0.055 * (high - low)
    place = -np.inf
    for label, value in sorted(ends.items(), key=lambda item: item[1]):
        place = max(value, place + gap)
        axes.annotate(
            label,
            (age, place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=colours[label],
            fontweight="bold",
            annotation_clip=False,
        )


def exam_matrices(
    exams: Mapping[str, tuple[np.ndarray, np.ndarray]], visits: np.ndarray, tasks: Sequence[str]
) -> Figure:
    """Draw every agent's exam matrix, one above the other, in one scale.

    Args:
        exams: Agent -> ages of the exams, shape (K,), and mean scores, shape (K, T).
        visits: Task, start and stop of each visit, shape (V, 3).
        tasks: Names of the tasks.
    """
    columns = max(len(ages) for ages, _ in exams.values())
    rows = min(len(tasks), max(8, ROWS // len(exams)))
    figure = new_figure(min(12.0, 2.4 + 0.36 * max(columns, 10)), (0.9 + 0.27 * rows) * len(exams) + 0.6)
    every = figure.subplots(len(exams), 1, sharex=True, squeeze=False)[:, 0]
    limits = (min(float(s.min()) for _, s in exams.values()), max(float(s.max()) for _, s in exams.values()))
    images = []
    for axes, (label, (ages, scores)) in zip(every, exams.items(), strict=True):
        images.append(_heat(axes, ages, scores, tasks, rows, visits, limits))
        axes.set_title(label, loc="left", fontweight="bold", fontsize=10)
        axes.label_outer()
    figure.colorbar(images[0], ax=list(every), label="mean return in the exam", shrink=min(1.0, 2.0 / len(exams)))
    framed = "; framed: the world just lived in" if len(tasks) <= rows else ""
    figure.suptitle(f"Exam scores{framed}", x=0.01, ha="left", fontsize=11)
    return figure


def exam_matrix(ages: np.ndarray, scores: np.ndarray, tasks: Sequence[str], visits: np.ndarray | None = None) -> Figure:
    """Draw score[age, task] as a heat map: one row a task, one column an exam.

    Args:
        ages: Ages of the exams, shape (K,).
        scores: Mean returns, shape (K, T).
        tasks: Names of the tasks.
        visits: Task, start and stop of each visit, shape (V, 3), to frame the exams that end a visit; or None.
    """
    rows = min(len(tasks), ROWS // 2)
    figure = new_figure(2.4 + 0.32 * max(len(ages), 8), 1.2 + 0.32 * rows)
    axes = figure.subplots()
    image = _heat(axes, ages, scores, tasks, rows, visits, (float(np.min(scores)), float(np.max(scores))))
    figure.colorbar(image, ax=axes, label="mean return")
    return figure


def _heat(
    axes: Axes,
    ages: np.ndarray,
    scores: np.ndarray,
    tasks: Sequence[str],
    rows: int,
    visits: np.ndarray | None,
    limits: tuple[float, float],
) -> Any:
    """Fill axes with one exam matrix, as high as so many rows; of more tasks none is framed: it would be hidden."""
    low, high = limits
    image = axes.imshow(scores.T, aspect="auto", cmap="viridis", vmin=low, vmax=high, interpolation="nearest")
    named = range(0, len(tasks), -(-len(tasks) // rows))
    axes.set_yticks(list(named), [str(tasks[task]) for task in named], fontsize=8)
    shown = range(0, len(ages), max(1, -(-len(ages) // 12)))
    axes.set_xticks(list(shown), [short(int(ages[k])) for k in shown], fontsize=8)
    axes.set_xlabel("age at the exam (environment steps)")
    for task, _, stop in visits if visits is not None and len(tasks) <= rows else ():
        for k in np.flatnonzero(ages == stop):
            axes.add_patch(Rectangle((k - 0.46, task - 0.44), 0.92, 0.88, fill=False, edgecolor="white", lw=1.2))
    return image


def metric_bars(summary: Mapping[str, Any], names: Sequence[str]) -> Figure:
    """Draw metrics as bars with 95 % intervals and a dot a seed, one panel a metric, one bar an agent.

    Args:
        summary: What `summary.summarise` made.
        names: Metrics to show; those no agent has are left out.
    """
    agents = summary["agents"]
    labels = list(agents)
    colours = colour_of(labels)
    names = [name for name in names if any(agents[label].get(name, {}).get("mean") is not None for label in labels)]
    figure = new_figure(2.9 * len(names) + 0.9, 0.42 * len(labels) + 1.0)
    for panel, (axes, name) in enumerate(zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True)):
        for row, label in enumerate(labels):
            entry = agents[label].get(name)
            if entry is None or entry["mean"] is None:
                continue
            axes.barh(row, entry["mean"], color=colours[label], alpha=0.75, height=0.62)
            low, high = entry["ci95"]
            if low is not None:
                axes.plot([low, high], [row, row], color="#222222", lw=2.2, solid_capstyle="butt")
            dots = [value for value in entry["per_seed"] if value is not None]
            axes.plot(dots, [row] * len(dots), "o", ms=3.2, mfc="white", mec="#222222", mew=0.8, ls="none")
        axes.set_yticks(range(len(labels)), labels if panel == 0 else [])
        if panel == 0:
            for tick, label in zip(axes.get_yticklabels(), labels, strict=True):
                tick.set_color(colours[label])
                tick.set_fontweight("bold")
        axes.set_ylim(len(labels) - 0.4, -0.6)
        lower = " (lower is better)" if name.startswith(LOWER) else ""
        axes.set_title(name.replace("_", " ") + lower, loc="left", fontsize=9)
        axes.tick_params(labelsize=8)
        plain_axes(axes)
    return figure


def plain_axes(axes: Axes) -> None:
    """Take away the frame lines that carry nothing."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def short(steps: int) -> str:
    """Write a number of steps briefly: 1500000 as 1.5M, 20000 as 20k."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if abs(steps) >= size:
            return f"{steps / size:.4g}{letter}"
    return str(steps)


def colour_of(labels: Sequence[str]) -> Mapping[str, str]:
    """Give every agent its colour, by its place in the comparison."""
    return {label: COLOURS[i % len(COLOURS)] for i, label in enumerate(labels)}
