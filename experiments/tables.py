"""Tables of a summary: for the terminal and for Markdown, from the same rows."""

from __future__ import annotations

from typing import Any

from rich.table import Table

DEFINITIONS = {
    "lifetime_return": "mean score over the whole life (visits count by their length)",
    "regret": "best known score of the world minus the score, summed over all tenths of visits; lower is better",
    "visit_1": "mean score of the first visits to worlds; visit_2, visit_3 of the next ones",
    "leaving_score": "mean score of the last tenth of a visit: how well a world is known when it is left",
    "retention_on_return": "score of the first tenth back in a known world, as a share of what it was on leaving",
    "recovery_steps": "steps after a return until the score is at 90 % of what it was on leaving",
    "final_average": "mean exam score over all worlds at the end of life",
    "forgetting_away": "exam score lost between leaving a world and coming back, mean over absences",
    "forgetting_final": "exam score lost between leaving a world for the last time and the end of life",
    "forgetting_peak": "best exam score ever minus the last one",
    "zero_shot_transfer": "exam score in a world just before it is first met, minus a newborn's",
    "forward_transfer": "how much of the room above a newborn alone in that world the first visit gains",
    "episode_return": "plain mean over whole episodes",
    "reward_rate": "mean reward of an environment step over the whole life: the online accuracy in labelled worlds",
    "late_reward_rate": "the same over the last fifth of the visits",
    "leaving_rate": "mean reward per step in the exam of a world at the moment it is left, mean over visits",
    "late_leaving_rate": "the same over the last fifth of the visits",
    "kept_rate": "mean reward per step in the exams of all earlier worlds at the end of life: retention",
    "kept_rate_late": "the same over the ten worlds before the last",
    "kept_cold_1": "the same as kept_rate, of single bodies that meet a world cold, on that one step",
    "kept_cold_4": "the same of groups of four",
    "kept_cold_16": "the same of groups of 16",
    "kept_cold_64": "the same of groups of 64",
    "late_effective_rank": "effective rank of the hidden layers over the last tenth of life, mean over layers",
    "late_effective_rank_1": "of the first hidden layer; 2 and 3 of the next ones",
    "late_effective_rank_2": "of the second hidden layer",
    "late_effective_rank_3": "of the third hidden layer",
    "cpu_seconds": "CPU time of a life, exams and logs included",
    "cpu_microseconds_per_step": "CPU time per environment step, learning included, exams and logs left out",
}
"""Every metric in one line; `experiments/metrics.py` has the formulas and sources."""

RATES = (
    "reward_rate", "late_reward_rate", "leaving_rate", "late_leaving_rate", "kept_rate", "kept_rate_late",
    "kept_cold_1", "kept_cold_4", "kept_cold_16", "kept_cold_64",
)  # fmt: skip
"""Metrics that lead where lives are judged by reward a step; see `judged_by_rates`."""


def judged_by_rates(summary: dict[str, Any]) -> bool:
    """Tell whether the lives of a summary, such as labelled ones, are judged by reward a step: all had such exams."""
    return all({"kept_rate", "late_reward_rate"} <= set(metrics) for metrics in summary["agents"].values())


def metric_names(summary: dict[str, Any]) -> list[str]:
    """List the metrics of a summary in the order in which they are read."""
    present = dict.fromkeys(name for metrics in summary["agents"].values() for name in metrics)
    visits = [name for name in present if name.startswith("visit_")]
    first = RATES if judged_by_rates(summary) else ()
    names = (*first, *(name for name in DEFINITIONS if name not in first))
    order = [one for name in names for one in (visits if name == "visit_1" else [name])]
    return [name for name in order if name in present]


def cell_text(entry: dict[str, Any]) -> str:
    """Write a mean with its interval: "472.1 [468.3, 475.2]"."""
    mean, (low, high) = entry["mean"], entry["ci95"]
    if mean is None:
        return "-"
    return figure(mean) if low is None else f"{figure(mean)} [{figure(low)}, {figure(high)}]"


def figure(value: float) -> str:
    """Write a number with as many digits as can be read."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 1000 else f"{value:.1f}" if size >= 10 else f"{value:.3f}"


def main_rows(summary: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Lay out metrics by agents: the header and the rows, but for metrics that no agent has a number for."""
    labels = list(summary["agents"])
    absent = {"mean": None, "ci95": [None, None]}
    entries = {name: [summary["agents"][label].get(name, absent) for label in labels] for name in metric_names(summary)}
    rows = [
        [name, *(cell_text(entry) for entry in row)]
        for name, row in entries.items()
        if any(entry["mean"] is not None for entry in row)
    ]
    return ["metric", *labels], rows


def pair_rows(summary: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Lay out the paired differences that decide: lifetime return, regret ratio, final average.

    Where lives are judged by reward a step: that over the whole life, over its last fifth, and kept at its end.
    """
    first, *others = (
        ("reward_rate", "late_reward_rate", "kept_rate")
        if judged_by_rates(summary)
        else ("lifetime_return", "regret ratio", "final_average")
    )
    absent = {"mean": None, "ci95": [None, None]}
    rows = []
    for pair, values in summary["pairs"].items():
        known = {**values, "regret ratio": summary["regret_ratio"][pair.replace(" - ", " / ")]}
        low, high = values[first]["ci95_t"]
        exact = "-" if low is None else f"[{figure(low)}, {figure(high)}]"
        rows.append([pair, cell_text(values[first]), exact, *(cell_text(known.get(name, absent)) for name in others)])
    return ["pair (same seeds)", first, "by Student's t", *others], rows


def rich_table(title: str, header: list[str], rows: list[list[str]]) -> Table:
    """Make a table for the terminal."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for i, name in enumerate(header):
        table.add_column(name, justify="left" if i == 0 else "right", no_wrap=i == 0)
    for row in rows:
        table.add_row(*row)
    return table


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """Make a table in Markdown."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
