"""Bodies on the CPU, compiled: one call steps all rows, begins what has ended, and shows everything."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from envs.batched import Outcome
from envs.classic.body import Body, correct_first, draw_start
from envs.classic.wiring import Wiring, rewire, unwired
from envs.compiled import compiled


def _stepper(move_row: Callable[..., Any], show_row: Callable[..., Any]) -> Callable[..., int]:
    """Make the function that steps all rows of a body; compiled, the laws become part of it.

    It gives the number of episodes that ended, or, with nothing moved, ``-1 - row`` where an action is out of range.
    What bodies sense is written to ``sensed``, which is ``observation`` itself where nothing is wired otherwise.
    """

    def step(
        state,
        steps,
        dice,
        settings,
        lowest,
        highest,
        single,
        limit,
        least,
        greatest,
        actions,
        idle,
        again,
        order,
        signs,
        offsets,
        sensed,
        observation,
        reward,
        terminated,
        truncated,
        final,
    ):
        for row in range(len(state)):
            if not (idle[row] or least <= actions[row] <= greatest):
                return -1 - row
        ends = 0
        for row in range(len(state)):
            if idle[row]:
                reward[row], terminated[row], truncated[row] = 0.0, False, False
                show_row(state, row, sensed)
                continue
            gained, ended = move_row(state, row, actions[row], settings)
            show_row(state, row, sensed)
            steps[row] += 1
            cut = steps[row] >= limit
            reward[row], terminated[row], truncated[row] = gained, ended, cut
            if ended or cut:
                ends += 1
                if again:
                    if len(order):
                        rewire(sensed, row, row + 1, order, signs, offsets, final)
                    else:
                        final[row] = sensed[row]
                    draw_start(dice[row], lowest, highest, single, state[row])
                    steps[row] = 0
                    show_row(state, row, sensed)
        rewire(sensed, 0, len(state), order, signs, offsets, observation)
        return ends

    return step


def _beginner(show_row: Callable[..., Any]) -> Callable[..., None]:
    """Make the function that begins episodes in some rows and shows all."""

    def begin(state, steps, dice, lowest, highest, single, rows, order, signs, offsets, sensed, observation):
        for row in rows:
            draw_start(dice[row], lowest, highest, single, state[row])
            steps[row] = 0
        for row in range(len(state)):
            show_row(state, row, sensed)
        rewire(sensed, 0, len(state), order, signs, offsets, observation)

    return begin


@cache
def _kernels(move_row: Callable[..., Any], show_row: Callable[..., Any]) -> tuple[Any, Any]:
    return compiled(_stepper(move_row, show_row)), compiled(_beginner(show_row))


class CompiledRows:
    """N rows of one body, stepped by code that numba compiles.

    Attributes:
        state: State variables, ``(N, S)``, float64.
        steps: Steps taken in each episode, ``(N,)``, int64.
        dice: See `envs.dice`, ``(N, 6)``.
    """

    def __init__(self, body: Body, dice: np.ndarray) -> None:
        """Prepare rows, without episodes yet; the body's code is compiled, or read from disk."""
        self.dice = dice
        self.state = np.zeros((len(dice), len(body.lowest)))
        self.steps = np.zeros(len(dice), np.int64)
        self._shape = (len(dice), *body.observation_space().shape)
        self._bounds = np.array(body.lowest), np.array(body.highest)
        # Real actions are clipped by the laws; the bounds keep out what is no number.
        self._range = (0.0, body.actions - 1.0) if body.actions else (-np.inf, np.inf)
        self._awake = np.zeros(len(dice), np.bool_)
        self._wiring = unwired()
        self._sensed: np.ndarray | None = None  # what is sensed where something else is seen
        self._final: np.ndarray | None = None  # what last observations are written to, until it is handed out
        self._step, self._begin = _kernels(type(body).move_row, type(body).show_row)
        self.configure(body)

    def configure(self, body: Body) -> None:
        """Take the parameters of a body of the same kind."""
        self._body, self._settings = body, body.settings()

    def snapshot(self) -> dict[str, Any]:
        """Give copies of states, steps and dice."""
        return {"state": self.state.copy(), "steps": self.steps.copy(), "dice": self.dice.copy()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave."""
        self.state[:], self.steps[:], self.dice[:] = saved["state"], saved["steps"], saved["dice"]

    def reseed(self, rows: np.ndarray) -> None:
        """Learn that rows have new dice."""

    def rewire(self, wiring: Wiring) -> bool:
        """Show channels as they are wired from now on; says whether it is done, which it is only once."""
        if self._sensed is not None:
            return False
        self._wiring, self._sensed = wiring, np.empty(self._shape, np.float32)
        return True

    def begin(self, rows: np.ndarray) -> np.ndarray:
        """Begin episodes in rows, ``(R,)``, and give the observations of all."""
        body, observation = self._body, np.empty(self._shape, np.float32)
        wired = *self._wiring, observation if self._sensed is None else self._sensed
        self._begin(self.state, self.steps, self.dice, *self._bounds, body.single, rows, *wired, observation)
        correct_first(body, self.state, self.steps, observation, self._wiring)
        return observation

    def step(self, actions: np.ndarray, again: bool, idle: np.ndarray | None) -> Outcome:
        """Step all rows: see `BatchedWorld.step`."""
        rows, body = len(actions), self._body
        if self._final is None:
            self._final = np.zeros(self._shape, np.float32)
        observation, reward = np.empty(self._shape, np.float32), np.empty(rows)
        terminated, truncated = np.empty(rows, np.bool_), np.empty(rows, np.bool_)
        ends = self._step(
            self.state,
            self.steps,
            self.dice,
            self._settings,
            *self._bounds,
            body.single,
            body.limit,
            *self._range,
            actions,
            self._awake if idle is None else idle,
            again,
            *self._wiring,
            observation if self._sensed is None else self._sensed,
            observation,
            reward,
            terminated,
            truncated,
            self._final,
        )
        if ends < 0:
            raise body.refusal(f"{actions[-1 - ends]} in row {-1 - ends}")
        final = None
        if ends and again:
            final, self._final = self._final, None
        elif ends:
            final = observation
        if final is not None or idle is not None:
            correct_first(body, self.state, self.steps, observation, self._wiring)
        return Outcome(observation, reward, terminated, truncated, final, {})
