"""The tables by which NumPy draws normal numbers in float32: the density cut into 256 layers of equal area.

Source: Marsaglia and Tsang 2000, "The Ziggurat Method for Generating Random Variables"; in the order and with the
scales of NumPy's ``Generator.standard_normal(dtype=float32)``. Tested to be those that numba has of NumPy.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

LAYERS = 256
EDGE = 3.6541528853610088
"""Where the tail begins: what is drawn in the lowest layer lies beyond it where the layer's rectangle does not."""
_SCALE = 2.0**23
"""Numbers that are drawn within a layer."""


class Ziggurat(NamedTuple):
    """For each layer, from the lowest one, then from the uppermost one down.

    Attributes:
        inner: Numbers below this one lie within the rectangle that is all under the density, ``(256,)`` uint32.
        widths: What a number is multiplied with, ``(256,)`` float32.
        heights: Density at the layer's edge, not normalized, ``(256,)`` float32.
    """

    inner: np.ndarray
    widths: np.ndarray
    heights: np.ndarray


def ziggurat() -> Ziggurat:
    """Work out the tables."""
    area = EDGE * _density(EDGE) + math.sqrt(math.pi / 2) * math.erfc(EDGE / math.sqrt(2))
    edges = [EDGE]
    while len(edges) < LAYERS - 1:
        edges.append(math.sqrt(-2 * math.log(area / edges[-1] + _density(edges[-1]))))
    edges = np.array([area / _density(EDGE), *edges[::-1]])
    inner = np.array([EDGE / edges[0], 0.0, *(edges[1:-1] / edges[2:])])
    heights = np.array([1.0, *map(_density, edges[1:])])
    return Ziggurat(
        np.rint(inner * _SCALE).astype(np.uint32), (edges / _SCALE).astype(np.float32), heights.astype(np.float32)
    )


def _density(value: float) -> float:
    return math.exp(-0.5 * value * value)
