"""What can be set about a brain."""

from __future__ import annotations

from dataclasses import dataclass

from lifelong_agent.engine import Engine


@dataclass(frozen=True)
class BrainConfig:
    """Sizes and rates of a brain. The boolean fields, and zeros, switch parts off."""

    neurons: int = 16_384
    """Neurons of the cortex in all."""
    open_neurons: int = 1024
    """Neurons that one context has open."""
    winners: int = 64
    """Neurons that fire."""
    fan_in: float = 1.0
    """Share of the sense channels that a neuron sees."""
    contexts: int = 16
    """Context slots: how many worlds can be told apart."""
    trace: float = 0.8
    """Decay of the eligibility traces on top of the discount (lambda)."""
    brake: float = 3.0
    """Strength of the importance brake on the core; 0 removes it."""
    importance_rate: float = 1e-3
    """How fast importances move."""
    fast_share: float = 0.25
    """Learning rate of the fast weights as a share of the core's; 0 removes them."""
    half_life: float = 200.0
    """Steps in which a fast weight halves."""
    consolidation: float = 0.01
    """Share of the fast weights handed to the core at a calm step."""
    infer: bool = True
    """Whether worlds are told apart; without it there is one context for the whole life."""
    gate: bool = True
    """Whether each context opens neurons of its own; without it all contexts share them."""
    repair: bool = True
    """Whether real-valued senses are filtered by the forward models, so that failed sensors are not believed."""
    engine: Engine = "auto"
    """What does the arithmetic on the CPU: compiled kernels (``"numba"``), tensor operations (``"torch"``), or the
    former where they are installed; on a GPU always tensor operations. Both agree to rounding."""
    neurogenesis: bool = True
    """Whether novel inputs recruit the least used neurons."""
