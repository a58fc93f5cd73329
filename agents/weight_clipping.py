"""A classifier whose weights stay in the range they are born in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.classifier import ClassifierSpec

if TYPE_CHECKING:  # torch takes a second to import: only an agent that is built needs it
    from agents.classifier_network import ClassifierNetwork
    from agents.mechanism import Mechanism


@dataclass(frozen=True)
class WeightClippingSpec(ClassifierSpec, kind="weight_clipping"):
    """Backpropagation with all weights clipped after each step, layer by layer.

    Source: Elsayed, Lan, Lyle and Mahmood, "Weight clipping for deep continual and reinforcement learning" (RLC 2024),
    who try 1 to 5 for ``kappa``. He's first weights reach ``sqrt(6)``, 2.45 bounds, so below that they are clipped too.
    """

    clip: float = 3.0
    """Largest absolute weight times the square root of the layer's inputs (``kappa``), above zero; ``inf`` for none."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot mean anything.

        Raises:
            ValueError: If a number is out of its range; names the field and the range.
        """
        super().__post_init__()
        self._check("clip", self.clip > 0, "above zero")

    def mechanism(self, network: ClassifierNetwork, seed: int) -> Mechanism:
        """Make the clipping; see `ClassifierSpec.mechanism`."""
        from agents.weight_clipping_mechanism import WeightClipping  # noqa: PLC0415

        return WeightClipping(network, self.clip)
