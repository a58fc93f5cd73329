"""What a storm does to N sub-environments at once."""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np
from gymnasium import spaces

from envs.batched import Array, BatchedWorld, Outcome
from envs.batched_wrapper import BatchedWrapper
from envs.changes.weather import CALM, Spell, Timetable
from envs.noise import make_noise
from envs.setting import BatchSetting


class StormyWorld(BatchedWrapper):
    """What `envs.changes.storm.StormySenses` is for one environment, for N at once: the same weather, the same noise.

    Attributes:
        timetable: When what happens.
    """

    def __init__(
        self, world: BatchedWorld, timetable: Timetable, deviations: np.ndarray, setting: BatchSetting
    ) -> None:
        """Wrap a world; ``deviations`` ``(channels,)`` are those of the noise."""
        super().__init__(world)
        self.timetable = timetable
        self._clock = setting.clock
        self._deviations = deviations
        self._bits = isinstance(world.observation_space, spaces.MultiBinary)
        noisy = "noise" in timetable.faults
        self._noise = make_noise(setting.moments, len(deviations), world.constant) if noisy else None
        self._every = np.arange(world.num_envs)
        self._spell: Spell | None = None
        self._spoils = False

    def begin(self, rows: np.ndarray | None = None) -> tuple[Array, dict[str, Array]]:
        """Begin new episodes in whatever weather there is; rows that go on are shown without noise this time."""
        spell = self._weather()
        observation, told = self.world.begin(rows)
        if spell.kind == "noise" and self._noise:
            observation, _ = self._noise.add(observation, self._factors, self._every if rows is None else rows)
        elif self._spoils:
            observation = self._spoil(observation)
        return observation, told | self._report

    def step(self, actions: Array, *, again: bool = True, idle: Array | None = None) -> Outcome:
        """Act once in every row; see `BatchedWorld.step`."""
        spell = self._weather()
        outcome = self.world.step(actions, again=again, idle=idle)
        observation, final = outcome.observation, outcome.final
        seen, last = observation, final
        if spell.kind == "noise" and self._noise:
            if final is None or final is observation:
                seen, _ = self._noise.add(observation, self._factors, self._every)
                last = None if final is None else seen
            else:
                # A row whose episode ended is seen twice in this step: its last observation first, then the new one.
                # On a device nobody waits to be told which episodes ended: there noise is drawn for all rows twice.
                ended = (
                    np.flatnonzero(np.asarray(outcome.terminated | outcome.truncated))
                    if isinstance(final, np.ndarray)
                    else self._every
                )
                seen, last = self._noise.add(observation, self._factors, self._every, final, ended)
        elif self._spoils:
            seen = self._spoil(observation)
            last = seen if final is observation else None if final is None else self._spoil(final)
        return outcome._replace(observation=seen, final=last).told(self._report)

    def snapshot(self) -> dict[str, Any]:
        """Give what the world and the noise remember; the weather is a function of the age."""
        return {"world": self.world.snapshot(), "noise": None if self._noise is None else self._noise.snapshot()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave; see `BatchedWorld.restore`."""
        self.world.restore(saved["world"])
        if self._noise is not None:
            self._noise.restore(saved["noise"])
        self._spell = None  # so that the world inside is told anew what to show

    def _weather(self) -> Spell:
        """Tell the weather, and keep ready what is reported of it: ``(N,)`` and ``(N, channels)``, read-only."""
        age, spell = self._clock.age, self._spell
        if spell is None or not spell.start <= age < spell.stop:
            self._spell = spell = self.timetable.at(age)
            size, channels = self.num_envs, len(spell.mask)
            self._report = {
                "storm_kind": np.broadcast_to(np.array(spell.kind), (size,)),
                "storm_mask": np.broadcast_to(spell.mask, (size, channels)),
            }
            self._prepare(spell)
        return spell

    def _prepare(self, spell: Spell) -> None:
        """Make ready what a spell does to observations: the world inside does it, or `_spoil`, or noise."""
        if spell.kind == "noise":
            self._factors, self._spoils = self._deviations * spell.mask, False
            return
        # Factors of the observations' own type: a mixture of types is not done in one go.
        hit = spell.mask.astype(self.observation_space.dtype)
        inverted = spell.kind == "invert"
        # A world that shows the bits that it is told to is told of the calm as well.
        done = self._bits and self.world.show_bits(hit if inverted else np.zeros_like(hit), 1 - hit)
        self._spoils, self._inverts = not done and spell.kind != CALM, inverted
        if self._spoils:
            factor = 1 - hit if not inverted else hit if self._bits else 1 - 2 * hit
            self._factor = self.constant(factor)
            # Several rows at a time: beginning a row costs NumPy as much as half of one.
            self._tiled = np.tile(factor, gcd(self.num_envs, 16))

    def _spoil(self, observation: Array) -> Array:
        """Drop or invert channels of observations ``(N, channels)``, in place: a world does not use them again."""
        target, factor = observation, self._factor
        if isinstance(observation, np.ndarray) and observation.flags.c_contiguous:
            target, factor = observation.reshape(-1, len(self._tiled)), self._tiled
        if not self._bits:
            target *= factor
        elif self._inverts:
            target ^= factor
        else:
            target &= factor
        return observation
