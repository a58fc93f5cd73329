"""Sensors behind a link that loses packets in bursts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from envs.changes.fault import Fault, FaultEffect
from envs.changes.holding import HoldingEffect
from envs.changes.lasting import check_probability
from envs.effect import Frame

HOLDS = ("last", "zero")


@dataclass(frozen=True, kw_only=True)
class PacketLoss(Fault, kind="packet_loss"):
    """Lose whole packets of channels in bursts, while a body's link is bad.

    Each body's link is good or bad, and changes by chance in each step, for all its life: also through episodes and
    while ``when`` says that nothing is lost. In a good state nothing is lost. The first observation of an episode
    always arrives. ``when`` scales the probability of a loss.

    Source: two-state channel, Gilbert 1960, "Capacity of a burst-noise channel", and Elliott 1963; a burst lasts
    ``1 / recover`` steps on average. The levels are this project's own.

    Attributes:
        worsen: Probability that a good link becomes bad in a step, from 0 to 1; None for the level's.
        recover: Probability that a bad link becomes good in a step, above 0 to 1; None for the level's.
        loss: Probability that a packet is lost in a step of a bad link, from 0 to 1.
        packets: Which channels travel together, such as ``((0, 1), (2, 3))``; none for all in one packet. Channels in
            no packet, or not in ``channels``, always arrive.
        hold: What is shown of a lost packet: what was seen ``"last"``, or ``"zero"``.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "easy": {"worsen": 0.01, "recover": 0.5},
        "medium": {"worsen": 0.02, "recover": 0.2},
        "hard": {"worsen": 0.05, "recover": 0.1},
    }

    worsen: float | None = None
    recover: float | None = None
    loss: float = 1.0
    packets: tuple[tuple[int, ...], ...] = ()
    hold: str = "last"

    def check(self) -> None:
        """Check the parameters."""
        for name in ("worsen", "recover", "loss"):
            check_probability(f"PacketLoss.{name}", getattr(self, name))
        if self.recover == 0:
            raise ValueError("PacketLoss.recover is above 0, or a bad link would never be good again")
        if self.hold not in HOLDS:
            raise ValueError(f"PacketLoss.hold is one of {', '.join(HOLDS)}; got {self.hold!r}")
        told: set[int] = set()
        for packet in self.packets:
            if not isinstance(packet, tuple) or not packet:
                raise ValueError(f"PacketLoss.packets are tuples of channels, such as ((0, 1), (2,)); got {packet!r}")
            for index in packet:
                if not isinstance(index, int) or isinstance(index, bool) or index < 0:
                    raise ValueError(f"PacketLoss.packets hold indices from 0 up; got {index!r} in {packet}")
                if index in told:
                    raise ValueError(f"PacketLoss.packets have each channel once; {index} is in two: {self.packets}")
                told.add(index)

    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect.

        Raises:
            ValueError: If a packet has a channel that there is not.
        """
        for packet in self.packets:
            if max(packet) >= group.shape[-1]:
                raise ValueError(
                    f"PacketLoss.packets hold channels from 0 to {group.shape[-1] - 1} in {frame.observation_space} "
                    f"from {frame.owner}; got {max(packet)}"
                )
        return PacketLossEffect(self, frame, group)


class PacketLossEffect(HoldingEffect):
    """The effect behind `PacketLoss`.

    Attributes:
        bad: Whose links are bad, ``(N,)`` bool.
    """

    memory: ClassVar[tuple[str, ...]] = ("last", "bad")

    def __init__(self, fault: PacketLoss, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies."""
        super().__init__(fault, frame, group)
        self._worsen, self._recover, self._loss = fault.worsen, fault.recover, fault.loss
        self._zero = fault.hold == "zero"
        self.bad = np.zeros(frame.num_envs, bool)
        self._packets = len(fault.packets) or 1
        # Which packet each channel travels in: the first, unless told otherwise; -1 for none.
        self._packet = np.full(group.shape[-1], -1 if fault.packets else 0)
        for number, packet in enumerate(fault.packets):
            self._packet[list(packet)] = number
        self._travels = group & (self._packet >= 0)

    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Let links change, and lose packets."""
        if first:
            self.keep(sensed, rows)
            return sensed, None
        chance = self.draw(1 + self._packets, rows, first)
        bad = self.bad if rows is None else self.bad[rows]
        bad = np.where(bad, chance[:, 0] >= self._recover, chance[:, 0] < self._worsen)
        self.bad[slice(None) if rows is None else rows] = bad
        lost = (chance[:, 1:] < self._loss * strength) & bad[:, None]
        if not lost.any():
            self.keep(sensed, rows)
            return sensed, None
        lost = lost[:, self._packet].reshape(-1, *(1,) * (self.group.ndim - 1), self.group.shape[-1]) & self._travels
        if not self._zero:
            return self.hold(sensed, lost, rows), lost
        seen = sensed.copy()
        np.putmask(seen, lost, np.zeros((), seen.dtype))
        return seen, lost
