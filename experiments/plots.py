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

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999933")
BANDS = ("#E8EDF3", "#F6EFE3", "#E7F1EA", "#F4E8EF", "#F7F3DA", "#E6F2F8", "#ECECEC", "#F1F1E2")


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure, in inches, that belongs to nobody else."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, path: Path, dpi: int = 110) -> None:
    """Write a figure as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=dpi, metadata={"Software": None})


def exam_matrix(ages: np.ndarray, scores: np.ndarray, tasks: Sequence[str], visits: np.ndarray | None = None) -> Figure:
    """Draw score[age, task] as a heat map: one row a task, one column an exam.

    Args:
        ages: Ages of the exams, shape (K,).
        scores: Mean returns, shape (K, T).
        tasks: Names of the tasks.
        visits: Task, start and stop of each visit, shape (V, 3), to frame the exams that end a visit; or None.
    """
    figure = new_figure(1.8 + 0.32 * max(len(ages), 8), 1.2 + 0.32 * len(tasks))
    axes = figure.subplots()
    _heat(figure, axes, ages, scores, tasks, visits, (float(np.min(scores)), float(np.max(scores))))
    return figure


def _heat(
    figure: Figure,
    axes: Axes,
    ages: np.ndarray,
    scores: np.ndarray,
    tasks: Sequence[str],
    visits: np.ndarray | None,
    limits: tuple[float, float],
) -> Any:
    """Fill axes with one exam matrix."""
    image = axes.imshow(
        scores.T, aspect="auto", cmap="viridis", vmin=limits[0], vmax=limits[1], interpolation="nearest"
    )
    axes.set_yticks(range(len(tasks)), tasks)
    shown = range(0, len(ages), max(1, len(ages) // 8))
    axes.set_xticks(list(shown), [short(int(ages[k])) for k in shown])
    axes.set_xlabel("age at the exam (environment steps)")
    for task, _, stop in visits if visits is not None else ():
        for k in np.flatnonzero(ages == stop):
            axes.add_patch(_frame(int(k), int(task)))
    figure.colorbar(image, ax=axes, label="mean return")
    return image


def _frame(column: int, row: int) -> Any:
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    return Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="white", linewidth=1.4)


def short(steps: int) -> str:
    """Write a number of steps briefly: 1500000 as 1.5M, 20000 as 20k."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if abs(steps) >= size:
            return f"{steps / size:.4g}{letter}"
    return str(steps)


def colour_of(labels: Sequence[str]) -> Mapping[str, str]:
    """Give every agent its colour, by its place in the comparison."""
    return {label: COLOURS[i % len(COLOURS)] for i, label in enumerate(labels)}
