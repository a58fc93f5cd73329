"""A local plasticity rule for standard networks, part by part: see `make_plastic`.

Names are loaded when they are first asked for (PEP 562), so that whoever only writes constants down needs no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifelong_agent.plasticity.adaptation import Habituation, Sensory, gains, novelty
    from lifelong_agent.plasticity.consolidation import brake_, consolidate_
    from lifelong_agent.plasticity.dendrites import DendriticGate
    from lifelong_agent.plasticity.local_rule import LocalRule
    from lifelong_agent.plasticity.local_steps import local_brake_, local_step_
    from lifelong_agent.plasticity.make import make_plastic
    from lifelong_agent.plasticity.plastic import Plastic
    from lifelong_agent.plasticity.pooling import lateral_pool
    from lifelong_agent.plasticity.prototypes import ContextStore
    from lifelong_agent.plasticity.scaling import scale_
    from lifelong_agent.plasticity.settings import Adaptation, Consolidation, Dendrites, Prototypes, Scaling

__all__ = [
    "Adaptation",
    "Consolidation",
    "ContextStore",
    "Dendrites",
    "DendriticGate",
    "Habituation",
    "LocalRule",
    "Plastic",
    "Prototypes",
    "Scaling",
    "Sensory",
    "brake_",
    "consolidate_",
    "gains",
    "lateral_pool",
    "local_brake_",
    "local_step_",
    "make_plastic",
    "novelty",
    "scale_",
]

_HOMES = {
    "Adaptation": "settings",
    "Consolidation": "settings",
    "ContextStore": "prototypes",
    "Dendrites": "settings",
    "DendriticGate": "dendrites",
    "Habituation": "adaptation",
    "LocalRule": "local_rule",
    "Plastic": "plastic",
    "Prototypes": "settings",
    "Scaling": "settings",
    "Sensory": "adaptation",
    "brake_": "consolidation",
    "consolidate_": "consolidation",
    "gains": "adaptation",
    "lateral_pool": "pooling",
    "local_brake_": "local_steps",
    "local_step_": "local_steps",
    "make_plastic": "make",
    "novelty": "adaptation",
    "scale_": "scaling",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value  # the next look goes straight there
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
