"""How the channels of a body are wired to what is seen of them, by compiled code and by NumPy."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np

from envs.compiled import compilable


class Wiring(NamedTuple):
    """What makes ``seen[i] = sensed[order[i]] * signs[i] + offsets[i]`` of what a body senses, in float32.

    Attributes:
        order: ``(channels,)`` int64; ``(0,)`` where everything is seen as it is sensed.
        signs: ``(channels,)`` float32, -1 and 1.
        offsets: ``(channels,)`` float32, in units of the observation.
    """

    order: np.ndarray
    signs: np.ndarray
    offsets: np.ndarray

    @classmethod
    def of(cls, channels: int, order: np.ndarray | None, signs: np.ndarray | None, offsets: np.ndarray | None) -> Self:
        """Wire channels; None leaves places, signs or values as they are, to the bit.

        Raises:
            ValueError: If the order is no permutation of the channels, or there is not one sign and offset for each.
        """
        order = np.arange(channels) if order is None else order
        signs = np.ones(channels, np.float32) if signs is None else signs
        # Minus zero: plus zero would make plus zero of a minus zero.
        offsets = np.full(channels, -0.0, np.float32) if offsets is None else offsets
        if order.shape != (channels,) or not (np.sort(order) == np.arange(channels)).all():
            raise ValueError(f"expected a permutation of {channels} channels; got {order}")
        for name, values in (("sign", signs), ("offset", offsets)):
            if values.shape != (channels,):
                raise ValueError(f"expected one {name} for each of {channels} channels; got {values}")
        return cls(order.astype(np.int64), signs.astype(np.float32), offsets.astype(np.float32))

    def seen(self, sensed: np.ndarray) -> np.ndarray:
        """Give what is seen of what is sensed, ``(R, channels)`` float32."""
        return sensed[:, self.order] * self.signs + self.offsets if len(self.order) else sensed


def unwired() -> Wiring:
    """Show everything as it is sensed."""
    nothing = np.empty(0, np.float32)
    return Wiring(np.empty(0, np.int64), nothing, nothing)


@compilable
def rewire(
    sensed: np.ndarray,
    first: int,
    stop: int,
    order: np.ndarray,
    signs: np.ndarray,
    offsets: np.ndarray,
    seen: np.ndarray,
) -> None:
    """Write what is seen in rows ``first`` to ``stop - 1`` of what is sensed, both ``(N, channels)``; see `Wiring`."""
    # Channel by channel: what is the same for all rows is then read once.
    for i in range(len(order)):
        place, sign, offset = order[i], signs[i], offsets[i]
        for row in range(first, stop):
            seen[row, i] = sensed[row, place] * sign + offset
