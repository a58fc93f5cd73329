"""`lifelong bench faults`: every kind of sensor fault on every base, for as many random steps as asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.vector.utils import batch_space
from rich.console import Console

from envs import BatchedWorld, BatchSetting, Change, Clock, Outcome, Setting, Task
from envs.changes.fault import LEVELS, Fault, sense_of
from experiments.load import SpecError, suggestion
from experiments.options import read_options
from experiments.progress import make_count
from experiments.tables import rich_table
from lifelong_agent.seeds import generator

BASES: dict[str, dict[str, Any]] = {
    "CartPole-v1": {},
    "Acrobot-v1": {},
    "MountainCar-v0": {},
    "Pendulum-v1": {},
    "LunarLander-v3": {},
    "BipedalWalker-v3": {},
    "InvertedPendulum-v5": {},
    "HalfCheetah-v5": {},
    "Hopper-v5": {},
    "Walker2d-v5": {},
    "Ant-v5": {},
    "lifelong/PointMaze-v0": {},
    "lifelong/Room-v0": {},
    "lifelong/Grid-v0": {"base": "MiniGrid-DoorKey-5x5-v0"},
    "lifelong/NineRooms-v0": {},
    "lifelong/LGrid-v0": {},
    "lifelong/Pixels-v0": {},
}
"""Id of a base -> arguments: all the kinds of senses there are, and all the libraries that bodies come from."""
BODIES = 50


@dataclass(frozen=True)
class FaultOptions:
    """What is tried, and for how long."""

    steps: int = 100_000
    """Random steps of each base, shared by 50 bodies; every kind spoils all of them."""
    bases: str = ""
    """Only these bases, as "CartPole-v1,Ant-v5"; all if empty."""
    level: str = "hard"
    """Level of the faults."""
    seed: int = 0
    """Root seed."""
    out: Path = Path("runs")
    """Folder for what is found: <out>/faults/faults.json."""
    results: Path | None = None
    """Also write it to <results>/faults, to be committed."""


class Tape(BatchedWorld):
    """A world that gives what another one has just given, so that many changes can see the same step."""

    def __init__(self, world: BatchedWorld) -> None:
        """Show a world's steps again; set ``first`` and ``outcome`` to what it gave."""
        self.num_envs = world.num_envs
        self.observation_space, self.action_space = world.observation_space, world.action_space
        self.first: np.ndarray = np.empty(0)
        self.outcome: Outcome | None = None

    def seed(self, seeds: Sequence[int | None], rows: np.ndarray | None = None) -> None:
        """Leave the dice to the world whose steps are shown."""

    def begin(self, rows: np.ndarray | None = None) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Show the first observations again."""
        return self.first, {}

    def step(self, actions: Any, *, again: bool = True, idle: Any = None) -> Outcome:
        """Show the step again."""
        if self.outcome is None:
            raise ValueError("a tape shows a step once there is one")
        return self.outcome


def faults(args: Sequence[str]) -> int:
    """Try all kinds on all bases, show and keep what is found.

    Returns:
        The exit code: 1 if an observation left its space.

    Raises:
        SpecError: Before anything is tried, if an option does not fit.
    """
    about = "Every kind of fault on every base it fits; exit code 1 if an observation leaves its space."
    options = read_options(FaultOptions, args, "lifelong bench faults", about)
    asked = [word.strip() for word in options.bases.split(",") if word.strip()] or list(BASES)
    for word in asked:
        if word not in BASES:
            raise SpecError(f"--bases: expected some of {', '.join(BASES)}; got '{word}'{suggestion(word, BASES)}")
    if options.steps < BODIES:
        raise SpecError(f"--steps: expected at least {BODIES}, one for each body; got {options.steps}")
    if options.level not in LEVELS:
        raise SpecError(f"--level: expected {', '.join(LEVELS)}; got '{options.level}'")
    count, found = make_count("faults", len(asked)), {}
    for base in asked:
        count.next(base)
        found[base] = tried(base, options.steps, options.level, options.seed)
    count.close()
    rows = [
        [base, kind, f"{one['steps']:,}", f"{one['hit']:.3f}", str(one["outside"]) if one["outside"] else "none"]
        for base, kinds in found.items()
        for kind, one in kinds.items()
    ]
    header = ["base", "fault", "steps", "share of components hit", "observations outside"]
    Console().print(rich_table(f"faults at level {options.level}", header, rows))
    result = {"level": options.level, "seed": options.seed, "bases": found}
    for folder in (options.out, *([options.results] if options.results else [])):
        path = folder / "faults" / "faults.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(f"written: {path}")
    return 1 if any(one["outside"] for kinds in found.values() for one in kinds.values()) else 0


def tried(base: str, steps: int, level: str, seed: int) -> dict[str, dict[str, Any]]:
    """Live with random actions, and let every kind that fits spoil what is sensed.

    Returns:
        Kind -> ``steps`` that were lived, share of components that were ``hit``, and how many observations lay
        ``outside`` of their space (or were not finite, unless that is the fault).
    """
    clock = Clock()
    world = Task("bare", base, (), BASES[base]).batch(BODIES, ())
    if world is None:
        raise ValueError(f"{base} cannot be made for {BODIES} bodies")
    world.seed([seed + row for row in range(BODIES)])
    tape, worlds = Tape(world), {}
    for kind, cls in sorted(Change.kinds.items()):
        if not issubclass(cls, Fault) or sense_of(world.observation_space) not in cls.senses:
            continue
        setting = BatchSetting(clock, generator(seed, "world", kind), lambda kind=kind: _settings(clock, seed, kind))
        worlds[kind] = cls(level=level).batch(tape, setting)
    tape.first, _ = world.begin()
    space = batch_space(world.observation_space, BODIES)
    actions = batch_space(world.action_space, BODIES)
    actions.seed(seed)
    told = {kind: {"steps": 0, "hit": 0.0, "outside": 0} for kind in worlds}
    for spoilt in worlds.values():
        spoilt.begin()
    for _ in range(steps // BODIES):
        clock.advance(BODIES)
        action = actions.sample()
        tape.outcome = world.step(action)
        for kind, spoilt in worlds.items():
            outcome = spoilt.step(action)
            seen = outcome.observation
            if not Change.kinds[kind].keeps_finite:
                seen = np.nan_to_num(seen)
            one = told[kind]
            one["steps"] += BODIES
            one["hit"] += float(outcome.report[f"{kind}_mask"].mean()) * BODIES / (steps // BODIES * BODIES)
            one["outside"] += not (space.contains(seen) and np.isfinite(seen).all())
    world.close()
    return told


def _settings(clock: Clock, seed: int, kind: str) -> list[Setting]:
    return [
        Setting(clock, generator(seed, "world", kind), generator(seed, "moment", kind, row)) for row in range(BODIES)
    ]
