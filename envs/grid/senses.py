"""MiniGrid as bits: the egocentric symbolic view, one-hot and flattened, and a reduced set of actions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from minigrid.core.actions import Actions
from minigrid.core.constants import COLOR_TO_IDX, OBJECT_TO_IDX, STATE_TO_IDX
from minigrid.core.world_object import Wall
from minigrid.minigrid_env import MiniGridEnv

VIEW = 7
"""Side of the square view in cells; the agent stands in the middle of its near edge."""
OBJECTS, COLOURS, STATES = len(OBJECT_TO_IDX), len(COLOR_TO_IDX), len(STATE_TO_IDX)
CELL_BITS = OBJECTS + COLOURS + STATES
BITS = VIEW * VIEW * CELL_BITS + 4
"""Length of an observation: 49 cells of 11 objects, 6 colours and 3 states, then 4 directions: 984 bits."""


class GridSenses(gym.Wrapper):
    """Show a MiniGrid environment as 984 bits and offer some of its actions.

    Bit ``20 * (7 * column + row) + k`` is about one cell of the view, columns from left to right, rows from far to
    near: ``k`` 0 to 10 its object type, 11 to 16 its colour, 17 to 19 its state, in MiniGrid's numbering; the last 4
    bits are the direction the agent faces. It is MiniGrid's own ``image`` one-hot encoded (the same view, the same
    occlusion, tested to be equal), computed without building intermediate grids, which is several times as fast.
    The mission text is left out: what there is to do is found out by doing.
    """

    def __init__(self, env: gym.Env, actions: Sequence[str] = ("left", "right", "forward")) -> None:
        """Wrap a MiniGrid environment with a 7x7 view.

        Args:
            env: The environment.
            actions: Names of MiniGrid actions on offer, in the order of their new numbers.

        Raises:
            TypeError: If it is no MiniGrid environment.
            ValueError: If an action is unknown or none is given, or if the view is not 7x7.
        """
        super().__init__(env)
        world = env.unwrapped
        if not isinstance(world, MiniGridEnv):
            raise TypeError(f"GridSenses shows MiniGrid environments; got {env}")
        if world.agent_view_size != VIEW:
            raise ValueError(f"GridSenses shows a view of {VIEW}x{VIEW} cells; {env} has {world.agent_view_size}")
        known = [action.name for action in Actions]
        for name in actions:
            if name not in known:
                raise ValueError(f"MiniGrid has the actions {', '.join(known)}; got {name!r}")
        if not actions:
            raise ValueError(f"an agent needs at least one action out of {', '.join(known)}; got none")
        self._world = world
        self._actions = tuple(Actions[name] for name in actions)
        self.action_space = spaces.Discrete(len(self._actions))
        self.observation_space = spaces.MultiBinary(BITS)
        # MiniGridEnv builds its dictionary observation in gen_obs, called by its reset and step: give it ours instead.
        world.gen_obs = self._sense  # pyright: ignore[reportAttributeAccessIssue]

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        """Begin an episode."""
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict]:
        """Act once; the reward is a float even where MiniGrid gives an integer 0."""
        observation, reward, terminated, truncated, info = self.env.step(self._actions[action])
        return observation, float(reward), terminated, truncated, info

    def _sense(self) -> np.ndarray:
        bits = np.zeros(BITS, np.int8)
        bits[:-4] = _ONE_HOT[self._look()].reshape(-1)
        bits[self._world.agent_dir - 4] = 1
        return bits

    def _look(self) -> list[int]:
        """Give the codes of the cells in view, 49 of them, columns from left to right, rows from far to near."""
        world = self._world
        grid, (x, y), facing = world.grid, world.agent_pos, world.agent_dir
        cells, width, height = grid.grid, grid.width, grid.height
        x, y = int(x), int(y)
        codes = [0] * (VIEW * VIEW)
        visible = _ALL if world.see_through_walls else 1 << (VIEW // 2)
        for row in _ROWS[facing]:
            seen, clear = [], 0
            for place, dx, dy, bit in row:
                i, j = x + dx, y + dy
                thing = cells[j * width + i] if 0 <= i < width and 0 <= j < height else _OUTSIDE
                seen.append((place, thing, bit))
                if thing is None or thing.see_behind():
                    clear |= bit
            if not world.see_through_walls:
                visible, beyond = spread(visible, clear)
            else:
                beyond = _ALL
            for place, thing, bit in seen:
                if visible & bit:
                    codes[place] = _code(*thing.encode()) if thing is not None else _EMPTY
            if not beyond:
                break
            visible = beyond
        codes[_OWN_PLACE] = _code(*world.carrying.encode()) if world.carrying else _EMPTY
        return codes


@cache
def spread(visible: int, clear: int) -> tuple[int, int]:
    """Let sight spread along one row of the view and into the next row, as MiniGrid's ``Grid.process_vis`` does.

    Args:
        visible: Which of the 7 cells are seen from the row before, one bit for each column.
        clear: Which cells can be looked through.

    Returns:
        Which cells of this row are seen, and which of the next.
    """
    beyond = 0
    for columns, side in ((range(VIEW - 1), 1), (range(VIEW - 1, 0, -1), -1)):
        for column in columns:
            if visible >> column & 1 and clear >> column & 1:
                visible |= 1 << (column + side)
                beyond |= 1 << (column + side) | 1 << column
    return visible, beyond


def _code(thing: int, colour: int, state: int) -> int:
    return (thing * COLOURS + colour) * STATES + state


def _one_hot_table() -> np.ndarray:
    """Give the bits of every cell code: ``(198, 20)``, int8."""
    table = np.zeros((OBJECTS, COLOURS, STATES, CELL_BITS), np.int8)
    for thing, colour, state in np.ndindex(OBJECTS, COLOURS, STATES):
        table[thing, colour, state, [thing, OBJECTS + colour, OBJECTS + COLOURS + state]] = 1
    return table.reshape(-1, CELL_BITS)


def _rows(facing: int) -> list[list[tuple[int, int, int, int]]]:
    """Give the cells of the view, row by row from near to far: place in the code list, dx, dy, bit of the column."""
    ahead_x, ahead_y = ((1, 0), (0, 1), (-1, 0), (0, -1))[facing]
    right_x, right_y = -ahead_y, ahead_x
    return [
        [
            (
                column * VIEW + VIEW - 1 - ahead,
                ahead * ahead_x + (column - VIEW // 2) * right_x,
                ahead * ahead_y + (column - VIEW // 2) * right_y,
                1 << column,
            )
            for column in range(VIEW)
        ]
        for ahead in range(VIEW)
    ]


_ALL = (1 << VIEW) - 1
_EMPTY = _code(OBJECT_TO_IDX["empty"], 0, 0)
_OWN_PLACE = VIEW // 2 * VIEW + VIEW - 1
_ONE_HOT = _one_hot_table()
_OUTSIDE = Wall()
_ROWS = [_rows(facing) for facing in range(4)]


def make_grid(base: str, actions: Sequence[str] = ("left", "right", "forward"), **kwargs: Any) -> GridSenses:
    """Make a registered MiniGrid environment and show it as bits.

    Args:
        base: Its Gymnasium id, such as ``"MiniGrid-LavaGapS5-v0"``.
        actions: Names of the actions on offer.
        **kwargs: Further arguments of the environment, such as ``max_steps``.

    Returns:
        The environment, without the wrappers of ``gymnasium.make``: the entry point of ``lifelong/Grid-v0``.
    """
    return GridSenses(gym.make(base, disable_env_checker=True, **kwargs).unwrapped, actions)
