"""The parts of the plasticity rule, each a frozen dataclass of its constants: leave one out and that part is off."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Adaptation:
    """Sensory and presynaptic adaptation: every axon transmits its activity minus its own running mean.

    With `gain` the senses adapt to contrast as well: what a channel sends is divided by its own running deviation.
    """

    horizon: int = 16
    """Samples over which the fast trace of the input averages; batches of so many or more are a trace by themselves."""
    floor: float = 0.05
    """Slowest rate, per step, at which hidden units follow their own mean, in (0, 1]."""
    hidden: bool = True
    """Whether hidden units adapt too, or the senses alone."""
    gain: float = 0.0
    """``g``, zero or above: channel ``i`` is multiplied by ``sqrt((1 + g) / (v_i / <v> + g))``, with ``v`` the running
    variances. Small numbers make quiet channels as loud as the others; 0 leaves all gains at 1."""

    def __post_init__(self) -> None:
        """Refuse constants that cannot mean anything.

        Raises:
            ValueError: Names the constant and its range.
        """
        check("Adaptation", gain=(self.gain, self.gain >= 0, "zero or above"))
        check("Adaptation", horizon=(self.horizon, self.horizon >= 1, "a number of samples of 1 or above"))
        check("Adaptation", floor=(self.floor, 0 < self.floor <= 1, "in (0, 1]"))


@dataclass(frozen=True)
class Consolidation:
    """Consolidate or regenerate: important synapses slow down, unimportant ones return to their first weight."""

    strength: float = 100.0
    """``kappa``: how much importance slows a synapse down, zero or above."""
    decay: float = 0.9999
    """``rho``: what is left of importance after a step, in [0, 1]."""
    regeneration: float = 0.0
    """``lambda``: pull of unimportant synapses to their first weight, per unit of learning rate, zero or above."""

    def __post_init__(self) -> None:
        """Refuse constants that cannot mean anything.

        Raises:
            ValueError: Names the constant and its range.
        """
        check("Consolidation", strength=(self.strength, self.strength >= 0, "zero or above"))
        check("Consolidation", decay=(self.decay, 0 <= self.decay <= 1, "in [0, 1]"))
        check("Consolidation", regeneration=(self.regeneration, self.regeneration >= 0, "zero or above"))


@dataclass(frozen=True)
class Scaling:
    """Synaptic scaling: the incoming weights of a hidden unit keep the length that they were born with."""

    every: int = 16
    """Steps of the optimiser between two corrections."""

    def __post_init__(self) -> None:
        """Refuse constants that cannot mean anything.

        Raises:
            ValueError: Names the constant and its range.
        """
        check("Scaling", every=(self.every, self.every >= 1, "a number of steps of 1 or above"))


@dataclass(frozen=True)
class Dendrites:
    """A context gate without memory: a unit is open while its random dendrite likes the running mean of the input."""

    share: float = 0.5
    """Share of the units of a layer that are open on average, in (0, 1)."""

    def __post_init__(self) -> None:
        """Refuse constants that cannot mean anything.

        Raises:
            ValueError: Names the constant and its range.
        """
        check("Dendrites", share=(self.share, 0 < self.share < 1, "in (0, 1)"))


@dataclass(frozen=True)
class Prototypes:
    """A context gate with memory: mean inputs are stored when they are new and known again, each opening its own units.

    Memory of a context: one input, three numbers for each open unit, and with `own_readout` one weight for each output
    and open unit of the last hidden layer, with its importance where weights are consolidated.
    """

    share: float = 0.125
    """Share of the units of a layer that a context opens, in (0, 1]."""
    match: float = 0.5
    """Cosine between the centred trace of the input and a centred prototype above which the context is that one."""
    own_readout: bool = True
    """Whether each context keeps the biases of its units and the weights of the outputs for itself. Those weights start
    from where the last context left them, and are consolidated by importance that begins at zero: no other context
    touches them, but steps that become smaller as a context is learnt serve it."""
    capacity: int = 512
    """Most contexts that are stored; afterwards the nearest one serves."""
    floor: float = 0.01
    """Slowest rate, per step, at which a prototype follows the input, in (0, 1]."""
    settled: float = 1.0
    """What is left of the optimiser's learning rate in a context that was learnt for long, in (0, 1]; 1 is all of it.
    Below 1 a context whose answers change while its inputs stay what they are learns the new ones ever so slowly."""
    settling: float = 500.0
    """Steps in a context after which 1/e of the way to `settled` is left, above 0."""

    def __post_init__(self) -> None:
        """Refuse constants that cannot mean anything.

        Raises:
            ValueError: Names the constant and its range.
        """
        check("Prototypes", share=(self.share, 0 < self.share <= 1, "in (0, 1]"))
        check("Prototypes", match=(self.match, -1 < self.match < 1, "a cosine between -1 and 1"))
        check("Prototypes", capacity=(self.capacity, self.capacity >= 1, "a number of contexts of 1 or above"))
        check("Prototypes", floor=(self.floor, 0 < self.floor <= 1, "in (0, 1]"))
        check("Prototypes", settled=(self.settled, 0 < self.settled <= 1, "in (0, 1]"))
        check("Prototypes", settling=(self.settling, self.settling > 0, "a number of steps above 0"))


def check(what: str, **rules: tuple[object, bool, str]) -> None:
    """Raise a ValueError for the first constant that does not hold.

    Raises:
        ValueError: Names the part, the constant, its range and what came.
    """
    for name, (value, holds, expected) in rules.items():
        if not holds:
            raise ValueError(f"{what}: {name} is {expected}; got {value!r}")
