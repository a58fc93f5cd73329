"""CartPole-v1: a pole on a cart that is pushed left or right."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces

from envs.batched import Array
from envs.classic.arithmetic import cosine, sine
from envs.classic.body import Body
from envs.compiled import compilable, inlined

_GRAVITY, _POLE_MASS, _TOTAL_MASS, _HALF_LENGTH, _MOMENT, _FORCE, _INTERVAL, _PLACE, _ANGLE = range(9)


@compilable
def accelerate(force: Any, theta_dot: Any, cos: Any, sin: Any, settings: Any) -> tuple[Any, Any]:
    """Give the accelerations of the cart, m/s², and of the pole's angle, rad/s².

    Source: Barto, Sutton and Anderson 1983; Florian 2007 ("Correct equations for the dynamics of the cart-pole
    system"), without friction; in the order of operations of Gymnasium.
    """
    total, moment = settings[_TOTAL_MASS], settings[_MOMENT]
    pushed = (force + moment * (theta_dot * theta_dot) * sin) / total
    theta_acceleration = (settings[_GRAVITY] * sin - cos * pushed) / (
        settings[_HALF_LENGTH] * (4.0 / 3.0 - settings[_POLE_MASS] * (cos * cos) / total)
    )
    return pushed - moment * theta_acceleration * cos / total, theta_acceleration


@inlined
def move_row(state: np.ndarray, row: int, action: int, settings: np.ndarray) -> tuple[float, bool]:
    """Move one row: see `Body`."""
    x_dot, theta, theta_dot = state[row, 1], state[row, 2], state[row, 3]
    force, interval = settings[_FORCE] if action == 1 else -settings[_FORCE], settings[_INTERVAL]
    x_acceleration, theta_acceleration = accelerate(force, theta_dot, cosine(theta), sine(theta), settings)
    x = state[row, 0] + interval * x_dot
    theta = theta + interval * theta_dot
    state[row, 0], state[row, 1] = x, x_dot + interval * x_acceleration
    state[row, 2], state[row, 3] = theta, theta_dot + interval * theta_acceleration
    place, angle = settings[_PLACE], settings[_ANGLE]
    return 1.0, x < -place or x > place or theta < -angle or theta > angle


@inlined
def show_row(state: np.ndarray, row: int, observation: np.ndarray) -> None:
    """Show one row: see `Body`."""
    for i in range(4):
        observation[row, i] = state[row, i]


@dataclass(frozen=True)
class CartPole(Body):
    """A pole on a cart. State and observation: place, its velocity, angle, its velocity. Reward 1 a step.

    An episode ends when cart or pole are out of bounds, and is truncated after 500 steps. Actions: 0 pushes to the
    left, 1 to the right.

    Source: Gymnasium's CartPole-v1 (Euler's method).

    Attributes:
        gravity: m/s².
        cart_mass: kg.
        pole_mass: kg.
        half_length: Half of the pole's length, m.
        force: With which the cart is pushed, N.
        interval: Time between steps, s.
        place_bound: Distance from the middle at which an episode ends, m.
        angle_bound: Angle from the upright at which an episode ends, rad.
    """

    name: ClassVar[str] = "CartPole-v1"
    limit: ClassVar[int] = 500
    lowest: ClassVar[tuple[float, ...]] = (-0.05,) * 4
    highest: ClassVar[tuple[float, ...]] = (0.05,) * 4
    actions: ClassVar[int] = 2
    move_row = staticmethod(move_row)
    show_row = staticmethod(show_row)

    gravity: float = 9.8
    cart_mass: float = 1.0
    pole_mass: float = 0.1
    half_length: float = 0.5
    force: float = 10.0
    interval: float = 0.02
    place_bound: float = 2.4
    angle_bound: float = 12 * 2 * math.pi / 360

    def observation_space(self) -> spaces.Box:
        """Give the space of one observation: bounds are twice those at which an episode ends."""
        high = np.array([self.place_bound * 2, np.inf, self.angle_bound * 2, np.inf], np.float32)
        return spaces.Box(-high, high, dtype=np.float32)

    def settings(self) -> np.ndarray:
        """Give what the laws need to know."""
        total, moment = self.pole_mass + self.cart_mass, self.pole_mass * self.half_length
        bounds = (self.place_bound, self.angle_bound)
        return np.array(
            [self.gravity, self.pole_mass, total, self.half_length, moment, self.force, self.interval, *bounds]
        )

    @staticmethod
    def move(kit: Any, state: Array, actions: Array, settings: Any) -> tuple[Array, Array, Array]:
        """Move all rows: see `Body`."""
        x, x_dot, theta, theta_dot = (state[:, i] for i in range(4))
        force, interval = (2 * actions - 1) * settings[_FORCE], settings[_INTERVAL]
        x_acceleration, theta_acceleration = accelerate(force, theta_dot, cosine(theta), sine(theta), settings)
        x = x + interval * x_dot
        x_dot = x_dot + interval * x_acceleration
        theta = theta + interval * theta_dot
        theta_dot = theta_dot + interval * theta_acceleration
        ended = (abs(x) > settings[_PLACE]) | (abs(theta) > settings[_ANGLE])
        return kit.stack((x, x_dot, theta, theta_dot), -1), kit.ones_like(x), ended

    @staticmethod
    def show(kit: Any, state: Array) -> Array:
        """Show all rows: see `Body`."""
        return state
