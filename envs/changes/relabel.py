"""What is right: the classes of labelled pictures trade places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np

from envs.batched import Array, BatchedWorld, Outcome
from envs.batched_wrapper import BatchedWrapper
from envs.changes.base import Change
from envs.changes.permute import derangement
from envs.of_envs import OfEnvs
from envs.setting import ANSWER_KEY, BatchSetting, Setting


@dataclass(frozen=True)
class Relabel(Change, kind="relabel"):
    """Let classes trade places, drawn once for the world: pictures stay, and each class is called what another was.

    Reward and answer follow: where class c was right, ``order[c]`` is. No class keeps its place, unless the order is
    given. For ``lifelong/Labelled-v0``. (``permute_actions`` instead renumbers what an agent says and leaves the answer
    that is told as it was, so that the two no longer agree.)

    Source: "label-permuted" streams, Elsayed and Mahmood 2024, "Addressing loss of plasticity and catastrophic
    forgetting in continual learning" (arXiv:2404.00781), section 4.

    Attributes:
        order: Which class is right where each one was, each of 0 to classes - 1 once and not all in their places; drawn
            for the world if empty.
    """

    group: ClassVar[str] = "goals"

    order: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an order that is none, or changes nothing.

        Raises:
            TypeError: If it holds something else than integers.
            ValueError: If it does not hold each class once, or leaves all in their places.
        """
        for index in self.order:
            if not isinstance(index, int) or isinstance(index, bool):
                raise TypeError(f"Relabel.order holds classes; got {index!r} of type {type(index).__name__}")
        if sorted(self.order) != list(range(len(self.order))):
            raise ValueError(
                f"Relabel.order holds each of 0 to {len(self.order) - 1} once, for {len(self.order)} classes; "
                f"got {self.order}"
            )
        if self.order and list(self.order) == sorted(self.order):
            raise ValueError("Relabel.order leaves every class in its place; give another, or none to draw one")

    @classmethod
    def examples(cls) -> tuple[Relabel, ...]:
        """Give classes that are drawn, and ten of which two trade places."""
        return cls(), cls(order=(1, 0, 2, 3, 4, 5, 6, 7, 8, 9))

    def wrap(self, env: gym.Env, setting: Setting) -> gym.Env:
        """Draw the classes from ``setting.world`` and wrap a labelled environment.

        Raises:
            ValueError: If it is none, or an order is given for another number of classes.
        """
        from envs.labelled.env import LabelledEnv  # noqa: PLC0415 - lives without pictures need not import them

        if not isinstance(env.unwrapped, LabelledEnv):
            raise ValueError(_refusal(env))
        return RelabelledEnv(env, self._drawn(env, setting.world))

    def batch(self, world: BatchedWorld, setting: BatchSetting) -> BatchedWorld | None:
        """Draw the classes from ``setting.world`` and wrap labelled rows; see `wrap`. Looped ones are wrapped each."""
        from envs.labelled.world import LabelledWorld  # noqa: PLC0415 - see above

        base = world
        while isinstance(base, BatchedWrapper):
            base = base.world
        if isinstance(base, OfEnvs):
            return None
        if not isinstance(base, LabelledWorld):
            raise ValueError(_refusal(world))
        return RelabelledWorld(world, self._drawn(world, setting.world))

    def _drawn(self, owner: Any, world: np.random.Generator) -> np.ndarray:
        """Give the order, or draw one."""
        classes = int(owner.action_space.n)
        if not self.order:
            return derangement(classes, world)
        if len(self.order) != classes:
            raise ValueError(
                f"Relabel.order has {len(self.order)} places, but there are {classes} classes in {owner}; give as "
                "many, or none to draw an order"
            )
        return np.array(self.order)


def _refusal(owner: Any) -> str:
    return f"Relabel needs labelled pictures (lifelong/Labelled-v0); got {owner}"


class RelabelledEnv(gym.Wrapper):
    """One labelled environment whose classes have traded places.

    Attributes:
        order: Which class is right where each one was, ``(classes,)``.
    """

    def __init__(self, env: gym.Env, order: np.ndarray) -> None:
        """Wrap an environment."""
        super().__init__(env)
        self.order, self._was = order, np.argsort(order)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict]:
        """Answer.

        Raises:
            ValueError: If the answer is no class.
        """
        _check(np.asarray(action), len(self.order))
        observation, reward, terminated, truncated, info = self.env.step(self._was[action])
        return observation, reward, terminated, truncated, info | {ANSWER_KEY: self.order[info[ANSWER_KEY]]}


class RelabelledWorld(BatchedWrapper):
    """Labelled rows whose classes have traded places.

    Attributes:
        order: Which class is right where each one was, ``(classes,)``.
    """

    def __init__(self, world: BatchedWorld, order: np.ndarray) -> None:
        """Wrap a world."""
        super().__init__(world)
        self.order, self._was = order, np.argsort(order)

    def step(self, actions: Array, *, again: bool = True, idle: Array | None = None) -> Outcome:
        """Answer in every row; see `BatchedWorld.step`.

        Raises:
            ValueError: If an answer is no class.
        """
        actions = np.asarray(actions)
        _check(actions, len(self.order))
        outcome = self.world.step(self._was.take(actions), again=again, idle=idle)
        infos = dict(outcome.infos)
        infos[ANSWER_KEY] = self.order.take(infos[ANSWER_KEY])
        return outcome._replace(infos=infos)

    def rewire(
        self, order: np.ndarray | None, signs: np.ndarray | None = None, offsets: np.ndarray | None = None
    ) -> bool:
        """Hand on: what is seen is not changed here; see `BatchedWorld.rewire`."""
        return self.world.rewire(order, signs, offsets)


def _check(actions: np.ndarray, classes: int) -> None:
    if ((actions < 0) | (actions >= classes)).any():
        raise ValueError(f"answers are classes from 0 to {classes - 1}; got {actions}")
