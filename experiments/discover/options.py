"""What `lifelong discover` is asked for, and the experiment that a trial of the search lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agents import AgentSpec
from envs import LIVES, Schedule, make_life
from experiments.load import SpecError, suggestion
from experiments.options import numbers
from experiments.spec import ExamPlan, Experiment

LABELLED = "lifelong/Labelled-v0"


@dataclass(frozen=True)
class DiscoverOptions:
    """What is searched for, on what, and where it is kept."""

    life: str = "permuted_digits"
    """Named life of labelled pictures that trials live."""
    trials: int = 100
    """Rules that are tried, those of former calls included."""
    seeds: str = "100-101"
    """Seeds that each rule is tried on; none of those that are confirmed on."""
    max_steps: int | None = 30_000
    """Live only so many steps of the life; None for all of it."""
    num_envs: int = 16
    """Pictures side by side: one minibatch."""
    gate: Literal["none", "prototypes"] = "none"
    """Search for the strict rule, or for one under the context gate."""
    sampler: Literal["nsga2", "tpe"] = "nsga2"
    """What chooses the next rules: a genetic algorithm on the Pareto front, or tree-structured Parzen estimators."""
    population: int = 20
    """Rules of one generation of nsga2, and of the random beginning of tpe."""
    seed: int = 0
    """Root seed of the search itself: the same one, with as many jobs, tries the same rules."""
    weights: tuple[float, float, float] = (1.0, 1.0, 0.1)
    """What late reward rate, kept rate, and effective rank as a share of the units count in choosing the winner."""
    confirm: str = "permuted_digits,permuted_mnist_5k,permuted_cifar,relabelled_mnist,rotating_mnist"
    """Lives on which the winner is put beside the baselines; left out where their data is not there. "" for none."""
    confirm_seeds: str = "20-22"
    """Seeds of those."""
    confirm_steps: int | None = None
    """Live only so many steps of those lives; None for all of each."""
    jobs: int = 2
    """Cells lived at the same time; 0 lives them in this process."""
    ray: bool = False
    """Live cells on a Ray cluster which shares this folder, rather than in processes of this machine."""
    out: Path = Path("runs")
    """Folder in which everything is kept, as <out>/discover/<life>; the same command goes on from there."""
    results: Path | None = None
    """Also write front and figure to <results>/discover_<life>, to be committed."""

    @property
    def folder(self) -> Path:
        """Where the search is kept."""
        return self.out / "discover" / self.life


def named_life(name: str, option: str) -> Schedule:
    """Look a life up.

    Raises:
        SpecError: If there is none of that name.
    """
    if name not in LIVES:
        raise SpecError(f"{option}: there is no life '{name}'{suggestion(name, LIVES)}; `lifelong list` names them")
    return make_life(name)


def is_labelled(schedule: Schedule) -> bool:
    """Tell whether all tasks of a life are of labelled pictures."""
    return all(task.env_id == LABELLED for task in schedule.tasks)


def check_options(options: DiscoverOptions) -> None:
    """Refuse what cannot be searched.

    Raises:
        SpecError: Names the option, what was expected and what came.
    """
    expected = {
        "trials": (options.trials >= 1, "at least 1", options.trials),
        "population": (options.population >= 2, "at least 2", options.population),
        "jobs": (options.jobs >= 0, "0 or more processes", options.jobs),
        "seed": (options.seed >= 0, "zero or above", options.seed),
        "weights": (min(options.weights) >= 0 < max(options.weights), "zero or above, one above", options.weights),
        "confirm-steps": (
            options.confirm_steps is None or options.confirm_steps >= 1,
            "1 or more",
            options.confirm_steps,
        ),
    }
    for name, (holds, what, came) in expected.items():
        if not holds:
            raise SpecError(f"--{name}: expected {what}; got {came}")
    if not is_labelled(named_life(options.life, "--life")):
        raise SpecError(f"--life: rules are searched on lives of labelled pictures; '{options.life}' is none")
    for name in confirmed_lives(options):
        named_life(name, "--confirm")
    both = sorted(set(numbers(options.seeds)) & set(numbers(options.confirm_seeds)))
    if both and confirmed_lives(options):
        raise SpecError(f"--confirm-seeds: confirm on seeds that are not searched on; both have {both}")


def confirmed_lives(options: DiscoverOptions) -> list[str]:
    """Name the lives that the winner is confirmed on."""
    return [word.strip() for word in options.confirm.split(",") if word.strip()]


def trial_experiment(options: DiscoverOptions, agents: Mapping[str, AgentSpec]) -> Experiment:
    """Make the experiment of some trials: their rules, the seeds, the last exam, and vitals a few times.

    Raises:
        SpecError: If the life, its length and the bodies do not fit together, or fewer than two worlds would be lived.
    """
    total = make_life(options.life).total
    steps = min(total, options.max_steps) if options.max_steps is not None else total
    try:
        spec = Experiment(
            name=options.life,
            life=options.life,
            agents=agents,
            seeds=numbers(options.seeds),
            num_envs=options.num_envs,
            exams=ExamPlan(every=0, num_envs=16, max_steps=20, leaving=True),
            vitals_every=max(options.num_envs, steps // 10),
            max_steps=steps,
        )
    except ValueError as error:
        raise SpecError(f"discover: {error}") from error
    if len({visit.task for visit in spec.visits}) < 2:
        raise SpecError(f"--max-steps: what is kept shows after a second world has been lived; got {steps} of {total}")
    return spec
