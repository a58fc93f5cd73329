"""Adam that can forget single units: every element counts its own steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class UnitAdam(torch.optim.Optimizer):
    """Adam whose step count is an element-wise tensor, so that a replaced unit starts as a new one.

    Resetting the moments of a unit but not its step count makes its next steps too long when the two betas differ:
    3.2 times the learning rate at first with (.9, .999). torch's own Adam counts one step for a whole tensor.

    As long as nothing was forgotten the update is bit-equal to ``torch.optim.Adam``; afterwards it is the same formula
    with each element's own count. Weight decay is coupled (added to the gradient), as in ``torch.optim.Adam``.

    Source: Kingma and Ba (2015), algorithm 1; per-unit step counts: Dohare et al. (Nature 2024), ``AdamGnT``.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        """Make the optimiser.

        Args:
            params: Parameters, or groups of them, as for every torch optimiser.
            lr: Step size, zero or above.
            betas: Decay of the first and the second moment, each in [0, 1).
            eps: Added to the denominator, zero or above.
            weight_decay: Weight of the coupled L2 penalty, zero or above.

        Raises:
            ValueError: If a number is out of its range.
        """
        for name, value in (("lr", lr), ("eps", eps), ("weight_decay", weight_decay)):
            if not value >= 0:
                raise ValueError(f"UnitAdam: {name} is zero or above; got {value!r}")
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"UnitAdam: betas are two numbers in [0, 1); got {betas!r}")
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Take one step.

        Args:
            closure: Computes the loss anew, if given.

        Returns:
            What the closure returned, if given.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, group)
        return loss

    def _update(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if not state:
            state["step"] = torch.zeros_like(parameter)
            state["exp_avg"] = torch.zeros_like(parameter)
            state["exp_avg_sq"] = torch.zeros_like(parameter)
            state["forgot"] = False
        step, first, second = state["step"], state["exp_avg"], state["exp_avg_sq"]
        (beta1, beta2), rate, epsilon = group["betas"], group["lr"], group["eps"]
        if group["weight_decay"] != 0:
            gradient = gradient.add(parameter, alpha=group["weight_decay"])
        step += 1
        first.lerp_(gradient, 1 - beta1)
        second.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        if state["forgot"]:
            denominator = second.sqrt().div_(correction(step, beta2).sqrt_()).add_(epsilon)
            parameter.addcdiv_(first / correction(step, beta1), denominator, value=-rate)
        elif parameter.numel():
            count = step.view(-1)[0].item()
            denominator = (second.sqrt() / (1 - beta2**count) ** 0.5).add_(epsilon)
            parameter.addcdiv_(first, denominator, value=-(rate / (1 - beta1**count)))

    @torch.no_grad()
    def forget(self, parameter: Tensor, index: Any) -> None:
        """Make elements of a parameter as new: moments and step count zero, everything else untouched.

        Args:
            parameter: One of the optimiser's parameters.
            index: Which elements, as in ``parameter[index]``.
        """
        state = self.state.get(parameter)
        if state:
            for name in ("step", "exp_avg", "exp_avg_sq"):
                state[name][index] = 0
            state["forgot"] = True


def correction(step: Tensor, decay: float) -> Tensor:
    """Compute the bias correction ``1 - decay ** step`` of running averages, element by element.

    Args:
        step: Updates each element has seen, any shape, 1 or above.
        decay: In [0, 1).

    Returns:
        A new tensor of the same shape, in (0, 1]. Exact near zero, where ``1 - decay ** step`` loses its digits.
    """
    return torch.expm1(step * (math.log(decay) if decay > 0 else -math.inf)).neg_()
