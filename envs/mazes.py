"""A point mass in a maze (MuJoCo) whose goal is hidden, or shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.wrappers import TimeLimit

from envs.places import Place

MAZES = {"umaze": ("U_MAZE", 300), "open": ("OPEN", 300), "medium": ("MEDIUM_MAZE", 600), "large": ("LARGE_MAZE", 800)}
"""Name of a maze -> its map in ``gymnasium_robotics.envs.maze.maps``, and the steps of an episode in it."""
REWARDS = ("sparse", "dense")
NEAR = 0.45
"""Distance from the goal within which it is reached, in cells, as Gymnasium-Robotics has it."""


class PointMaze(gym.Env):
    """Gymnasium-Robotics' PointMaze as one vector: position and velocity, and where the goal is if it is revealed.

    Observations are x, y (cells from the middle of the maze, y upwards) and the two velocities, then the goal's x and y
    if ``reveal_goal``; float64, ``(4,)`` or ``(6,)``. Actions are the forces in x and y, -1 to 1. By itself the goal is
    drawn anew in each episode, as in ``PointMaze_UMaze-v3`` and its like; `envs.MazeGoal` fixes it.

    Source: the mazes of D4RL, Fu et al. 2020 (arXiv:2004.07219), in Gymnasium-Robotics.
    """

    def __init__(self, maze: Any, reveal_goal: bool = False) -> None:
        """Show a ``PointMazeEnv``, which this environment owns."""
        self._maze, self._reveal = maze, reveal_goal
        self._fixed: np.ndarray | None = None
        self.metadata, self.render_mode = maze.metadata, maze.render_mode
        self.action_space = maze.action_space
        self.observation_space = spaces.Box(-np.inf, np.inf, (6 if reveal_goal else 4,), np.float64)

    @property
    def model(self) -> Any:
        """MuJoCo's model."""
        return self._maze.model

    @property
    def data(self) -> Any:
        """MuJoCo's data."""
        return self._maze.data

    @property
    def goal(self) -> np.ndarray:
        """Where the goal is, x and y, ``(2,)``; a copy."""
        return self._maze.goal.copy()

    @property
    def free(self) -> list[Place]:
        """Columns and rows of the cells without a wall."""
        return [(x, y) for y, row in enumerate(self._maze.maze.maze_map) for x, sign in enumerate(row) if sign != 1]

    def fix_goal(self, place: Place) -> None:
        """Put the goal into the middle of a cell in all episodes from the next on.

        Where an episode would begin within half a cell of it, it begins at the goal that the environment has drawn
        instead, which is further away: no episode begins at its goal, and nothing more is drawn than without it.

        Raises:
            ValueError: If the cell is a wall, or outside.
        """
        if place not in self.free:
            raise ValueError(f"the goal of a maze is in a cell without a wall, one of {self.free}; got {place}")
        self._fixed = self._maze.maze.cell_rowcol_to_xy(np.array(place[::-1]))

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        """Begin an episode; ``options`` are Gymnasium-Robotics' (``goal_cell`` and ``reset_cell``)."""
        maze = self._maze
        sensed, info = maze.reset(seed=seed, options=options)
        self._np_random, self._np_random_seed = maze.np_random, maze.np_random_seed
        first = sensed["observation"]
        if self._fixed is not None:
            drawn, maze.goal = maze.goal, self._fixed.copy()
            maze.update_target_site_pos()
            if np.linalg.norm(first[:2] - self._fixed) <= 0.5:
                maze.point_env.set_state(drawn, np.zeros(2))
                first = np.concatenate((drawn, np.zeros(2)))
            info["success"] = bool(np.linalg.norm(first[:2] - self._fixed) <= NEAR)
        return self._flat(first), info

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict]:
        """Act once."""
        sensed, reward, terminated, truncated, info = self._maze.step(action)
        return self._flat(sensed["observation"]), float(reward), terminated, truncated, info

    def render(self) -> Any:
        """Draw the maze, as Gymnasium-Robotics does."""
        return self._maze.render()

    def close(self) -> None:
        """Close the maze."""
        self._maze.close()

    def _flat(self, sensed: np.ndarray) -> np.ndarray:
        return np.concatenate((sensed, self._maze.goal)) if self._reveal else sensed


def make_maze(
    maze: str | Sequence[Sequence[Any]] = "umaze",
    reveal_goal: bool = False,
    reward: str = "sparse",
    continuing: bool = True,
    max_steps: int | None = None,
    render_mode: str | None = None,
) -> gym.Env:
    """Make a point mass in a maze: the entry point of ``lifelong/PointMaze-v0``.

    Args:
        maze: ``"umaze"``, ``"open"``, ``"medium"`` or ``"large"``, or a map: rows of cells, 1 for a wall, 0 for none.
        reveal_goal: Whether the goal is seen.
        reward: ``"sparse"``: 1 in each step that ends within 0.45 cells of the goal; ``"dense"``: ``exp(-distance)``.
        continuing: Whether an episode goes on when the goal is reached, as in Gymnasium-Robotics; else it ends.
        max_steps: Steps until an episode is truncated; None for the maze's own number (300, 300, 600, 800; 300 for a
            map).
        render_mode: How Gymnasium-Robotics draws it; None for not at all.

    Raises:
        ValueError: If there is no such maze or reward, or an episode has no steps.
        ImportError: If Gymnasium-Robotics or MuJoCo is not installed.
    """
    if reward not in REWARDS:
        raise ValueError(f"the reward of PointMaze is one of {', '.join(REWARDS)}; got {reward!r}")
    if max_steps is not None and (not isinstance(max_steps, int) or isinstance(max_steps, bool) or max_steps < 1):
        raise ValueError(f"max_steps is an integer of at least 1; got {max_steps!r}")
    if isinstance(maze, str) and maze not in MAZES:
        raise ValueError(f"a maze is one of {', '.join(MAZES)}, or a map; got {maze!r}")
    try:
        from gymnasium_robotics.envs.maze import maps  # noqa: PLC0415 - lives without mazes need no MuJoCo
        from gymnasium_robotics.envs.maze.point_maze import PointMazeEnv  # noqa: PLC0415
    except ImportError as error:
        raise ImportError(
            "lifelong/PointMaze-v0 needs Gymnasium-Robotics and MuJoCo: "
            "pip install gymnasium-robotics 'gymnasium[mujoco]'"
        ) from error
    name, steps = MAZES[maze] if isinstance(maze, str) else ("", 300)
    cells = getattr(maps, name) if isinstance(maze, str) else [list(row) for row in maze]
    inner = PointMazeEnv(cells, render_mode, reward, continuing)
    # The model is in memory by now, and the environment would leave its file lying about.
    Path(inner.tmp_xml_file_path).unlink(missing_ok=True)
    return TimeLimit(PointMaze(inner, reveal_goal), steps if max_steps is None else max_steps)
