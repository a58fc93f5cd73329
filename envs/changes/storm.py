"""Weather over the senses: noise, dropped and inverted channels, in bursts, with the truth of what was hit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from envs.batched import BatchedWorld
from envs.changes.base import Change
from envs.changes.stormy_world import StormyWorld
from envs.changes.weather import CALM, Timetable
from envs.senses import is_unbounded
from envs.setting import BatchSetting, Setting, report

FAULTS = ("noise", "drop", "invert")


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
    2020 (arXiv:2003.11881).

    Attributes:
        faults: What bursts may do, each equally often.
        calm: Mean length of the calm between bursts, in life steps, at least 1.
        burst: Mean length of a burst, in life steps, at least 1.
        share: Share of the channels that a burst hits, in (0, 1], rounded, at least one channel.
        noise: Standard deviation of noise in units of the observation, one for all channels or one for each.
    """

    group: ClassVar[str] = "storms"
    reports_channels: ClassVar[bool] = True

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

    @classmethod
    def examples(cls) -> tuple[Storm, ...]:
        """Give storms that come soon."""
        return (cls(("noise", "drop", "invert"), calm=30, burst=30), cls(("drop", "invert"), calm=30, burst=30))

    def reports(self) -> tuple[str, ...]:
        """Name what it reports."""
        return ("storm_kind", "storm_mask")

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
