"""The whole state of MuJoCo's simulations, which their environments leave out when they are pickled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

import numpy as np

_SHAPES = ("mesh_", "tex_", "skin_", "bvh_", "oct_", "names", "paths")
"""Arrays of a model that nothing changes once it is compiled."""


def simulations_of(layers: Sequence[Any]) -> list[Any]:
    """Find the models and data of MuJoCo's that environments hold, each once, in order; none if there are none."""
    found: dict[int, Any] = {}
    for layer in layers:
        for value in vars(layer).values():
            if type(value).__name__ in ("MjModel", "MjData") and type(value).__module__.startswith("mujoco"):
                found.setdefault(id(value), value)
    return list(found.values())


def save_simulations(simulations: Sequence[Any]) -> list[Any]:
    """Copy models (their numbers) and data (all of it).

    Exact for HalfCheetah, Ant, Humanoid and Walker2d, where positions and velocities, or MuJoCo's own
    ``mjSTATE_INTEGRATION``, are not enough.
    """
    return [_save_data(one, simulations) if _is_data(one) else _save_model(one) for one in simulations]


def load_simulations(simulations: Sequence[Any], saved: Sequence[Any]) -> None:
    """Put back what `save_simulations` copied, into simulations of the same model.

    Raises:
        ValueError: If they are not.
    """
    if len(simulations) != len(saved):
        raise ValueError(f"expected {len(saved)} models and data of MuJoCo's; got {len(simulations)}")
    for one, was in zip(simulations, saved, strict=True):
        if not _is_data(one):
            _load_model(one, was)
    for one, was in zip(simulations, saved, strict=True):
        if _is_data(one):
            import_module("mujoco").mj_copyData(one, _model_of(one, simulations), was)


def _is_data(one: Any) -> bool:
    return type(one).__name__ == "MjData"


def _model_of(data: Any, simulations: Sequence[Any]) -> Any:
    """Find the model of some data: ``data.model`` is another object for the same model."""
    for one in simulations:
        if not _is_data(one) and one._address == data.model._address:
            return one
    return data.model


def _save_data(data: Any, simulations: Sequence[Any]) -> Any:
    mujoco = import_module("mujoco")
    model = _model_of(data, simulations)
    copied = mujoco.MjData(model)
    mujoco.mj_copyData(copied, model, data)
    return copied


def _save_model(model: Any) -> dict[str, Any]:
    return {name: np.copy(getattr(part, attribute)) for name, part, attribute in _numbers(model)}


def _load_model(model: Any, saved: dict[str, Any]) -> None:
    for name, part, attribute in _numbers(model):
        if name not in saved:
            raise ValueError(f"what was saved is of another version of MuJoCo: its models have no {name!r}")
        now, was = getattr(part, attribute), saved[name]
        if np.shape(now) != was.shape:
            raise ValueError(f"what was saved is of another model: {name!r} has shape {was.shape}, not {np.shape(now)}")
        if np.asarray(now).tobytes() == was.tobytes():
            continue
        if isinstance(now, np.ndarray):
            now[:] = was
        else:
            setattr(part, attribute, was.item())


def _numbers(model: Any) -> Iterator[tuple[str, Any, str]]:
    """Name the numbers of a model that may change: arrays of its own, and options and statistics."""
    for attribute in dir(model):
        if not attribute.startswith(("_", *_SHAPES)) and isinstance(getattr(model, attribute), np.ndarray):
            yield attribute, model, attribute
    for label in ("opt", "stat"):
        part = getattr(model, label)
        for attribute in dir(part):
            if not attribute.startswith("_") and not callable(getattr(part, attribute)):
                yield f"{label}.{attribute}", part, attribute
