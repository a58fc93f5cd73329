"""ReDo: every so many steps, hidden units that have fallen silent are made as new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import torch
from torch import Tensor

from agents.discovery import HiddenLayer
from agents.mechanism import UnitMechanism
from agents.units import Initialization, bound, renew


class ReDo(UnitMechanism):
    """Recycles dormant units of any torch network, once attached.

    A unit's score is its mean ``|h|`` over the samples divided by the mean of that over its layer, so it does not
    depend on the scale of the layer. After every ``period``-th step of the optimiser, units whose score is at most
    ``threshold`` are recycled: fresh incoming weights, bias 0, outgoing weights 0, and the optimiser forgets these
    numbers (their step counts too if it is a `UnitAdam`; Sokar et al. leave those). The samples are all that passed
    forward in training mode in the last ``window`` steps before.

    Source: Sokar, Agarwal, Castro and Evci, "The dormant neuron phenomenon in deep reinforcement learning" (ICML 2023),
    definition 3.1 and algorithm 1. They score one minibatch of 256 drawn for the purpose.
    """

    def __init__(
        self,
        layers: Sequence[HiddenLayer],
        *,
        threshold: float = 0.1,
        period: int = 1000,
        window: int = 1,
        initialization: Initialization = "matched",
        seed: int = 0,
    ) -> None:
        """Begin to count steps; nothing happens before `attach`.

        Args:
            layers: From `discover`.
            threshold: ``tau``: the highest score of a dormant unit, zero or above.
            period: Steps of the optimiser between two looks; 0 to never look.
            window: Steps whose samples are scored, 1 to ``period``.
            initialization: Where new incoming weights come from; see `bound`.
            seed: Of the fresh weights.

        Raises:
            ValueError: If a number is out of its range or a name unknown.
        """
        super().__init__(layers)
        if not threshold >= 0:
            raise ValueError(f"ReDo: threshold is zero or above; got {threshold!r}")
        if period < 0:
            raise ValueError(f"ReDo: period is a number of steps, zero for never; got {period!r}")
        if period and not 1 <= window <= period:
            raise ValueError(f"ReDo: window is 1 to the period of {period} steps; got {window!r}")
        if initialization not in get_args(Initialization):
            raise ValueError(
                f"ReDo: initialization is one of {', '.join(get_args(Initialization))}; got {initialization!r}"
            )
        self.threshold, self.period, self.window = threshold, period, window
        self.initialization: Initialization = initialization
        self._dice = torch.Generator().manual_seed(seed)
        weights = [layer.incoming.weight.detach() for layer in self.layers]
        self._initial_std = [float(weight.std(correction=0)) for weight in weights]
        self._size = [weight.new_zeros(layer.units) for weight, layer in zip(weights, self.layers, strict=True)]
        self._samples = [0 for _ in self.layers]

    def _listens(self) -> bool:
        return bool(self.period) and -(self.updates + 1) % self.period < self.window

    @torch.no_grad()
    def step(self) -> list[Tensor]:
        """Take in the samples and recycle when it is time; called after each step of the optimiser.

        Returns:
            For each layer the indices of the recycled units.
        """
        if self._listens():
            for place, recorded in enumerate(self._recorded):
                for activations in recorded:
                    rows = activations.flatten(0, -2)
                    self._size[place] += rows.abs().sum(dim=0)
                    self._samples[place] += len(rows)
                recorded.clear()
        self.updates += 1
        if not self.period or self.updates % self.period:
            return [size.new_zeros(0, dtype=torch.long) for size in self._size]
        dormant = [self._dormant(place) for place in range(len(self.layers))]
        for place, (layer, units) in enumerate(zip(self.layers, dormant, strict=True)):
            if len(units):
                beta = bound(layer, self.initialization, self._initial_std[place])
                renew(layer, units, beta, self._dice, self._optimizer)
                self.replaced += len(units)
            self._size[place].zero_()
            self._samples[place] = 0
        return dormant

    def _dormant(self, place: int) -> Tensor:
        """List a layer's units of low score: all of them if none did anything, none if there was nothing to score."""
        size = self._size[place]
        if not self._samples[place]:
            return size.new_zeros(0, dtype=torch.long)
        return torch.nonzero(size <= self.threshold * size.mean()).flatten()

    def state_dict(self) -> dict[str, Any]:
        """Copy the samples of this period, the dice, and how weights were born."""
        return super().state_dict() | {
            "replaced": self.replaced,
            "dice": self._dice.get_state(),
            "layers": {
                layer.name: {"size": size.clone(), "samples": samples, "initial_std": std}
                for layer, size, samples, std in zip(
                    self.layers, self._size, self._samples, self._initial_std, strict=True
                )
            },
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a copied state.

        Raises:
            ValueError: If the state is of other layers.
        """
        self._check_layers({name: len(told["size"]) for name, told in state["layers"].items()})
        super().load_state_dict(state)
        self.replaced = state["replaced"]
        self._dice.set_state(state["dice"])
        for place, layer in enumerate(self.layers):
            told = state["layers"][layer.name]
            self._size[place].copy_(told["size"])
            self._samples[place], self._initial_std[place] = told["samples"], told["initial_std"]
