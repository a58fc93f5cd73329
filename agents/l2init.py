"""A classifier that is drawn back to where it was born."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.classifier import ClassifierSpec

if TYPE_CHECKING:  # torch takes a second to import: only an agent that is built needs it
    from agents.classifier_network import ClassifierNetwork
    from agents.mechanism import Mechanism


@dataclass(frozen=True)
class L2InitSpec(ClassifierSpec, kind="l2init"):
    """Backpropagation with a penalty on the distance of all parameters from their first values.

    Source: Kumar, Marklund and Van Roy, "Maintaining plasticity in continual learning via regenerative regularization"
    (2023), who try 1e-2 to 1e-5 for ``lambda`` in ``lambda * ||theta - theta_0||^2``, half of `strength`.
    """

    strength: float = 1e-3
    """Weight of the penalty ``strength / 2 * ||theta - theta_0||^2``, zero or above."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot mean anything.

        Raises:
            ValueError: If a number is out of its range; names the field and the range.
        """
        super().__post_init__()
        self._check("strength", self.strength >= 0, "zero or above")

    def mechanism(self, network: ClassifierNetwork, seed: int) -> Mechanism:
        """Make the pull; see `ClassifierSpec.mechanism`."""
        from agents.l2init_mechanism import L2Init  # noqa: PLC0415

        return L2Init(network.parameters(), self.strength)
