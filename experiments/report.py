"""A comparison as one page: figures, tables and what every word means; HTML with everything inside, or Markdown."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.compare import Comparison
from experiments.tables import DEFINITIONS, main_rows, metric_names, pair_rows

CAPTIONS = {
    "learning_curves": "Scores over the life: a point is the mean return of the episodes begun in a tenth of a visit, "
    "in lives of many visits of the whole visit.",
    "metrics": "Means over seeds with 95 % bootstrap intervals; a dot a seed.",
    "rates": "Mean reward of a step, in labelled worlds the accuracy: above in each visit while it is lived, below in "
    "exams at the end of life, by how many visits ago the world was left; means over seeds, from lowest to highest.",
    "exams": "Exam matrix: the score of a frozen copy of each agent in every world, at every exam.",
}

MOST_LISTED = 40
"""Words that are listed one by one."""

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; } th, td { padding: .3rem .8rem; border-bottom: 1px solid #ddd; }
td, th { text-align: right; font-variant-numeric: tabular-nums; } td:first-child, th:first-child { text-align: left; }
figure { margin: 1.5rem 0; } img { max-width: 100%; } figcaption { color: #555; } dt { font-weight: 600; }
"""


def write_report(comparison: Comparison, form: str) -> Path:
    """Write `report.html` or `report.md` into the folder of the comparison; return its path.

    Raises:
        ValueError: If the form is neither "html" nor "md".
    """
    if form not in ("html", "md"):
        raise ValueError(f"a report is 'html' or 'md'; got {form!r}")
    path = comparison.folder / f"report.{form}"
    path.write_text(_html(comparison) if form == "html" else _markdown(comparison), encoding="utf-8")
    return path


def _facts(summary: dict[str, Any]) -> list[str]:
    """Say what was lived, and with what."""
    best = listed([f"{name} {score:g}" for name, score in summary["best"].items()])
    return [
        f"{len(summary['tasks'])} worlds ({listed(summary['tasks'])}), {summary['steps']:,} environment steps, "
        f"seeds {', '.join(map(str, summary['seeds']))}. Agents of one seed live the same life.",
        f"Regret counts from the best known score of each world: {best}.",
        "Specs: " + ", ".join(f"{label} {code}" for label, code in summary["hashes"].items()) + ".",
        "Versions: " + ", ".join(f"{name} {version}" for name, version in summary["versions"].items()) + ".",
    ]


def listed(words: Sequence[str]) -> str:
    """Write words with commas; of many the first three and the last."""
    return ", ".join(words if len(words) <= MOST_LISTED else [*words[:3], "...", words[-1]])


def _markdown(comparison: Comparison) -> str:
    """Write the page in Markdown; figures are linked beside it."""
    from experiments.tables import markdown  # noqa: PLC0415

    summary = comparison.summary
    parts = [f"# {comparison.spec.name}", *_facts(summary), markdown(*main_rows(summary))]
    if summary["pairs"]:
        parts.append(markdown(*pair_rows(summary)))
    for path in comparison.figures:
        parts.append(f"![{CAPTIONS.get(path.stem, path.stem)}](figures/{path.name})")
    parts.append("\n".join(f"- `{name}`: {meaning}" for name, meaning in _definitions(summary)))
    return "\n\n".join(parts) + "\n"


def _html(comparison: Comparison) -> str:
    """Write the page in HTML, figures inside."""
    summary, name = comparison.summary, html.escape(comparison.spec.name)
    parts = [f"<h1>{name}</h1>", *(f"<p>{html.escape(fact)}</p>" for fact in _facts(summary))]
    parts.append(_table(*main_rows(summary)))
    if summary["pairs"]:
        parts += ["<h2>Pairs</h2>", _table(*pair_rows(summary))]
    for path in comparison.figures:
        data = base64.b64encode(path.read_bytes()).decode()
        caption = html.escape(CAPTIONS.get(path.stem, path.stem))
        parts.append(
            f'<figure><img alt="{caption}" src="data:image/png;base64,{data}">'
            f"<figcaption>{caption}</figcaption></figure>"
        )
    terms = "".join(f"<dt>{name}</dt><dd>{html.escape(text)}</dd>" for name, text in _definitions(summary))
    parts.append(f"<h2>What the words mean</h2><dl>{terms}</dl>")
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
        f"<style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _table(header: list[str], rows: list[list[str]]) -> str:
    """Write a table in HTML."""
    head = "".join(f"<th>{html.escape(word)}</th>" for word in header)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(word)}</td>" for word in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _definitions(summary: dict[str, Any]) -> list[tuple[str, str]]:
    """Define the metrics that are shown."""
    return [(name, DEFINITIONS[name]) for name in metric_names(summary) if name in DEFINITIONS]
