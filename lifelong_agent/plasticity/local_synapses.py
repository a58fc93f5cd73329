"""The synapses of one layer under a `LocalRule`: what they sense, what they remember, and the steps they take."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from lifelong_agent.plasticity.adaptation import Sensory, unit_means
from lifelong_agent.plasticity.consolidation import Synapses
from lifelong_agent.plasticity.local_rule import LocalRule
from lifelong_agent.plasticity.local_steps import local_brake_, local_step_, shared_out


class LocalSynapses(Synapses):
    """The weights of one layer, and the local terms that set their rates.

    Buffers of the module, where the rule uses them: ``weight_square`` and ``weight_magnitude``, running means of
    ``g^2`` and ``|g|`` in the shape of the weight; ``weight_pre``, ``(inputs,)``, and ``weight_post``, ``(units,)``, of
    ``|x|`` and ``|h|``. They begin at zero; as a layer's mean is taken out of them, what is missing of the first steps
    cancels.
    """

    settings: LocalRule

    def __init__(self, module: nn.Module, settings: LocalRule, activation: nn.Module, sensory: Sensory | None) -> None:
        """Begin with what the module is now.

        Args:
            module: `nn.Linear` or a convolution.
            settings: The constants.
            activation: Gives what the module's units send; the module itself where they send their sums.
            sensory: Tells the novelty of the input; None counts as nothing new.
        """
        super().__init__(module, settings)
        self.sensory = sensory
        self.dim = -1 if isinstance(module, nn.Linear) else 1
        self._seen: Tensor | None = None
        self._sent: Tensor | None = None
        weight = self.module.weight.detach()
        for name in ("square", "magnitude"):
            if getattr(settings, name):
                module.register_buffer(f"weight_{name}", torch.zeros_like(weight))
        if settings.pre:
            module.register_buffer("weight_pre", weight.new_zeros(weight.shape[1]))
            module.register_forward_hook(self._watch_given)
        if settings.post:
            module.register_buffer("weight_post", weight.new_zeros(weight.shape[0]))
            activation.register_forward_hook(self._watch_sent)

    @property
    def buffers(self) -> tuple[str, ...]:
        """Names of the module's buffers that have an element for each weight."""
        used = [name for name in ("square", "magnitude") if getattr(self.settings, name)]
        return (*super().buffers, *(f"weight_{name}" for name in used))

    @property
    def novelty(self) -> float:
        """How new the input is, in [0, 1]; 0 where the rule has no use for it."""
        if self.sensory is None or not self.settings.uses_novelty:
            return 0.0
        return float(self.sensory.rate)

    def modulate(self) -> None:
        """Turn gradients into steps before plain gradient descent takes them."""
        weight, importance, first = self._state
        if weight.grad is not None:
            share = self._share(weight.grad)
            local_step_(weight.grad, importance, weight, first, share, self.novelty, self.settings)

    def brake(self, learning_rate: float) -> None:
        """Turn what another optimiser moved into a step of the rule."""
        weight, importance, first = self._state
        # A step of size zero moved nothing and says nothing about what a step takes off the loss.
        if weight.grad is not None and self._before is not None and learning_rate > 0:
            before, share = self._before, self._share(weight.grad)
            local_brake_(
                weight, before, weight.grad, importance, first, share, self.novelty, self.settings, learning_rate
            )

    @torch.no_grad()
    def _share(self, gradient: Tensor) -> Tensor | None:
        """Follow the running means, and share the layer's plasticity out by them."""
        rule, module = self.settings, self.module
        if not rule.shares_out:
            return None
        flat = (1,) * (gradient.dim() - 2)
        terms: list[tuple[Tensor, float]] = []
        if rule.pre:
            self._follow(module.weight_pre, self._seen, rule.trace)
            terms.append((module.weight_pre.reshape(1, -1, *flat), rule.pre))
        if rule.post:
            self._follow(module.weight_post, self._sent, rule.trace)
            terms.append((module.weight_post.reshape(-1, 1, *flat), rule.post))
        if rule.square:
            self._follow(module.weight_square, gradient.square(), rule.memory)
            terms.append((module.weight_square, rule.square))
        if rule.magnitude:
            self._follow(module.weight_magnitude, gradient.abs(), rule.memory)
            terms.append((module.weight_magnitude, rule.magnitude))
        if rule.size:
            terms.append((self._weight_before.abs(), rule.size))
        return shared_out(terms).expand_as(gradient)

    @property
    def _weight_before(self) -> Tensor:
        return self.module.weight.detach() if self._before is None else self._before

    @staticmethod
    def _follow(mean: Tensor, now: Tensor | None, kept: float) -> None:
        if now is not None:
            mean.lerp_(now, 1 - kept)

    def _watch_given(self, module: nn.Module, given: tuple[Any, ...], _result: Tensor) -> None:
        """Keep how active the inputs of a batch that is learnt from were."""
        if module.training and torch.is_grad_enabled():
            self._seen = unit_means(given[0].detach().abs(), self.dim)

    def _watch_sent(self, module: nn.Module, _given: Any, result: Tensor) -> None:
        """Keep how active the units were in a batch that is learnt from."""
        if module.training and torch.is_grad_enabled():
            self._sent = unit_means(result.detach().abs(), self.dim)
