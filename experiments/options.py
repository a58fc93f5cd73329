"""Command lines of the commands that take a spec: tyro over options of their own and every field of the loaded spec."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, make_dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import tyro

from experiments.load import SpecError, load, suggestion
from experiments.spec import ExamPlan, Experiment

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class RunOptions:
    """What is run of a spec, and where it is kept."""

    agents: str = ""
    """Only these agents, as "brain,ppo"; all of them if empty."""
    seeds: str = ""
    """Only these seeds, as "0-4" or "0,3"; those of the spec if empty."""
    jobs: int = 2
    """Cells lived at the same time, one process and one thread each; 0 lives them in this process."""
    out: Path = Path("runs")
    """Folder in which lives are kept, as <out>/<experiment>/<agent>/seed<k>."""
    life: str | None = None
    """Live this named life instead of the spec's; also names the experiment."""


@dataclass(frozen=True)
class CompareOptions(RunOptions):
    """What is compared of a spec, and where figures and summary go."""

    results: Path | None = None
    """Also write summary.json and the figures to <results>/<experiment>, to be committed; about 300 kB."""
    alone: bool = False
    """Also live each world alone from birth for one visit (as many steps again as one cycle, per agent and seed):
    Continual World's forward transfer needs it."""


@dataclass(frozen=True)
class ReportOptions(CompareOptions):
    """What is reported of a spec."""

    format: Literal["html", "md"] = "html"
    """"html": one self-contained page; "md": Markdown beside its figures."""


@dataclass(frozen=True)
class PreviewOptions:
    """Whose life is drawn, and where it goes."""

    seed: int = 0
    """Root seed of the life whose storms and random curves are drawn; when worlds change does not depend on it."""
    out: Path = Path("runs")
    """Folder for the drawing, <out>/<life>_timeline.png."""
    json: Path | None = None
    """Also write the life to this file, as the JSON of which the hash is printed."""


@dataclass(frozen=True)
class BenchOptions:
    """How much is measured."""

    agents: str = ""
    """Only these agents, as "brain,ppo"; all of the spec's if empty. A random agent is always added."""
    steps: int = 16_384
    """Environment steps of one life."""
    turns: int = 3
    """How often every agent lives it."""


def read_options(kind: type[Kind], args: Sequence[str], prog: str, description: str = "") -> Kind:
    """Read a command line into a dataclass.

    Raises:
        SpecError: If it does not fit; tyro's explanation in one line.
        SystemExit: With code 0, after help has been printed.
    """
    noise = io.StringIO()
    try:
        with contextlib.redirect_stderr(noise):
            return tyro.cli(kind, args=args, prog=prog, description=description)
    except SystemExit as stop:
        if stop.code in (0, None):
            raise
        raise SpecError(one_line(noise.getvalue())) from None


def read_spec(kind: type[RunOptions], args: Sequence[str], command: str) -> tuple[Experiment, Any]:
    """Read `SPEC [options] [--agent.LABEL.FIELD VALUE ...]` into the experiment to run and the options around it.

    Args:
        kind: The options of the command.
        args: Words after the command.
        command: Its name, for help and errors.

    Raises:
        SpecError: If there is no such spec, or an option or value does not fit.
    """
    prog = f"lifelong {command}"
    if not args or args[0].startswith("-"):
        if any(word in args for word in ("-h", "--help")):
            read_options(kind, ["--help"], f"{prog} SPEC", "SPEC is a preset or a YAML file; say it first.")
        raise SpecError(f"say which spec first: {prog} SPEC, a preset (`lifelong list`) or a YAML file")
    spec = load(args[0])
    options = read_options(_with_overrides(kind, spec), args[1:], f"{prog} {args[0]}", "Every field can be overridden.")
    try:
        chosen = replace(
            spec,
            name=spec.name if options.life is None else options.life,
            life=spec.life if options.life is None else options.life,
            agents={label: getattr(options.agent, label) for label in labels(options.agents, spec)},
            seeds=numbers(options.seeds) if options.seeds else spec.seeds,
            num_envs=options.num_envs,
            exams=options.exams,
            vitals_every=options.vitals_every,
            max_steps=options.max_steps,
        )
    except (ValueError, TypeError) as error:
        raise SpecError(f"{args[0]}: {one_line(str(error))}") from error
    return chosen, options


def _with_overrides(kind: type[RunOptions], spec: Experiment) -> Any:
    """Extend a command's options by the fields of a loaded spec, with its values as defaults."""
    each = [(label, type(agent), field(default=agent)) for label, agent in spec.agents.items()]
    family = make_dataclass("Agents", each, frozen=True)
    fields = [
        ("num_envs", int, field(default=spec.num_envs)),
        ("vitals_every", int, field(default=spec.vitals_every)),
        ("max_steps", int | None, field(default=spec.max_steps)),
        ("exams", ExamPlan, field(default=spec.exams)),
        ("agent", family, field(default=family())),
    ]
    return make_dataclass(kind.__name__, fields, bases=(kind,), frozen=True)


def labels(text: str, spec: Experiment) -> list[str]:
    """Read "a,b" into labels of the spec, in the spec's order."""
    asked = [word.strip() for word in text.split(",") if word.strip()]
    for word in asked:
        if word not in spec.agents:
            raise SpecError(
                f"--agents: expected some of {', '.join(spec.agents)}; got '{word}'{suggestion(word, spec.agents)}"
            )
    return [label for label in spec.agents if not asked or label in asked]


def numbers(text: str) -> tuple[int, ...]:
    """Read "0-4", "0,3" or a mixture into seeds.

    Raises:
        SpecError: If it is no list of numbers and ranges.
    """
    found: list[int] = []
    for word in text.split(","):
        match = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", word)
        if match is None or (match[2] is not None and int(match[2]) < int(match[1])):
            raise SpecError(f"--seeds: expected numbers and rising ranges such as 0-4 or 0,3; got '{text}'")
        found += range(int(match[1]), int(match[2] or match[1]) + 1)
    return tuple(found)


def one_line(text: str) -> str:
    """Bring a message of several lines, perhaps in a box of lines or dashes, into one."""
    lines = (re.sub(r"[─-╿]+|-{3,}", " ", line).strip(" +|") for line in text.splitlines())
    return " ".join(" ".join(lines).split())
