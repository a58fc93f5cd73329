"""Living one cell: from a spec to a folder of records, in this process."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from agents.protocol import Agent, Policy
from envs import LifelongVectorEnv
from experiments import metrics
from experiments.cells import Cell, write_json
from experiments.exam import examine, examine_cold
from experiments.record import Recorder
from experiments.records import read_record
from experiments.summary import lifetime_return
from experiments.tensorboard import Board
from lifelong_agent.seeds import seed_for


def live(cell: Cell, progress: Callable[[int], None] | None = None) -> None:
    """Live one cell to its end, unless it has been lived already.

    Args:
        cell: What is lived.
        progress: Told the age of the life after every step, in environment steps.

    Raises:
        SpecError: If the folder holds something else.
        ValueError: If the life cannot be made, or the agent cannot live in it.
    """
    if cell.done:
        return
    with cell.claimed():
        if not cell.done:  # by another process, meanwhile
            cell.begin()
            write_json(cell.folder / "done.json", lived(cell, progress))


def lived(cell: Cell, progress: Callable[[int], None] | None) -> dict[str, Any]:
    """Live a cell whose folder is ready; return what `done.json` is to say."""
    wall, cpu = time.perf_counter(), time.process_time()

    def hold_exam(policy: Policy, age: int, tasks: Sequence[int] | None) -> tuple[list[list[float]], list[float]]:
        return examine(policy, cell.schedule, cell.seed, cell.exams, age, tasks)

    board = Board(cell.folder / "tensorboard", [task.name for task in cell.schedule.tasks])
    recorder = Recorder(
        LifelongVectorEnv(cell.schedule, num_envs=cell.num_envs, seed=cell.seed),
        cell.folder,
        exam_ages=cell.exams.ages(cell.visits),
        examine=hold_exam,
        leaving=cell.visits if cell.exams.leaving else (),
        vitals_every=cell.vitals_every,
        board=board,
        progress=progress,
    )
    try:
        try:
            agent = cell.agent.build(recorder, seed_for(cell.seed, "agent"))
            recorder.attach(agent)
            agent.live(recorder, cell.steps)
            if recorder.age != cell.steps:
                raise RuntimeError(
                    f"agent '{cell.label}' was to live exactly {cell.steps} environment steps; it lived {recorder.age}"
                )
            hold_last_exams(cell, agent)
        finally:
            recorder.close()
        done = {
            "hash": cell.hash,
            "seed": cell.seed,
            "steps": cell.steps,
            "cpu_seconds": round(time.process_time() - cpu, 3),
            "overhead_cpu_seconds": round(recorder.overhead, 3),
            "wall_seconds": round(time.perf_counter() - wall, 3),
            "versions": versions(),
        }
        board.result({"label": cell.label, "seed": cell.seed, **flat(cell.spec["agent"])}, judged(cell, done))
    finally:
        board.close()
    return done


def hold_last_exams(cell: Cell, agent: Agent) -> None:
    """Score the policy at the end of life on all tasks, per step, and by groups that meet a world cold, if asked for.

    Writes `final.json`: mean reward per step of each task in the exam (`rates`), and for each size of a group the
    mean reward of the first step in each task (`cold`).
    """
    plan = cell.exams
    if not plan.leaving and not plan.cold:
        return
    policy, last = agent.policy(), cell.steps
    _, rates = examine(policy, cell.schedule, cell.seed, plan, last)
    cold = {str(size): examine_cold(policy, cell.schedule, cell.seed, size, max(plan.cold), last) for size in plan.cold}
    write_json(cell.folder / "final.json", {"age": last, "rates": rates, "cold": cold})


def judged(cell: Cell, done: dict[str, Any]) -> dict[str, float]:
    """Compute the few numbers by which lives are compared in TensorBoard's HParams tab."""
    life = read_record(cell.folder, done)
    result = {"lifetime_return": lifetime_return(life)}
    return result | ({"final_average": metrics.final_average(life.scores)} if len(life.exams) else {})


def flat(data: dict[str, Any], path: str = "") -> dict[str, Any]:
    """Flatten nested settings: {"brain": {"size": 3}} to {"brain.size": 3}."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        found |= flat(value, f"{path}{key}.") if isinstance(value, dict) else {f"{path}{key}": value}
    return found


def versions() -> dict[str, str]:
    """Return the versions a result depends on."""
    found = {"python": platform.python_version()}
    for name in ("lifelong_agent", "torch", "gymnasium", "stable_baselines3", "minigrid", "numpy", "numba"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
