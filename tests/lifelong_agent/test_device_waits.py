"""No step waits for the host: told without a GPU, by tensors of the device `meta`, which have shapes and no values."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from lifelong_agent.device import DeviceLearner
from lifelong_agent.learner import Outcome
from tests.lifelong_agent.on_device import device_learner, tensors
from tests.lifelong_agent.pairs import Senses, Wander

THERE = torch.device("meta")
WAITING = ("_local_scalar_dense", "nonzero", "masked_select", "unique", "bincount", "equal", "is_nonzero")
CASES: list[tuple[Senses, dict[str, Any]]] = [
    ("bits", {}),
    ("bits", {"gate": False, "reach": 1e-3}),
    ("bits", {"infer": False, "brake": 0.0, "fast_share": 0.0, "neurogenesis": False}),
    ("real", {"infer": False}),
]


class Waited(Exception):
    """The host asked the device for something, or sent something there."""


class NoWaiting(TorchDispatchMode):
    """Refuses operations whose results the host needs, and those that move anything from device to device."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        if name in WAITING:
            raise Waited(name)
        made = func(*args, **(kwargs or {}))
        there = {part.device for part in (*args, made) if isinstance(part, Tensor)}
        there |= {
            part.device for arg in args if isinstance(arg, (list, tuple)) for part in arg if torch.is_tensor(part)
        }
        if not there <= {THERE}:
            raise Waited(f"{name} on {there}")
        return made


def ghost(value: Any, seen: dict[int, Any]) -> Any:
    """Put tensors on a device that holds no values in the place of all that an object of ours holds."""
    if id(value) in seen:
        return seen[id(value)]
    if isinstance(value, Tensor):
        seen[id(value)] = made = torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device=THERE)
        seen[id(made)] = made
        return made
    if isinstance(value, tuple):
        parts = [ghost(part, seen) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, deque):
        return deque((ghost(part, seen) for part in value), maxlen=value.maxlen)
    if type(value).__module__.startswith("lifelong_agent"):
        seen[id(value)] = value
        for name, part in vars(value).items():
            if name in ("_buffers", "_modules"):
                part.update({key: ghost(one, seen) for key, one in part.items()})
            elif not isinstance(value, nn.Module) or name == "_views":
                vars(value)[name] = ghost(part, seen)
        return value
    seen[id(value)] = value
    return value


def haunted(senses: Senses, changes: dict[str, Any]) -> tuple[DeviceLearner, Outcome[Tensor]]:
    """A learner in the midst of its life, and what comes next, on a device that holds no values."""
    one, world = device_learner(senses, 3, 6, **changes), Wander(senses, 3, 1, 6)
    rng = torch.Generator().manual_seed(0)
    one.begin(torch.from_numpy(world.look()))
    outcome = tensors(world.step(one.act(rng).numpy()))
    one.learn(outcome)
    one.act(rng)
    made: dict[int, Any] = {}
    ghost(one, made)
    return one, ghost(outcome, made)


def refuse(*_: Any, **__: Any) -> None:
    """Stands for what sends something to the device."""
    raise Waited("sent from the host")


@pytest.mark.parametrize(("senses", "changes"), CASES, ids=str)
def test_no_step_waits_for_the_host(senses: Senses, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    one, outcome = haunted(senses, changes)
    for name in ("tensor", "as_tensor", "from_numpy"):  # numbers that are sent from the host
        monkeypatch.setattr(torch, name, refuse)
    with NoWaiting():
        for _ in range(3):
            one.learn(outcome)
            action = one.act(None)  # pyright: ignore[reportArgumentType] - there are no dice on that device
            assert action.device == THERE and action.shape == (3,)
            outcome = outcome._replace(action=action)


@pytest.mark.parametrize(
    "wait",
    [
        lambda x: x.sum().item(),
        lambda x: x.cpu(),
        lambda x: x.tolist(),
        lambda x: bool((x > 0).any()),
        lambda x: x[x > 0],
        lambda x: x.nonzero(),
        lambda x: x + torch.zeros(3),
        lambda x: x[torch.zeros((), dtype=torch.int64, device=THERE)],
        lambda x: float(x.sum()),
        lambda x: x.numpy(),
    ],
)
def test_waiting_would_be_noticed(wait: Callable[[Tensor], Any]):
    x = torch.ones(3, device=THERE)
    with NoWaiting(), pytest.raises((Waited, RuntimeError, TypeError)):
        wait(x)
