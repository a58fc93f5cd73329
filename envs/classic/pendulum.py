"""Pendulum-v1: a pendulum that is to be swung up and kept there by a bounded torque."""

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

_FALL, _PUSH, _INTERVAL, _SPEED, _TORQUE = range(5)
_TURN = 2 * math.pi


@compilable
def cost(theta: Any, theta_dot: Any) -> Any:
    """Give what an angle, rad, and a velocity, rad/s, cost in a step."""
    return squared((theta + math.pi) % _TURN - math.pi) + 0.1 * squared(theta_dot)


@inlined
def move_row(state: np.ndarray, row: int, action: float, settings: np.ndarray) -> tuple[float, bool]:
    """Move one row: see `Body`."""
    theta, theta_dot = state[row, 0], state[row, 1]
    # What comes of the action alone is float32 in Gymnasium, since actions are.
    bound = np.float32(settings[_TORQUE])
    torque = min(max(np.float32(action), -bound), bound)
    exponent = np.float32(2.0) + np.float32(0.0) * torque  # see `squared`, whose float32 form this is
    costs = cost(theta, theta_dot) + np.float32(0.001) * math.pow(torque, exponent)
    push = np.float32(settings[_PUSH]) * torque
    velocity = theta_dot + (settings[_FALL] * sine(theta) + push) * settings[_INTERVAL]
    velocity = min(max(velocity, -settings[_SPEED]), settings[_SPEED])
    state[row, 0], state[row, 1] = theta + velocity * settings[_INTERVAL], velocity
    return -costs, False


@inlined
def show_row(state: np.ndarray, row: int, observation: np.ndarray) -> None:
    """Show one row: see `Body`."""
    observation[row, 0], observation[row, 1], observation[row, 2] = (
        cosine(state[row, 0]),
        sine(state[row, 0]),
        state[row, 1],
    )


@dataclass(frozen=True)
class Pendulum(Body):
    """A pendulum. State: angle from the upright and its velocity; seen are the angle's cosine and sine, and velocity.

    The reward is minus the cost: squared angle, plus a tenth of the squared velocity, plus a thousandth of the squared
    torque. Episodes do not end by themselves, and are truncated after 200 steps. The action is a torque, N m, ``(1,)``;
    beyond its bound it is clipped.

    Source: Gymnasium's Pendulum-v1.

    Attributes:
        gravity: m/s².
        mass: kg.
        length: m.
        interval: Time between steps, s.
        speed_bound: Greatest velocity of the angle, rad/s.
        torque_bound: Greatest torque, N m.
    """

    name: ClassVar[str] = "Pendulum-v1"
    limit: ClassVar[int] = 200
    lowest: ClassVar[tuple[float, ...]] = (-math.pi, -1.0)
    highest: ClassVar[tuple[float, ...]] = (math.pi, 1.0)
    actions: ClassVar[int] = 0
    move_row = staticmethod(move_row)
    show_row = staticmethod(show_row)

    gravity: float = 10.0
    mass: float = 1.0
    length: float = 1.0
    interval: float = 0.05
    speed_bound: float = 8.0
    torque_bound: float = 2.0

    def observation_space(self) -> spaces.Box:
        """Give the space of one observation."""
        high = np.array([1.0, 1.0, self.speed_bound], np.float32)
        return spaces.Box(-high, high, dtype=np.float32)

    def action_space(self) -> spaces.Space:
        """Give the space of one action."""
        return spaces.Box(-self.torque_bound, self.torque_bound, (1,), np.float32)

    def settings(self) -> np.ndarray:
        """Give what the laws need to know."""
        fall, push = 3 * self.gravity / (2 * self.length), 3.0 / (self.mass * self.length**2)
        return np.array([fall, push, self.interval, self.speed_bound, self.torque_bound])

    @staticmethod
    def move(kit: Any, state: Array, actions: Array, settings: Any) -> tuple[Array, Array, Array]:
        """Move all rows: see `Body`."""
        theta, theta_dot = state[:, 0], state[:, 1]
        torque = kit.clip(actions, -settings[_TORQUE], settings[_TORQUE])
        costs = cost(theta, theta_dot) + 0.001 * (torque * torque)
        velocity = theta_dot + (settings[_FALL] * sine(theta) + settings[_PUSH] * torque) * settings[_INTERVAL]
        velocity = kit.clip(velocity, -settings[_SPEED], settings[_SPEED])
        theta = theta + velocity * settings[_INTERVAL]
        return kit.stack((theta, velocity), -1), -costs, theta > math.inf

    @staticmethod
    def show(kit: Any, state: Array) -> Array:
        """Show all rows: see `Body`."""
        theta = state[:, 0]
        return kit.stack((cosine(theta), sine(theta), state[:, 1]), -1)
