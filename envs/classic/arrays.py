"""Bodies as rows of arrays: the reference in NumPy, and in torch on any device."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from envs.batched import Array, Outcome
from envs.classic.body import Body, correct_first, draw_start
from envs.classic.wiring import Wiring

_GOLDEN = 0x9E3779B97F4A7C15


class ArrayRows:
    """N rows of one body, stepped by NumPy; see `envs.classic.rows.CompiledRows`."""

    def __init__(self, body: Body, dice: np.ndarray) -> None:
        """Prepare rows, without episodes yet."""
        self.dice = dice
        self.state = np.zeros((len(dice), len(body.lowest)))
        self.steps = np.zeros(len(dice), np.int64)
        self.configure(body)

    def configure(self, body: Body) -> None:
        """Take the parameters of a body of the same kind."""
        self._body, self._settings = body, body.settings().tolist()

    def rewire(self, wiring: Wiring) -> bool:
        """Say no: to wire channels costs as much here as around the world; see `BatchedWorld.rewire`."""
        return False

    def snapshot(self) -> dict[str, Any]:
        """Give copies of states, steps and dice."""
        return {"state": self.state.copy(), "steps": self.steps.copy(), "dice": self.dice.copy()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave."""
        self.state[:], self.steps[:], self.dice[:] = saved["state"], saved["steps"], saved["dice"]

    def reseed(self, rows: np.ndarray) -> None:
        """Learn that rows have new dice."""

    def begin(self, rows: np.ndarray) -> np.ndarray:
        """Begin episodes in rows, ``(R,)``, and give the observations of all."""
        self.state[rows] = starts(self._body, self.dice, rows)
        self.steps[rows] = 0
        return self._show()

    def step(self, actions: np.ndarray, again: bool, idle: np.ndarray | None) -> Outcome:
        """Step all rows: see `BatchedWorld.step`."""
        body = self._body
        body.check(actions, idle)
        state, reward, terminated = body.move(np, self.state, actions, self._settings)
        steps = self.steps + 1
        truncated = steps >= body.limit
        if idle is not None:
            state, steps = np.where(idle[:, None], self.state, state), np.where(idle, self.steps, steps)
            reward, terminated, truncated = np.where(idle, 0.0, reward), terminated & ~idle, truncated & ~idle
        self.state, self.steps = state, steps
        observation = self._show()
        final, over = None, np.flatnonzero(terminated | truncated)
        if len(over):
            final = observation
            if again:
                observation = self.begin(over)
        return Outcome(observation, reward, terminated, truncated, final, {})

    def _show(self) -> np.ndarray:
        observation = self._body.show(np, self.state).astype(np.float32)
        correct_first(self._body, self.state, self.steps, observation)
        return observation


class TensorRows:
    """N rows of one body, stepped by torch; nothing leaves the device, and no step waits for it.

    Start states that are asked for by `begin` come from NumPy's stream, bit for bit, and are copied to the device.
    Those of episodes that begin within a step come from dice on the device, one stream a row, made of the row's own
    dice by SplitMix64 (Steele, Lea and Flood 2014): as good and as reproducible, but not NumPy's.

    Without ``again`` a step tells the host whether an episode has ended, and so waits for the device. Actions that lie
    on another device than the host are not looked at, since that would wait too: those outside of their space are taken
    to its next bound.
    """

    def __init__(self, body: Body, dice: np.ndarray, device: str) -> None:
        """Prepare rows on a device, without episodes yet."""
        self._torch = torch = import_module("torch")
        self.dice = dice
        self.state = torch.zeros((len(dice), len(body.lowest)), dtype=torch.float64, device=device)
        self.steps = torch.zeros(len(dice), dtype=torch.int64, device=device)
        self._device = device
        self._reward = torch.float64 if self.state.device.type == "cpu" else torch.float32
        self._keys = torch.zeros(len(dice), dtype=torch.int64, device=device)
        lowest, highest = (
            torch.tensor(bounds, dtype=torch.float64, device=device) for bounds in (body.lowest, body.highest)
        )
        self._lowest, self._width = lowest, highest - lowest
        # The states of a row's stream that its next draws are made of, one for each state variable.
        ahead = [_signed(_GOLDEN * (i + 1)) for i in range(len(body.lowest))]
        self._ahead = torch.tensor(ahead, dtype=torch.int64, device=device)
        self.configure(body)

    def configure(self, body: Body) -> None:
        """Take the parameters of a body of the same kind."""
        self._body, self._settings = body, body.settings().tolist()

    def rewire(self, wiring: Wiring) -> bool:
        """Say no: to wire channels costs as much here as around the world; see `BatchedWorld.rewire`."""
        return False

    def snapshot(self) -> dict[str, Any]:
        """Give copies of states, steps and dice, on the host."""
        tensors = {"state": self.state, "steps": self.steps, "keys": self._keys}
        return {name: tensor.cpu().numpy().copy() for name, tensor in tensors.items()} | {"dice": self.dice.copy()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave."""
        self.dice[:] = saved["dice"]
        self.state, self.steps, self._keys = (
            self._torch.from_numpy(saved[name].copy()).to(self._device) for name in ("state", "steps", "keys")
        )

    def reseed(self, rows: np.ndarray) -> None:
        """Learn that rows have new dice."""
        keys = self._torch.from_numpy(self.dice[rows, 1].view(np.int64)).to(self._device)
        self._keys[self._torch.from_numpy(rows).to(self._device)] = keys

    def begin(self, rows: np.ndarray) -> Array:
        """Begin episodes in rows, ``(R,)``, and give the observations of all."""
        where = self._torch.from_numpy(rows).to(self._device)
        self.state = self.state.index_copy(
            0, where, self._torch.from_numpy(starts(self._body, self.dice, rows)).to(self._device)
        )
        self.steps = self.steps.index_fill(0, where, 0)
        return self._show(self.state)

    def step(self, actions: Array, again: bool, idle: Array | None) -> Outcome:
        """Step all rows: see `BatchedWorld.step`."""
        torch, body = self._torch, self._body
        actions = self._placed(actions, idle)
        state, reward, terminated = body.move(torch, self.state, actions, self._settings)
        reward, steps = reward.to(self._reward), self.steps + 1
        truncated = steps >= body.limit
        if idle is not None:
            state, steps = torch.where(idle[:, None], self.state, state), torch.where(idle, self.steps, steps)
            reward, terminated, truncated = reward.masked_fill(idle, 0.0), terminated & ~idle, truncated & ~idle
        observation = self._show(state)
        final, over = None, terminated | truncated
        if again:
            final = observation
            state, steps = torch.where(over[:, None], self._draw(), state), steps.masked_fill(over, 0)
            self._keys = torch.where(over, self._keys + self._ahead[-1], self._keys)
            observation = self._show(state)
        elif bool(over.any()):
            final = observation
        self.state, self.steps = state, steps
        return Outcome(observation, reward, terminated, truncated, final, {})

    def _placed(self, actions: Array, idle: Array | None) -> Array:
        """Give actions as tensors of floats on the device."""
        torch, body = self._torch, self._body
        kind = torch.float64 if body.actions else torch.float32
        if isinstance(actions, np.ndarray):
            body.check(actions, None if idle is None else idle.cpu().numpy())
            return torch.from_numpy(actions).to(self._device, kind)
        actions = actions.to(self._device, kind)
        return actions.clip(0, body.actions - 1) if body.actions else actions

    def _show(self, state: Array) -> Array:
        return self._body.show(self._torch, state).to(self._torch.float32)

    def _draw(self) -> Array:
        """Draw a start state for every row, without moving its dice on, ``(N, S)``."""
        word = self._keys[:, None] + self._ahead
        word = (word ^ _shifted(word, 30)) * _signed(0xBF58476D1CE4E5B9)
        word = (word ^ _shifted(word, 27)) * _signed(0x94D049BB133111EB)
        word = word ^ _shifted(word, 31)
        values = self._lowest + self._width * (_shifted(word, 11).to(self._torch.float64) * (1.0 / 9007199254740992.0))
        return values.to(self._torch.float32).to(values.dtype) if self._body.single else values


def starts(body: Body, dice: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Draw start states for rows ``(R,)``, ``(R, S)``, from their dice, among those of all rows ``(N, 6)``."""
    state, lowest, highest = np.empty((len(rows), len(body.lowest))), np.array(body.lowest), np.array(body.highest)
    for i in range(len(rows)):
        draw_start(dice[rows[i]], lowest, highest, body.single, state[i])
    return state


def _signed(word: int) -> int:
    """Read 64 unsigned bits as a signed number: torch calculates with those alone."""
    word &= (1 << 64) - 1
    return word - (1 << 64) if word >> 63 else word


def _shifted(word: Any, count: int) -> Any:
    """Shift 64 bits to the right, filling up with zeros, which torch's own shift does not."""
    return (word >> count) & ((1 << (64 - count)) - 1)
