"""Classifiers that learn by the local rule: in a network as it is, or with contexts that open parts of a wider one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from agents.classifier import ClassifierSpec

if TYPE_CHECKING:  # torch takes a second to import: only an agent that is built needs it
    from agents.classifier_network import ClassifierNetwork
    from lifelong_agent.plasticity import Plastic


@dataclass(frozen=True)
class RuleSpec(ClassifierSpec, kind="rule"):
    """A classifier whose every synapse and unit minds its own plasticity; the network is the one of plain backprop.

    See `lifelong_agent.plasticity.make_plastic`.
    """

    learning_rate: float = 0.2
    """Step size, constant over the life."""
    adaptation: bool = True
    """Whether senses and units send differences from their running means."""
    hidden_adaptation: bool = True
    """Whether hidden units do so too."""
    pool: bool = True
    """Whether the sums of each layer are standardised, sample by sample."""
    strength: float = 100.0
    """How much importance slows a synapse down, zero or above; 0 leaves consolidation out."""
    decay: float = 0.9999
    """What is left of a synapse's importance after a step, in [0, 1]."""
    regeneration: float = 0.0
    """Pull of unimportant synapses to their first weight, zero or above."""
    scaling: bool = True
    """Whether each hidden unit's incoming weights keep the length that they were born with."""
    gate: Literal["none", "dendrites", "prototypes"] = "none"
    """What opens a part of the units: nothing, random dendrites on the running mean, or stored prototypes."""
    share: float = 0.5
    """Share of the units of a layer that are open, where there is a gate; prototypes may open all."""
    own_readout: bool = True
    """Whether each context of prototypes keeps biases and the weights of the outputs for itself."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot mean anything.

        Raises:
            ValueError: If a number is out of its range; names the field and the range.
        """
        super().__post_init__()
        self._check("strength", self.strength >= 0, "zero or above")
        self._check("decay", 0 <= self.decay <= 1, "in [0, 1]")
        self._check("regeneration", self.regeneration >= 0, "zero or above")
        self._check("share", 0 < self.share < 1 or (self.share == 1 and self.gate == "prototypes"), "in (0, 1)")
        self._check("gate", self.gate in ("none", "dendrites", "prototypes"), "none, dendrites or prototypes")
        self._check("gate", self.gate == "none" or self.adaptation, "none where there is no adaptation")

    def rule(self, network: ClassifierNetwork, seed: int) -> Plastic:
        """Make the network plastic; see `ClassifierSpec.rule`."""
        import torch  # noqa: PLC0415

        from lifelong_agent import plasticity as parts  # noqa: PLC0415

        gates = {
            "none": lambda: None,
            "dendrites": lambda: parts.Dendrites(self.share),
            "prototypes": lambda: parts.Prototypes(self.share, own_readout=self.own_readout),
        }
        return parts.make_plastic(
            network,
            torch.zeros(1, network.shape[0]),
            adaptation=parts.Adaptation(hidden=self.hidden_adaptation) if self.adaptation else None,
            pool=self.pool,
            consolidation=parts.Consolidation(self.strength, self.decay, self.regeneration) if self.strength else None,
            scaling=parts.Scaling() if self.scaling else None,
            gate=gates[self.gate](),
            seed=seed,
        )


@dataclass(frozen=True)
class GatedRuleSpec(RuleSpec, kind="rule_gated"):
    """The same with contexts: mean inputs are stored when new and known again, each with its own units."""

    gate: Literal["none", "dendrites", "prototypes"] = "prototypes"
    """What opens a part of the units: nothing, random dendrites on the running mean, or stored prototypes."""
