"""Confirming a found rule: beside baselines, on whole lives that the search has never seen, on other seeds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agents import AgentSpec, CBPSpec, LocalRuleSpec, PPOCBPSpec, PPOLocalRuleSpec, PPORuleSpec, RuleSpec
from envs import make_life
from experiments.cells import cells, fingerprint
from experiments.compare import collect
from experiments.discover.options import DiscoverOptions, confirmed_lives, is_labelled
from experiments.discover.search import LiveAll
from experiments.discover.space import REGENERATION
from experiments.load import SpecError, plain
from experiments.options import numbers
from experiments.spec import ExamPlan, Experiment


@dataclass(frozen=True)
class Confirmed:
    """What came of the confirmation on one life."""

    life: str
    summary: dict[str, Any] | None
    """As `lifelong compare` gives it; None if the life was left out, or a cell failed."""
    why: str = ""
    """Why there is none."""


def found_label(winner: LocalRuleSpec) -> str:
    """Name a found rule by its constants, so that another winner lies beside it."""
    return f"found_{fingerprint(plain(winner))[:8]}"


def contestants(winner: LocalRuleSpec, labelled: bool) -> dict[str, AgentSpec]:
    """Put the found rule beside continual backprop and the shipped rule.

    Args:
        winner: The found rule.
        labelled: Whether the life is of labelled pictures; if not, all of them learn through PPO, with Adam.
    """
    name = found_label(winner)
    if labelled:
        shipped = RuleSpec(gate=winner.gate, biases=winner.biases, regeneration=REGENERATION.get(winner.gate, 0.0))
        cbp = CBPSpec(optimizer="adam", learning_rate=1e-3, replacement_rate=1e-4)
        return {name: winner, "rule": shipped, "cbp": cbp}
    return {name: PPOLocalRuleSpec(local=winner.local), "ppo_rule": PPORuleSpec(), "ppo_cbp": PPOCBPSpec()}


def confirmation(life: str, winner: LocalRuleSpec, options: DiscoverOptions) -> Experiment:
    """Lay out the comparison on one life.

    Raises:
        SpecError: If the life, its length and the bodies do not fit together.
    """
    schedule = make_life(life)
    labelled = is_labelled(schedule)
    bodies = options.num_envs if labelled else 8
    steps = min(schedule.total, options.confirm_steps or schedule.total)
    exams = ExamPlan(every=0, num_envs=16, max_steps=20, leaving=True) if labelled else ExamPlan()
    try:
        return Experiment(
            name=life,
            life=life,
            agents=contestants(winner, labelled),
            seeds=numbers(options.confirm_seeds),
            num_envs=bodies,
            exams=exams,
            vitals_every=max(bodies, steps // 20),
            max_steps=steps - steps % bodies,
        )
    except ValueError as error:
        raise SpecError(f"--confirm: {life}: {error}") from error


def confirm(winner: LocalRuleSpec, options: DiscoverOptions, live: LiveAll, folder: Path) -> list[Confirmed]:
    """Live the comparisons, one life after the other.

    Args:
        winner: The found rule.
        options: Lives, seeds and lengths.
        live: Lives cells.
        folder: Where they are kept.

    Returns:
        One entry a life.
    """
    from experiments.commands import check  # noqa: PLC0415  (which knows this command)

    found = []
    for life in confirmed_lives(options):
        spec = confirmation(life, winner, options)
        try:
            check(replace(spec, seeds=spec.seeds[:1]))
        except SpecError as error:
            found.append(Confirmed(life, None, str(error)))
            continue
        failed = live(cells(spec, folder))
        if failed:
            names = ", ".join(f"{cell.label} seed {cell.seed}" for cell in failed)
            found.append(Confirmed(life, None, f"failed: {names}"))
        else:
            found.append(Confirmed(life, collect(spec, folder).summary))
    return found
