"""Compiled kernels of the hot path on the CPU: the same arithmetic as the tensor operations, fused (needs numba).

Every kernel works on NumPy views of the modules' own buffers and changes nothing but what its name says. The tensor
operations in the modules stay the reference: both agree to rounding (`tests/lifelong_agent/test_kernels.py`). Those of
this page are for B streams at once; one stream has kernels of its own, of which `live` does a whole step.
"""

from lifelong_agent.kernels.batch_codes import (
    combine_rows,
    fire,
    follow_mean,
    follow_usage,
    gather_statistics,
    normalize,
    sum_rows,
)
from lifelong_agent.kernels.batch_evidence import contradicts, follow_usual, foresee, promised, teach, typical
from lifelong_agent.kernels.batch_synapses import foresee_moves, read, reinforce

__all__ = [
    "combine_rows",
    "contradicts",
    "fire",
    "follow_mean",
    "follow_usage",
    "follow_usual",
    "foresee",
    "foresee_moves",
    "gather_statistics",
    "normalize",
    "promised",
    "read",
    "reinforce",
    "sum_rows",
    "teach",
    "typical",
]
