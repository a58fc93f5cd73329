"""What a search has found: the front as rows, JSON and a figure, and the winner in formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments.discover.confirm import Confirmed
from experiments.discover.formulas import formulas, number
from experiments.discover.front import OBJECTIVES, pareto, score
from experiments.discover.options import DiscoverOptions
from experiments.discover.search import Tried
from experiments.load import plain
from experiments.plots import COLOURS, new_figure
from lifelong_agent.plasticity.local_rule import LocalRule


@dataclass(frozen=True)
class Found:
    """A judged search; rules that scored, and which of them are on the front."""

    scored: tuple[Tried, ...]
    failed: int
    front: tuple[Tried, ...]
    """The best by the scalarisation first, which is the winner."""
    scores: tuple[float, ...]
    """The scalarisation of each rule on the front."""
    values: np.ndarray
    """Objectives of all that scored, ``(N, 3)``."""


def judged(tries: Sequence[Tried], options: DiscoverOptions) -> Found | None:
    """Find front and winner; None if no rule scored."""
    scored = tuple(one for one in tries if one.values is not None)
    if not scored:
        return None
    values = np.array([one.values for one in scored], dtype=np.float64)
    brought = score(values, options.weights, units(scored[0]))
    order = [int(k) for k in np.argsort(-brought, kind="stable") if pareto(values)[k]]
    front = tuple(scored[k] for k in order)
    return Found(scored, len(tries) - len(scored), front, tuple(float(brought[k]) for k in order), values)


def units(one: Tried) -> float:
    """Tell the mean number of units of the hidden layers."""
    return float(np.mean(one.agent.widths))


def scalarisation(options: DiscoverOptions, one: Tried) -> str:
    """Say how the winner is chosen."""
    first, second, third = (number(weight) for weight in options.weights)
    return f"{first} {OBJECTIVES[0]} + {second} {OBJECTIVES[1]} + {third} {OBJECTIVES[2]} / {number(units(one))}"


def front_rows(found: Found, count: int = 20) -> tuple[list[str], list[list[str]]]:
    """Lay out the front as a table: header and rows, the winner first."""
    rows = [
        [str(one.number), *(f"{value:.4g}" for value in one.values or ()), f"{brought:.4f}"]
        for one, brought in list(zip(found.front, found.scores, strict=True))[:count]
    ]
    return ["trial", *OBJECTIVES, "score"], rows


def constants(found: Found, count: int = 5) -> list[str]:
    """List what the first rules of the front change of the shipped one, a line each."""
    return [f"trial {one.number}: {changed(one)}" for one in found.front[:count]]


def changed(one: Tried) -> str:
    """List the constants of a rule that differ from the shipped ones."""
    shipped, local = plain(LocalRule()), plain(one.agent.local)
    told = {"learning_rate": one.agent.learning_rate} | {
        name: value for name, value in local.items() if value != shipped[name]
    }
    return " ".join(f"{name}={number(value)}" for name, value in told.items())


def as_json(found: Found, options: DiscoverOptions, confirmed: Sequence[Confirmed]) -> dict[str, Any]:
    """Write everything down as plain data."""
    winner = found.front[0]
    return {
        "life": options.life,
        "steps": options.max_steps,
        "seeds": options.seeds,
        "sampler": options.sampler,
        "seed": options.seed,
        "trials": len(found.scored) + found.failed,
        "failed": found.failed,
        "objectives": list(OBJECTIVES),
        "scalarisation": scalarisation(options, winner),
        "winner": entry(winner, found.scores[0]) | {"formulas": formulas(winner.agent)},
        "front": [entry(one, brought) for one, brought in zip(found.front, found.scores, strict=True)],
        "confirmed": [{"life": one.life, "why_not": one.why, "summary": one.summary} for one in confirmed],
    }


def entry(one: Tried, brought: float) -> dict[str, Any]:
    """Write one rule down."""
    return {
        "trial": one.number,
        **dict(zip(OBJECTIVES, one.values or (), strict=True)),
        "score": brought,
        "agent": plain(one.agent),
    }


def confirmed_rows(confirmed: Sequence[Confirmed]) -> tuple[list[str], list[list[str]]]:
    """Lay out what was confirmed: a row an agent and life, means over seeds; lives that were left out have none."""
    names = ("reward_rate", *OBJECTIVES, "lifetime_return")
    rows = []
    for one in confirmed:
        for label, metrics in ({} if one.summary is None else one.summary["agents"]).items():
            means = [metrics.get(name, {"mean": None})["mean"] for name in names]
            rows.append([one.life, label, *("-" if mean is None else f"{mean:.4g}" for mean in means)])
    return ["life", "agent", *names], rows


def figure(found: Found, title: str) -> Figure:
    """Draw plasticity against retention, with the rank as colour; the front is joined, the winner ringed.

    Args:
        found: The judged search.
        title: Said above.
    """
    drawn = new_figure(7.2, 5.0)
    axes = drawn.subplots()
    plasticity, kept, rank = found.values.T
    front = np.array([one.values for one in found.front], dtype=np.float64)
    dots = axes.scatter(plasticity, kept, c=rank, s=26, cmap="viridis", zorder=2)
    drawn.colorbar(dots, ax=axes, label=OBJECTIVES[2].replace("_", " "))
    plane = front[pareto(front[:, :2])]
    plane = plane[np.argsort(plane[:, 0])]
    axes.plot(plane[:, 0], plane[:, 1], color="#555555", lw=1, zorder=1, label="front of these two")
    axes.scatter(
        front[:, 0], front[:, 1], s=70, facecolors="none", edgecolors="#555555", lw=0.8, label="front of three"
    )
    axes.scatter(*front[0, :2], s=170, facecolors="none", edgecolors=COLOURS[1], lw=2, label="winner")
    start = next((one for one in found.scored if one.number == 0), None)
    if start is not None and start.values is not None:
        axes.scatter(*start.values[:2], marker="x", s=60, color=COLOURS[0], label="shipped rule")
    axes.set_xlabel(f"{OBJECTIVES[0].replace('_', ' ')} (plasticity)")
    axes.set_ylabel(f"{OBJECTIVES[1].replace('_', ' ')} (retention)")
    axes.set_title(title)
    axes.legend(fontsize=8)
    return drawn
