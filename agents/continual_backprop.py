"""Continual backprop: at every step of gradient descent the least useful mature units make room for new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import torch
from torch import Tensor

from agents.discovery import HiddenLayer
from agents.mechanism import UnitMechanism
from agents.unit_adam import correction
from agents.units import Initialization, Utility, bound, instant_utility, renew


@dataclass
class UnitMemory:
    """What is remembered of one layer's units; all tensors of shape ``(units,)``, views into those of all layers.

    Attributes:
        age: Updates since the unit was born.
        mean: Running average of its activation, not bias-corrected.
        utility: Running average of its utility, not bias-corrected.
        owed: Fraction of a replacement carried over to the next step, in [0, 1).
        initial_std: Standard deviation of the layer's incoming weights when the memory began.
    """

    age: Tensor
    mean: Tensor
    utility: Tensor
    owed: float
    initial_std: float


class ContinualBackprop(UnitMechanism):
    """Replaces units of any torch network after each step of its optimiser, once attached.

    After each ``optimizer.step()``, in each layer:

    1. every unit ages by one update, ``a += 1``;
    2. running averages with decay ``eta``: ``f = eta f + (1 - eta) mean h`` of the activation and
       ``u = eta u + (1 - eta) y`` of the utility ``y`` (see `instant_utility`), each divided by ``1 - eta ** a`` when
       read;
    3. among the mature units, ``a > maturity_threshold`` (strictly), ``replacement_rate`` times their number are due:
       the fraction is carried over (``accumulate``) or decided by a die; those of least corrected utility go;
    4. a unit that goes hands its mean contribution ``w f`` to the biases that follow (``bias_transfer``), gets fresh
       incoming weights (see `bound`), bias 0, outgoing weights 0, age and averages 0, a layer norm's gain 1 and shift
       0, and the optimiser forgets these numbers (``reset_optimizer``; their step counts too if it is a `UnitAdam`).

    All layers choose before any changes. A layer that recorded nothing since the last step is left alone, ages too.

    Source: Dohare et al., "Loss of plasticity in deep continual learning" (Nature 2024), algorithm 1 and equation 1.
    The published code differs from the description: its bias transfer moves nothing, its PPO never resets Adam, and
    its PPO draws fractions by a die; see `PPOCBPSpec.variant`.
    """

    def __init__(
        self,
        layers: Sequence[HiddenLayer],
        *,
        replacement_rate: float = 1e-4,
        maturity_threshold: int = 10_000,
        decay_rate: float = 0.99,
        utility: Utility = "contribution",
        initialization: Initialization = "matched",
        bias_transfer: bool = True,
        reset_optimizer: bool = True,
        accumulate: bool = True,
        seed: int = 0,
    ) -> None:
        """Begin to remember the layers; nothing happens before `attach`.

        Args:
            layers: From `discover`.
            replacement_rate: Share of the mature units replaced per update, in [0, 1].
            maturity_threshold: Updates a unit must be older than before it can go.
            decay_rate: ``eta`` of the running averages, in [0, 1).
            utility: How usefulness is measured; see `instant_utility`.
            initialization: Where new incoming weights come from; see `bound`.
            bias_transfer: Hand the mean contribution of a unit that goes to the following biases.
            reset_optimizer: Let the optimiser forget replaced units.
            accumulate: Carry fractions of a replacement over; otherwise a die decides (equal means).
            seed: Of the fresh weights and the die.

        Raises:
            ValueError: If a number is out of its range or a name unknown.
        """
        if not 0 <= replacement_rate <= 1:
            raise ValueError(f"replacement_rate is a share of the mature units in [0, 1]; got {replacement_rate!r}")
        if maturity_threshold < 0:
            raise ValueError(f"maturity_threshold is a number of updates, zero or above; got {maturity_threshold!r}")
        if not 0 <= decay_rate < 1:
            raise ValueError(f"decay_rate is in [0, 1); got {decay_rate!r}")
        for name, value, known in (
            ("utility", utility, get_args(Utility)),
            ("initialization", initialization, get_args(Initialization)),
        ):
            if value not in known:
                raise ValueError(f"{name} is one of {', '.join(known)}; got {value!r}")
        super().__init__(layers)
        self.replacement_rate, self.maturity_threshold, self.decay_rate = (
            replacement_rate,
            maturity_threshold,
            decay_rate,
        )
        self.utility: Utility = utility
        self.initialization: Initialization = initialization
        self.bias_transfer, self.reset_optimizer, self.accumulate = bias_transfer, reset_optimizer, accumulate
        self._dice = torch.Generator().manual_seed(seed)
        stops = np.cumsum([layer.units for layer in self.layers]).tolist()
        self._spans = [slice(stop - layer.units, stop) for layer, stop in zip(self.layers, stops, strict=True)]
        weights = [layer.incoming.weight.detach() for layer in self.layers]
        self._age, self._mean, self._utility = (weights[0].new_zeros(stops[-1]) for _ in range(3))
        self._none = weights[0].new_zeros(0, dtype=torch.long)
        self.memories = [
            UnitMemory(self._age[span], self._mean[span], self._utility[span], 0.0, float(weight.std(correction=0)))
            for span, weight in zip(self._spans, weights, strict=True)
        ]

    @torch.no_grad()
    def step(self) -> list[Tensor]:
        """Age, judge and replace; called after each step of the optimiser.

        Returns:
            For each layer the indices of the replaced units, least useful first.
        """
        self.updates += 1
        places = [place for place, recorded in enumerate(self._recorded) if recorded]
        activations = [_rows(recorded) for recorded in self._recorded if recorded]
        self.discard()
        if len(places) == len(self.layers) and len({len(rows) for rows in activations}) == 1:
            self._judge(places, torch.cat(activations, dim=1) if len(places) > 1 else activations[0])
        else:
            for place, rows in zip(places, activations, strict=True):
                self._judge([place], rows)
        chosen = [self._none for _ in self.layers]
        if self.updates > self.maturity_threshold:  # before, nobody can be old enough
            mature = (self._age > self.maturity_threshold).cpu().numpy()
            for place in places:
                chosen[place] = self._choose(place, mature[self._spans[place]])
        for layer, memory, units in zip(self.layers, self.memories, chosen, strict=True):
            if len(units):
                self._replace(layer, memory, units)
                self.replaced += len(units)
        return chosen

    def _judge(self, places: Sequence[int], activations: Tensor) -> None:
        """Age and judge the units of neighbouring layers, together: these are many small operations."""
        age, mean, utility = self._age, self._mean, self._utility
        if len(places) < len(self.layers):
            span = slice(self._spans[places[0]].start, self._spans[places[-1]].stop)
            age, mean, utility = age[span], mean[span], utility[span]
        age += 1
        mean.lerp_(activations.mean(dim=0), 1 - self.decay_rate)
        corrected = mean / correction(age, self.decay_rate)
        layers = [self.layers[place] for place in places]
        utility.lerp_(instant_utility(layers, activations, corrected, self.utility), 1 - self.decay_rate)

    def _choose(self, place: int, mature: np.ndarray) -> Tensor:
        """Choose which units of a layer go, least useful first; told which are mature, ``(units,)``, bool."""
        memory = self.memories[place]
        due = self._due(memory, int(np.count_nonzero(mature)))
        if due == 0:
            return self._none
        old = torch.from_numpy(np.flatnonzero(mature)).to(memory.age.device)
        corrected = memory.utility[old] / correction(memory.age[old], self.decay_rate)
        return old[torch.argsort(corrected, stable=True)[:due]]

    def _due(self, memory: UnitMemory, mature: int) -> int:
        expected = self.replacement_rate * mature
        if self.accumulate:
            memory.owed += expected
            due = int(memory.owed)
            memory.owed -= due
            return due
        if expected >= 1 or expected == 0:
            return int(expected)
        return int(torch.rand((), generator=self._dice).item() < expected)

    def _replace(self, layer: HiddenLayer, memory: UnitMemory, units: Tensor) -> None:
        if self.bias_transfer:
            mean = memory.mean[units] / correction(memory.age[units], self.decay_rate)
            for reader in layer.outgoing:
                if reader.bias is not None:
                    reader.bias.add_(reader.weight[:, units] @ mean)
        beta = bound(layer, self.initialization, memory.initial_std)
        renew(layer, units, beta, self._dice, self._optimizer if self.reset_optimizer else None)
        for tensor in (memory.age, memory.mean, memory.utility):
            tensor[units] = 0

    def state_dict(self) -> dict[str, Any]:
        """Copy everything that the next steps depend on."""
        return {
            "updates": self.updates,
            "replaced": self.replaced,
            "dice": self._dice.get_state(),
            "layers": {
                layer.name: {
                    key: value.clone() if isinstance(value, Tensor) else value for key, value in vars(it).items()
                }
                for layer, it in zip(self.layers, self.memories, strict=True)
            },
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a copied state.

        Raises:
            ValueError: If the state is of other layers.
        """
        self._check_layers({name: len(memory["age"]) for name, memory in state["layers"].items()})
        self.updates, self.replaced = state["updates"], state["replaced"]
        self._dice.set_state(state["dice"])
        for layer, memory in zip(self.layers, self.memories, strict=True):
            for key, value in state["layers"][layer.name].items():
                if isinstance(value, Tensor):
                    getattr(memory, key).copy_(value)
                else:
                    setattr(memory, key, value)


def _rows(recorded: list[Tensor]) -> Tensor:
    """Join what one layer recorded, shapes ``(..., units)``, to ``(B, units)``."""
    rows = [each if each.dim() == 2 else each.flatten(0, -2) for each in recorded]
    return torch.cat(rows) if len(rows) > 1 else rows[0]
