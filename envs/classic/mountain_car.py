"""MountainCar-v0: a car in a valley whose engine is too weak to climb out without swinging."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces

from envs.batched import Array
from envs.classic.arithmetic import cosine
from envs.classic.body import Body
from envs.compiled import compilable, inlined

_FORCE, _GRAVITY, _LEFT, _RIGHT, _SPEED, _GOAL, _GOAL_SPEED = range(7)


@compilable
def accelerate(position: Any, action: Any, settings: Any) -> Any:
    """Give the change of velocity in one step.

    Source: Moore 1990; in the order of operations of Gymnasium.
    """
    return (action - 1) * settings[_FORCE] + cosine(3 * position) * (-settings[_GRAVITY])


@inlined
def move_row(state: np.ndarray, row: int, action: int, settings: np.ndarray) -> tuple[float, bool]:
    """Move one row: see `Body`."""
    velocity = state[row, 1] + accelerate(state[row, 0], action, settings)
    velocity = min(max(velocity, -settings[_SPEED]), settings[_SPEED])
    position = min(max(state[row, 0] + velocity, settings[_LEFT]), settings[_RIGHT])
    if position == settings[_LEFT] and velocity < 0:
        velocity = 0.0
    state[row, 0], state[row, 1] = position, velocity
    return -1.0, position >= settings[_GOAL] and velocity >= settings[_GOAL_SPEED]


@inlined
def show_row(state: np.ndarray, row: int, observation: np.ndarray) -> None:
    """Show one row: see `Body`."""
    observation[row, 0], observation[row, 1] = state[row, 0], state[row, 1]


@dataclass(frozen=True)
class MountainCar(Body):
    """A car in a valley. State and observation: position and velocity. Reward -1 a step.

    An episode ends on top of the hill to the right, and is truncated after 200 steps. Actions: 0 drives to the left,
    1 rolls, 2 drives to the right. Lengths and times have no units here.

    Source: Gymnasium's MountainCar-v0.

    Attributes:
        force: Change of velocity that the engine makes in a step.
        gravity: Change of velocity that the steepest slope makes in a step.
        left_bound: Position of the wall to the left, at which the car stops.
        right_bound: Position to the right beyond which the car does not come.
        speed_bound: Greatest speed, positions a step.
        goal: Position from which on an episode ends.
        goal_velocity: Least velocity with which it does.
    """

    name: ClassVar[str] = "MountainCar-v0"
    limit: ClassVar[int] = 200
    lowest: ClassVar[tuple[float, ...]] = (-0.6, 0.0)
    highest: ClassVar[tuple[float, ...]] = (-0.4, 0.0)
    actions: ClassVar[int] = 3
    move_row = staticmethod(move_row)
    show_row = staticmethod(show_row)

    force: float = 0.001
    gravity: float = 0.0025
    left_bound: float = -1.2
    right_bound: float = 0.6
    speed_bound: float = 0.07
    goal: float = 0.5
    goal_velocity: float = 0.0

    def observation_space(self) -> spaces.Box:
        """Give the space of one observation."""
        low = np.array([self.left_bound, -self.speed_bound], np.float32)
        return spaces.Box(low, np.array([self.right_bound, self.speed_bound], np.float32), dtype=np.float32)

    def settings(self) -> np.ndarray:
        """Give what the laws need to know."""
        bounds = (self.left_bound, self.right_bound, self.speed_bound)
        return np.array([self.force, self.gravity, *bounds, self.goal, self.goal_velocity])

    @staticmethod
    def move(kit: Any, state: Array, actions: Array, settings: Any) -> tuple[Array, Array, Array]:
        """Move all rows: see `Body`."""
        position, velocity = state[:, 0], state[:, 1]
        velocity = velocity + accelerate(position, actions, settings)
        velocity = kit.clip(velocity, -settings[_SPEED], settings[_SPEED])
        position = kit.clip(position + velocity, settings[_LEFT], settings[_RIGHT])
        velocity = kit.where((position == settings[_LEFT]) & (velocity < 0), 0.0, velocity)
        ended = (position >= settings[_GOAL]) & (velocity >= settings[_GOAL_SPEED])
        return kit.stack((position, velocity), -1), -kit.ones_like(position), ended

    @staticmethod
    def show(kit: Any, state: Array) -> Array:
        """Show all rows: see `Body`."""
        return state
