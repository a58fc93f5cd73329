"""A classifier that learns by any member of the family of local update rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.classifier import ClassifierSpec
from agents.rule_parts import LocalParts

if TYPE_CHECKING:  # torch takes a second to import: only an agent that is built needs it
    from agents.classifier_network import ClassifierNetwork
    from lifelong_agent.plasticity import Plastic


@dataclass(frozen=True)
class LocalRuleSpec(LocalParts, ClassifierSpec, kind="local_rule"):
    """A classifier whose synapses step by a `LocalRule`; with its defaults it is `rule`, bit by bit."""

    learning_rate: float = 0.4
    """Step size, constant over the life."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot mean anything.

        Raises:
            ValueError: If a number is out of its range; names the field and the range.
        """
        super().__post_init__()
        self._check_parts()

    def rule(self, network: ClassifierNetwork, seed: int) -> Plastic:
        """Make the network plastic; see `ClassifierSpec.rule`."""
        return self.plastic(network, network.example, seed, self.consolidation)
