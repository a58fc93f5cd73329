"""Shrink and perturb, a little at every step: parameters lose some of their size and gain some noise."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from agents.mechanism import Mechanism

Noise = Literal["gaussian", "initial"]


class ShrinkPerturb(Mechanism):
    """Moves every parameter to ``(1 - shrink) * theta + noise * phi`` after each step of the optimiser.

    ``phi`` is drawn anew for each step and number: ``gaussian`` from ``N(0, 1)``; ``initial`` as parameters are born,
    uniform with the mean and the standard deviation that each tensor had when it was handed over (so biases born at
    zero only shrink, and a normalisation's gains go back to one). Then ``E||theta'||^2 = (1 - shrink)^2 ||theta||^2 +
    noise^2 n`` for ``n`` gaussian numbers.

    Sources: Ash and Adams, "On warm-starting neural network training" (NeurIPS 2020), section 4, between trainings.
    At every step: Dohare et al. (Nature 2024) with gaussian noise, the shrinking left to the optimiser's coupled weight
    decay; Juliani and Ash, "A study of plasticity loss in on-policy deep reinforcement learning" (NeurIPS 2024), the
    soft form, with initial noise.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        *,
        shrink: float = 0.0,
        noise: float = 0.0,
        kind: Noise = "gaussian",
        seed: int = 0,
    ) -> None:
        """Remember how the parameters are spread; nothing happens before `attach`.

        Args:
            parameters: Of the network, as they were born.
            shrink: Share of each number that is lost per step, in [0, 1].
            noise: What ``phi`` is multiplied with, zero or above.
            kind: What ``phi`` is.
            seed: Of the noise.

        Raises:
            ValueError: If a number is out of its range or the kind unknown.
        """
        super().__init__()
        if not 0 <= shrink <= 1:
            raise ValueError(f"ShrinkPerturb: shrink is in [0, 1]; got {shrink!r}")
        if not noise >= 0:
            raise ValueError(f"ShrinkPerturb: noise is zero or above; got {noise!r}")
        if kind not in get_args(Noise):
            raise ValueError(f"ShrinkPerturb: kind is one of {', '.join(get_args(Noise))}; got {kind!r}")
        self.shrink, self.noise, self.kind = shrink, noise, kind
        self.parameters = tuple(parameters)
        self._dice = torch.Generator().manual_seed(seed)
        self._born = [
            (float(each.mean()), math.sqrt(3) * float(each.std(correction=0)))
            for each in (parameter.detach() for parameter in self.parameters)
        ]
        self._scratch = [torch.empty_like(parameter.detach(), device="cpu") for parameter in self.parameters]

    @torch.no_grad()
    def step(self) -> None:
        """Shrink, then perturb; called after each step of the optimiser."""
        self.updates += 1
        for parameter, (mean, reach), scratch in zip(self.parameters, self._born, self._scratch, strict=True):
            if self.shrink:
                parameter.mul_(1 - self.shrink)
            if not self.noise:
                continue
            if self.kind == "gaussian":
                drawn = scratch.normal_(generator=self._dice)
            elif reach:
                drawn = scratch.uniform_(mean - reach, mean + reach, generator=self._dice)
            else:
                drawn = scratch.fill_(mean)
            parameter.add_(drawn.to(parameter.device), alpha=self.noise)

    def state_dict(self) -> dict[str, Any]:
        """Copy the dice, and how parameters are born."""
        return super().state_dict() | {"dice": self._dice.get_state(), "born": list(self._born)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a copied state.

        Raises:
            ValueError: If the state is of another number of parameters.
        """
        if len(state["born"]) != len(self._born):
            raise ValueError(f"a state of {len(self._born)} parameters was expected; got one of {len(state['born'])}")
        super().load_state_dict(state)
        self._dice.set_state(state["dice"])
        self._born = [(mean, reach) for mean, reach in state["born"]]
