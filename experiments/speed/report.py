"""A run written down: the table, the figure, and the file that the next run is held against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table

from experiments.plots import COLOURS, new_figure, plain_axes, save
from experiments.tables import figure as number

HEADER = ["work", "ours", "other", "ratio [min, max]", "must", "aim", "reached"]
VERDICTS = {"aim": "aim", "must": "must", "no": "NO", None: ""}
SHADES = {"aim": COLOURS[2], "must": COLOURS[0], "no": COLOURS[1], None: "#9A9A9A"}


def table(result: dict[str, Any]) -> Table:
    """Lay a run out for the terminal."""
    seen = Table(
        title=f"rates in steps per CPU second of one thread, {result['turns']} turns; {result['machine']['processor']}",
        title_justify="left",
        header_style="bold",
    )
    for i, name in enumerate(HEADER):
        seen.add_column(name, justify="left" if i in (0, 1, 2, 6) else "right", overflow="fold")
    for row in result["rows"].values():
        seen.add_row(*line(row))
    return seen


def line(row: dict[str, Any]) -> list[str]:
    """Write one row of the table: see `HEADER`."""

    def who(name: str | None, value: float | None) -> str:
        return "-" if name is None else name if value is None else f"{name} {brief(value)}"

    told = "-"
    if "median" in row:
        unit = "" if row["other"] else f" {row['unit']}"
        told = f"{number(row['median'])} [{number(row['min'])}, {number(row['max'])}]{unit}"
    verdict = VERDICTS[row["reached"]] if "reached" in row else row.get("absent") or f"failed: {row['failed']}"
    sign = "<= " if row["kind"] in ("cost", "least") else ""
    marks = [f"{sign}{mark:g}" if mark is not None else "" for mark in (row["must"], row["aim"])]
    return [row["work"], who(row["ours"], row.get("mine")), who(row["other"], row.get("theirs")), told, *marks, verdict]


def brief(value: float) -> str:
    """Write a rate briefly: 8123456 as "8.12 M", 6750 as "6.75 k"."""
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def write(result: dict[str, Any], folder: Path, name: str = "speed") -> list[Path]:
    """Write ``NAME.json`` and, if there is something to draw, ``NAME.png``.

    Returns:
        What has been written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    written = [path]
    if compared_rows(result) or curves(result):
        save(draw(result), folder / f"{name}.png")
        written.append(folder / f"{name}.png")
    return written


def draw(result: dict[str, Any]) -> Figure:
    """Draw the ratios against their marks, and rates against sizes."""
    ratios = compared_rows(result)
    bars = {kind: [row for row in ratios if row["kind"] == kind] for kind in ("times", "cost")}
    bars = {kind: rows for kind, rows in bars.items() if rows}
    panels = curves(result)
    heights = [0.26 * len(rows) + 0.9 for rows in bars.values()] + [3.2] * bool(panels)
    figure = new_figure(12.0, sum(heights) + 0.4)
    parts = iter(figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0])
    for kind, rows in bars.items():
        _bars(next(parts).subplots(), kind, rows)
    if panels:
        for axes, (title, (across, up, lines)) in zip(
            next(parts).subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
        ):
            _curves(axes, title, across, up, lines)
    figure.suptitle("CPU time of one thread: medians of turns, from the lowest to the highest", x=0.01, ha="left")
    return figure


def compared_rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the rows that have a ratio."""
    return [row for row in result["rows"].values() if "median" in row and row["other"]]


def _bars(axes: Axes, kind: str, rows: list[dict[str, Any]]) -> None:
    """Draw a bar a ratio, with its spread and its marks."""
    for place, row in enumerate(rows):
        colour = SHADES[row["reached"]]
        axes.barh(place, row["median"], color=colour, alpha=0.75, height=0.66)
        axes.plot([row["min"], row["max"]], [place, place], color="#222222", lw=2.0, solid_capstyle="butt")
        for mark, style in ((row["must"], "-"), (row["aim"], ":")):
            if mark is not None:
                axes.plot([mark, mark], [place - 0.42, place + 0.42], color="#000000", lw=1.6, ls=style)
    names = [f"{row['work']}: {row['ours']} / {row['other']}" for row in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=7.5)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    told = "cost of a step, as a ratio: less is better"
    if kind == "times":
        axes.set_xscale("log")
        told = "times as many steps in a CPU second: more is better"
    axes.set_xlabel(f"{told}; marks: must (line), aim (dotted)", fontsize=8)
    plain_axes(axes)


Lines = dict[str, dict[float, dict[str, float]]]
"""Name of a line -> size -> ``median``, ``min``, ``max``."""


def curves(result: dict[str, Any]) -> dict[str, tuple[str, str, Lines]]:
    """Gather what is drawn against sizes: title -> what is across, what is up, the lines."""
    every = (
        ("curves", "our engines, DoorKey-8x8", "worlds"),
        ("neurons", "a step of the brain, 147 senses", "neurons"),
    )
    found = {}
    for group, title, across in every:
        lines: Lines = {}
        unit = ""
        for name, one in result["contenders"].items():
            owner, _, rest = name.partition("/")
            label, _, size = rest.rpartition("/")[2].rpartition(" ")
            if owner == group and "median" in one:
                lines.setdefault(label, {})[float(size)] = one
                unit = one["unit"]
        if lines:
            found[title] = (across, unit, lines)
    return found


def _curves(axes: Axes, title: str, across: str, up: str, lines: Lines) -> None:
    """Draw rates against sizes, both in logarithms."""
    for colour, (label, points) in zip(COLOURS, lines.items(), strict=False):
        sizes = sorted(points)
        axes.plot(sizes, [points[size]["median"] for size in sizes], "o-", ms=3.5, color=colour, label=label)
        low, high = ([points[size][end] for size in sizes] for end in ("min", "max"))
        axes.fill_between(sizes, low, high, color=colour, alpha=0.16, lw=0)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.set_title(title, loc="left", fontsize=9)
    axes.legend(frameon=False, fontsize=8)
    plain_axes(axes)
