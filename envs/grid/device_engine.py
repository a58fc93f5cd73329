"""Steps grid worlds in torch tensors that stay on their device: all shapes fixed, nothing waits for the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from envs.batched import Array
from envs.grid.array_dice import RowDice, keys_of
from envs.grid.array_library import DeviceLibrary
from envs.grid.array_rules import ArrayRules, Worlds, happens_before
from envs.grid.array_sight import ArraySight
from envs.grid.engines import Arrays, as_actions, refused
from envs.grid.layout_pool import LayoutPool, host_engine, send

if TYPE_CHECKING:
    from envs.grid.world import GridWorld

WARM_UP = 3
"""Steps before a CUDA graph is captured, as torch asks for."""


class DeviceEngine:
    """Steps and shows all rows at once, on the CPU or a GPU.

    Where it differs from the other engines:

    - Episodes begun by `begin` are built on the host by the exact generator, and equal those of the other engines.
      Episodes that begin within `step` are drawn, uniformly and in each row by itself, from a pool of layouts. The pool
      is built on the host by the same generator from dice derived from those of row 0, when episodes first begin after
      new dice. So levels are as likely as in MiniGrid as far as a pool of 4,096 goes, but they recur.
    - What happens before agents act (moving obstacles) has the same distribution, with other dice.
    - What happens in a row depends on its dice and on the pool: on its own seed and the first row's, not on N.
    - Rewards are float32 on other devices than the CPU.
    - `step` always gives final observations: right in the rows whose episodes ended, and no one waits to learn whether
      any did.
    - On a GPU, actions that are none are clamped to the nearest that is one: to refuse them would be to wait.
    - ``dice`` are those of the host, with which `begin` goes on.
    """

    def __init__(self, world: GridWorld, device: str, layouts: int | None = None) -> None:
        """Find the device, and reserve what the state takes.

        Args:
            world: The world.
            device: ``"cpu"``, ``"cuda"``, ``"cuda:1"``...
            layouts: Layouts in the pool; None for `LAYOUTS`, or fewer where worlds are large (`POOLED_CELLS`).

        Raises:
            ValueError: If torch or the device is not there, there are no layouts, or what the family does in one world
                it cannot do in N.
        """
        family, arrays = world.family, world.arrays
        if happens_before(family) and family.before_batch is None:
            raise ValueError(f"family {family.name!r} moves things in one world alone; torch needs Family.before_batch")
        self._library = library = DeviceLibrary(device)
        self._world = world
        self._before = family.before_batch if happens_before(family) else None
        constant, size = library.constant, world.num_envs
        # Written in place from here on: a captured graph knows them by their addresses.
        self._worlds = Worlds(constant(arrays.cells), constant(arrays.contents), constant(arrays.agent))
        self._keys, self._ticks = constant(np.zeros(size, np.int64)), constant(np.zeros(size, np.int64))
        self._pool = LayoutPool(library, world, layouts)
        self._meaning = constant(arrays.meaning)
        self._host_is_current = True
        self._pool_dice, self._pool_is_stale = arrays.dice[0].copy(), True
        self._settings: tuple[int, ...] = ()
        self._graph: Any = None
        self._host = host_engine(world)
        self.take_over()

    def take_over(self) -> None:
        """Go on from the arrays of the world.

        Settings and places are always read; if settings differ, the pool is built anew when episodes next begin. Cells,
        contents and agents are read only if nothing has happened here since `state` brought them home: until then those
        on the host are out of date. A captured graph is given up.
        """
        world, arrays = self._world, self._world.arrays
        was, self._settings = self._settings, tuple(arrays.settings.tolist())
        self._pool_is_stale |= was != self._settings
        self._rules = ArrayRules(self._library, world.family, self._settings)
        self._sight = ArraySight(self._library, world.showing.what, world.view, self._settings, arrays.places)
        self._host.take_over()
        if self._host_is_current:
            send(self._library, self._worlds, arrays, None)
        self._pool.show(self._sight)
        self._graph = None

    def reseed(self, rows: np.ndarray | None) -> None:
        """Take note of new dice in some rows of the world's arrays, or in all."""
        which = slice(None) if rows is None else self._library.constant(rows)
        keys = keys_of(self._world.arrays.dice)
        self._keys[which] = self._library.constant(keys if rows is None else keys[rows])
        self._ticks[which] = 0
        if rows is None or (rows == 0).any():
            self._pool_dice, self._pool_is_stale = self._world.arrays.dice[0].copy(), True

    def begin(self, rows: np.ndarray | None) -> Array:
        """Begin episodes with the exact generator, on the host; see `GridEngine.begin`."""
        if self._pool_is_stale:
            self._pool.fill(self._world, self._pool_dice)
            self._pool.show(self._sight)
            self._pool_is_stale = False
        self._host.begin(rows)
        send(self._library, self._worlds, self._world.arrays, rows)
        self._host_is_current |= rows is None
        return self._sight.show(self._worlds.cells, self._worlds.agent)

    def step(self, actions: Any, again: bool, idle: Any) -> tuple[Array, Array, Array, Array, Array]:
        """Act once; see `GridEngine.step`.

        Args:
            actions: Integers ``(N,)``, a tensor of any device or an array.
            again: Whether rows whose episodes end begin new ones, from the pool, at once.
            idle: ``(N,)`` bool, or None.
        """
        actions = self._checked(actions)
        if idle is not None:
            idle = self._library.xp.as_tensor(idle, device=self._library.device)
        self._host_is_current = False
        if self._graph is not None and again and idle is None:
            self._captured_actions.copy_(actions)
            self._graph.replay()
            # Copies, since the next replay writes to the same places.
            reward, terminated, truncated, final, out = (tensor.clone() for tensor in self._captured)
            return out, reward, terminated, truncated, final
        return self.advance(actions, again, idle)

    def advance(self, actions: Array, again: bool, idle: Array | None) -> tuple[Array, Array, Array, Array, Array]:
        """Do what `step` does with actions that have been checked, in operations on tensors of fixed shapes alone.

        This is what can be given to ``torch.compile`` and captured in a CUDA graph.

        Args:
            actions: ``(N,)``, int64, on the device.
            again: See `step`.
            idle: ``(N,)``, bool, on the device; None for none.
        """
        xp, worlds = self._library.xp, self._worlds
        dice = RowDice(self._keys, self._ticks)

        def before(action: Array) -> None:
            was = None if idle is None else worlds.cells.clone()
            assert self._before is not None
            self._before(xp, worlds.cells, worlds.agent, self._settings, action, dice.uniform)
            if was is not None and idle is not None:
                worlds.cells.copy_(xp.where(idle[:, None], was, worlds.cells))

        reward, terminated, truncated = self._rules.step(
            worlds, self._meaning[actions], idle, None if self._before is None else before
        )
        out = final = self._sight.show(worlds.cells, worlds.agent)
        if again:
            # Every row draws, and those whose episodes ended take what they drew.
            drawn, over = dice.below(self._pool.size), (terminated | truncated)[:, None]
            for here, pooled in zip(worlds, self._pool.worlds, strict=True):
                here.copy_(xp.where(over, pooled[drawn], here))
            out = xp.where(over, self._pool.shown[drawn], final)
        self._ticks.add_(1 if idle is None else (~idle).to(xp.int64))
        return out, reward, terminated, truncated, final

    def capture(self) -> None:
        """Capture one step in a CUDA graph, which `step` replays from now on where ``again`` holds and no row is idle.

        The state is as it was before. Call it after episodes have begun, and again after `take_over`.

        Raises:
            ValueError: If the device is no CUDA device.
        """
        xp, device = self._library.xp, self._library.device
        if device.type != "cuda":
            raise ValueError(f"graphs are captured on CUDA devices; this world lives on {str(device)!r}")
        kept = [*self._worlds, self._ticks]
        was = [tensor.clone() for tensor in kept]
        self._captured_actions = xp.zeros(self._world.num_envs, dtype=xp.int64, device=device)
        stream = xp.cuda.Stream(device)
        stream.wait_stream(xp.cuda.current_stream(device))
        with xp.cuda.stream(stream):
            for _ in range(WARM_UP):
                self.advance(self._captured_actions, True, None)
        xp.cuda.current_stream(device).wait_stream(stream)
        graph = xp.cuda.CUDAGraph()
        with xp.cuda.graph(graph):
            out, reward, terminated, truncated, final = self.advance(self._captured_actions, True, None)
        self._captured, self._graph = (reward, terminated, truncated, final, out), graph
        for tensor, before in zip(kept, was, strict=True):
            tensor.copy_(before)

    def state(self) -> Arrays:
        """Bring the state home, into the arrays of the world, and give these; this waits for the device."""
        arrays = self._world.arrays
        if not self._host_is_current:
            for home, here in zip((arrays.cells, arrays.contents, arrays.agent), self._worlds, strict=True):
                home[:] = here.cpu().numpy()
            self._host_is_current = True
        return arrays

    def snapshot(self) -> dict[str, Any]:
        """Give what the rows draw from; see `GridEngine.snapshot`."""
        return {
            "keys": self._keys.cpu().numpy().copy(),
            "ticks": self._ticks.cpu().numpy().copy(),
            "pool_dice": self._pool_dice.copy(),
            "pool_is_stale": self._pool_is_stale,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `snapshot` gave; the pool is built anew from its dice. See `GridEngine.restore`."""
        self._host_is_current = True
        self.take_over()
        self._keys.copy_(self._library.constant(saved["keys"].copy()))
        self._ticks.copy_(self._library.constant(saved["ticks"].copy()))
        self._pool_dice, self._pool_is_stale = saved["pool_dice"].copy(), saved["pool_is_stale"]
        if not self._pool_is_stale:
            self._pool.fill(self._world, self._pool_dice)
            self._pool.show(self._sight)

    def pool(self) -> Arrays:
        """Give copies of the layouts from which episodes are drawn, as they are when an episode begins."""
        return self._pool.home()

    def _checked(self, actions: Any) -> Array:
        """Bring actions here as int64, and see that there is one a row that is one."""
        xp, size, count = self._library.xp, self._world.num_envs, len(self._world.arrays.meaning)
        if not xp.is_tensor(actions):
            actions = xp.from_numpy(np.ascontiguousarray(as_actions(actions, size)))
        if actions.shape != (size,) or actions.dtype == xp.bool or actions.is_floating_point():
            raise ValueError(
                f"expected {size} integer actions, one for each sub-environment; got shape {tuple(actions.shape)}, "
                f"{actions.dtype}"
            )
        actions = actions.to(xp.int64)
        if actions.device.type != "cpu":
            return actions.to(self._library.device).clamp(0, count - 1)
        none = (actions < 0) | (actions >= count)
        if bool(none.any()):
            raise refused(actions.numpy(), int(none.to(xp.uint8).argmax()), count)
        return actions.to(self._library.device)
