"""Physical parameters of environments on MuJoCo, whoever made them: what they have is read from their model."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from envs.dynamics.parameter import Parameter, Parameters

# mjGAIN_FIXED, mjGAIN_AFFINE, mjBIAS_NONE, mjBIAS_AFFINE, mjTRN_JOINT.
_FIXED, _NO_BIAS, _AFFINE, _AT_JOINT = 0, 0, 1, 0


def mujoco_parameters(base: Any) -> Parameters | None:
    """Give the parameters of an environment; None if it has no ``model`` and ``data`` of MuJoCo's.

    - ``gravity``: m/s², downwards.
    - ``friction``: sliding friction, the first of the three numbers of each geom. One number is for all geoms, as in
      Slippery Ant, whose XML it changes by default for all. Of two geoms that touch, the greater friction counts.
    - ``mass``: kg, of the whole body; its parts keep their shares, and inertia goes with mass. What MuJoCo works out
      of masses beforehand is worked out anew.
    - ``damping`` of the joints, ``stiffness`` of their springs, ``gain`` of the actuators: factors alone.
    - ``density`` and ``viscosity`` of the medium, kg/m³ and Pa s.
    - Of one named part: ``friction.GEOM``, ``mass.BODY``, ``damping.JOINT``, ``gain.ACTUATOR`` (or its joint's name).

    Source: Slippery Ant, Dohare et al. 2024 (Nature 632, doi:10.1038/s41586-024-07711-7), whose code writes
    ``FRICTION 0.5 0.5`` as the default of all geoms; models and ``mj_setConst``, MuJoCo's documentation.
    """
    model = getattr(base, "model", None)
    if type(model).__name__ != "MjModel" or not type(model).__module__.startswith("mujoco"):
        return None
    found = {"gravity": _gravity(model), "friction": _friction(model), "mass": _mass(model)}
    found |= {
        "damping": _array(model, "dof_damping"),
        "stiffness": _array(model, "jnt_stiffness"),
        "density": _option(model, "density"),
        "viscosity": _option(model, "viscosity"),
    }
    if _scalable(model):
        found["gain"] = _gain(model)
    found |= _named(model, found)
    return Parameters(f"the dynamics of {base.spec.id if base.spec is not None else type(base).__name__}", found)


def _gravity(model: Any) -> Parameter:
    def write(value: Any) -> None:
        model.opt.gravity[:] = value

    return Parameter(
        model.opt.gravity.copy(),
        model.opt.gravity.copy,
        write,
        "gravity",
        spread=lambda fall: np.array([0.0, 0.0, -fall]),
    )


def _option(model: Any, name: str) -> Parameter:
    return Parameter(
        float(getattr(model.opt, name)),
        lambda: getattr(model.opt, name),
        lambda value: setattr(model.opt, name, value),
        name,
    )


def _array(model: Any, name: str) -> Parameter:
    array = getattr(model, name)

    def write(value: Any) -> None:
        array[:] = value

    return Parameter(array.copy(), array.copy, write, name, spread=None)


def _friction(model: Any) -> Parameter:
    sliding = model.geom_friction[:, 0]

    def write(value: Any) -> None:
        sliding[:] = value

    return Parameter(sliding.copy(), sliding.copy, write, "friction", spread=lambda value: np.full(len(sliding), value))


def _mass(model: Any) -> Parameter:
    mass, inertia = model.body_mass.copy(), model.body_inertia.copy()
    heavy = mass > 0

    def write(value: Any) -> None:
        mujoco: Any = import_module("mujoco")  # whoever has a model of MuJoCo's has MuJoCo
        model.body_mass[:] = value
        # Where nothing is scaled, nothing is rounded: times one is exact, and so is one number by itself.
        model.body_inertia[heavy] = inertia[heavy] * (value[heavy] / mass[heavy])[:, None]
        # On scratch data: the constants are those of the model's first posture, and the world goes on from its own.
        mujoco.mj_setConst(model, mujoco.MjData(model))

    return Parameter(
        mass,
        model.body_mass.copy,
        write,
        "mass",
        inclusive=False,
        spread=lambda total: mass * (total / mass.sum()),
    )


def _scalable(model: Any) -> bool:
    """Tell whether all actuators push in proportion to their gains and biases, which muscles do not."""
    gains, biases = set(model.actuator_gaintype.tolist()), set(model.actuator_biastype.tolist())
    return model.nu > 0 and gains <= {_FIXED, _AFFINE} and biases <= {_NO_BIAS, _AFFINE}


def _gain(model: Any) -> Parameter:
    both = np.stack((model.actuator_gainprm, model.actuator_biasprm))

    def read() -> np.ndarray:
        return np.stack((model.actuator_gainprm, model.actuator_biasprm))

    def write(value: Any) -> None:
        model.actuator_gainprm[:], model.actuator_biasprm[:] = value

    return Parameter(both, read, write, "gain", spread=None)


def _named(model: Any, found: dict[str, Parameter]) -> dict[str, Parameter]:
    """Give parameters of single parts that have names."""
    places: dict[str, tuple[str, Any]] = {}
    for index in range(model.ngeom):
        places[f"friction.{model.geom(index).name}"] = "friction", index
    for index in range(model.nbody):
        if model.body_mass[index] > 0:
            places[f"mass.{model.body(index).name}"] = "mass", index
    for index in range(model.njnt):
        joint = model.joint(index)
        first = int(model.jnt_dofadr[index])
        places[f"damping.{joint.name}"] = "damping", slice(first, first + np.size(joint.damping))
    for index in range(model.nu if "gain" in found else 0):
        name = model.actuator(index).name
        if not name and model.actuator_trntype[index] == _AT_JOINT:
            name = model.joint(int(model.actuator_trnid[index, 0])).name
        places[f"gain.{name}"] = "gain", (slice(None), index)
    return {name: _one(found[kind], name, place) for name, (kind, place) in places.items() if not name.endswith(".")}


def _one(whole: Parameter, name: str, place: Any) -> Parameter:
    """Make the parameter of one part out of that of all."""
    own = whole.base[place]

    def write(value: Any) -> None:
        everything = whole.read()
        everything[place] = value
        whole.write(everything)

    return Parameter(
        own.copy(),
        lambda: whole.read()[place],
        write,
        name,
        above=whole.above,
        inclusive=whole.inclusive,
        spread=float if np.size(own) == 1 else None,
    )
