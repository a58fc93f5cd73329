"""N bodies of classic control as rows of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from typing import Any

import numpy as np

from envs.batched import Array, BatchedWorld, Outcome
from envs.classic.arrays import ArrayRows, TensorRows
from envs.classic.body import Body
from envs.classic.wiring import Wiring
from envs.compiled import can_compile
from envs.dice import fresh_dice
from envs.senses import is_unbounded

ENGINES = ("auto", "numba", "numpy", "torch")


class ClassicWorld(BatchedWorld):
    """N sub-environments of one body, each of which does what Gymnasium's own environment does from the same seed.

    Engines: ``numba`` steps all rows in one compiled call; ``numpy`` is the reference that is always there; ``torch``
    keeps everything in tensors on a device (see `TensorRows` for what it draws otherwise, and for what waits).

    Attributes:
        engine: The engine that was chosen.
        device: Where arrays lie, ``"cpu"`` or a torch device.
        body: The body, with its physical parameters.
    """

    def __init__(self, body: Body, num_envs: int, engine: str = "auto", device: str = "cpu") -> None:
        """Prepare N sub-environments; `seed` and `begin` them before the first step.

        Args:
            body: The body with its physical parameters, which decide the spaces once and for all.
            num_envs: N, at least 1.
            engine: ``"numba"``, ``"numpy"`` or ``"torch"``; ``"auto"`` takes numba where it is installed, else NumPy,
                and torch on other devices than the CPU.
            device: ``"cpu"``, or with torch any device that torch finds here, such as ``"cuda"``.

        Raises:
            ValueError: If N is below 1, the engine unknown or not installed, or the device not here.
        """
        if not isinstance(num_envs, (int, np.integer)) or isinstance(num_envs, bool) or num_envs < 1:
            raise ValueError(f"num_envs is an integer of at least 1; got {num_envs!r}")
        self.num_envs = int(num_envs)
        self.observation_space, self.action_space = body.observation_space(), body.action_space()
        self.body, self.device = body, device
        self.engine = _chosen(engine, device)
        self._all = np.arange(self.num_envs)
        self._kinds, self._dtype = ("iu", np.dtype(np.int64)) if body.actions else ("f", np.dtype(np.float32))
        self._shape = (self.num_envs, *(self.action_space.shape or ()))
        dice = fresh_dice([0]).repeat(self.num_envs, axis=0)
        if self.engine == "torch":
            self._rows = TensorRows(body, dice, device)
        elif self.engine == "numba":
            # numba, and compiling, take a second: not for who does not ask for them
            self._rows = import_module("envs.classic.rows").CompiledRows(body, dice)
        else:
            self._rows = ArrayRows(body, dice)

    @property
    def state(self) -> Array:
        """State variables, ``(N, S)``, float64; not a copy."""
        return self._rows.state

    def constant(self, array: np.ndarray) -> Array:
        """Bring an array to where the world lives: see `BatchedWorld`."""
        return import_module("torch").from_numpy(array).to(self.device) if self.engine == "torch" else array

    def rewire(
        self, order: np.ndarray | None, signs: np.ndarray | None = None, offsets: np.ndarray | None = None
    ) -> bool:
        """Show ``signs[i] * sensed[order[i]] + offsets[i]`` at place ``i``: see `BatchedWorld`.

        Only compiled code does it at no cost, only once, and only where the space promises no bounds.

        Raises:
            ValueError: If an array has not one number for each channel, or the order is no permutation.
        """
        if not is_unbounded(self.observation_space):
            return False
        return self._rows.rewire(Wiring.of(self.observation_space.shape[0], order, signs, offsets))

    @property
    def steps(self) -> Array:
        """Steps taken in each episode, ``(N,)``, int64; not a copy."""
        return self._rows.steps

    def set_parameters(self, **changes: float) -> None:
        """Change physical parameters of all rows from the next step on. Spaces and states stay as they are.

        Raises:
            ValueError: If the body has no parameter of a name, or a value is no finite number.
        """
        self.body = self.body.changed(**changes)
        self._rows.configure(self.body)

    def snapshot(self) -> dict[str, Any]:
        """Give states, steps, dice and parameters; see `BatchedWorld.snapshot`."""
        return {"engine": self.engine, "parameters": asdict(self.body), **self._rows.snapshot()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave; see `BatchedWorld.restore`."""
        if (saved["engine"] == "torch") != (self.engine == "torch") or saved["state"].shape != self.state.shape:
            raise ValueError(
                f"{len(self.state)} bodies of engine {self.engine!r} cannot go on from {len(saved['state'])} of "
                f"{saved['engine']!r}"
            )
        self.set_parameters(**saved["parameters"])
        self._rows.restore(saved)

    def seed(self, seeds: Sequence[int | None], rows: np.ndarray | None = None) -> None:
        """Give rows new dice: see `BatchedWorld`."""
        rows = self._all if rows is None else rows
        self._rows.dice[rows] = fresh_dice(seeds)
        self._rows.reseed(rows)

    def begin(self, rows: np.ndarray | None = None) -> tuple[Array, dict[str, Array]]:
        """Begin new episodes: see `BatchedWorld`."""
        return self._rows.begin(self._all if rows is None else rows), {}

    def step(self, actions: Array, *, again: bool = True, idle: Array | None = None) -> Outcome:
        """Act once in every row: see `BatchedWorld`.

        Raises:
            ValueError: If actions have another shape or type, or lie outside of their space. No row has moved then.
        """
        if not isinstance(actions, np.ndarray):
            if self.engine == "torch" and hasattr(actions, "device") and actions.device.type != "cpu":
                if tuple(actions.shape) != self._shape or actions.is_floating_point() == bool(self.body.actions):
                    raise self.body.refusal(f"{actions.dtype} of shape {tuple(actions.shape)} for N = {self.num_envs}")
                return self._rows.step(actions.reshape(self.num_envs), again, idle)
            actions = np.asarray(actions)
        if actions.shape != self._shape or actions.dtype.kind not in self._kinds:
            raise self.body.refusal(f"{actions.dtype} of shape {actions.shape} for N = {self.num_envs}")
        if actions.dtype != self._dtype or not actions.flags.carray:
            actions = np.array(actions, self._dtype, order="C")
        return self._rows.step(actions.reshape(self.num_envs), again, idle)


def _chosen(engine: str, device: str) -> str:
    """Choose the engine, and check that it and the device are there."""
    if engine not in ENGINES:
        raise ValueError(f"engine is one of {', '.join(ENGINES)}; got {engine!r}")
    if engine == "auto":
        engine = "torch" if device != "cpu" else "numba" if can_compile() else "numpy"
    if engine == "numba" and not can_compile():
        raise ValueError('engine "numba" needs numba, which is not here: pip install numba, or take engine="numpy"')
    if engine != "torch":
        if device != "cpu":
            raise ValueError(f'engine {engine!r} runs on the device "cpu"; got {device!r}, for which engine="torch" is')
        return engine
    torch = import_module("torch")
    here = ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    try:
        wanted = torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"device is one of {', '.join(here)}; got {device!r}") from error
    if wanted.type != "cpu" and f"{wanted.type}:{wanted.index or 0}" not in here:
        raise ValueError(f"device {device!r} is not here; here are {', '.join(here)}")
    return engine
