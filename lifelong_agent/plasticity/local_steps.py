"""One step of a `LocalRule`, term by term, for all synapses of a layer at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lifelong_agent.plasticity.local_rule import LocalRule

LIMIT = 100.0
"""How many times more, or less, plastic than the mean of its layer one term may make a synapse, at exponent 1."""


def shared_out(terms: Sequence[tuple[Tensor, float]]) -> Tensor:
    """Multiply terms to the share that each synapse has in the plasticity of its layer: ``M / mean M``.

    Args:
        terms: Values, zero or above, of shapes that broadcast to that of the weight, and their exponents.

    Returns:
        Shares, 1 on average, in the shape of the broadcast. A term that is zero everywhere counts as 1.
    """
    product = None
    for value, exponent in terms:
        relative = (value / value.mean().clamp_min(torch.finfo(value.dtype).tiny)).clamp_(1 / LIMIT, LIMIT)
        factor = relative.pow_(exponent)
        product = factor if product is None else product * factor
    if product is None:
        raise ValueError("shares are of at least one term; got none")
    return product / product.mean()


def slowed(importance: Tensor, rule: LocalRule) -> Tensor:
    """Tell how much importance leaves of a step: ``s = (1 + kappa Omega)^-braking``, in the shape of importance."""
    brake = importance * rule.strength + 1
    return torch.reciprocal(brake) if rule.braking == 1 else brake.pow_(-rule.braking)


def remember_(
    importance: Tensor, gradient: Tensor, weight: Tensor, slow: Tensor, descent: Tensor, rule: LocalRule, novelty: float
) -> None:
    """Let importance follow a step, in place.

    Args:
        importance: ``Omega``, zero or above; overwritten.
        gradient: ``g``, the same shape.
        weight: ``w`` before the step, the same shape.
        slow: ``s``, the same shape.
        descent: ``d``, what is taken off the weight per unit of learning rate, the same shape.
        rule: The constants.
        novelty: ``r``, in [0, 1].
    """
    importance.mul_(rule.decay ** (1 + rule.decay_novelty * novelty))
    if rule.gain:
        importance.addcmul_(slow * gradient, gradient, value=rule.gain)
    if rule.absolute:
        importance.add_(gradient.abs(), alpha=rule.absolute)
    if rule.weighted:
        importance.add_((weight * gradient).abs_(), alpha=rule.weighted)
    if rule.fisher:
        importance.addcmul_(gradient, gradient, value=rule.fisher)
    if rule.path:
        importance.add_((gradient * descent).clamp_min_(0), alpha=rule.path)


def add_pull_(step: Tensor, weight: Tensor, first: Tensor | None, rule: LocalRule, scale: float = 1.0) -> None:
    """Add ``scale (lambda (w - w0) + shrinkage w)`` to a step, in place; all of one shape, no `first` for no pull."""
    if first is not None:
        step.add_(weight - first, alpha=scale * rule.regeneration)
    if rule.shrinkage:
        step.add_(weight, alpha=scale * rule.shrinkage)


@torch.no_grad()
def local_step_(
    gradient: Tensor,
    importance: Tensor,
    weight: Tensor,
    first: Tensor | None,
    share: Tensor | None,
    novelty: float,
    rule: LocalRule,
) -> None:
    """Turn a gradient into what plain gradient descent should take, and let importance follow, in place.

    Args:
        gradient: ``g``, any shape; overwritten with ``rate (g + pull)``.
        importance: The same shape, zero or above; overwritten.
        weight: The same shape.
        first: The same shape, or None where nothing pulls to it.
        share: What `shared_out` gives; None if all synapses share alike.
        novelty: ``r``, in [0, 1].
        rule: The constants.
    """
    slow = slowed(importance, rule)
    descent = gradient.clone()
    add_pull_(descent, weight, first, rule)
    descent.mul_(rate(slow, share, novelty, rule))
    remember_(importance, gradient, weight, slow, descent, rule, novelty)
    gradient.copy_(descent)


@torch.no_grad()
def local_brake_(
    weight: Tensor,
    before: Tensor,
    gradient: Tensor,
    importance: Tensor,
    first: Tensor | None,
    share: Tensor | None,
    novelty: float,
    rule: LocalRule,
    learning_rate: float,
) -> None:
    """Do as `local_step_` after a step of any optimiser, to what it moved, in place; see `brake_`.

    Args:
        weight: After the step; overwritten.
        before: The weight before the step, the same shape.
        gradient: The same shape.
        importance: The same shape, zero or above; overwritten.
        first: The same shape, or None where nothing pulls to it.
        share: What `shared_out` gives; None if all synapses share alike.
        novelty: ``r``, in [0, 1].
        rule: The constants.
        learning_rate: Of the step, above zero; scales the pull.
    """
    slow = slowed(importance, rule)
    moved = before - weight
    add_pull_(moved, before, first, rule, learning_rate)
    moved.mul_(rate(slow, share, novelty, rule))
    remember_(importance, gradient, before, slow, moved / learning_rate, rule, novelty)
    torch.sub(before, moved, out=weight)


def rate(slow: Tensor, share: Tensor | None, novelty: float, rule: LocalRule) -> Tensor:
    """Put a synapse's rate together: ``(1 + rate_novelty r) (M / mean M) s``."""
    found = slow if share is None else slow * share
    return found * (1 + rule.rate_novelty * novelty) if rule.rate_novelty else found
