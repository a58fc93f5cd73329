"""The space that is searched: constants of a `LocalRule` and the step size, each with its range and its zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from agents import LocalRuleSpec
from lifelong_agent.plasticity.local_rule import LocalRule


@dataclass(frozen=True)
class Range:
    """Where one constant is searched."""

    low: float
    high: float
    step: float | None = None
    """Distance of its values; None for all between, on a logarithmic scale."""
    absent: float = 0.0
    """A value on a logarithmic scale below this counts as zero: the term is left out."""
    rest: bool = False
    """Whether the constant is 1 minus the value: what is left after a step, rather than what is lost."""

    def constant(self, value: float) -> float:
        """Turn a value of the search into the constant."""
        if self.step is None and value < self.absent:
            return 0.0
        return 1 - value if self.rest else value

    def value(self, constant: float) -> float:
        """Turn a constant into a value of the search, the nearest there is."""
        value = 1 - constant if self.rest else constant
        return min(max(value, self.low), self.high)


EXPONENT = Range(-1.0, 1.0, step=0.25)
SHARE = Range(1e-3, 10.0, absent=0.05)

SPACE: dict[str, Range] = {
    "learning_rate": Range(0.02, 1.0),
    "strength": Range(1.0, 3000.0, absent=3.0),
    "decay": Range(1e-6, 1e-1, rest=True),
    "regeneration": Range(1e-6, 1e-1, absent=3e-5),
    "braking": Range(0.25, 2.0, step=0.25),
    "pre": EXPONENT,
    "post": EXPONENT,
    "square": EXPONENT,
    "magnitude": EXPONENT,
    "size": EXPONENT,
    "rate_novelty": Range(-1.0, 4.0, step=0.5),
    "decay_novelty": Range(1.0, 3000.0, absent=10.0),
    "shrinkage": Range(1e-6, 1e-1, absent=3e-5),
    "gain": SHARE,
    "absolute": Range(1e-5, 1.0, absent=1e-3),
    "weighted": Range(1e-4, 10.0, absent=1e-2),
    "fisher": SHARE,
    "path": SHARE,
    "memory": Range(1e-3, 1.0, rest=True),
    "trace": Range(1e-3, 1.0, rest=True),
}
"""Field of `LocalRule`, or `learning_rate` -> where it is searched."""


REGENERATION = {"none": 3e-3, "prototypes": 0.0}
"""Gate -> the pull to the first weights in `permuted_mnist_5k`."""


def rule_of(values: Mapping[str, float], gate: Literal["none", "prototypes"]) -> LocalRuleSpec:
    """Make the agent of a trial.

    Args:
        values: A value of the search for each name of `SPACE`.
        gate: As in the agent's spec; under prototypes the two ends of synapses are taken of the batch.
    """
    constants: dict[str, Any] = {name: SPACE[name].constant(values[name]) for name in SPACE}
    learning_rate = constants.pop("learning_rate")
    local = tidy(LocalRule(**constants))
    if gate == "prototypes":
        local = replace(local, trace=0.0)
    # Biases of the strict rule stay as born, as in the presets; contexts keep theirs for themselves.
    return LocalRuleSpec(learning_rate=learning_rate, gate=gate, biases=gate == "prototypes", local=local)


def tidy(rule: LocalRule) -> LocalRule:
    """Bring rules that do the same to one form: what has no part in a rule is as in the shipped one."""
    plain = LocalRule()
    gathers = any((rule.gain, rule.absolute, rule.weighted, rule.fisher, rule.path))
    unused: dict[str, Any] = {}
    if not (rule.strength and rule.braking and gathers):
        names = ("braking", "decay", "decay_novelty", "gain", "absolute", "weighted", "fisher", "path")
        unused |= {"strength": 0.0} | {name: getattr(plain, name) for name in names}
    if not (rule.square or rule.magnitude):
        unused["memory"] = plain.memory
    if not (rule.pre or rule.post):
        unused["trace"] = plain.trace
    return replace(rule, **unused)


def shipped(gate: Literal["none", "prototypes"]) -> dict[str, float]:
    """Give the rule of the presets as values of the search: where it begins."""
    spec = LocalRuleSpec(local=LocalRule(regeneration=REGENERATION[gate]))
    return {name: SPACE[name].value(getattr(spec.local, name, spec.learning_rate)) for name in SPACE}
