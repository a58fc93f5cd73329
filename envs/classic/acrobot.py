"""Acrobot-v1: two links that hang from a pivot, with a motor in the joint between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces

from envs.batched import Array
from envs.classic.arithmetic import cosine, sine, squared
from envs.classic.body import Body
from envs.compiled import compilable, inlined

(
    _FIRST,  # m1 lc1²
    _MASS_2,
    _LENGTHS,  # l1² + lc2²
    _TWICE,  # 2 l1 lc2
    _INERTIA,
    _CENTRE,  # lc2²
    _ONCE,  # l1 lc2
    _COUPLING,  # m2 l1 lc2
    _SECOND,  # m2 lc2²
    _LEVER_2,  # m2 lc2 g
    _LEVER_1,  # (m1 lc1 + m2 l1) g
    _TORQUE,
    _INTERVAL,
    _SPEED_1,
    _SPEED_2,
    _HEIGHT,
) = range(16)
_TURN = math.pi - -math.pi


@compilable
def accelerate(theta_1: Any, theta_2: Any, dot_1: Any, dot_2: Any, torque: Any, settings: Any) -> tuple[Any, Any]:
    """Give the accelerations of both angles, rad/s².

    Source: Sutton and Barto, Reinforcement Learning, section 11.3 of the first edition (the "book" form); in the order
    of operations of Gymnasium.
    """
    cos_2, sin_2, inertia, coupling = cosine(theta_2), sine(theta_2), settings[_INERTIA], settings[_COUPLING]
    d_1 = settings[_FIRST] + settings[_MASS_2] * (settings[_LENGTHS] + settings[_TWICE] * cos_2) + inertia + inertia
    d_2 = settings[_MASS_2] * (settings[_CENTRE] + settings[_ONCE] * cos_2) + inertia
    phi_2 = settings[_LEVER_2] * cosine(theta_1 + theta_2 - math.pi / 2.0)
    phi_1 = (
        -coupling * squared(dot_2) * sin_2
        - 2 * coupling * dot_2 * dot_1 * sin_2
        + settings[_LEVER_1] * cosine(theta_1 - math.pi / 2)
        + phi_2
    )
    acceleration_2 = (torque + d_2 / d_1 * phi_1 - coupling * squared(dot_1) * sin_2 - phi_2) / (
        settings[_SECOND] + inertia - squared(d_2) / d_1
    )
    return -(d_2 * acceleration_2 + phi_1) / d_1, acceleration_2


@compilable
def integrate(a: Any, b: Any, c: Any, d: Any, torque: Any, settings: Any) -> tuple[Any, Any, Any, Any]:
    """Give both angles and both velocities one interval later, by the classical method of Runge and Kutta."""
    interval = settings[_INTERVAL]
    half = interval / 2.0
    a_1, b_1 = c, d
    c_1, d_1 = accelerate(a, b, c, d, torque, settings)
    a_2, b_2 = c + half * c_1, d + half * d_1
    c_2, d_2 = accelerate(a + half * a_1, b + half * b_1, a_2, b_2, torque, settings)
    a_3, b_3 = c + half * c_2, d + half * d_2
    c_3, d_3 = accelerate(a + half * a_2, b + half * b_2, a_3, b_3, torque, settings)
    a_4, b_4 = c + interval * c_3, d + interval * d_3
    c_4, d_4 = accelerate(a + interval * a_3, b + interval * b_3, a_4, b_4, torque, settings)
    sixth = interval / 6.0
    return (
        a + sixth * (a_1 + 2 * a_2 + 2 * a_3 + a_4),
        b + sixth * (b_1 + 2 * b_2 + 2 * b_3 + b_4),
        c + sixth * (c_1 + 2 * c_2 + 2 * c_3 + c_4),
        d + sixth * (d_1 + 2 * d_2 + 2 * d_3 + d_4),
    )


@compilable
def wrap(angle: float) -> float:
    """Bring an angle between -pi and pi by whole turns, one after the other."""
    while angle > math.pi:
        angle -= _TURN
    while angle < -math.pi:
        angle += _TURN
    return angle


@inlined
def move_row(state: np.ndarray, row: int, action: int, settings: np.ndarray) -> tuple[float, bool]:
    """Move one row: see `Body`."""
    torque = (action - 1) * settings[_TORQUE]
    theta_1, theta_2, dot_1, dot_2 = integrate(
        state[row, 0], state[row, 1], state[row, 2], state[row, 3], torque, settings
    )
    theta_1, theta_2 = wrap(theta_1), wrap(theta_2)
    state[row, 0], state[row, 1] = theta_1, theta_2
    state[row, 2] = min(max(dot_1, -settings[_SPEED_1]), settings[_SPEED_1])
    state[row, 3] = min(max(dot_2, -settings[_SPEED_2]), settings[_SPEED_2])
    ended = -cosine(theta_1) - cosine(theta_2 + theta_1) > settings[_HEIGHT]
    return 0.0 if ended else -1.0, ended


@inlined
def show_row(state: np.ndarray, row: int, observation: np.ndarray) -> None:
    """Show one row: see `Body`."""
    observation[row, 0], observation[row, 1] = cosine(state[row, 0]), sine(state[row, 0])
    observation[row, 2], observation[row, 3] = cosine(state[row, 1]), sine(state[row, 1])
    observation[row, 4], observation[row, 5] = state[row, 2], state[row, 3]


@dataclass(frozen=True)
class Acrobot(Body):
    """Two links. State: the first link's angle from hanging down, the second's from the first, and both velocities.

    Seen are cosine and sine of both angles, and both velocities. Reward -1 a step, 0 where the episode ends: when the
    free end is high enough. Truncated after 500 steps. Actions: 0, 1, 2 for a torque to one side, none, to the other.

    Source: Gymnasium's Acrobot-v1 (the "book" form).

    Attributes:
        gravity: m/s².
        mass_1: Of the first link, kg.
        mass_2: Of the second link, kg.
        length_1: Of the first link, m. The end of an episode is judged as if both links were 1 m long.
        centre_1: Distance of the first link's centre of mass from the pivot, m.
        centre_2: Distance of the second link's centre of mass from the joint, m.
        inertia: Moment of inertia of each link, kg m².
        torque: Of the motor, N m.
        interval: Time between steps, s.
        speed_bound_1: Greatest velocity of the first angle, rad/s.
        speed_bound_2: Greatest velocity of the second angle, rad/s.
        goal: Height above the pivot, m, at which an episode ends.
    """

    name: ClassVar[str] = "Acrobot-v1"
    limit: ClassVar[int] = 500
    lowest: ClassVar[tuple[float, ...]] = (-0.1,) * 4
    highest: ClassVar[tuple[float, ...]] = (0.1,) * 4
    single: ClassVar[bool] = True
    actions: ClassVar[int] = 3
    move_row = staticmethod(move_row)
    show_row = staticmethod(show_row)

    gravity: float = 9.8
    mass_1: float = 1.0
    mass_2: float = 1.0
    length_1: float = 1.0
    centre_1: float = 0.5
    centre_2: float = 0.5
    inertia: float = 1.0
    torque: float = 1.0
    interval: float = 0.2
    speed_bound_1: float = 4 * math.pi
    speed_bound_2: float = 9 * math.pi
    goal: float = 1.0

    def observation_space(self) -> spaces.Box:
        """Give the space of one observation."""
        high = np.array([1.0, 1.0, 1.0, 1.0, self.speed_bound_1, self.speed_bound_2], np.float32)
        return spaces.Box(-high, high, dtype=np.float32)

    def settings(self) -> np.ndarray:
        """Give what the laws need to know."""
        mass_1, mass_2, length, centre_2 = self.mass_1, self.mass_2, self.length_1, self.centre_2
        values = {
            _FIRST: mass_1 * self.centre_1**2,
            _MASS_2: mass_2,
            _LENGTHS: length**2 + centre_2**2,
            _TWICE: 2 * length * centre_2,
            _INERTIA: self.inertia,
            _CENTRE: centre_2**2,
            _ONCE: length * centre_2,
            _COUPLING: mass_2 * length * centre_2,
            _SECOND: mass_2 * centre_2**2,
            _LEVER_2: mass_2 * centre_2 * self.gravity,
            _LEVER_1: (mass_1 * self.centre_1 + mass_2 * length) * self.gravity,
            _TORQUE: self.torque,
            _INTERVAL: self.interval,
            _SPEED_1: self.speed_bound_1,
            _SPEED_2: self.speed_bound_2,
            _HEIGHT: self.goal,
        }
        return np.array([values[i] for i in range(len(values))])

    @staticmethod
    def move(kit: Any, state: Array, actions: Array, settings: Any) -> tuple[Array, Array, Array]:
        """Move all rows: see `Body`."""
        torque = (actions - 1) * settings[_TORQUE]
        theta_1, theta_2, dot_1, dot_2 = integrate(state[:, 0], state[:, 1], state[:, 2], state[:, 3], torque, settings)
        # The number of turns at once: for the one turn that occurs, the same subtraction as `wrap`'s.
        theta_1, theta_2 = (angle - _TURN * kit.ceil((angle - math.pi) / _TURN) for angle in (theta_1, theta_2))
        dot_1 = kit.clip(dot_1, -settings[_SPEED_1], settings[_SPEED_1])
        dot_2 = kit.clip(dot_2, -settings[_SPEED_2], settings[_SPEED_2])
        ended = -cosine(theta_1) - cosine(theta_2 + theta_1) > settings[_HEIGHT]
        return kit.stack((theta_1, theta_2, dot_1, dot_2), -1), kit.where(ended, 0.0, -1.0), ended

    @staticmethod
    def show(kit: Any, state: Array) -> Array:
        """Show all rows: see `Body`."""
        first, second = state[:, 0], state[:, 1]
        seen = (cosine(first), sine(first), cosine(second), sine(second), state[:, 2], state[:, 3])
        return kit.stack(seen, -1)
