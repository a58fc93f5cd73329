"""Single environments with all their wrappers, saved and restored exactly."""

from __future__ import annotations

from typing import Any

import gymnasium as gym

from envs.saving.memory import clocks_of, freeze, thaw
from envs.saving.mujoco import load_simulations, save_simulations, simulations_of


def save_env(env: gym.Env | gym.vector.VectorEnv) -> dict[str, Any]:
    """Save an environment.

    A layer (a wrapper, or the base) whose class has methods ``snapshot()`` and ``restore(saved)`` says itself what it
    remembers; of all others the attributes are saved: see `envs.saving.memory.freeze`.

    Raises:
        ValueError: If a layer cannot be saved exactly.
    """
    layers = _layers(env)
    others, simulations = _others(layers), simulations_of(_others(layers))
    clock = next(clocks_of(layers), None)
    return {
        "layers": [f"{type(layer).__module__}.{type(layer).__qualname__}" for layer in layers],
        "said": [layer.snapshot() if _speaks(layer) else None for layer in layers],
        "memory": freeze(others, [*simulations, *(layer for layer in layers if _speaks(layer))]),
        "simulations": save_simulations(simulations),
        "age": None if clock is None else clock.age,
    }


def load_env(env: gym.Env | gym.vector.VectorEnv, saved: dict[str, Any]) -> None:
    """Restore what `save_env` saved, of this environment or of one built alike.

    Raises:
        ValueError: If this one is built otherwise.
    """
    layers = _layers(env)
    names = [f"{type(layer).__module__}.{type(layer).__qualname__}" for layer in layers]
    if names != saved["layers"]:
        raise ValueError(f"what was saved has the layers {', '.join(saved['layers'])}; this has {', '.join(names)}")
    others, clock = _others(layers), next(clocks_of(layers), None)
    simulations = simulations_of(others)
    speaking = [layer for layer in layers if _speaks(layer)]
    if clock is not None and saved["age"] is not None:
        clock.age = saved["age"]
    thaw(others, saved["memory"], [*simulations, *speaking], clock)
    load_simulations(simulations, saved["simulations"])
    # From the inside out: what is outside may write into what is inside.
    for layer, said in reversed(list(zip(layers, saved["said"], strict=True))):
        if _speaks(layer):
            layer.restore(said)


def _speaks(layer: Any) -> bool:
    kind = type(layer)
    return callable(getattr(kind, "snapshot", None)) and callable(getattr(kind, "restore", None))


def _others(layers: list[Any]) -> list[Any]:
    return [layer for layer in layers if not _speaks(layer)]


def _layers(env: Any) -> list[Any]:
    """List an environment and all environments inside, each once, from the outside in."""
    found: list[Any] = []
    waiting = [env]
    while waiting:
        layer = waiting.pop(0)
        if any(layer is one for one in found):
            continue
        found.append(layer)
        if not _speaks(layer) or isinstance(layer, (gym.Wrapper, gym.vector.VectorWrapper)):
            waiting += [inner for inner in vars(layer).values() if isinstance(inner, (gym.Env, gym.vector.VectorEnv))]
    return found
