"""A classifier whose dormant units are recycled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from agents.classifier import ClassifierSpec

if TYPE_CHECKING:  # torch takes a second to import: only an agent that is built needs it
    from agents.classifier_network import ClassifierNetwork
    from agents.mechanism import Mechanism


@dataclass(frozen=True)
class ReDoSpec(ClassifierSpec, kind="redo"):
    """Backpropagation, and every so many steps the hidden units that have fallen silent are made as new.

    Source: Sokar, Agarwal, Castro and Evci, "The dormant neuron phenomenon in deep reinforcement learning" (ICML 2023),
    whose DQN looks every 1,000 steps with a threshold of .1, at 256 samples.
    """

    threshold: float = 0.1
    """Units whose mean activity is at most this share of their layer's mean are dormant (``tau``), zero or above."""
    period: int = 1000
    """Steps between two looks; 0 for never."""
    window: int = 16
    """Steps before a look whose pictures are scored: 256 of 16 bodies."""

    forgets_units: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse settings that cannot mean anything.

        Raises:
            ValueError: If a number is out of its range; names the field and the range.
        """
        super().__post_init__()
        self._check("threshold", self.threshold >= 0, "zero or above")
        self._check("period", self.period >= 0, "a number of steps, zero for never")
        self._check("window", not self.period or 1 <= self.window <= self.period, "1 to the period")

    def mechanism(self, network: ClassifierNetwork, seed: int) -> Mechanism:
        """Make what recycles; see `ClassifierSpec.mechanism`."""
        from agents.redo_mechanism import ReDo  # noqa: PLC0415

        return ReDo(
            network.discovered(),
            threshold=self.threshold,
            period=self.period,
            window=self.window,
            initialization="kaiming",
            seed=seed,
        )
