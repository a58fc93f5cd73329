"""What a change does to N bodies at once, written once; and what lets one environment or a batched world have it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from envs.batched import BatchedWorld, Outcome
from envs.batched_wrapper import BatchedWrapper
from envs.setting import BatchSetting, Clock, Setting, report


@dataclass(frozen=True)
class Frame:
    """Where an effect is to work.

    Attributes:
        observation_space: Space of one body's observations, as the effect is given them.
        action_space: Space of one body's actions, as the effect is to hand them on.
        num_envs: Number of bodies N.
        clock: The life clock, to be read and never advanced.
        world: Draws that define the world, equal for all bodies.
        moments: Makes the draws of the moment, one generator a body.
        owner: The environment or world, to be named in errors.
    """

    observation_space: gym.Space
    action_space: gym.Space
    num_envs: int
    clock: Clock
    world: np.random.Generator
    moments: Callable[[], list[np.random.Generator]]
    owner: Any


class Effect:
    """What a change does to actions, observations and rewards of N bodies.

    A subclass overrides those of `act`, `see` and `pay` that it changes, and never keeps an array that it was given
    or that it has handed out, unless nobody writes to it. Where it works in a ``rows`` argument, index r of the arrays
    belongs to body ``rows[r]``; None means all bodies in order.

    Attributes:
        observation_space: Space of what one body sees; that of the frame, unless the effect changes it.
        action_space: Space of what one body may do; likewise.
    """

    def __init__(self, frame: Frame) -> None:
        """Keep the frame's spaces."""
        self.observation_space, self.action_space = frame.observation_space, frame.action_space

    def begin(self, rows: np.ndarray | None) -> None:
        """Forget what belongs to an episode: new ones begin in these rows. Their first `see` comes next."""

    def act(self, actions: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Turn what bodies mean to do, ``(R, ...)``, into what is done. The clock counts the coming step already."""
        return actions

    def see(self, sensed: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Turn what bodies sense, ``(R, ...)``, into what they see, a new array or ``sensed`` itself.

        Args:
            sensed: Observations; not to be written to.
            rows: Whose.
            first: Whether they are the first of their episodes (so that one body senses twice at one age).
        """
        return sensed

    def pay(self, rewards: np.ndarray, ended: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Turn rewards, ``(R,)`` float64, into what is paid; ``ended``, ``(R,)`` bool, tells whose episodes ended."""
        return rewards

    def undo(self) -> None:
        """Give back what was changed about the base itself, before it is changed anew; most change nothing there."""

    def report(self) -> dict[str, np.ndarray]:
        """Tell recorders the truth of the last `see` and `pay`: name -> array ``(N, ...)`` not written to again."""
        return {}

    def state(self) -> dict[str, Any]:
        """Give what the effect remembers, as copies: arrays, numbers, texts, and mappings of them."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Remember what `state` gave."""


def overrides(effect: Effect, method: str) -> bool:
    """Tell whether an effect does something of its own at ``act``, ``see``, ``pay`` or ``report``."""
    return getattr(type(effect), method) is not getattr(Effect, method)


def frame_of_one(env: gym.Env, setting: Setting) -> Frame:
    """Make the frame of a single environment."""
    return Frame(
        env.observation_space, env.action_space, 1, setting.clock, setting.world, lambda: [setting.moment], env
    )


def frame_of_many(world: BatchedWorld, setting: BatchSetting) -> Frame:
    """Make the frame of a batched world.

    Raises:
        ValueError: If the world lives in tensors.
    """
    if not isinstance(world.constant(np.zeros(1)), np.ndarray):
        raise ValueError(f"this change works in NumPy's arrays, but {world} in tensors; use another engine than torch")
    return Frame(
        world.observation_space,
        world.action_space,
        world.num_envs,
        setting.clock,
        setting.world,
        setting.moments,
        world,
    )


class EffectEnv(gym.Wrapper):
    """One environment with an effect.

    Attributes:
        effect: What is done to it, with N = 1.
    """

    def __init__(self, env: gym.Env, effect: Effect) -> None:
        """Wrap an environment."""
        super().__init__(env)
        self.effect = effect
        self.observation_space, self.action_space = effect.observation_space, effect.action_space
        self._act, self._see, self._pay, self._tell = (overrides(effect, m) for m in ("act", "see", "pay", "report"))
        self._discrete = isinstance(env.action_space, spaces.Discrete)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict]:
        """Begin an episode."""
        observation, info = self.env.reset(seed=seed, options=options)
        self.effect.begin(None)
        return self._shown(observation, True, info), info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict]:
        """Act once."""
        if self._act:
            done = self.effect.act(np.asarray(action)[None], None)[0]
            action = int(done) if self._discrete else done
        observation, reward, terminated, truncated, info = self.env.step(action)
        if self._pay:  # before the report, as in `EffectWorld`
            ended = np.array([terminated or truncated])
            reward = float(self.effect.pay(np.array([reward], np.float64), ended, None)[0])
        observation = self._shown(observation, False, info)
        return observation, reward, terminated, truncated, info

    def snapshot(self) -> dict[str, Any]:
        """Give what the effect remembers; see `envs.snapshot`."""
        return self.effect.state()

    def restore(self, saved: dict[str, Any]) -> None:
        """Let the effect remember what `snapshot` gave."""
        self.effect.restore(saved)

    def undo(self) -> None:
        """Give back what the effect changed about the base; see `Effect.undo`."""
        self.effect.undo()

    def _shown(self, observation: Any, first: bool, info: dict[str, Any]) -> Any:
        if self._see:
            observation = self.effect.see(np.asarray(observation)[None], None, first)[0]
        if self._tell:
            # Copies: an info belongs to whoever gets it, and effects tell what does not change in one array for ever.
            report(info, **{name: told[0].copy() for name, told in self.effect.report().items()})
        return observation


class EffectWorld(BatchedWrapper):
    """A batched world with effects.

    Attributes:
        effects: What is done to it, from the inside out.
    """

    def __init__(self, world: BatchedWorld, *effects: Effect) -> None:
        """Wrap a world."""
        super().__init__(world)
        self.observation_space: Any = world.observation_space
        self.effects: tuple[Effect, ...] = ()
        for effect in effects:
            self.add(effect)
        self._shown: np.ndarray | None = None

    def add(self, effect: Effect) -> None:
        """Put another effect around, before the first episode: cheaper than another world around this one."""
        self.effects += (effect,)
        self.observation_space, self.action_space = effect.observation_space, effect.action_space
        self._acting, self._seeing, self._paying, self._telling = (
            tuple(one for one in self.effects if overrides(one, method)) for method in ("act", "see", "pay", "report")
        )

    def begin(self, rows: np.ndarray | None = None) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Begin new episodes; rows that go on are shown as they were. See `BatchedWorld.begin`."""
        observation, told = self.world.begin(rows)
        for effect in self.effects:
            effect.begin(rows)
        if self._seeing:
            observation = self._shown = self._see(observation, rows, True)
        return observation, told | self._report() if self._telling else told

    def step(self, actions: Any, *, again: bool = True, idle: Any = None) -> Outcome:
        """Act once in every row; see `BatchedWorld.step`."""
        rows = None if idle is None else np.flatnonzero(~idle)
        for effect in reversed(self._acting):
            actions = _acted(effect, np.asarray(actions), rows)
        outcome = self.world.step(actions, again=again, idle=idle)
        sensed, final = outcome.observation, outcome.final
        ended = None if final is None else np.asarray(outcome.terminated | outcome.truncated)
        reward = outcome.reward
        for effect in self._paying:
            reward = _paid(effect, reward, np.zeros(self.num_envs, bool) if ended is None else ended, rows)
        seen = sensed
        if self._seeing:
            last: Any = sensed
            if ended is not None and final is not sensed:
                last = np.where(ended.reshape(-1, *(1,) * (sensed.ndim - 1)), final, sensed)
            self._shown = seen = self._see(last, rows, False)
            final = None if final is None else seen
        told = self._report()
        if ended is None or not again:
            return outcome._replace(observation=seen, reward=reward, final=final).told(told)
        begun = np.flatnonzero(ended)
        for effect in self.effects:
            effect.begin(begun)
        if self._seeing:
            self._shown = seen = self._see(sensed, begun, True)
        return outcome._replace(observation=seen, reward=reward, final=final).told(self._report(), told)

    def snapshot(self) -> dict[str, Any]:
        """Give what world and effects remember; see `BatchedWorld.snapshot`."""
        shown = None if self._shown is None else self._shown.copy()
        return {"world": self.world.snapshot(), "effects": [one.state() for one in self.effects], "shown": shown}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave; see `BatchedWorld.restore`."""
        self.world.restore(saved["world"])
        for effect, state in zip(self.effects, saved["effects"], strict=True):
            effect.restore(state)
        self._shown = None if saved["shown"] is None else saved["shown"].copy()

    def undo(self) -> None:
        """Give back what the effects changed about the base; see `Effect.undo`."""
        for effect in reversed(self.effects):
            effect.undo()

    def _see(self, sensed: np.ndarray, rows: np.ndarray | None, first: bool) -> np.ndarray:
        """Show what all rows sense, ``(N, ...)``; those that are not meant as they were shown last."""
        some = rows is not None and self._shown is not None
        seen = sensed[rows] if some else sensed
        for effect in self._seeing:
            seen = effect.see(seen, rows if some else None, first)
        if not some or self._shown is None:
            return seen
        shown = self._shown.copy()
        shown[rows] = seen
        return shown

    def _report(self) -> dict[str, np.ndarray]:
        told: dict[str, np.ndarray] = {}
        for effect in self._telling:
            told |= effect.report()
        return told


def with_effect(world: BatchedWorld, effect: Effect) -> EffectWorld:
    """Put an effect around a world, together with those that are around it already."""
    if not isinstance(world, EffectWorld):
        return EffectWorld(world, effect)
    world.add(effect)
    return world


def _acted(effect: Effect, actions: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
    if rows is None:
        return effect.act(actions, None)
    acted = actions.copy()
    acted[rows] = effect.act(actions[rows], rows)
    return acted


def _paid(effect: Effect, reward: np.ndarray, over: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
    if rows is None:
        return effect.pay(reward, over, None)
    paid = reward.copy()
    paid[rows] = effect.pay(reward[rows], over[rows], rows)
    return paid


def undo(env: gym.Env, bare: gym.Env) -> None:
    """Let all wrappers around a bare environment give back what they changed about it; see `Effect.undo`."""
    while env is not bare and isinstance(env, gym.Wrapper):
        give_back = getattr(env, "undo", None)
        if callable(give_back):
            give_back()
        env = env.env
