"""MiniGrid as pixels: the egocentric view as an RGB picture, and a reduced set of actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np

from envs.grid.senses import VIEW, GridSenses
from envs.grid.tiles import TILE, Painter


class PixelSenses(GridSenses):
    """Show a MiniGrid environment as a picture of its view and offer some of its actions.

    The picture is that of MiniGrid's ``RGBImgPartialObsWrapper`` and ``ImgObsWrapper``, byte by byte (tested to be
    equal), ``(56, 56, 3)`` uint8 with tiles of 8 pixels, looked up instead of drawn.
    """

    def __init__(
        self, env: gym.Env, actions: Sequence[str] = ("left", "right", "forward"), tile_size: int = TILE
    ) -> None:
        """Wrap a MiniGrid environment with a 7x7 view.

        Args:
            env: The environment.
            actions: Names of MiniGrid actions on offer, in the order of their new numbers.
            tile_size: Side of one cell in pixels, 1 to 64.

        Raises:
            TypeError: If it is no MiniGrid environment, or the tile size no integer.
            ValueError: If an action is unknown or none is given, the view is not 7x7, or the tile size out of range.
        """
        super().__init__(env, actions)
        self._painter = Painter(VIEW, tile_size)
        self.observation_space = self._painter.space

    def _sense(self) -> np.ndarray:
        return self._painter.paint_one(self._look())


def make_pixels(
    base: str, actions: Sequence[str] = ("left", "right", "forward"), tile_size: int = TILE, **kwargs: Any
) -> PixelSenses:
    """Make a registered MiniGrid environment and show it as pixels.

    Args:
        base: Its Gymnasium id, such as ``"MiniGrid-LavaGapS5-v0"``.
        actions: Names of the actions on offer.
        tile_size: Side of one cell in pixels, 1 to 64.
        **kwargs: Further arguments of the environment, such as ``max_steps``.

    Returns:
        The environment, without the wrappers of ``gymnasium.make``: the entry point of ``lifelong/Pixels-v0``.
    """
    return PixelSenses(gym.make(base, disable_env_checker=True, **kwargs).unwrapped, actions, tile_size)
