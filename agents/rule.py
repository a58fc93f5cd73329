"""Classifiers that learn by the local rule: in a network as it is, or with contexts that open parts of a wider one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from agents.classifier import ClassifierSpec
from agents.rule_parts import ConsolidatedParts

if TYPE_CHECKING:  # torch takes a second to import: only an agent that is built needs it
    from agents.classifier_network import ClassifierNetwork
    from lifelong_agent.plasticity import Plastic


@dataclass(frozen=True)
class RuleSpec(ConsolidatedParts, ClassifierSpec, kind="rule"):
    """A classifier whose every synapse and unit minds its own plasticity; the network is the one of plain backprop.

    See `lifelong_agent.plasticity.make_plastic`.
    """

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


@dataclass(frozen=True)
class GatedRuleSpec(RuleSpec, kind="rule_gated"):
    """The same with contexts: mean inputs are stored when new and known again, each with its own units."""

    gate: Literal["none", "dendrites", "prototypes"] = "prototypes"
    """What opens a part of the units: nothing, random dendrites on the running mean, or stored prototypes."""
