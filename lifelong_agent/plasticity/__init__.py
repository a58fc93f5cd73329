"""A local plasticity rule for standard networks, part by part: see `make_plastic`."""

from lifelong_agent.plasticity.adaptation import Habituation, Sensory, novelty
from lifelong_agent.plasticity.consolidation import brake_, consolidate_
from lifelong_agent.plasticity.dendrites import DendriticGate
from lifelong_agent.plasticity.lateral_pool import lateral_pool
from lifelong_agent.plasticity.make import make_plastic
from lifelong_agent.plasticity.plastic import Plastic
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
    "Plastic",
    "Prototypes",
    "Scaling",
    "Sensory",
    "brake_",
    "consolidate_",
    "lateral_pool",
    "make_plastic",
    "novelty",
    "scale_",
]
