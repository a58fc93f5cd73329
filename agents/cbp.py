"""A classifier with continual backprop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from agents.classifier import ClassifierSpec

if TYPE_CHECKING:  # torch takes a second to import: only an agent that is built needs it
    from agents.classifier_network import ClassifierNetwork
    from agents.mechanism import Mechanism


@dataclass(frozen=True)
class CBPSpec(ClassifierSpec, kind="cbp"):
    """Backpropagation whose least useful hidden units are replaced as it learns.

    Source: Dohare et al., "Loss of plasticity in deep continual learning" (Nature 2024); defaults are those of online
    Permuted MNIST, where they try replacement rates of 1e-4, 1e-5 and 1e-6.
    """

    replacement_rate: float = 1e-4
    """Share of the mature units of each layer that is replaced per step, in [0, 1]."""
    maturity_threshold: int = 100
    """Steps a unit must be older than before it can be replaced."""
    decay_rate: float = 0.99
    """Decay of the running averages of utility and activation, in [0, 1)."""
    utility: Literal["contribution", "zero_contribution", "adaptable_contribution"] = "adaptable_contribution"
    """How a unit's usefulness is measured."""
    initialization: Literal["matched", "kaiming", "lecun", "default", "xavier"] = "kaiming"
    """Where a new unit's incoming weights come from."""
    variant: Literal["as_described", "as_published"] = "as_described"
    """As the paper describes it, where the mean contribution of a replaced unit moves into the next bias, or as its
    supervised code runs, where that mean is zeroed before it is used. With adaptation it never moves: what is read is a
    difference from the mean already."""

    forgets_units: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse settings that cannot mean anything.

        Raises:
            ValueError: If a number is out of its range; names the field and the range.
        """
        super().__post_init__()
        self._check("replacement_rate", 0 <= self.replacement_rate <= 1, "in [0, 1]")
        self._check("maturity_threshold", self.maturity_threshold >= 0, "a number of steps, zero or above")
        self._check("decay_rate", 0 <= self.decay_rate < 1, "in [0, 1)")

    def mechanism(self, network: ClassifierNetwork, seed: int) -> Mechanism:
        """Make what replaces; see `ClassifierSpec.mechanism`."""
        from agents.continual_backprop import ContinualBackprop  # noqa: PLC0415

        return ContinualBackprop(
            network.discovered(),
            replacement_rate=self.replacement_rate,
            maturity_threshold=self.maturity_threshold,
            decay_rate=self.decay_rate,
            utility=self.utility,
            initialization=self.initialization,
            bias_transfer=self.variant == "as_described" and not self.adaptation,
            seed=seed,
        )
