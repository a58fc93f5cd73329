"""What all faults of sensors have in common: which channels, how strong when, and the truth about what was hit."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, ClassVar, Self

import numpy as np

from envs.changes.base import Change
from envs.changes.sensors import KINDS_OF_SENSES, sense_of
from envs.counter import CounterDice
from envs.effect import Effect, Frame
from envs.when import Signal, bind, check_range

CALM = "calm"
LEVELS = ("easy", "medium", "hard")


@dataclass(frozen=True, kw_only=True)
class Fault(Change):
    """A way in which sensors fail, as strong at each age as ``when`` says.

    A subclass adds its own parameters; those that are None by default take the value of the ``level`` from its
    ``presets``. The truth is in ``info["lifelong"]``: ``LABEL_kind`` (the kind, or ``"calm"``) and ``LABEL_mask``,
    which components of this observation were hit, in the observation's shape, bool.

    Attributes:
        presets: Level -> parameter -> value.
        senses: Which observations it can spoil: some of ``"real"``, ``"bits"`` and ``"image"``.
        level: ``"easy"``, ``"medium"`` or ``"hard"``: where parameters that are not given come from.
        channels: Indices of the channels that can be hit, the sensor group; none for all. Of images: colour channels.
        share: Share of these that are hit, in (0, 1], rounded, at least one; which ones is drawn once for the world.
        when: Strength over the life, from 0 (nothing happens) to 1: a number or a signal.
        label: Begins the names of what is reported; the kind if empty. Two faults of one kind need labels.
    """

    group: ClassVar[str] = "storms"
    reports_channels: ClassVar[bool] = True
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {level: {} for level in LEVELS}
    senses: ClassVar[tuple[str, ...]] = ("real", "bits", "image")

    level: str = "easy"
    channels: tuple[int, ...] = ()
    share: float = 1.0
    when: float | Signal = 1.0
    label: str = ""

    def __post_init__(self) -> None:
        """Fill in the level's values and check the fields.

        Raises:
            TypeError: If a field has the wrong type.
            ValueError: If a field is out of its range.
        """
        who = type(self).__name__
        if self.level not in LEVELS:
            raise ValueError(f"{who}.level is one of {', '.join(LEVELS)}; got {self.level!r}")
        for name, value in self.presets[self.level].items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        check_range(f"{who}.when", self.when, 0.0, 1.0, "a strength")
        check_range(f"{who}.share", self.share, 0.0, 1.0, "a share of the channels")
        if self.share == 0.0:
            raise ValueError(f"{who}.share is above 0, or nothing would be hit; for a calm sensor give when=0.0")
        for index in self.channels:
            if not isinstance(index, int) or isinstance(index, bool) or index < 0:
                raise ValueError(f"{who}.channels are indices from 0 up; got {index!r} in {self.channels}")
        if len(set(self.channels)) < len(self.channels):
            raise ValueError(f"{who}.channels names a channel twice: {self.channels}")
        self.check()

    def check(self) -> None:
        """Check the parameters of the subclass, all filled in; raises ValueError or TypeError."""

    @property
    def name(self) -> str:
        """What begins the names of its reports."""
        return self.label or self.kind

    def reports(self) -> tuple[str, ...]:
        """Name what it reports."""
        return (f"{self.name}_kind", f"{self.name}_mask")

    def still(self) -> Self:
        """Give the same fault at zero strength."""
        return replace(self, when=0.0)

    def effect(self, frame: Frame) -> FaultEffect:
        """Draw which channels can be hit, and make the effect.

        Raises:
            ValueError: If the observations are of a kind that it cannot spoil, or have no such channel.
        """
        sense = sense_of(frame.observation_space)
        if sense not in self.senses:
            raise ValueError(
                f"{type(self).__name__} spoils {' or '.join(KINDS_OF_SENSES[one] for one in self.senses)}; "
                f"got {frame.observation_space} from {frame.owner}"
            )
        return self.spoiler(frame, self._draw_channels(frame))

    @abstractmethod
    def spoiler(self, frame: Frame, group: np.ndarray) -> FaultEffect:
        """Make the effect on components ``group``, of the observation's shape, bool."""

    def _draw_channels(self, frame: Frame) -> np.ndarray:
        shape = frame.observation_space.shape or (1,)
        count = shape[-1]
        for index in self.channels:
            if index >= count:
                raise ValueError(
                    f"{type(self).__name__}.channels go from 0 to {count - 1} in {frame.observation_space} "
                    f"from {frame.owner}; got {index}"
                )
        can = np.array(self.channels or range(count))
        if self.share < 1.0:
            can = frame.world.choice(can, max(1, round(self.share * len(can))), replace=False)
        hit = np.zeros(count, bool)
        hit[can] = True
        return np.broadcast_to(hit, shape)


class FaultEffect(Effect):
    """What a fault does. A subclass writes `spoil`.

    Attributes:
        group: Components that can be hit, of the observation's shape, bool.
        whole: Whether these are all there are.
        remembers: Whether `spoil` is to be called in calm too, with strength 0, since it remembers what was sensed.
            Otherwise a calm ends what lasts, by `begin`.
        memory: Names of the attributes, dotted where they are attributes of attributes, that hold what is
            remembered: arrays of N rows.
    """

    remembers: ClassVar[bool] = False
    memory: ClassVar[tuple[str, ...]] = ()

    def __init__(self, fault: Fault, frame: Frame, group: np.ndarray) -> None:
        """Prepare for N bodies; ``group`` as in `Fault.spoiler`."""
        super().__init__(frame)
        self.group, self.whole = group, bool(group.all())
        self.num_envs = frame.num_envs
        self.clock = frame.clock
        self.dice = CounterDice(frame.moments())
        self._curve = bind(fault.when, frame.world)
        self._names = fault.reports()
        size = (frame.num_envs, *group.shape)
        self._kinds = {
            hit: np.broadcast_to(np.array(kind), (size[0],)) for hit, kind in ((False, CALM), (True, fault.kind))
        }
        self._nothing = np.broadcast_to(np.array(False), size)
        self._everything = np.broadcast_to(group, size)
        self._mask, self._acts = self._nothing, False

    @abstractmethod
    def spoil(
        self, sensed: np.ndarray, rows: np.ndarray | None, first: bool, strength: float
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Spoil observations.

        Args:
            sensed: ``(R, ...)``; not to be written to.
            rows: Whose, as in `Effect.see`.
            first: Whether episodes begin with them.
            strength: Present strength, above 0 to 1 (0 in calm, if it ``remembers``).

        Returns:
            What is seen ``(R, ...)``, and which components of it were hit, bool, ``(R, ...)`` or what broadcasts to
            it; None if none was.
        """

    def see(self, sensed: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Spoil what is sensed, and remember what was hit."""
        strength = self._curve.at(self.clock.age)
        acts, acted = strength > 0, self._acts
        self._acts = acts
        if acts or self.remembers:
            seen, hit = self.spoil(sensed, rows, first, strength)
        else:
            seen, hit = sensed, None
            if acted:
                self.begin(None)
        if rows is None or len(rows) == self.num_envs:
            self._mask = self._of_all(hit)
        elif hit is not None or self._mask is not self._nothing:
            self._mask = self._mask.copy()
            self._mask[rows] = False if hit is None else hit
        return seen

    def _of_all(self, hit: np.ndarray | None) -> np.ndarray:
        """Give the mask of all rows, of full shape, without a new array where there is one."""
        if hit is None:
            return self._nothing
        if hit is self.group:
            return self._everything
        return hit if hit.shape == self._nothing.shape else np.broadcast_to(hit, self._nothing.shape)

    def report(self) -> dict[str, np.ndarray]:
        """Tell the kind and what was hit."""
        return {self._names[0]: self._kinds[self._acts], self._names[1]: self._mask}

    def count(self, first: bool) -> int:
        """Number the draws: two for each age, of which the second is for the first observation of an episode."""
        return 2 * self.clock.age + first

    def draw(self, width: int, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Draw uniform numbers in [0, 1) of this moment, ``(R, width)``; the same ones if asked again."""
        return self.dice.uniform(2 * self.clock.age + first, width, rows)

    def of_bodies(self, lost: np.ndarray) -> np.ndarray:
        """Spread what is lost of bodies, ``(R,)`` bool, over components: ``(R, ...)``, or what broadcasts to it."""
        each = lost.reshape(-1, *(1,) * self.group.ndim)
        return each if self.whole and self.group.ndim > 1 else each & self.group

    def in_group(self, spoilt: np.ndarray, sensed: np.ndarray) -> np.ndarray:
        """Give what is spoilt in the group, and what is sensed, to the bit, elsewhere."""
        return spoilt if self.whole else np.where(self.group, spoilt, sensed)

    def state(self) -> dict[str, Any]:
        """Give what is remembered, and the truth of the last observations."""
        kept = {name: attrgetter(name)(self).copy() for name in self.memory}
        return {"mask": self._mask.copy(), "acts": self._acts, **kept}

    def restore(self, state: dict[str, Any]) -> None:
        """Remember what `state` gave."""
        self._mask, self._acts = state["mask"].copy(), state["acts"]
        for name in self.memory:
            *owners, own = name.split(".")
            setattr(attrgetter(".".join(owners))(self) if owners else self, own, state[name].copy())
