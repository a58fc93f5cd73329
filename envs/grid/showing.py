"""What grid worlds show of themselves: images, bits, pixels, the whole world, an image with direction and mission."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from gymnasium import spaces

from envs.batched import Array
from envs.batched_vector import Presentation
from envs.grid.codes import COLOURS, KINDS, STATES
from envs.grid.family import Family, Shape
from envs.grid.layout import MISSION_TOKENS
from envs.grid.shows import BITS, DICT, FULL, IMAGE
from envs.grid.tiles import TILE, Painter

SENSES = {"dict": DICT, "image": IMAGE, "flat": IMAGE, "bits": BITS, "full": FULL, "pixels": IMAGE}
"""What can be asked for:

- ``"dict"``: ``image`` ``(view, view, 3)`` uint8, ``direction`` and ``mission`` (a token for each blank of MiniGrid's
  text), as MiniGrid's own observations;
- ``"image"``: the image alone; ``"flat"``: the same in one dimension;
- ``"bits"``: the image one-hot, 20 bits a cell, and 4 bits of direction (see `envs.grid.senses`), int8;
- ``"full"``: the whole world ``(width, height, 3)``, as MiniGrid's ``FullyObsWrapper`` shows it;
- ``"pixels"``: the view as a picture ``(view * tile_size, view * tile_size, 3)`` in RGB, as MiniGrid's
  ``RGBImgPartialObsWrapper`` draws it.
"""
BYTE = np.dtype(np.int8)
CELL_BITS = len(KINDS) + len(COLOURS) + len(STATES)


@dataclass(frozen=True)
class Showing:
    """How one world's observations are laid out.

    Attributes:
        what: `IMAGE`, `BITS`, `FULL` or `DICT`, for the kernels.
        columns: Bytes of one observation as the kernels write it.
        space: The space of one observation as the world hands it over, a ``Box`` or ``MultiBinary``.
        presentation: How Gymnasium's environments hand it over, if that is no plain array.
        painter: What turns images into pixels, if pixels are shown.
    """

    what: int
    columns: int
    space: spaces.Box | spaces.MultiBinary
    presentation: Presentation | None = None
    painter: Painter | None = None

    @property
    def kind(self) -> type[np.generic]:
        """The type in which kernels write bytes, if they can, so that `shaped` has nothing to do: bits are int8."""
        return np.int8 if self.what == BITS else np.uint8

    def shaped(self, raw: Array, needed: Array | None = None) -> Array:
        """Give rows of bytes ``(N, columns)`` the shape and type of observations, without a copy where that can be.

        Args:
            raw: Rows of bytes, as the kernels write them.
            needed: ``(N,)``, bool: rows that are to be right; None for all.
        """
        if self.painter is not None:
            return self.painter.paint(raw, needed)
        if isinstance(raw, np.ndarray) and self.what == BITS:
            return raw if raw.dtype is BYTE else raw.view(np.int8)
        return raw.reshape((raw.shape[0], *self.space.shape))


def show_as(senses: str, family: Family, shape: Shape, view: int, tile_size: int = TILE) -> Showing:
    """Lay out observations.

    Args:
        senses: One of `SENSES`.
        family: The family, for its mission.
        shape: The world's size.
        view: Side of the view in cells.
        tile_size: Side of one cell in pixels, where these are shown.

    Raises:
        ValueError: If there are no such senses, or a tile size is given where no pixels are shown.
        TypeError: If the tile size is no integer.
    """
    if senses not in SENSES:
        raise ValueError(f"senses of a grid world are one of {', '.join(SENSES)}; got {senses!r}")
    what, size = SENSES[senses], view * view
    if senses == "pixels":
        painter = Painter(view, tile_size)
        return Showing(what, 3 * size, painter.space, painter=painter)
    if tile_size != TILE:
        raise ValueError(f"tile_size={tile_size!r} is for senses 'pixels'; got senses {senses!r}")
    if senses == "bits":
        bits = CELL_BITS * size + 4
        return Showing(what, bits, spaces.MultiBinary(bits))
    if senses == "full":
        box = spaces.Box(0, 255, (shape.width, shape.height, 3), np.uint8)
        return Showing(what, 3 * shape.width * shape.height, box)
    image = spaces.Box(0, 255, (view, view, 3), np.uint8)
    if senses != "dict":
        box = image if senses == "image" else spaces.Box(0, 255, (3 * size,), np.uint8)
        return Showing(what, 3 * size, box)
    columns, cube = 3 * size + 1 + MISSION_TOKENS, (view, view, 3)
    tokens = list(family.tokens or (1,))
    blanks = 3 * size + 1 + len(tokens)
    told = spaces.Dict(
        {"image": image, "direction": spaces.Discrete(4), "mission": spaces.MultiDiscrete(tokens, np.uint8)}
    )

    def show(raw: Array) -> dict[str, Array]:
        if raw.ndim == 1:  # one world: nothing is spent on what is the same in every step
            shown = raw[: 3 * size].reshape(cube)
            return {"image": shown, "direction": np.int64(raw[3 * size]), "mission": raw[3 * size + 1 : blanks]}
        lead = raw.shape[:-1]
        direction = raw[..., 3 * size]
        return {
            "image": raw[..., : 3 * size].reshape((*lead, view, view, 3)),
            "direction": direction.astype(np.int64) if isinstance(direction, np.ndarray) else direction,
            "mission": raw[..., 3 * size + 1 : blanks],
        }

    return Showing(what, columns, spaces.Box(0, 255, (columns,), np.uint8), Presentation(told, show))
