"""Frozen copies of small torch networks, and the policy that acts with one: NumPy only, no global dice.

An exam happens in the middle of a life, between two steps of a learner whose dice are torch's. A copy in NumPy cannot
share tensors with the learner, fires none of its hooks, and cannot draw from its dice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from gymnasium import spaces
from torch import nn

from agents.protocol import Step

Layer = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Affine:
    """``x @ weight + bias`` with the weight of shape ``(inputs, outputs)``."""

    weight: np.ndarray
    bias: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Map ``(B, inputs)`` to ``(B, outputs)``."""
        return x @ self.weight + self.bias


@dataclass(frozen=True)
class Norm:
    """Layer normalisation over the last axis."""

    gain: np.ndarray
    bias: np.ndarray
    epsilon: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Map ``(B, n)`` to ``(B, n)``."""
        centred = x - x.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self.epsilon)
        return centred / scale * self.gain + self.bias


ACTIVATIONS: dict[type[nn.Module], Layer] = {
    nn.Tanh: np.tanh,
    nn.ReLU: lambda x: np.maximum(x, 0),
    nn.LeakyReLU: lambda x: np.where(x > 0, x, 0.01 * x),
    nn.ELU: lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
}


def freeze(module: nn.Module) -> Layer:
    """Copy one torch layer.

    Args:
        module: ``Linear``, ``LayerNorm``, or an activation of `ACTIVATIONS` with default arguments.

    Returns:
        A function of arrays ``(B, n)`` that shares no memory with the layer.

    Raises:
        TypeError: If the layer is of another kind.
    """

    def copied(tensor: object, size: int, fill: float) -> np.ndarray:
        if not isinstance(tensor, nn.Parameter):
            return np.full(size, fill, np.float32)
        return tensor.detach().cpu().numpy().copy()

    if isinstance(module, nn.Linear):
        weight = np.ascontiguousarray(copied(module.weight, 0, 0).T)
        return Affine(weight, copied(module.bias, module.out_features, 0))
    if isinstance(module, nn.LayerNorm):
        size = module.normalized_shape[0]
        return Norm(copied(module.weight, size, 1), copied(module.bias, size, 0), module.eps)
    if type(module) in ACTIVATIONS:
        return ACTIVATIONS[type(module)]
    names = ", ".join(["Linear", "LayerNorm", *(kind.__name__ for kind in ACTIVATIONS)])
    raise TypeError(f"frozen networks are built of {names}; got a {type(module).__name__}")


class FrozenNetwork:
    """A feed-forward network as it was when it was copied."""

    def __init__(self, layers: Iterable[nn.Module]) -> None:
        """Copy the layers, first to last; see `freeze` for what they may be."""
        modules = list(layers)
        self.layers = [freeze(module) for module in modules]
        self._hidden = [type(module) in ACTIVATIONS for module in modules]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Map inputs ``(B, inputs)`` to outputs ``(B, outputs)``, float32."""
        return self.trace(x)[1]

    def trace(self, x: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Map inputs ``(B, inputs)`` to the activations of each hidden layer, ``(B, n_l)``, and the outputs."""
        x = np.asarray(x, dtype=np.float32).reshape(len(x), -1)
        hidden = []
        for layer, is_hidden in zip(self.layers, self._hidden, strict=True):
            x = layer(x)
            if is_hidden:
                hidden.append(x)
        return hidden, x

    @property
    def weights(self) -> list[np.ndarray]:
        """All weight matrices, ``(inputs, outputs)`` each, first to last."""
        return [layer.weight for layer in self.layers if isinstance(layer, Affine)]


@dataclass(frozen=True)
class Standardise:
    """Observations as a learner's running statistics saw them when they were copied.

    Attributes:
        mean: Mean of each sense, shape ``(...)``.
        variance: Variance of each sense, shape ``(...)``.
        clip: Largest absolute value handed on.
        epsilon: Added to the variance.
    """

    mean: np.ndarray
    variance: np.ndarray
    clip: float
    epsilon: float

    def __call__(self, observation: np.ndarray) -> np.ndarray:
        """Map ``(N, ...)`` to ``(N, ...)``."""
        return np.clip((observation - self.mean) / np.sqrt(self.variance + self.epsilon), -self.clip, self.clip)


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Softmax over the last axis, in float64, shape kept."""
    shifted = np.exp(np.asarray(logits, np.float64) - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


class FrozenPolicy:
    """Samples actions from a frozen network's distribution, with an exam's own generator."""

    def __init__(
        self,
        network: Layer,
        action_space: spaces.Discrete | spaces.Box,
        log_std: np.ndarray | None = None,
        sense: Standardise | None = None,
    ) -> None:
        """Make the policy.

        Args:
            network: Gives logits ``(N, actions)`` for a ``Discrete`` space, means ``(N, dimensions)`` for a ``Box``.
            action_space: Actions of one sub-environment.
            log_std: For a ``Box``: log standard deviation of each dimension, ``(dimensions,)``; copied.
            sense: What is done to observations before the network sees them.

        Raises:
            ValueError: If a ``Box`` comes without ``log_std``.
        """
        if isinstance(action_space, spaces.Box) and log_std is None:
            raise ValueError(f"a policy over {action_space} needs log_std, one number for each dimension; got None")
        self.network, self.action_space, self.sense = network, action_space, sense
        self.log_std = None if log_std is None else np.array(log_std)
        self._rng: np.random.Generator | None = None

    def reset(self, num_envs: int, rng: np.random.Generator) -> None:
        """Begin an exam; see `Policy.reset`."""
        self._rng = rng

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Sample an action for each observation, shape ``(N, ...)`` -> ``(N,)``, or ``(N, ...)`` for a ``Box``.

        Raises:
            ValueError: If no exam has begun.
        """
        if self._rng is None:
            raise ValueError("a policy acts within an exam; call policy.reset(num_envs, rng) before policy.act(...)")
        output = self.network(observation if self.sense is None else self.sense(observation))
        space = self.action_space
        if isinstance(space, spaces.Box):
            assert self.log_std is not None  # checked at birth
            drawn = output + np.exp(self.log_std) * self._rng.standard_normal(output.shape)
            return np.clip(drawn.reshape(-1, *space.shape), space.low, space.high).astype(space.dtype)
        # Inverse of the cumulative distribution: one uniform number for each sub-environment.
        cumulative = probabilities(output).cumsum(axis=-1)
        drawn = self._rng.random((len(output), 1)) * cumulative[:, -1:]
        return (cumulative <= drawn).sum(axis=-1)

    def observe(self, step: Step) -> None:
        """Ignore what came of it: a network without memory has no use for it."""
