"""What changes of dynamics do: dials on the parameters of bases, turned by the life clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np

from envs.batched import Array, BatchedWorld, Outcome
from envs.batched_wrapper import BatchedWrapper, UnseenWrapper
from envs.dynamics import Parameter, Parameters
from envs.setting import Clock, report
from envs.when import Signal, bind


class Dials:
    """Turns parameters of some equal bases to what is due at the present age, each when that has changed.

    Attributes:
        now: Parameter -> the value or factor that was last written.
    """

    def __init__(
        self,
        values: Mapping[str, float | Signal],
        factors: Mapping[str, float | Signal],
        bases: Sequence[Parameters],
        clock: Clock,
        world: np.random.Generator,
    ) -> None:
        """Find the parameters; nothing is written yet.

        Args:
            values: See `envs.changes.dynamics.Dynamics`.
            factors: Likewise.
            bases: The parameters of each base.
            clock: The life clock.
            world: Where the signals draw from.

        Raises:
            ValueError: If the bases have no such parameter, or cannot have such a value.
        """
        self._clock = clock
        self._curves = {name: bind(value, world) for name, value in {**values, **factors}.items()}
        self._still = not any(isinstance(value, Signal) for value in (*values.values(), *factors.values()))
        self._absolute = frozenset(values)
        self._bases = [{name: base[name] for name in self._curves} for base in bases]
        for base in bases:
            for name, value in values.items():
                _check_value(base.owner, name, base[name], value)
            for name, factor in factors.items():
                _check_factor(base.owner, name, base[name], factor)
        named = list(self._bases[0].items())
        for place, (name, parameter) in enumerate(named):
            for other, another in named[:place]:
                _refuse(name, parameter, other, another)
        self.now: dict[str, float] = {}
        self._told: dict[str, np.ndarray] = {}

    def refuse_others(self, others: Iterator[Dials]) -> None:
        """Refuse to turn what other dials on the same bases turn.

        Raises:
            ValueError: If they do.
        """
        for dials in others:
            for name, parameter in self._bases[0].items():
                for other, another in dials._bases[0].items():
                    _refuse(name, parameter, other, another)

    def turn(self) -> None:
        """Write what is due at the present age, if it is not what is written."""
        if self._still and self.now:
            return
        age = self._clock.age
        for name, curve in self._curves.items():
            value = curve.at(age)
            if self.now.get(name) != value:
                self._write(name, value)

    def told(self, num_envs: int) -> dict[str, np.ndarray]:
        """Tell what is written, ``(N,)`` float64 for each parameter, read-only."""
        if len(self._told) < len(self.now):
            self._told = {
                f"dynamics_{name}": np.broadcast_to(np.float64(value), (num_envs,)) for name, value in self.now.items()
            }
        return self._told

    def state(self) -> dict[str, float]:
        """Give what is written."""
        return dict(self.now)

    def restore(self, state: dict[str, float]) -> None:
        """Write what `state` gave, or, where it had not been turned yet, the bases' own values."""
        self.now = {}
        self._told = {}
        for name in self._curves:
            if name in state:
                self._write(name, state[name])
            else:
                for base in self._bases:
                    base[name].write(base[name].base)

    def _write(self, name: str, value: float) -> None:
        for base in self._bases:
            parameter = base[name]
            spread = parameter.spread if name in self._absolute else parameter.scaled
            parameter.write(parameter.base if spread is None else spread(value))
        self.now[name] = value
        self._told = {}


class DynamicsEnv(gym.Wrapper):
    """One environment whose base has dials.

    Attributes:
        dials: They.
    """

    def __init__(self, env: gym.Env, dials: Dials) -> None:
        """Wrap an environment."""
        super().__init__(env)
        self.dials = dials

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict]:
        """Begin an episode."""
        self.dials.turn()
        observation, info = self.env.reset(seed=seed, options=options)
        self._tell(info)
        return observation, info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict]:
        """Act once."""
        self.dials.turn()
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._tell(info)
        return observation, reward, terminated, truncated, info

    def snapshot(self) -> dict[str, Any]:
        """Give what is written; see `envs.snapshot`."""
        return self.dials.state()

    def restore(self, saved: dict[str, Any]) -> None:
        """Write what `snapshot` gave."""
        self.dials.restore(saved)

    def undo(self) -> None:
        """Write the base's own values."""
        self.dials.restore({})

    def _tell(self, info: dict[str, Any]) -> None:
        report(info, **{f"dynamics_{name}": value for name, value in self.dials.now.items()})


class DynamicsWorld(UnseenWrapper):
    """A batched world whose bases have dials.

    Attributes:
        dials: They.
    """

    def __init__(self, world: BatchedWorld, dials: Dials) -> None:
        """Wrap a world."""
        super().__init__(world)
        self.dials = dials

    def begin(self, rows: np.ndarray | None = None) -> tuple[Array, dict[str, Array]]:
        """Begin new episodes; see `BatchedWorld.begin`."""
        self.dials.turn()
        observation, told = self.world.begin(rows)
        return observation, told | self.dials.told(self.num_envs)

    def step(self, actions: Array, *, again: bool = True, idle: Array | None = None) -> Outcome:
        """Act once in every row; see `BatchedWorld.step`."""
        self.dials.turn()
        return self.world.step(actions, again=again, idle=idle).told(self.dials.told(self.num_envs))

    def snapshot(self) -> dict[str, Any]:
        """Give what the world remembers, and what is written; see `BatchedWorld.snapshot`."""
        return {"world": self.world.snapshot(), "dials": self.dials.state()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave; see `BatchedWorld.restore`."""
        self.world.restore(saved["world"])
        self.dials.restore(saved["dials"])

    def undo(self) -> None:
        """Write the bases' own values."""
        self.dials.restore({})


def dials_of(env: gym.Env) -> Iterator[Dials]:
    """Find all dials on the base of an environment."""
    while isinstance(env, gym.Wrapper):
        if isinstance(env, DynamicsEnv):
            yield env.dials
        env = env.env


def dials_of_world(world: BatchedWorld) -> Iterator[Dials]:
    """Find all dials on the bases of a batched world."""
    while isinstance(world, BatchedWrapper):
        if isinstance(world, DynamicsWorld):
            yield world.dials
        world = world.world


def _lowest(value: float | Signal) -> float:
    return value.bounds()[0] if isinstance(value, Signal) else float(value)


def _check_value(owner: str, name: str, parameter: Parameter, value: float | Signal) -> None:
    if parameter.spread is None:
        raise ValueError(f"{owner}: {name!r} is many numbers and takes no single value; give Dynamics.factors one")
    if not parameter.allows(_lowest(value)):
        bound = "at least" if parameter.inclusive else "above"
        raise ValueError(f"{owner}: {name!r} is {bound} {parameter.above:g}; Dynamics.values has {value!r}")


def _check_factor(owner: str, name: str, parameter: Parameter, factor: float | Signal) -> None:
    if not parameter.inclusive and _lowest(factor) <= 0:
        raise ValueError(f"{owner}: {name!r} cannot be 0, so its factor is above 0; Dynamics.factors has {factor!r}")
    if not np.any(parameter.base):
        raise ValueError(f"{owner}: {name!r} is 0 by itself, which no factor changes; give Dynamics.values one")


def _refuse(name: str, parameter: Parameter, other: str, another: Parameter) -> None:
    if parameter.overlaps(another):
        raise ValueError(f"{name!r} and {other!r} of Dynamics would overwrite each other; keep one of them")
