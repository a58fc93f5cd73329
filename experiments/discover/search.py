"""The search itself: Optuna asks, cells live, and what they scored is told; kept in a journal, so that it goes on.

A trial is one rule on all seeds of the search. Trials are asked for by as many as there are jobs. The dice of a trial
come from the root seed and its number, so that a search that was stopped tries the same rules as one that was not. What
was being lived when it was stopped is lived first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents import LocalRuleSpec
from experiments.cells import Cell, cells, differences
from experiments.discover.front import OBJECTIVES
from experiments.discover.options import DiscoverOptions, trial_experiment
from experiments.discover.space import SPACE, rule_of, shipped
from experiments.load import SpecError, plain
from experiments.records import read_record
from experiments.summary import judge
from lifelong_agent.seeds import seed_for

LiveAll = Callable[[Sequence[Cell]], list[Cell]]
"""Lives cells, and gives those that failed."""


@dataclass(frozen=True)
class Tried:
    """A rule that was tried."""

    number: int
    agent: LocalRuleSpec
    values: tuple[float, ...] | None
    """Means over seeds, in the order of `OBJECTIVES`; None if a life failed."""


def optuna_of() -> Any:
    """Load Optuna.

    Raises:
        SpecError: If it is not installed.
    """
    try:
        import optuna  # noqa: PLC0415  (an extra, and half a second)
    except ImportError:
        raise SpecError("discover searches with Optuna, which is not installed: pip install '.[discover]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def search(options: DiscoverOptions, live: LiveAll) -> list[Tried]:
    """Try rules until there are as many as asked for.

    Args:
        options: What is searched.
        live: Lives cells.

    Returns:
        All rules that were tried, in their order.

    Raises:
        SpecError: If Optuna is not installed, or the folder holds another search.
    """
    optuna = optuna_of()
    study = open_study(optuna, options)
    state = optuna.trial.TrialState
    while True:
        trials = study.get_trials(deepcopy=False)
        for trial in trials:  # stopped between two lines of the journal, before anything was lived
            if trial.state == state.RUNNING and trial.params.keys() != SPACE.keys():
                study.tell(trial.number, state=state.FAIL)
        batch = [t for t in trials if t.state == state.RUNNING and t.params.keys() == SPACE.keys()]
        asked = sum(trial.state != state.WAITING for trial in trials)
        while not batch or (len(batch) < options.jobs and asked < options.trials):
            if asked >= options.trials:
                return [tried(trial, options) for trial in trials if trial.state.is_finished()]
            study.sampler = sampler(optuna, options, asked)
            batch.append(study.ask(distributions(optuna)))
            asked += 1
        rules = {label(trial.number): rule_of(trial.params, options.gate) for trial in batch}
        lives = trial_cells(options, rules)
        live(lives)
        for trial in batch:
            values = scores([cell for cell in lives if cell.label == label(trial.number)])
            if values is None:
                study.tell(trial.number, state=state.FAIL)
            else:
                study.tell(trial.number, list(values))


def open_study(optuna: Any, options: DiscoverOptions) -> Any:
    """Open the journal of a search, or begin one with the shipped rule.

    Raises:
        SpecError: If the journal is of another search.
    """
    options.folder.mkdir(parents=True, exist_ok=True)
    backend = optuna.storages.journal.JournalFileBackend(str(options.folder / "journal.log"))
    storage = optuna.storages.JournalStorage(backend)
    study = optuna.create_study(
        storage=storage,
        study_name=options.life,
        directions=["maximize"] * len(OBJECTIVES),
        load_if_exists=True,
    )
    asked = question(options)
    was = study.user_attrs.get("question")
    if was is None:
        study.enqueue_trial(shipped(options.gate), skip_if_exists=True)
        study.set_user_attr("question", asked)
    elif was != asked:
        raise SpecError(
            f"{options.folder} holds another search ({differences(was, asked)}); move or delete that folder, or choose "
            "another --out"
        )
    return study


def question(options: DiscoverOptions) -> dict[str, Any]:
    """Say everything that decides what the search tries and how it judges, but for how long it goes on."""
    cell = trial_cells(options, {label(0): LocalRuleSpec(gate=options.gate)})[0]
    return {
        "life": options.life,
        "cell": cell.hash,
        "steps": cell.steps,
        "num_envs": options.num_envs,
        "seeds": options.seeds,
        "gate": options.gate,
        "sampler": options.sampler,
        "population": options.population,
        "seed": options.seed,
        "space": plain(SPACE),
    }


def sampler(optuna: Any, options: DiscoverOptions, number: int) -> Any:
    """Make what chooses the rule of a trial; its dice are named by the trial."""
    dice = seed_for(options.seed, "discover", number) % 2**32
    if options.sampler == "tpe":
        return optuna.samplers.TPESampler(seed=dice, n_startup_trials=options.population)
    return optuna.samplers.NSGAIISampler(seed=dice, population_size=options.population)


def distributions(optuna: Any) -> dict[str, Any]:
    """Describe the space to Optuna."""
    make = optuna.distributions.FloatDistribution
    return {name: make(one.low, one.high, step=one.step, log=one.step is None) for name, one in SPACE.items()}


def label(number: int) -> str:
    """Name a trial in folders."""
    return f"trial_{number:04d}"


def trial_cells(options: DiscoverOptions, rules: dict[str, LocalRuleSpec]) -> list[Cell]:
    """Lay out the cells of some trials, as <folder>/trials/<life>/<trial>/seed<k>."""
    return cells(trial_experiment(options, rules), options.folder / "trials")


def scores(lives: Sequence[Cell]) -> tuple[float, ...] | None:
    """Score a rule by its lives: means over seeds; None if one of them failed or scored nothing finite."""
    if not all(cell.done for cell in lives):
        return None
    rows = [judge(read_record(cell.folder), np.zeros(len(cell.schedule.tasks))) for cell in lives]
    values = np.array([[row[name] for name in OBJECTIVES] for row in rows]).mean(axis=0)
    return tuple(values.tolist()) if np.isfinite(values).all() else None


def tried(trial: Any, options: DiscoverOptions) -> Tried:
    """Read a finished trial."""
    # A trial that was stopped before all of it was written down has no rule; it counts as the failure that it is.
    values = None if trial.values is None else tuple(trial.values)
    params = trial.params if trial.params.keys() == SPACE.keys() else shipped(options.gate)
    return Tried(trial.number, rule_of(params, options.gate), values)
