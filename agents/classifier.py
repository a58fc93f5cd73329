"""Continual supervised learning by plain backpropagation: what can be set, for every kind of classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import gymnasium as gym

from agents.protocol import AgentSpec

if TYPE_CHECKING:  # torch takes a second to import: only an agent that is built needs it
    from agents.classifier_agent import ClassifierAgent
    from agents.classifier_network import ClassifierNetwork
    from agents.mechanism import Mechanism
    from lifelong_agent.plasticity import Plastic


@dataclass(frozen=True)
class ClassifierSpec(AgentSpec, kind="bp"):
    """A classifier that names each picture, is told the right class, and learns from it at once: one step a picture.

    N pictures side by side are one minibatch, each seen once. Defaults of the optimiser are those of Dohare et al.
    (Nature 2024) on online Permuted MNIST, who step after each picture with a rate of .01, .003 or .001: SGD, no
    momentum. Their networks have 2,000 units a layer; minibatches of N pictures want a larger rate.

    Source: Dohare et al., "Loss of plasticity in deep continual learning" (Nature 2024), online Permuted MNIST.
    """

    learning_rate: float = 0.01
    """Step size, constant over the life."""
    widths: tuple[int, ...] = (256, 256, 256)
    """Rectified units of each hidden layer."""
    optimizer: Literal["sgd", "adam"] = "sgd"
    """Stochastic gradient descent or Adam."""
    momentum: float = 0.0
    """Momentum of SGD, in [0, 1)."""
    adam_betas: tuple[float, float] = (0.9, 0.999)
    """Decay of Adam's first and second moments."""
    weight_decay: float = 0.0
    """Weight of the L2 penalty, coupled: ``weight_decay * theta`` is added to the gradient."""
    adaptation: bool = False
    """Let every layer read its inputs as differences from their running means, which follow new senses fast."""

    forgets_units: ClassVar[bool] = False
    """Whether Adam counts steps number by number, so that replaced units start as new ones (`UnitAdam`)."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot mean anything.

        Raises:
            ValueError: If a number is out of its range; names the field and the range.
        """
        self._check("learning_rate", self.learning_rate > 0, "above zero")
        self._check("widths", bool(self.widths) and all(width >= 1 for width in self.widths), "integers of 1 or above")
        self._check("optimizer", self.optimizer in ("sgd", "adam"), "sgd or adam")
        self._check("momentum", 0 <= self.momentum < 1, "in [0, 1)")
        self._check("momentum", self.optimizer == "sgd" or self.momentum == 0, "for sgd, zero for adam")
        self._check("adam_betas", all(0 <= beta < 1 for beta in self.adam_betas), "two numbers in [0, 1)")
        self._check("weight_decay", self.weight_decay >= 0, "zero or above")

    def _check(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise ValueError(f"{self.kind}: {name} is {expected}; got {getattr(self, name)!r}")

    def mechanism(self, network: ClassifierNetwork, seed: int) -> Mechanism | None:
        """Make what keeps the network plastic, unattached; None if nothing does.

        Args:
            network: As it was born.
            seed: Of the mechanism's randomness.
        """
        return None

    def rule(self, network: ClassifierNetwork, seed: int) -> Plastic | None:
        """Make the network plastic by the parts of the rule that are asked for, unattached; None if none are.

        Args:
            network: As it was born; changed in place.
            seed: Of what the rule draws.
        """
        if not self.adaptation:
            return None
        import torch  # noqa: PLC0415

        from lifelong_agent.plasticity import make_plastic  # noqa: PLC0415

        return make_plastic(network, torch.zeros(1, network.shape[0]), pool=False, consolidation=None, scaling=None)

    def build(self, env: gym.vector.VectorEnv, seed: int) -> ClassifierAgent:
        """Make the agent; see `AgentSpec.build`."""
        from agents.classifier_agent import ClassifierAgent  # noqa: PLC0415

        return ClassifierAgent(self, env, seed)
