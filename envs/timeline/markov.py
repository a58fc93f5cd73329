"""Worlds that change at random: at every step with the same probability, whatever came before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from envs.timeline.base import Timeline, check_count, index_of
from envs.timeline.visit import Stay
from lifelong_agent.seeds import generator


@dataclass(frozen=True)
class Markov(Timeline, kind="markov"):
    """Switch without memory: each stay lasts a geometrically distributed number of steps, then another world is drawn.

    Nothing about the past tells when the next switch comes. The last stay is cut by the end of the life.

    Source: memoryless changes as in NS-Gym (Keplinger et al. 2025); worlds that follow each other as a Markov chain,
    hidden-mode Markov decision processes (Choi, Yeung and Zhang 2000).

    Attributes:
        total: Environment steps of the whole life, at least 1.
        dwell: Mean length of a stay in steps, at least ``shortest``.
        transitions: Probability ``transitions[i][j]`` that the world after task i is task j, each row adding up to 1,
            with 0 on the diagonal; all other tasks alike if empty.
        first: The task of the first stay, by name or index.
        shortest: Every stay lasts at least so many steps, at least 1; the rest of it is memoryless. A vector of N
            sub-environments needs N at least. None for as long as the blend, or 1.
        blend: For how many steps each switch is gradual, at most ``shortest``; 0 for abrupt switches.
        slots: Slots of a gradual switch.
        seed: Root seed of lengths and worlds, and of these slots.
    """

    total: int
    dwell: float
    transitions: tuple[tuple[float, ...], ...] = ()
    first: int | str = 0
    shortest: int = None  # pyright: ignore[reportAssignmentType] - filled in
    blend: int = 0

    def __post_init__(self) -> None:
        """Check the fields."""
        super().__post_init__()
        if self.shortest is None:
            object.__setattr__(self, "shortest", max(1, self.blend) if isinstance(self.blend, int) else 1)
        for label, least in (("total", 1), ("shortest", 1), ("blend", 0)):
            check_count(f"Markov.{label}", getattr(self, label), least)
        if self.total < self.shortest:
            raise ValueError(f"Markov.total is at least shortest={self.shortest}; got {self.total}")
        if not isinstance(self.dwell, (int, float)) or isinstance(self.dwell, bool):
            raise TypeError(
                f"Markov.dwell is a number of steps; got {self.dwell!r} of type {type(self.dwell).__name__}"
            )
        if not self.shortest <= self.dwell < np.inf:
            raise ValueError(
                f"Markov.dwell is a mean length in steps, finite and at least {self.shortest}; got {self.dwell}"
            )
        if self.blend > self.shortest:
            raise ValueError(
                f"Markov.blend is at most shortest={self.shortest}, so that no stay is shorter than its blend; "
                f"got {self.blend}"
            )
        object.__setattr__(self, "transitions", tuple(map(tuple, self.transitions)))
        for i, row in enumerate(self.transitions):
            self._check_row(i, row)

    def _check_row(self, i: int, row: tuple[float, ...]) -> None:
        """Check the probabilities of what follows a task."""
        where = f"Markov.transitions[{i}]"
        if len(row) != len(self.transitions):
            raise ValueError(
                f"{where} has {len(row)} probabilities; a row has one for each of {len(self.transitions)} tasks"
            )
        if not all(0 <= share <= 1 for share in row):
            raise ValueError(f"{where} holds probabilities, from 0 to 1; got {row}")
        if abs(sum(row) - 1) > 1e-9:
            raise ValueError(f"{where} adds up to 1; {row} adds up to {sum(row):g}")
        if row[i] != 0:
            raise ValueError(f"{where}[{i}] is 0, for a switch leads to another world (dwell says how long one lasts)")

    def stays(self, names: Sequence[str]) -> tuple[Stay, ...]:
        """Tell what is lived when; see `Timeline.stays`.

        Raises:
            ValueError: Also if there are fewer than two tasks, or not as many as there are rows of transitions.
        """
        count = len(names)
        if count < 2:
            raise ValueError(f"Markov switches between worlds and needs at least 2 tasks; got {', '.join(names)}")
        if self.transitions and len(self.transitions) != count:
            raise ValueError(
                f"Markov.transitions has {len(self.transitions)} rows, but there are {count} tasks: {', '.join(names)}"
            )
        chances = np.array(self.transitions or (1 - np.eye(count)) / (count - 1)).cumsum(axis=1)
        rng = generator(self.seed, "timeline", "markov")
        task, ages, tasks = index_of(self.first, names, "Markov.first"), [0], []
        while ages[-1] < self.total:
            tasks.append(task)
            ages.append(ages[-1] + self.shortest - 1 + int(rng.geometric(1 / (self.dwell - self.shortest + 1))))
            task = int(np.searchsorted(chances[task], rng.random() * chances[task, -1], side="right"))
        if len(ages) > 2 and self.total - ages[-2] < self.shortest:
            del tasks[-1], ages[-2]  # the world before goes on: no stay is shorter than the shortest
        ages[-1] = self.total
        return self.lay(
            (task, stop - start, self.blend) for task, (start, stop) in zip(tasks, pairwise(ages), strict=True)
        )
