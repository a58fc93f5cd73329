"""Physical parameters of Gymnasium's environments on Box2D: LunarLander and BipedalWalker.

Engines and motors are constants of Gymnasium's modules. A module is shared by all environments, so it is left alone:
where such a constant is changed, the one environment gets a ``step`` of its own, the same code with other constants.
"""

from __future__ import annotations

import sys
from types import FunctionType, MethodType
from typing import Any

from envs.dynamics.parameter import Parameter, Parameters, attribute

_LANDER, _WALKER = "gymnasium.envs.box2d.lunar_lander", "gymnasium.envs.box2d.bipedal_walker"


def box2d_parameters(base: Any) -> Parameters | None:
    """Give the parameters of an environment; None if it is none of these. Box2D is not imported for that."""
    lander, walker = sys.modules.get(_LANDER), sys.modules.get(_WALKER)
    if lander is not None and isinstance(base, lander.LunarLander):
        return _lander(base, lander)
    if walker is not None and isinstance(base, walker.BipedalWalker):
        return _walker(base, walker)
    return None


def _lander(base: Any, module: Any) -> Parameters:
    def fall(value: float) -> None:
        base.gravity = -value  # for the worlds of later episodes
        base.world.gravity = (0.0, -value)

    found = {
        "gravity": Parameter(-float(base.gravity), lambda: -base.world.gravity[1], fall, "gravity"),
        **_constants(base, module, {"main_engine": "MAIN_ENGINE_POWER", "side_engine": "SIDE_ENGINE_POWER"}),
    }
    if base.enable_wind:  # else nothing blows, however strong
        found["wind"] = attribute(base, "wind_power")
        found["turbulence"] = attribute(base, "turbulence_power")
    return Parameters("the dynamics of LunarLander", found)


def _walker(base: Any, module: Any) -> Parameters:
    def fall(value: float) -> None:
        base.world.gravity = (0.0, -value)

    def rub(value: float) -> None:
        base.fd_polygon.friction = base.fd_edge.friction = value  # for the ground of later episodes
        for body in base.terrain or ():
            for fixture in body.fixtures:
                fixture.friction = value
        for contact in base.world.contacts:
            contact.ResetFriction()

    found = {
        "gravity": Parameter(-float(base.world.gravity[1]), lambda: -base.world.gravity[1], fall, "gravity"),
        "friction": Parameter(float(base.fd_edge.friction), lambda: base.fd_edge.friction, rub, "friction"),
        **_constants(base, module, {"torque": "MOTORS_TORQUE", "hip_speed": "SPEED_HIP", "knee_speed": "SPEED_KNEE"}),
    }
    return Parameters("the dynamics of BipedalWalker", found)


def _constants(base: Any, module: Any, names: dict[str, str]) -> dict[str, Parameter]:
    """Give constants of a module as parameters of one environment; none if the environment has a step of another."""
    step = type(base).step
    if step.__globals__ is not vars(module):
        return {}
    own: dict[str, float] = {}

    def change(constant: str, value: float) -> None:
        own[constant] = value
        if all(number == getattr(module, name) for name, number in own.items()):
            vars(base).pop("step", None)
            return
        code = FunctionType(step.__code__, vars(module) | own, step.__name__, step.__defaults__, step.__closure__)
        base.step = MethodType(code, base)

    def parameter(constant: str) -> Parameter:
        usual = float(getattr(module, constant))
        return Parameter(
            usual,
            lambda: base.step.__globals__[constant],
            lambda value: change(constant, value),
            constant,
            inclusive=not constant.startswith("SPEED"),  # what is seen is divided by speeds
            known_as=constant,
        )

    return {name: parameter(constant) for name, constant in names.items()}
