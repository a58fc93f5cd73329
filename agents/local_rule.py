"""A classifier that learns by any member of the family of local update rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agents.classifier import ClassifierSpec
from agents.rule_parts import RuleParts
from lifelong_agent.plasticity.local_rule import LocalRule

if TYPE_CHECKING:  # torch takes a second to import: only an agent that is built needs it
    from agents.classifier_network import ClassifierNetwork
    from lifelong_agent.plasticity import Plastic


@dataclass(frozen=True)
class LocalRuleSpec(RuleParts, ClassifierSpec, kind="local_rule"):
    """A classifier whose synapses step by a `LocalRule`; with its defaults it is `rule`, bit by bit."""

    local: LocalRule = field(default_factory=LocalRule)
    """Constants of the update rule."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot mean anything.

        Raises:
            ValueError: If a number is out of its range; names the field and the range.
        """
        super().__post_init__()
        self._check_parts()
        self._check(
            "local", not self.local.uses_novelty or self.adaptation, "without novelty if there is no adaptation"
        )
        fits = not self.local.traces_units or self.gate != "prototypes"
        self._check("local", fits, "without a trace of units (trace: 0) where prototypes open them")

    def rule(self, network: ClassifierNetwork, seed: int) -> Plastic:
        """Make the network plastic; see `ClassifierSpec.rule`."""
        return self.plastic(network, seed, self.local)
