"""What objects remember, as bytes: their attributes, but for what is the same in every object built alike."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Sequence
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils import EzPickle

from envs.batched import BatchedWorld
from envs.setting import Clock

_LEFT = (
    gym.Space,
    gym.Env,
    gym.vector.VectorEnv,
    BatchedWorld,
    Clock,
    EnvSpec,
    type,
    FunctionType,
    MethodType,
    BuiltinFunctionType,
    ModuleType,
)
_LEFT_MODULES = ("pygame", "gymnasium.envs.mujoco.mujoco_rendering")
"""Where what shows worlds to people comes from."""
Anchors = dict[int, tuple[str, int]]


def freeze(objects: Sequence[Any], others: Sequence[Any] = ()) -> bytes:
    """Save the attributes of objects.

    Left out are spaces, environments and worlds inside, clocks, specs, functions, modules, and what only draws
    pictures: objects that are built alike have their own. References from one of the objects to another one, to the
    clock or to ``others`` are kept as such. All else is pickled; classes that Gymnasium's ``EzPickle`` would build anew
    are saved by their attributes too.

    Args:
        objects: The objects.
        others: What they may refer to, and what is saved elsewhere.

    Returns:
        Bytes to be given to `thaw`.

    Raises:
        ValueError: If something cannot be saved; which attribute of which object.
    """
    anchors = _anchors(objects, others)
    buffer = io.BytesIO()
    try:
        _Freezer(buffer, anchors).dump([_remembered(one) for one in objects])
    except Exception as error:
        raise ValueError(_blame(objects, anchors)) from error
    return buffer.getvalue()


def thaw(objects: Sequence[Any], frozen: bytes, others: Sequence[Any] = (), clock: Clock | None = None) -> None:
    """Give objects the attributes that `freeze` saved of objects built alike.

    Args:
        objects: The objects.
        frozen: What `freeze` gave; it is unpickled, so it must not come from anyone whom you do not trust.
        others: As in `freeze`.
        clock: The clock that is meant where a clock was referred to.

    Raises:
        ValueError: If there are not as many objects.
    """
    memories = _Thawer(io.BytesIO(frozen), {"object": objects, "other": others, "clock": [clock]}).load()
    if len(memories) != len(objects):
        raise ValueError(f"expected {len(memories)} layers, as there were when it was saved; got {len(objects)}")
    for one, memory in zip(objects, memories, strict=True):
        for name in _remembered(one).keys() - memory.keys():
            del vars(one)[name]  # came later
        vars(one).update(memory)


def clocks_of(objects: Sequence[Any]) -> Iterator[Clock]:
    """Find the clocks that objects hold, by themselves or in what they hold."""
    for one in objects:
        for value in tuple(vars(one).values()):
            if isinstance(value, Clock):
                yield value
            elif not isinstance(value, _LEFT) and hasattr(value, "__dict__"):
                yield from (inner for inner in vars(value).values() if isinstance(inner, Clock))


def save_dice(generator: np.random.Generator | None) -> dict[str, Any] | None:
    """Give the state of a generator; None if there is none."""
    return None if generator is None else dict(generator.bit_generator.state)


def load_dice(state: dict[str, Any] | None) -> np.random.Generator | None:
    """Make the generator of a state that `save_dice` gave.

    Raises:
        ValueError: If NumPy has no bit generator of that name.
    """
    if state is None:
        return None
    kind = getattr(np.random, str(state["bit_generator"]), None)
    if not isinstance(kind, type) or not issubclass(kind, np.random.BitGenerator):
        raise ValueError(f"NumPy has no bit generator {state['bit_generator']!r}")
    source: Any = kind(0)
    source.state = state
    return np.random.Generator(source)


def _remembered(one: Any) -> dict[str, Any]:
    """Give those attributes of an object that are its memory."""
    return {name: value for name, value in vars(one).items() if not _is_left(value)}


def _is_left(value: Any) -> bool:
    return isinstance(value, _LEFT) or type(value).__module__.startswith(_LEFT_MODULES)


def _anchors(objects: Sequence[Any], others: Sequence[Any]) -> Anchors:
    return {id(one): ("object", k) for k, one in enumerate(objects)} | {
        id(one): ("other", k) for k, one in enumerate(others)
    }


def _blame(objects: Sequence[Any], anchors: Anchors) -> str:
    """Say which attribute cannot be saved."""
    for one in objects:
        for name, value in _remembered(one).items():
            try:
                _Freezer(io.BytesIO(), anchors).dump(value)
            except Exception as error:
                return (
                    f"{type(one).__module__}.{type(one).__qualname__} cannot be saved exactly: its attribute {name!r}, "
                    f"a {type(value).__module__}.{type(value).__qualname__}, has no form in which it could be kept "
                    f"({error}); give the class methods snapshot() and restore() that can"
                )
    return f"{objects} cannot be saved exactly"


class _Freezer(pickle.Pickler):
    """Pickles memories; what is outside of them is named."""

    def __init__(self, file: io.BytesIO, anchors: Anchors) -> None:
        super().__init__(file, protocol=5)
        self._anchors = anchors

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, Clock):
            return "clock", 0
        if isinstance(obj, ModuleType):
            return "module", obj.__name__
        return self._anchors.get(id(obj))

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, EzPickle):
            return _new, (type(obj),), dict(vars(obj)), None, None, _set_attributes
        if type(obj).__name__ in ("MjModel", "MjData"):
            raise TypeError("a model of MuJoCo's, or its data, is saved where an environment holds it by itself")
        return NotImplemented


class _Thawer(pickle.Unpickler):
    """Unpickles memories."""

    def __init__(self, file: io.BytesIO, known: dict[str, Sequence[Any]]) -> None:
        super().__init__(file)
        self._known = known

    def persistent_load(self, pid: Any) -> Any:
        kind, which = pid
        if kind == "module":
            return __import__(which, fromlist=["."])
        found = self._known[kind][which]
        if found is None:
            raise ValueError("what is restored holds no clock, but what was saved did")
        return found


def _new(kind: type) -> Any:
    return object.__new__(kind)


def _set_attributes(one: Any, attributes: dict[str, Any]) -> None:
    vars(one).update(attributes)
