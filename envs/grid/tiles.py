"""Pictures of cells, drawn once by MiniGrid, and views that are laid out of them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from gymnasium import spaces

from envs.batched import Array
from envs.grid.codes import (
    BALL,
    BOX,
    CODES,
    DOOR,
    EMPTY,
    FLOOR,
    GOAL_KIND,
    KEY,
    LAVA_KIND,
    LOCKED,
    NOTHING,
    OPEN,
    PER_COLOUR,
    PER_KIND,
    UNSEEN,
    WALL_KIND,
    triples,
)
from envs.spares import Spares

TILE = 8
"""Side of one cell in pixels, unless another is asked for: that of MiniGrid's wrappers."""
LARGEST = 64
"""Largest side of one cell that can be asked for."""
UP = 3
"""Where the agent faces in its own view."""


class Painter:
    """Turns what agents see, as kinds, colours and states, into what MiniGrid would draw of it.

    It is the picture of MiniGrid's ``RGBImgPartialObsWrapper``, byte by byte: what is seen is highlighted, what is
    hidden is an empty dark cell, and the agent stands in the middle of the near edge, on top of what it carries. A cell
    looks the same wherever it lies, so that each is drawn once and looked up from then on.

    Attributes:
        space: The space of one picture, ``(view * tile_size, view * tile_size, 3)`` bytes: rows from far to near,
            columns from left to right, RGB.
    """

    def __init__(self, view: int, tile_size: int = TILE) -> None:
        """Draw the tiles.

        Args:
            view: Side of the view in cells.
            tile_size: Side of one cell in pixels, 1 to 64.

        Raises:
            TypeError: If the tile size is no integer.
            ValueError: If it is out of range.
        """
        if not isinstance(tile_size, (int, np.integer)) or isinstance(tile_size, bool):
            raise TypeError(
                f"tile_size is a whole number of pixels; got {tile_size!r} of type {type(tile_size).__name__}"
            )
        if not 1 <= tile_size <= LARGEST:
            raise ValueError(f"tile_size lies between 1 and {LARGEST} pixels; got {tile_size}")
        self._view, self._tile_size = view, int(tile_size)
        self._tiles = tiles(self._tile_size)
        side = view * self._tile_size
        self.space = spaces.Box(0, 255, (side, side, 3), np.uint8)
        # The rows of a tile, each one thing that is copied at once.
        self._row = np.dtype((np.void, 3 * self._tile_size))
        self._rows = self._tiles.reshape(-1).view(self._row)
        # Where the agent stands, tiles are those with an agent.
        self._own = np.zeros((view, view), np.int64)
        self._own[view // 2, view - 1] = CODES
        self._down = np.arange(self._tile_size).reshape(-1, 1)
        self._count, self._spares = 0, Spares((0,))
        self._on_device: tuple[Array, Array] | None = None

    def paint(self, image: Array, needed: Array | None = None) -> Array:
        """Paint what is in view.

        Args:
            image: Kind, colour and state of each cell, ``(N, view * view * 3)`` bytes: columns from left to right, in
                each the far cells first.
            needed: ``(N,)``, bool: which of them are to be painted; None for all.

        Returns:
            Pictures ``(N, side, side, 3)``, uint8; what is in those that are not needed is of no account.
        """
        if not isinstance(image, np.ndarray):
            return self._painted_on_device(image)
        if len(image) != self._count:
            self._count, self._spares = len(image), Spares((len(image), *self.space.shape))
        out = self._spares.take()
        if needed is None:
            self._lay(self._codes(image), out)
        else:
            rows = np.flatnonzero(needed)
            some = np.empty((len(rows), *self.space.shape), np.uint8)
            self._lay(self._codes(image[rows]), some)
            out[rows] = some
        return out

    def paint_one(self, codes: list[int]) -> np.ndarray:
        """Paint one view, given as the codes of its cells (`envs.grid.codes`), in the order of `paint`'s."""
        out = np.empty((1, *self.space.shape), np.uint8)
        self._lay(np.array(codes).reshape(1, self._view, self._view), out)
        return out[0]

    def _codes(self, image: np.ndarray) -> np.ndarray:
        """Give the codes of cells, ``(N, view, view)``, int64."""
        cells = image.reshape(-1, self._view, self._view, 3).astype(np.int64)
        return cells[..., 0] * PER_KIND + cells[..., 1] * PER_COLOUR + cells[..., 2]

    def _lay(self, codes: np.ndarray, out: np.ndarray) -> None:
        """Lay tiles: row by row of the view, in it row by row of the tiles, in it tile by tile."""
        view, size = self._view, self._tile_size
        firsts = ((codes + self._own) * size).swapaxes(1, 2)
        laid = out.reshape(-1).view(self._row).reshape(len(codes), view, size, view)
        # All codes are in the table; that they are clipped spares NumPy a copy of what it takes.
        self._rows.take(firsts[:, :, None, :] + self._down, out=laid, mode="clip")

    def _painted_on_device(self, image: Any) -> Any:
        """Do in torch what `paint` does."""
        view, side = self._view, self.space.shape[0]
        cells = image.reshape(-1, view, view, 3).long()
        if self._on_device is None:
            self._on_device = image.new_tensor(self._tiles), cells.new_tensor(self._own)
        table, own = self._on_device
        codes = cells[..., 0] * PER_KIND + cells[..., 1] * PER_COLOUR + cells[..., 2] + own
        return table[codes].permute(0, 2, 3, 1, 4, 5).reshape(-1, side, side, 3)


@cache
def tiles(tile_size: int) -> np.ndarray:
    """Have MiniGrid draw what can be in a cell.

    Args:
        tile_size: Side of a tile in pixels.

    Returns:
        ``(2 * 198, tile_size, tile_size, 3)``, uint8: first the tiles of all codes, highlighted but for what is unseen;
        then those of an agent that carries what the code says. Codes that no view can hold are black.
    """
    from minigrid.core.grid import Grid  # noqa: PLC0415 - grid worlds themselves need no MiniGrid

    table = np.zeros((2 * CODES, tile_size, tile_size, 3), np.uint8)
    for code, (kind, colour, state) in enumerate(triples()[:CODES].tolist()):
        if kind == UNSEEN:
            table[code] = Grid.render_tile(None, None, False, tile_size)
            continue
        thing = _thing(kind, colour, state)
        if thing is None and code != NOTHING:
            continue
        table[code] = Grid.render_tile(thing, None, True, tile_size)
        if kind in (EMPTY, KEY, BALL, BOX):
            table[CODES + code] = Grid.render_tile(thing, UP, True, tile_size)
    table.flags.writeable = False
    return table


def _thing(kind: int, colour: int, state: int) -> Any:
    """Make the thing of MiniGrid's that a code stands for; None if there is none."""
    from minigrid.core import world_object as things  # noqa: PLC0415 - see `tiles`
    from minigrid.core.constants import IDX_TO_COLOR  # noqa: PLC0415

    name = IDX_TO_COLOR[colour]
    if kind == DOOR:
        return things.Door(name, is_open=state == OPEN, is_locked=state == LOCKED)
    if state != 0:
        return None
    if kind == LAVA_KIND:
        return things.Lava() if colour == 0 else None
    classes = {
        WALL_KIND: things.Wall,
        FLOOR: things.Floor,
        KEY: things.Key,
        BALL: things.Ball,
        BOX: things.Box,
        GOAL_KIND: things.Goal,
    }
    return classes[kind](name) if kind in classes else None
