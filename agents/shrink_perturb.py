"""A classifier that loses a little of what it knows, and gains a little noise, at every step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from agents.classifier import ClassifierSpec

if TYPE_CHECKING:  # torch takes a second to import: only an agent that is built needs it
    from agents.classifier_network import ClassifierNetwork
    from agents.mechanism import Mechanism


@dataclass(frozen=True)
class ShrinkPerturbSpec(ClassifierSpec, kind="shrink_perturb"):
    """Backpropagation with weight decay and noise at every step.

    Sources: ``gaussian``: Dohare et al. (Nature 2024) on online Permuted MNIST, a weight decay of 1e-4 and noise of
    1e-4, 1e-5 or 1e-6. ``soft``: Juliani and Ash, "A study of plasticity loss in on-policy deep reinforcement learning"
    (NeurIPS 2024): set `weight_decay` to zero, `shrink` and `noise` to one small number.
    """

    weight_decay: float = 1e-4
    """Weight of the L2 penalty, coupled; this is what shrinks in the gaussian variant."""
    noise: float = 1e-5
    """Standard deviation of the gaussian noise per step; soft: share of freshly drawn parameters that is added."""
    shrink: float = 0.0
    """Share of every parameter that is lost per step besides, whatever the learning rate, in [0, 1]."""
    variant: Literal["gaussian", "soft"] = "gaussian"
    """What is added: gaussian noise, or fresh parameters drawn as the first ones were."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot mean anything.

        Raises:
            ValueError: If a number is out of its range; names the field and the range.
        """
        super().__post_init__()
        self._check("noise", self.noise >= 0, "zero or above")
        self._check("shrink", 0 <= self.shrink <= 1, "in [0, 1]")
        self._check("variant", self.variant in ("gaussian", "soft"), "gaussian or soft")

    def mechanism(self, network: ClassifierNetwork, seed: int) -> Mechanism:
        """Make the noise; see `ClassifierSpec.mechanism`."""
        from agents.shrink_perturb_mechanism import ShrinkPerturb  # noqa: PLC0415

        kind = "gaussian" if self.variant == "gaussian" else "initial"
        return ShrinkPerturb(network.parameters(), shrink=self.shrink, noise=self.noise, kind=kind, seed=seed)
