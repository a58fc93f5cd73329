"""What N agents see, in operations that NumPy and torch share."""

from __future__ import annotations

import numpy as np

from envs.batched import Array
from envs.grid.array_library import Library
from envs.grid.codes import AGENT, CLEAR, COLOURS, KINDS, RED, STATES, WALL, traits, triples
from envs.grid.layout import DIRECTION, HEIGHT, HELD, MISSION, MISSION_TOKENS, SEE_THROUGH, WIDTH, X, Y
from envs.grid.shows import BITS, DICT, FULL
from envs.grid.sight import spreading


class ArraySight:
    """Shows N worlds of one kind at once: the same bytes as `envs.grid.shows` writes.

    Views are worked out as arrays ``(N, columns of the view, rows of the view)``, columns from left to right, in each
    the far cells first. Where two axes are named in what follows, these are they.
    """

    def __init__(self, library: Library, what: int, view: int, settings: tuple[int, ...], places: np.ndarray) -> None:
        """Make the tables.

        Args:
            library: NumPy or torch.
            what: `IMAGE`, `BITS`, `FULL` or `DICT`.
            view: Side of the view in cells.
            settings: See `envs.grid.layout`.
            places: Where each bit is shown, ``(columns,)`` int64; read for `BITS`.
        """
        self._library, self._what, self._view = library, what, view
        self._width, self._height, self._through = settings[WIDTH], settings[HEIGHT], settings[SEE_THROUGH] != 0
        constant = library.constant
        pictures = triples()
        self._triples = constant(pictures)
        self._clear = constant((traits() & CLEAR).astype(np.int32))
        self._spreading = constant(spreading(view).astype(np.int64))
        # One cell further towards where an agent faces.
        self._ahead = constant(np.array([1, self._width, -1, -self._width]))
        self._aside = constant(np.arange(view) - view // 2)
        self._away = constant(np.arange(view)[::-1].copy())
        self._columns = constant(np.arange(view).reshape(1, view, 1))
        self._column_bits = constant((1 << np.arange(view, dtype=np.int32)).reshape(1, view, 1))
        if what == BITS:
            hot = [np.eye(len(names), dtype=np.uint8) for names in (KINDS, COLOURS, STATES)]
            self._hot = constant(np.hstack([hot[k][pictures[:, k]] for k in range(3)]))
            self._hot_direction = constant(np.eye(4, dtype=np.uint8))
            usual = (places == np.arange(len(places))).all()
            self._order = None if usual else constant(np.argsort(places))

    def show(self, cells: Array, agent: Array) -> Array:
        """Show the worlds.

        Args:
            cells: ``(N, width * height)``.
            agent: ``(N, 24)``.

        Returns:
            ``(N, columns)``, uint8; see `envs.grid.showing` for what stands where.
        """
        if self._what == FULL:
            return self._whole(cells, agent)
        library, size = self._library, len(cells)
        codes = library.wide(self._look(cells, agent))
        if self._what == BITS:
            bits = self._hot[codes].reshape(size, -1)
            told = library.xp.concatenate([bits, self._hot_direction[library.wide(agent[:, DIRECTION])]], 1)
            return told if self._order is None else told[:, self._order]
        image = self._triples[codes].reshape(size, -1)
        if self._what != DICT:
            return image
        told = [image, library.narrow(agent[:, DIRECTION : DIRECTION + 1])]
        return library.xp.concatenate([*told, library.narrow(agent[:, MISSION : MISSION + MISSION_TOKENS])], 1)

    def _look(self, cells: Array, agent: Array) -> Array:
        """Give the codes of what is in view, ``(N, view, view)``: what is hidden reads as unseen."""
        library, xp, view = self._library, self._library.xp, self._view
        rows, area = library.rows(len(cells)), cells.shape[1]
        x, y, facing = (library.wide(agent[:, column]) for column in (X, Y, DIRECTION))
        to_the_right = (facing + 1) & 3
        # How many cells lie to the right of the agent on the map, below, to the left and above.
        free = xp.stack([self._width - 1 - x, self._height - 1 - y, x, y], 1)
        within_rows = self._away <= free[rows, facing][:, None]
        left, right = free[rows, (facing + 3) & 3][:, None], free[rows, to_the_right][:, None]
        within_columns = (self._aside >= -left) & (self._aside <= right)
        there = within_columns[:, :, None] & within_rows[:, None, :]
        here = (rows * area + y * self._width + x)[:, None]
        across = here + self._aside * self._ahead[to_the_right][:, None]
        place = across[:, :, None] + (self._away * self._ahead[facing][:, None])[:, None, :]
        # Outside of the world lie walls, whatever stands in the first cell.
        codes = xp.where(there, xp.take(cells, xp.where(there, place, 0)), WALL)
        if not self._through:
            codes = codes * self._seen(codes)
        codes[:, view // 2, view - 1] = library.narrow(agent[:, HELD])
        return codes

    def _seen(self, codes: Array) -> Array:
        """Tell which cells in view are seen, ``(N, view, view)``, bytes of 0 and 1."""
        library, xp, view = self._library, self._library.xp, self._view
        clear = (self._clear[library.wide(codes)] * self._column_bits).sum(1)
        visible = 1 << view // 2
        told = []
        # Row by row from the agent outwards; a row that nothing is seen of spreads nothing.
        for row in range(view - 1, -1, -1):
            told.append(self._spreading[visible << view | clear[:, row]])
            visible = told[-1] >> view
        return library.narrow(xp.stack(told[::-1], 1)[:, None, :] >> self._columns & 1)

    def _whole(self, cells: Array, agent: Array) -> Array:
        """Show the whole world, column by column, with the agent in it."""
        library, size = self._library, len(cells)
        columns = cells.reshape(size, self._height, self._width).swapaxes(1, 2).reshape(size, -1)
        image = self._triples[library.wide(columns)]
        rows, here = library.rows(size), library.wide(agent[:, X]) * self._height + library.wide(agent[:, Y])
        image[rows, here, 0] = AGENT
        image[rows, here, 1] = RED
        image[rows, here, 2] = library.narrow(agent[:, DIRECTION])
        return image.reshape(size, -1)
