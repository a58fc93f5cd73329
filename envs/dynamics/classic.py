"""Physical parameters of classic control: of Gymnasium's environments, and of their batched forms.

Names and meanings are those of `envs.classic`, for both alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from gymnasium.envs.classic_control import (
    AcrobotEnv,
    CartPoleEnv,
    Continuous_MountainCarEnv,
    MountainCarEnv,
    PendulumEnv,
)

from envs.batched import BatchedWorld
from envs.classic.acrobot import Acrobot, accelerate
from envs.classic.world import ClassicWorld
from envs.dynamics.parameter import Parameter, Parameters, attribute

_ANY_SIGN = ("left_bound", "right_bound", "goal", "goal_velocity")
_MAY_BE_ZERO = ("gravity", "force", "torque", "centre_1", "centre_2", "torque_bound")
_CARTPOLE = {
    "gravity": "gravity",
    "cart_mass": "masscart",
    "pole_mass": "masspole",
    "half_length": "length",
    "force": "force_mag",
    "interval": "tau",
    "place_bound": "x_threshold",
    "angle_bound": "theta_threshold_radians",
}
_ACROBOT = {
    "mass_1": "LINK_MASS_1",
    "mass_2": "LINK_MASS_2",
    "length_1": "LINK_LENGTH_1",
    "centre_1": "LINK_COM_POS_1",
    "centre_2": "LINK_COM_POS_2",
    "inertia": "LINK_MOI",
    "interval": "dt",
    "speed_bound_1": "MAX_VEL_1",
    "speed_bound_2": "MAX_VEL_2",
}
_PLACES = {
    "left_bound": "min_position",
    "right_bound": "max_position",
    "speed_bound": "max_speed",
    "goal": "goal_position",
    "goal_velocity": "goal_velocity",
}
_MOUNTAIN_CAR = {"force": "force", "gravity": "gravity"} | _PLACES
# Its slope is a number within its code.
_CONTINUOUS_MOUNTAIN_CAR = {"force": "power"} | _PLACES
_PENDULUM = {
    "gravity": "g",
    "mass": "m",
    "length": "l",
    "interval": "dt",
    "speed_bound": "max_speed",
    "torque_bound": "max_torque",
}


def classic_parameters(base: Any) -> Parameters | None:
    """Give the parameters of one of Gymnasium's environments; None if it is none of classic control."""
    if isinstance(base, CartPoleEnv):

        def derive() -> None:
            base.total_mass = base.masspole + base.masscart
            base.polemass_length = base.masspole * base.length

        return _of(base, _CARTPOLE, derive)
    if isinstance(base, AcrobotEnv) and base.book_or_nips == "book":
        return _acrobot(base)
    for kind, names in (
        (MountainCarEnv, _MOUNTAIN_CAR),
        (Continuous_MountainCarEnv, _CONTINUOUS_MOUNTAIN_CAR),
        (PendulumEnv, _PENDULUM),
    ):
        if isinstance(base, kind):
            return _of(base, names)
    return None


def world_parameters(world: BatchedWorld) -> Parameters | None:
    """Give the parameters of a batched world, the same for all its rows; None if it is not of classic control."""
    if not isinstance(world, ClassicWorld):
        return None
    # Gymnasium's own Acrobot has its goal within its code: what one form cannot change, none changes.
    left_out = ("goal",) if isinstance(world.body, Acrobot) else ()
    names = [field.name for field in fields(world.body) if field.name not in left_out]
    return Parameters(f"the dynamics of {world.body.name}", {name: _of_world(world, name) for name in names})


def _of_world(world: ClassicWorld, name: str) -> Parameter:
    above, inclusive = _range(name)
    return Parameter(
        float(getattr(world.body, name)),
        lambda: getattr(world.body, name),
        lambda value: world.set_parameters(**{name: value}),
        name,
        above=above,
        inclusive=inclusive,
    )


def _of(base: Any, names: dict[str, str], then: Callable[[], None] | None = None) -> Parameters:
    found = {}
    for name, theirs in names.items():
        above, inclusive = _range(name)
        found[name] = attribute(base, theirs, positive=not inclusive, above=above, then=then)
    return Parameters(f"the dynamics of {_called(base)}", found)


def _range(name: str) -> tuple[float, bool]:
    return (-math.inf, True) if name in _ANY_SIGN else (0.0, name in _MAY_BE_ZERO)


def _called(base: Any) -> str:
    return base.spec.id if base.spec is not None else type(base).__name__


def _acrobot(base: Any) -> Parameters:
    """Give the parameters of an Acrobot, whose gravity and list of torques are not plain attributes."""
    own, now = Acrobot().gravity, {"gravity": Acrobot().gravity}

    def derive() -> None:
        """Let the object have the law with this gravity; with its own one it has the law of its class again."""
        vars(base).pop("_dsdt", None)
        if now["gravity"] == own:
            return
        body = Acrobot(
            gravity=now["gravity"], **{name: float(getattr(base, theirs)) for name, theirs in _ACROBOT.items()}
        )
        settings = body.settings()

        def change(augmented: Any) -> tuple[Any, ...]:
            theta_1, theta_2, dot_1, dot_2, torque = augmented
            return dot_1, dot_2, *accelerate(theta_1, theta_2, dot_1, dot_2, torque, settings), 0.0

        base._dsdt = change

    def fall(value: float) -> None:
        now["gravity"] = value
        derive()

    def push(value: float) -> None:
        base.AVAIL_TORQUE = [-value, 0.0, value]

    found = _of(base, _ACROBOT, derive)
    found.all["gravity"] = Parameter(own, lambda: now["gravity"], fall, "gravity")
    found.all["torque"] = Parameter(
        float(base.AVAIL_TORQUE[2]), lambda: base.AVAIL_TORQUE[2], push, "torque", known_as="AVAIL_TORQUE"
    )
    return found
