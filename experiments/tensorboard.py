"""The TensorBoard log of one cell. Global step is always the age of the life, in environment steps.

Tags: `task/<name>/return` (mean return of the episodes that ended since the last point), `exam/<name>` (mean exam
score), `exam/matrix` (figure: all exams so far), `vitals/...` (whatever the agent says), and hparams at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams

from experiments.plots import exam_matrix


class Board:
    """Writes one cell's TensorBoard log.

    Args:
        folder: Where the event file goes; runs are told apart by folder.
        tasks: Names of the tasks.
    """

    def __init__(self, folder: Path, tasks: Sequence[str]) -> None:
        self._writer = SummaryWriter(str(folder), flush_secs=20)
        self._tasks = list(tasks)
        self._ages: list[int] = []
        self._scores: list[list[float]] = []

    def returns(self, age: int, means: Mapping[int, float]) -> None:
        """Log the mean return of recent episodes, task index -> return."""
        for task, mean in means.items():
            self._writer.add_scalar(f"task/{self._tasks[task]}/return", mean, age)

    def vitals(self, age: int, vitals: Mapping[str, float]) -> None:
        """Log an agent's health figures under the names it gives them, within `vitals/`."""
        for name, value in vitals.items():
            self._writer.add_scalar(name if "/" in name else f"vitals/{name}", value, age)

    def exam(self, age: int, scores: Sequence[float]) -> None:
        """Log one exam, one score a task, and draw the matrix of all exams so far."""
        self._ages.append(age)
        self._scores.append(list(scores))
        for name, score in zip(self._tasks, scores, strict=True):
            self._writer.add_scalar(f"exam/{name}", score, age)
        figure = exam_matrix(np.array(self._ages), np.array(self._scores), self._tasks)
        self._writer.add_figure("exam/matrix", figure, age, close=False)

    def result(self, settings: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        """Log what was lived and what came of it, for the HParams tab.

        The three summaries go into this run's own file; `SummaryWriter.add_hparams` would open a run of its own.
        """
        plain = {
            key: value if isinstance(value, (bool, int, float, str)) else str(value) for key, value in settings.items()
        }
        named = {f"metric/{name}": value for name, value in metrics.items()}
        file_writer = self._writer.file_writer
        if file_writer is not None:
            for summary in hparams(plain, named):
                file_writer.add_summary(summary)
        for name, value in named.items():
            self._writer.add_scalar(name, value, 0)

    def close(self) -> None:
        """Write out what is pending."""
        self._writer.close()
