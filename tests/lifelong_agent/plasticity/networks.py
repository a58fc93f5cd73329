"""Small networks and worlds that the rule is tried in."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from lifelong_agent.plasticity import Adaptation, Consolidation, Dendrites, Plastic, Prototypes, Scaling, make_plastic

FEATURES, CLASSES = 40, 4
NOTHING: dict[str, Any] = {"adaptation": None, "pool": False, "consolidation": None, "scaling": None}


def dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def dense(width: int = 24) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Linear(FEATURES, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, CLASSES)
        )


def convolutional() -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(2, 8, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 6, 3, padding=1),
            nn.Tanh(),
            nn.Flatten(),
            nn.Linear(6 * 4 * 4, 10),
            nn.ReLU(),
            nn.Linear(10, CLASSES),
        )


class World:
    """Blobs around prototypes of classes; each world has prototypes and a mean of its own."""

    def __init__(self, seed: int, shape: tuple[int, ...] = (FEATURES,)) -> None:
        self.centres = (
            2 * torch.rand(CLASSES, *shape, generator=dice(seed)) * (torch.rand(shape, generator=dice(seed + 50)) < 0.4)
        )
        self.dice = dice(seed + 1000)

    def batch(self, size: int = 16) -> tuple[Tensor, Tensor]:
        answer = torch.randint(CLASSES, (size,), generator=self.dice)
        return self.centres[answer] + 0.3 * torch.randn(size, *self.centres.shape[1:], generator=self.dice), answer


def learn(
    network: nn.Module, optimizer: torch.optim.Optimizer, world: World, steps: int = 150, size: int = 16
) -> float:
    right = 0
    for _ in range(steps):
        seen, answer = world.batch(size)
        logits = network(seen)
        right += int((logits.argmax(dim=1) == answer).sum())
        optimizer.zero_grad()
        functional.cross_entropy(logits, answer).backward()
        optimizer.step()
    return right / steps / size


def accuracy(network: nn.Module, world: World, size: int = 200) -> float:
    seen, answer = World.batch(world, size)
    with torch.no_grad():
        return float((network(seen).argmax(dim=1) == answer).float().mean())


def plastic(network: nn.Module, example: Tensor | None = None, **parts) -> Plastic:
    return make_plastic(network, torch.zeros(2, FEATURES) if example is None else example, **parts)


PARTS = {
    "adaptation": {**NOTHING, "adaptation": Adaptation()},
    "senses": {**NOTHING, "adaptation": Adaptation(hidden=False)},
    "gain": {**NOTHING, "adaptation": Adaptation(gain=1.0)},
    "pool": {**NOTHING, "pool": True},
    "consolidation": {**NOTHING, "consolidation": Consolidation(30, 0.999, 1e-3)},
    "scaling": {**NOTHING, "scaling": Scaling(2)},
    "strict": {},
    "no_biases": {"biases": False},
    "dendrites": {"gate": Dendrites(0.5)},
    "prototypes": {"gate": Prototypes(0.5, capacity=8)},
    # Quiet channels of these worlds hold nothing but noise: a small gain would make that loud.
    "prototypes_with_gain": {"adaptation": Adaptation(gain=20.0), "gate": Prototypes(0.5, capacity=8)},
}
