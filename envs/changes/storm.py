"""Weather over the senses: noise, dropped and inverted channels, in bursts, with the truth of what was hit."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from math import gcd
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from envs.batched import Array, BatchedWorld, Outcome
from envs.batched_wrapper import BatchedWrapper
from envs.changes.base import Change
from envs.senses import is_unbounded
from envs.setting import BatchSetting, Setting, report

FAULTS = ("noise", "drop", "invert")
CALM = "calm"


@dataclass(frozen=True)
class Storm(Change, kind="storm"):
    """Spoil some channels for some time, again and again.

    Calm and bursts alternate, beginning with calm; both last geometrically distributed numbers of life steps. Each
    burst draws one fault and the channels it hits. When bursts come, what they do and to which channels is a function
    of the life clock and the world alone: equal for all agents and all sub-environments. Only the values of noise
    are of the moment. Faults: ``"noise"`` adds a normal number, ``"drop"`` makes channels read 0, ``"invert"`` flips
    their sign (of bits: their value). Bits know no noise.

    The truth is in ``info["lifelong"]``: ``storm_kind`` (a fault, or ``"calm"``) and ``storm_mask``, which channels
    of this observation were hit, ``(channels,)`` bool.

    Source: two-state bursts, Gilbert 1960 and Elliott 1963; faults after the sensor challenges of Dulac-Arnold et al.
    2020 (arXiv:2003.11881), section 2.3.

    Attributes:
        faults: What bursts may do, each equally often.
        calm: Mean length of the calm between bursts, in life steps, at least 1.
        burst: Mean length of a burst, in life steps, at least 1.
        share: Share of the channels that a burst hits, in (0, 1], rounded, at least one channel.
        noise: Standard deviation of noise in units of the observation, one for all channels or one for each.
    """

    outermost: ClassVar[bool] = True

    faults: tuple[str, ...] = ("noise",)
    calm: float = 1600.0
    burst: float = 400.0
    share: float = 0.5
    noise: float | tuple[float, ...] = 1.0

    def __post_init__(self) -> None:
        """Check ranges."""
        if not self.faults or not set(self.faults) <= set(FAULTS):
            raise ValueError(f"Storm.faults are some of {', '.join(FAULTS)}; got {self.faults!r}")
        for label, length in (("calm", self.calm), ("burst", self.burst)):
            if not (np.isfinite(length) and length >= 1):
                raise ValueError(f"Storm.{label} is a mean length in life steps, at least 1; got {length!r}")
        if not 0 < self.share <= 1:
            raise ValueError(f"Storm.share is a share of the channels, above 0 and at most 1; got {self.share!r}")
        deviations = np.atleast_1d(np.asarray(self.noise, np.float64))
        if not (np.isfinite(deviations) & (deviations >= 0)).all() or not deviations.any():
            raise ValueError(f"Storm.noise is a standard deviation, at least 0 and not all 0; got {self.noise!r}")

    def wrap(self, env: gym.Env, setting: Setting) -> gym.Env:
        """Let the storm blow over an environment.

        Raises:
            ValueError: If the observations are neither bits nor unbounded real numbers in one dimension, if bits are to
                be noisy, or if the deviations are not as many as the channels.
        """
        channels, deviations = self._fit(env.observation_space, env)
        return StormySenses(env, Timetable(self, channels, setting.world), deviations, setting)

    def batch(self, world: BatchedWorld, setting: BatchSetting) -> BatchedWorld:
        """Let the storm blow over a batched world; see `wrap`."""
        channels, deviations = self._fit(world.observation_space, world)
        return StormyWorld(world, Timetable(self, channels, setting.world), deviations, setting)

    def _fit(self, space: gym.Space, owner: Any) -> tuple[int, np.ndarray]:
        """Tell the channels of a space, and the deviations of their noise, ``(channels,)``."""
        real = is_unbounded(space)
        if not (real or isinstance(space, spaces.MultiBinary)) or space.shape is None or len(space.shape) != 1:
            raise ValueError(f"Storm needs bits or unbounded real senses of one dimension; got {space} from {owner}")
        if not real and "noise" in self.faults:
            raise ValueError(f"bits know no noise: Storm over {owner} takes the faults 'drop' and 'invert'")
        channels = space.shape[0]
        if isinstance(self.noise, tuple) and len(self.noise) != channels:
            raise ValueError(f"Storm.noise needs one deviation for each of {channels} channels; got {len(self.noise)}")
        return channels, np.broadcast_to(np.asarray(self.noise, np.float32), (channels,))


@dataclass(frozen=True)
class Spell:
    """A stretch of one weather: ages ``[start, stop)`` in life steps.

    Attributes:
        start: Age at which it begins.
        stop: Age at which the next one begins.
        kind: A fault, or ``"calm"``.
        mask: Which channels are hit, ``(channels,)`` bool, read-only.
    """

    start: int
    stop: int
    kind: str
    mask: np.ndarray


class Timetable:
    """The weather of a world as a function of the age, drawn as far as it has been asked for."""

    def __init__(self, storm: Storm, channels: int, rng: np.random.Generator) -> None:
        """Begin with calm at age 0."""
        self._storm, self._rng = storm, rng
        self._hit = max(1, round(storm.share * channels))
        self._calm_mask = _frozen(np.zeros(channels, bool))
        self._spells: list[Spell] = []
        self._starts: list[int] = []

    def at(self, age: int) -> Spell:
        """Tell the weather at an age in life steps, at least 0."""
        while not self._spells or self._spells[-1].stop <= age:
            self._extend()
        return self._spells[bisect_right(self._starts, age) - 1]

    def _extend(self) -> None:
        start = self._spells[-1].stop if self._spells else 0
        if len(self._spells) % 2 == 0:
            stop = start + int(self._rng.geometric(1.0 / self._storm.calm))
            spell = Spell(start, stop, CALM, self._calm_mask)
        else:
            stop = start + int(self._rng.geometric(1.0 / self._storm.burst))
            fault = self._storm.faults[int(self._rng.integers(len(self._storm.faults)))]
            mask = np.zeros(len(self._calm_mask), bool)
            mask[self._rng.choice(len(mask), self._hit, replace=False)] = True
            spell = Spell(start, stop, fault, _frozen(mask))
        self._spells.append(spell)
        self._starts.append(start)


class StormySenses(gym.Wrapper):
    """The wrapper behind `Storm`.

    Attributes:
        timetable: When what happens.
    """

    def __init__(self, env: gym.Env, timetable: Timetable, deviations: np.ndarray, setting: Setting) -> None:
        """Wrap an environment; ``deviations`` ``(channels,)`` are those of the noise."""
        super().__init__(env)
        self.timetable = timetable
        self._deviations, self._clock, self._moment = deviations, setting.clock, setting.moment
        self._bits = isinstance(env.observation_space, spaces.MultiBinary)
        self._spell = timetable.at(0)

    def _weather(self, observation: np.ndarray, info: dict[str, Any]) -> np.ndarray:
        spell = self._spell
        if not spell.start <= self._clock.age < spell.stop:
            spell = self._spell = self.timetable.at(self._clock.age)
        report(info, storm_kind=spell.kind, storm_mask=spell.mask.copy())
        if spell.kind == CALM:
            return observation
        mask = spell.mask
        if spell.kind == "drop":
            return observation * ~mask
        if spell.kind == "invert":
            return observation ^ mask if self._bits else np.where(mask, -observation, observation)
        noise = self._moment.standard_normal(len(mask), np.float32)
        return observation + noise * self._deviations * mask

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        """Begin an episode in whatever weather there is."""
        observation, info = self.env.reset(seed=seed, options=options)
        return self._weather(observation, info), info

    def step(self, action: Any) -> tuple[np.ndarray, Any, bool, bool, dict]:
        """Act once."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        return self._weather(observation, info), reward, terminated, truncated, info


class StormyWorld(BatchedWrapper):
    """What `StormySenses` is for one environment, for N at once: the same weather, the same noise.

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
        self._noise = NoiseRows(setting.moments, len(deviations))
        self._bits = isinstance(world.observation_space, spaces.MultiBinary)
        self._every = np.arange(world.num_envs)
        self._spell: Spell | None = None

    def begin(self, rows: np.ndarray | None = None) -> tuple[Array, dict[str, Array]]:
        """Begin new episodes in whatever weather there is; rows that go on are shown without noise this time."""
        spell = self._weather()
        observation, told = self.world.begin(rows)
        return self._spoil(observation, spell, self._every if rows is None else rows), told | self._report

    def step(self, actions: Array, *, again: bool = True, idle: Array | None = None) -> Outcome:
        """Act once in every row; see `BatchedWorld.step`."""
        spell = self._weather()
        outcome = self.world.step(actions, again=again, idle=idle)
        observation, final = outcome.observation, outcome.final
        # On a device nobody waits to be told which episodes ended: there noise is drawn for all rows twice.
        if spell.kind != "noise" or final is None or final is observation or not isinstance(final, np.ndarray):
            outcome = outcome.shown(lambda seen: self._spoil(seen, spell, self._every))
        else:
            # A row whose episode ended is seen twice in this step: its last observation first, then the new one.
            ended = np.flatnonzero(np.asarray(outcome.terminated | outcome.truncated))
            observation = self._spoil(observation, spell, np.delete(self._every, ended))
            final = self._spoil(final, spell, ended)
            outcome = outcome._replace(observation=self._spoil(observation, spell, ended), final=final)
        return outcome._replace(report=outcome.report | self._report)

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
            # Factors of the observations' own type: a mixture of types is not done in one go.
            hit = spell.mask.astype(self.observation_space.dtype)
            factor = 1 - hit if spell.kind == "drop" else hit if self._bits else 1 - 2 * hit
            self._factor = self.constant(factor)
            # Several rows at a time: beginning a row costs NumPy as much as half of one.
            self._tiled = np.tile(factor, gcd(size, 16))
        return spell

    def _spoil(self, observation: Array, spell: Spell, rows: np.ndarray) -> Array:
        """Do to observations ``(N, channels)`` what the weather does; ``rows`` are those whose noise is drawn."""
        if spell.kind == CALM:
            return observation
        if spell.kind != "noise":  # in place: what a world hands over, it does not use again
            target, factor = observation, self._factor
            if isinstance(observation, np.ndarray) and observation.flags.c_contiguous:
                target, factor = observation.reshape(-1, len(self._tiled)), self._tiled
            if not self._bits:
                target *= factor
            elif spell.kind == "invert":
                target ^= factor
            else:
                target &= factor
            return observation
        drawn = np.zeros((self.num_envs, len(spell.mask)), np.float32)
        drawn[rows] = self._noise.draw(rows) * self._deviations * spell.mask
        return observation + self.constant(drawn)


class NoiseRows:
    """Normal numbers from one generator a row, drawn ahead in blocks: the same numbers as drawn one by one."""

    def __init__(self, moments: Callable[[], list[np.random.Generator]], channels: int, block: int = 64) -> None:
        """Begin with nothing drawn; the generators are made when they are first needed."""
        self._make, self._channels, self._block = moments, channels, block
        self._generators: list[np.random.Generator] = []

    def draw(self, rows: np.ndarray) -> np.ndarray:
        """Draw ``(R, channels)`` float32 for the rows ``(R,)``, no row twice."""
        if not self._generators:
            self._generators = self._make()
            size = len(self._generators)
            self._ahead = np.empty((size, self._block, self._channels), np.float32)
            self._used = np.full(size, self._block)
        for row in rows[self._used[rows] == self._block].tolist():
            self._generators[row].standard_normal(dtype=np.float32, out=self._ahead[row])
            self._used[row] = 0
        drawn = self._ahead[rows, self._used[rows]]
        self._used[rows] += 1
        return drawn


def _frozen(mask: np.ndarray) -> np.ndarray:
    mask.flags.writeable = False
    return mask
