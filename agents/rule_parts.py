"""The parts of the local rule that agents switch on and off, whatever their synapses do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from lifelong_agent.plasticity.local_rule import LocalRule
from lifelong_agent.plasticity.settings import Consolidation

if TYPE_CHECKING:  # torch takes a second to import: only an agent that is built needs it
    from torch import Tensor, nn

    from lifelong_agent.plasticity import Plastic


@dataclass(frozen=True)
class RuleParts:
    """All parts of the rule, but for what its synapses do; see `lifelong_agent.plasticity.make_plastic`."""

    adaptation: bool = True
    """Whether senses and units send differences from their running means."""
    pool: bool = True
    """Whether the sums of each layer are standardised, sample by sample."""
    scaling: bool = True
    """Whether each hidden unit's incoming weights keep the length that they were born with."""
    hidden_adaptation: bool = True
    """Whether hidden units adapt too, or the senses alone."""
    gain: float = 0.0
    """How much of the average variance is added to each sense's own before its deviation divides it; 0 divides none."""
    biases: bool = True
    """Whether hidden units go on learning their biases."""
    gate: Literal["none", "dendrites", "prototypes"] = "none"
    """What opens a part of the units: nothing, random dendrites on the running mean, or stored prototypes."""
    share: float = 0.5
    """Share of the units of a layer that are open, where there is a gate; prototypes may open all."""
    own_readout: bool = True
    """Whether each context of prototypes keeps biases and the weights of the outputs for itself."""

    settled: float = 1.0
    """What is left of the learning rate in a context of prototypes that was learnt for long, in (0, 1]."""
    settling: float = 500.0
    """Steps in a context after which 1/e of the way there is left, above 0."""

    def _check_parts(self) -> None:
        """Refuse parts that do not fit together; `_check` is the spec's."""
        check = self._check  # pyright: ignore[reportAttributeAccessIssue]
        check("share", 0 < self.share < 1 or (self.share == 1 and self.gate == "prototypes"), "in (0, 1)")
        check("gate", self.gate in ("none", "dendrites", "prototypes"), "none, dendrites or prototypes")
        check("gain", self.gain >= 0, "zero or above")
        check("settled", 0 < self.settled <= 1, "in (0, 1]")
        check("settling", self.settling > 0, "above 0")
        check("gate", self.gate == "none" or self.adaptation, "none where there is no adaptation")

    def plastic(self, network: nn.Module, example: Tensor, seed: int, consolidation: Consolidation | None) -> Plastic:
        """Make a network plastic by these parts.

        Args:
            network: As it was born; changed in place.
            example: What it is given, a batch of any size.
            seed: Of what the rule draws.
            consolidation: What its synapses do; None for plain descent.
        """
        from lifelong_agent import plasticity as parts  # noqa: PLC0415

        gates = {
            "none": lambda: None,
            "dendrites": lambda: parts.Dendrites(self.share),
            "prototypes": lambda: parts.Prototypes(
                self.share, own_readout=self.own_readout, settled=self.settled, settling=self.settling
            ),
        }
        return parts.make_plastic(
            network,
            example,
            adaptation=parts.Adaptation(hidden=self.hidden_adaptation, gain=self.gain) if self.adaptation else None,
            pool=self.pool,
            consolidation=consolidation,
            scaling=parts.Scaling() if self.scaling else None,
            biases=self.biases,
            gate=gates[self.gate](),
            seed=seed,
        )


@dataclass(frozen=True)
class ConsolidatedParts(RuleParts):
    """The parts, and synapses that are consolidated or regenerate."""

    strength: float = 100.0
    """How much importance slows a synapse down, zero or above; at 0 nothing does."""
    decay: float = 0.9999
    """What is left of a synapse's importance after a step of the optimiser, in [0, 1]."""
    regeneration: float = 0.0
    """Pull of unimportant synapses to their first weight, zero or above; at strength 0 of all synapses."""

    def _check_parts(self) -> None:
        super()._check_parts()
        check = self._check  # pyright: ignore[reportAttributeAccessIssue]
        check("strength", self.strength >= 0, "zero or above")
        check("decay", 0 <= self.decay <= 1, "in [0, 1]")
        check("regeneration", self.regeneration >= 0, "zero or above")

    @property
    def consolidation(self) -> Consolidation | None:
        """What the synapses do; None for the optimiser's steps as they are."""
        wanted = self.strength or self.regeneration
        return Consolidation(self.strength, self.decay, self.regeneration) if wanted else None


@dataclass(frozen=True)
class LocalParts(RuleParts):
    """The parts, and synapses that step by any member of the family of local rules."""

    local: LocalRule = field(default_factory=LocalRule)
    """Constants of the update rule."""

    def _check_parts(self) -> None:
        super()._check_parts()
        check = self._check  # pyright: ignore[reportAttributeAccessIssue]
        check("local", not self.local.uses_novelty or self.adaptation, "without novelty if there is no adaptation")
        fits = not self.local.traces_units or self.gate != "prototypes"
        check("local", fits, "without a trace of units (trace: 0) where prototypes open them")

    @property
    def consolidation(self) -> Consolidation:
        """What the synapses do."""
        return self.local
