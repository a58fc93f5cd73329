"""Bodies and worlds whose physics changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import gymnasium as gym
import numpy as np

from envs.batched import BatchedWorld
from envs.changes.base import Change
from envs.changes.changed_dynamics import Dials, DynamicsEnv, DynamicsWorld, dials_of, dials_of_world
from envs.dynamics import parameters_of, parameters_of_world
from envs.setting import BatchSetting, Setting
from envs.when import Signal, check_range


@dataclass(frozen=True)
class Dynamics(Change, kind="dynamics"):
    """Change physical parameters of the base: gravity, masses, lengths, forces, friction, damping, gains.

    Each is a number or a signal of the life clock, absolute or as a factor of the base's own value. A step is lived
    under the value of the age that it leads to, in the middle of an episode too; a value is written when it changes,
    and only then. Episodes, spaces and the dice of the base are left alone, and no other environment is touched.

    Which parameters there are depends on the base; a wrong name is answered with those that it has.

    - ``CartPole-v1``: ``gravity``, ``cart_mass``, ``pole_mass``, ``half_length``, ``force``, ``interval``,
      ``place_bound``, ``angle_bound``. ``Acrobot-v1``: ``gravity``, ``mass_1``, ``mass_2``, ``length_1``, ``centre_1``,
      ``centre_2``, ``inertia``, ``torque``, ``interval``, ``speed_bound_1``, ``speed_bound_2``. ``MountainCar-v0``:
      ``force``, ``gravity``, ``left_bound``, ``right_bound``, ``speed_bound``, ``goal``, ``goal_velocity`` (all but
      ``gravity`` in ``MountainCarContinuous-v0``). ``Pendulum-v1``: ``gravity``, ``mass``, ``length``, ``interval``,
      ``speed_bound``, ``torque_bound``. With the units of `envs.classic`.
    - ``LunarLander-v3``: ``gravity``, ``main_engine``, ``side_engine``, and where it is made with ``enable_wind``,
      ``wind`` and ``turbulence``. ``BipedalWalker-v3``: ``gravity``, ``friction`` of the ground, ``torque``,
      ``hip_speed``, ``knee_speed`` (energy costs go with the torque).
    - Environments on MuJoCo: ``gravity``, ``friction``, ``mass``, ``damping``, ``stiffness``, ``gain``, ``density``,
      ``viscosity``; of one named part ``friction.floor``, ``mass.torso``, ``damping.hip_1``... (see
      `envs.dynamics.mujoco`). Slippery Ant is ``values={"friction": ...}`` from 0.02 to 2 on ``Ant-v5``.

    Gravity points downwards and is positive, in all of them.

    The truth is in ``info["lifelong"]``: ``dynamics_NAME`` for each parameter, the present value or factor.

    Source: Real-World RL suite, Dulac-Arnold et al. 2020 (arXiv:2003.11881); Slippery Ant, Dohare et al.
    2024 (Nature 632, doi:10.1038/s41586-024-07711-7).

    Attributes:
        values: Parameter -> value, in the unit of the parameter: a number or a signal.
        factors: Parameter -> what the base's own value is multiplied with, at least 0: a number or a signal.
    """

    group: ClassVar[str] = "dynamics"

    values: Mapping[str, float | Signal] = field(default_factory=dict)
    factors: Mapping[str, float | Signal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            TypeError: If a value is neither a number nor a signal.
            ValueError: If nothing is named, a parameter is named twice, or a factor is negative.
        """
        for label, given in (("values", self.values), ("factors", self.factors)):
            if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
                raise TypeError(f"Dynamics.{label} maps names of parameters to numbers or signals; got {given!r}")
            object.__setattr__(self, label, dict(given))
        if not self.values and not self.factors:
            raise ValueError(
                'Dynamics names no parameter; give it values, such as {"gravity": 5.0}, or factors, {"gravity": 0.5}'
            )
        for name, value in self.values.items():
            check_range(f"Dynamics.values[{name!r}]", value, -np.inf, np.inf, "a value")
        for name, factor in self.factors.items():
            check_range(f"Dynamics.factors[{name!r}]", factor, 0.0, np.inf, "a factor")
            if name in self.values:
                raise ValueError(f"Dynamics names {name!r} in values and in factors; keep one")

    @classmethod
    def examples(cls) -> tuple[Dynamics, ...]:
        """Give a heavier world."""
        return (cls(factors={"gravity": 2.0}),)

    def reports(self) -> tuple[str, ...]:
        """Name what it reports."""
        return tuple(f"dynamics_{name}" for name in (*self.values, *self.factors))

    def still(self) -> Self:
        """Give the same change with all factors 1."""
        return replace(self, values={}, factors=dict.fromkeys((*self.values, *self.factors), 1.0))

    def wrap(self, env: gym.Env, setting: Setting) -> gym.Env:
        """Put dials on the base of an environment.

        Raises:
            ValueError: If the base has no such parameter, it cannot have such values, or another change turns it.
        """
        dials = Dials(self.values, self.factors, [parameters_of(env)], setting.clock, setting.world)
        dials.refuse_others(dials_of(env))
        return DynamicsEnv(env, dials)

    def batch(self, world: BatchedWorld, setting: BatchSetting) -> BatchedWorld:
        """Put dials on the base of a batched world; see `wrap`."""
        dials = Dials(self.values, self.factors, parameters_of_world(world), setting.clock, setting.world)
        dials.refuse_others(dials_of_world(world))
        return DynamicsWorld(world, dials)
