"""The plastic brain: torch and NumPy only, no environments.

Names are loaded when they are first asked for (PEP 562), so that worlds, which need named seeds only, need no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifelong_agent.brain import Thought, TriarchicBrain
    from lifelong_agent.config import BrainConfig
    from lifelong_agent.cortex import Cortex
    from lifelong_agent.inference import Belief, ContextInference
    from lifelong_agent.normalizer import ContextNormalizer
    from lifelong_agent.readout import Readout
    from lifelong_agent.seeds import generator, seed_for
    from lifelong_agent.vitals import dormant_share, effective_rank

__all__ = [
    "Belief",
    "BrainConfig",
    "ContextInference",
    "ContextNormalizer",
    "Cortex",
    "Readout",
    "Thought",
    "TriarchicBrain",
    "dormant_share",
    "effective_rank",
    "generator",
    "seed_for",
]

_HOMES = {
    "Belief": "inference",
    "BrainConfig": "config",
    "ContextInference": "inference",
    "ContextNormalizer": "normalizer",
    "Cortex": "cortex",
    "Readout": "readout",
    "Thought": "brain",
    "TriarchicBrain": "brain",
    "dormant_share": "vitals",
    "effective_rank": "vitals",
    "generator": "seeds",
    "seed_for": "seeds",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value  # the next look goes straight there
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
