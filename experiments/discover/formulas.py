"""A rule in formulas, with its numbers; terms that have no part in it are left out."""

from __future__ import annotations

from agents import LocalRuleSpec
from lifelong_agent.plasticity.local_rule import LocalRule

SENSED = {
    "pre": ("X", "X = mean |x|, how active the input is"),
    "post": ("Y", "Y = mean |h|, how much the unit sends"),
    "square": ("Q", "Q = mean g^2"),
    "magnitude": ("A", "A = mean |g|"),
    "size": ("|w|", ""),
}
GATHERED = {
    "gain": "s g^2",
    "absolute": "|g|",
    "weighted": "|w g|",
    "fisher": "g^2",
    "path": "max(0, g d)",
}


def formulas(spec: LocalRuleSpec) -> list[str]:
    """Write the update of a rule, a line a formula.

    Args:
        spec: The agent; its step size is part of the update.
    """
    rule = spec.local
    slowing = bool(rule.strength and rule.braking and _gathered(rule))
    rate, pull = _rate(rule, slowing), _pull(rule)
    step = f"(g + {pull})" if pull and rate else f"g + {pull}" if pull else "g"
    step = f"({step})" if pull and not rate else step
    lines = [f"w <- w - {number(spec.learning_rate)} {f'{rate} ' if rate else ''}{step}"]
    if slowing:
        power = "" if rule.braking == 1 else f"^{number(rule.braking)}"
        lines.append(f"s = 1 / (1 + {number(rule.strength)} Omega){power}")
        lines.append(f"Omega <- {_decay(rule)}Omega + {_gathered(rule)}")
    if rule.shares_out:
        product = " ".join(
            f"{SENSED[name][0]}{'' if getattr(rule, name) == 1 else f'^{number(getattr(rule, name))}'}"
            for name in SENSED
            if getattr(rule, name)
        )
        lines.append(f"M = {product}, each factor relative to its mean over the layer and within [0.01, 100]")
    lines += _means(rule)
    if slowing and rule.path:
        lines.append(f"d = {f'{rate} ' if rate else ''}{step}")
    if rule.rate_novelty or (slowing and rule.decay_novelty):
        lines.append("r = novelty of the input, in [0, 1]")
    return lines


def number(value: float) -> str:
    """Write a number in three digits."""
    return f"{value:.3g}"


def _rate(rule: LocalRule, slowing: bool) -> str:
    sign = "+" if rule.rate_novelty > 0 else "-"
    size = abs(rule.rate_novelty)
    news = f"(1 {sign} {'' if size == 1 else f'{number(size)} '}r)" if size else ""
    return " ".join(part for part in (news, "(M / mean M)" if rule.shares_out else "", "s" if slowing else "") if part)


def _pull(rule: LocalRule) -> str:
    parts = ((rule.regeneration, "(w - w0)"), (rule.shrinkage, "w"))
    return " + ".join(f"{number(weight)} {what}" for weight, what in parts if weight)


def _gathered(rule: LocalRule) -> str:
    shares = {name: getattr(rule, name) for name in GATHERED}
    return " + ".join(
        GATHERED[name] if share == 1 else f"{number(share)} {GATHERED[name]}" for name, share in shares.items() if share
    )


def _decay(rule: LocalRule) -> str:
    if rule.decay == 1:
        return ""
    kept = number(rule.decay) if rule.decay < 0.99 else f"(1 - {number(1 - rule.decay)})"
    return f"{kept}^(1 + {number(rule.decay_novelty)} r) " if rule.decay_novelty else f"{kept} "


def _means(rule: LocalRule) -> list[str]:
    lines = []
    for kept, names in ((rule.trace, ("pre", "post")), (rule.memory, ("square", "magnitude"))):
        told = [SENSED[name][1] for name in names if getattr(rule, name)]
        over = f"running over {number(1 / (1 - kept))} steps" if kept else "of the batch"
        lines += [f"{'; '.join(told)}; {over}"] if told else []
    return lines
