"""A family of local update rules, of which consolidation is one: constants only, no torch."""

from __future__ import annotations

from dataclasses import dataclass

from lifelong_agent.plasticity.settings import Consolidation, check

EXPONENTS = ("pre", "post", "square", "magnitude", "size")
"""Fields that are exponents of what a synapse can sense of itself and of its two ends."""
ACCUMULATORS = ("gain", "absolute", "weighted", "fisher", "path")
"""Fields that are shares in what importance gathers."""
LARGEST_EXPONENT = 2.0


@dataclass(frozen=True)
class LocalRule(Consolidation):
    """Local update rules: ``w -= eta rate (g + pull)``, where rate and importance are built from local terms.

    Of one synapse that carries the input ``x`` to a unit that sends ``h``, with gradient ``g``, weight ``w``, first
    weight ``w0`` and the novelty ``r`` of the input (`novelty`)::

        M     = X^pre Y^post Q^square A^magnitude |w|^size
        rate  = (1 + rate_novelty r) (M / mean M) (1 + kappa Omega)^-braking
        pull  = lambda (w - w0) + shrinkage w
        Omega = rho^(1 + decay_novelty r) Omega + gain s g^2 + absolute |g| + weighted |w g| + fisher g^2
                + path max(0, g d),  where s = (1 + kappa Omega)^-braking, d = rate (g + pull)

    ``X``, ``Y``, ``Q`` and ``A`` are running means of ``|x|``, ``|h|``, ``g^2`` and ``|g|``; each factor of ``M`` is
    taken relative to its mean over the layer and kept within [0.01, 100]. So these terms share a layer's plasticity out
    among its synapses and leave its amount to the learning rate. ``kappa``, ``rho`` and ``lambda`` are `strength`,
    `decay` and `regeneration`. Only what a rule uses is computed and remembered; the defaults are `Consolidation`.

    Sources of the terms: ``s g^2`` and ``g d`` Zenke et al. (2017); ``g^2`` Kirkpatrick et al. (2017), diagonal Fisher;
    ``|g|`` Aljundi et al. (2018), who take it of the output; ``|w g|`` Molchanov et al. (2017), first order; ``Q``
    RMSProp at -1/2; ``|w|`` Loewenstein et al. (2011).
    """

    braking: float = 1.0
    """``braking``: exponent of the slowing-down by importance, in [0, 4]; 0 leaves it out."""
    pre: float = 0.0
    """Exponent of ``X``, how much the input is active, in [-2, 2]."""
    post: float = 0.0
    """Exponent of ``Y``, how much the unit sends, in [-2, 2]."""
    square: float = 0.0
    """Exponent of ``Q``, the running mean of the squared error signal, in [-2, 2]; negative evens out steps."""
    magnitude: float = 0.0
    """Exponent of ``A``, the running mean of the error signal's size, in [-2, 2]."""
    size: float = 0.0
    """Exponent of ``|w|``, in [-2, 2]; positive steps are in proportion to the weight."""
    rate_novelty: float = 0.0
    """How much news speed learning up, -1 or above; -1 stops it while the input is wholly new."""
    decay_novelty: float = 0.0
    """How much faster news make importance fade, zero or above."""
    shrinkage: float = 0.0
    """Pull of weights to zero, per unit of learning rate, zero or above."""
    gain: float = 1.0
    """Share of ``s g^2`` in importance, zero or above."""
    absolute: float = 0.0
    """Share of ``|g|`` in importance, zero or above."""
    weighted: float = 0.0
    """Share of ``|w g|`` in importance, zero or above."""
    fisher: float = 0.0
    """Share of ``g^2`` in importance, zero or above."""
    path: float = 0.0
    """Share of ``max(0, g d)``, the loss that the step itself takes off, in importance, zero or above."""
    memory: float = 0.99
    """What is left of ``Q`` and ``A`` after a step, in [0, 1); 0 for those of the batch alone."""
    trace: float = 0.99
    """What is left of ``X`` and ``Y`` after a step, in [0, 1); 0 for those of the batch alone."""

    def __post_init__(self) -> None:
        """Refuse constants that cannot mean anything.

        Raises:
            ValueError: Names the constant and its range.
        """
        super().__post_init__()
        check("LocalRule", braking=(self.braking, 0 <= self.braking <= 4, "in [0, 4]"))
        for name in EXPONENTS:
            value = getattr(self, name)
            check("LocalRule", **{name: (value, abs(value) <= LARGEST_EXPONENT, "in [-2, 2]")})
        check("LocalRule", rate_novelty=(self.rate_novelty, self.rate_novelty >= -1, "-1 or above"))
        for name in ("decay_novelty", "shrinkage", *ACCUMULATORS):
            value = getattr(self, name)
            check("LocalRule", **{name: (value, value >= 0, "zero or above")})
        for name in ("memory", "trace"):
            value = getattr(self, name)
            check("LocalRule", **{name: (value, 0 <= value < 1, "in [0, 1)")})

    @property
    def uses_novelty(self) -> bool:
        """Whether the novelty of the input has a part in it."""
        return bool(self.rate_novelty or self.decay_novelty)

    @property
    def traces_units(self) -> bool:
        """Whether it remembers what the two ends of synapses did before this batch."""
        return bool((self.pre or self.post) and self.trace)

    @property
    def shares_out(self) -> bool:
        """Whether some synapses of a layer are given more of its plasticity than others, apart from importance."""
        return any(getattr(self, name) for name in EXPONENTS)

    def consolidation(self) -> Consolidation | None:
        """Give the consolidation that this rule is; None if it is more than that."""
        plain = Consolidation(self.strength, self.decay, self.regeneration)
        used = LocalRule(self.strength, self.decay, self.regeneration, memory=self.memory, trace=self.trace)
        return plain if self == used else None
