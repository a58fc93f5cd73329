"""Synthetic streams with known worlds, for the tests of context inference and of the brain."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from lifelong_agent.inference import Belief, ContextInference

STREAMS = 8


class LinearWorld:
    """Four channels that swing slowly, pushed by two actions; every step pays one."""

    def __init__(self, seed: int) -> None:
        self.dice = torch.Generator().manual_seed(seed)
        swing = torch.randn(4, 4, generator=self.dice)
        self.matrix = 0.98 * torch.linalg.matrix_exp(0.2 * (swing - swing.T))
        self.push = torch.randn(2, 4, generator=self.dice) * 0.1

    def first(self) -> Tensor:
        return torch.rand(STREAMS, 4, generator=self.dice) - 0.5

    def step(self, sense: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        noise = 0.003 * torch.randn(sense.shape, generator=self.dice)
        return sense @ self.matrix.T + self.push[action] + noise, torch.ones(STREAMS)


class BitWorld:
    """A view of 240 bits from one of four corners, each of which shows ten of its own fifteen bits.

    A world is a permutation of the bits, of which a quarter are ever on, and pays one action, or all.
    """

    def __init__(self, seed: int, *, paid: int | None = None) -> None:
        self.dice = torch.Generator().manual_seed(seed)
        self.order = torch.randperm(240, generator=self.dice)
        self.paid = paid

    def first(self) -> Tensor:
        corner = torch.randint(0, 4, (STREAMS, 1), generator=self.dice)
        chosen = torch.rand(STREAMS, 15, generator=self.dice).topk(10).indices
        sense = torch.zeros(STREAMS, 240).scatter_(1, chosen + 15 * corner, 1.0)
        return sense[:, self.order]

    def step(self, sense: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        return self.first(), torch.ones(STREAMS) if self.paid is None else (action == self.paid).float()


class Stream:
    """Lives in worlds with random actions, episodes of 40 steps, and hands every step to context inference."""

    def __init__(self, inference: ContextInference, seed: int = 0) -> None:
        self.inference = inference
        self.dice = torch.Generator().manual_seed(seed)
        self.sense: Tensor | None = None
        self.age = 0

    def live(
        self,
        world: LinearWorld | BitWorld,
        steps: int,
        *,
        learn: bool = True,
        fault: Callable[[Tensor], Tensor] = torch.clone,
    ) -> list[Belief]:
        """Live some steps in a world; ``fault`` turns what was seen into what the sensors say."""
        beliefs = []
        truth = world.first()
        if self.sense is None:
            self.inference.begin(fault(truth), learn=learn)
        self.sense = fault(truth)
        for step in range(steps):
            action = torch.randint(0, 2, (STREAMS,), generator=self.dice)
            truth, reward = world.step(truth, action)
            after = fault(truth)
            ended = torch.full((STREAMS,), (step + 1) % 40 == 0)
            fresh = after[:0]
            upcoming = after
            if ended.any():
                truth = world.first()
                upcoming = fresh = fault(truth)
            belief = self.inference.observe(self.sense, action, reward, after, ended, fresh, learn=learn)
            beliefs.append(belief)
            self.sense = upcoming
        return beliefs


def contexts_of(beliefs: list[Belief]) -> list[int]:
    """The contexts that were believed in, one after the other, without repetitions."""
    told: list[int] = []
    for belief in beliefs:
        if not told or told[-1] != belief.context:
            told.append(belief.context)
    return told
