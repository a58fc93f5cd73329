"""What there is to do in a room: a cell to enter, a thing to pick up or to go to; read from fields or from a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from envs.grid.codes import BALL, BOX, COLOURS, KEY
from envs.places import Place, read_place

CORNERS = ("north-west", "north-east", "south-west", "south-east")
KINDS = {"ball": BALL, "box": BOX, "key": KEY}
"""Kinds of things that lie in rooms, by MiniGrid's number."""
ENTER, PICK_UP, GO_TO = range(1, 4)
"""What is to be done: enter a cell; pick a thing up; come to stand before it, facing it."""
MISSIONS = (
    "'pick up the red ball', 'go to the blue key', 'go to the north-west corner' or 'go to the cell 2,3'; a thing is "
    "called by its colour and kind, by its kind ('a ball') or by its colour ('a red thing')"
)


@dataclass(frozen=True)
class Aim:
    """What is to be done in a room.

    Attributes:
        deed: `ENTER`, `PICK_UP` or `GO_TO`.
        where: The corner or the cell to enter, if that is it.
        kind: The kind of the thing; None for any.
        colour: Its colour; None for any.
    """

    deed: int
    where: str | Place | None = None
    kind: str | None = None
    colour: str | None = None

    def cell(self, width: int, height: int) -> Place:
        """Tell column and row of the cell to enter, in a room of so many cells with its walls.

        Raises:
            ValueError: If it is a wall, or outside.
        """
        if isinstance(self.where, str):
            row, _, column = self.where.partition("-")
            return 1 if column == "west" else width - 2, 1 if row == "north" else height - 2
        x, y = self.where or (0, 0)
        if not (1 <= x <= width - 2 and 1 <= y <= height - 2):
            raise ValueError(
                f"Goal.where is a cell inside of the walls, columns 1 to {width - 2} and rows 1 to {height - 2}; got "
                f"{(x, y)}"
            )
        return x, y

    def fits(self, kind: str, colour: str) -> bool:
        """Tell whether a thing is what is meant; nothing but balls, boxes and keys ever is."""
        return kind in KINDS and self.kind in (None, kind) and self.colour in (None, colour)

    def find(self, things: Sequence[str]) -> None:
        """Check that there is such a thing among ``"red ball"``, ``"blue key"``...

        Raises:
            ValueError: If there is none.
        """
        if not any(self.fits(kind, colour) for colour, kind in (thing.split(" ") for thing in things)):
            raise ValueError(
                f"Goal is {self.called()!r}, but the things of the room are {tuple(things)}: "
                "no such thing lies in the room"
            )

    def called(self) -> str:
        """Give what a thing is called that is meant, such as ``"red ball"``, ``"ball"`` or ``"red thing"``."""
        return f"{self.colour or ''} {self.kind or 'thing'}".strip()


def aim_at_thing(deed: int, owner: str, words: str) -> Aim:
    """Read which thing is meant: ``"red ball"``, ``"ball"`` or ``"red thing"``.

    Raises:
        ValueError: If there is no such thing.
    """
    parts = words.split(" ")
    colour = parts[0] if len(parts) == 2 else None
    kind = parts[-1]
    if len(parts) > 2 or (kind == "thing" and colour is None):
        raise ValueError(f"{owner} calls a thing 'red ball', 'ball' or 'red thing'; got {words!r}")
    if colour is not None:
        check_word(owner, "a colour", colour, COLOURS)
    if kind != "thing":
        check_word(owner, "a kind", kind, KINDS)
    return Aim(deed, kind=None if kind == "thing" else kind, colour=colour)


def aim_at_place(owner: str, where: object) -> Aim:
    """Read which cell is meant: a corner's name, ``"column,row"`` or a pair.

    Raises:
        TypeError: If it is no text and no pair of integers.
        ValueError: If it is neither a corner nor a cell.
    """
    if isinstance(where, str) and "," not in where:
        if where not in CORNERS:
            close = get_close_matches(where, CORNERS, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise ValueError(f"{owner} is one of {', '.join(CORNERS)}, or a cell such as '2,3'; got {where!r}{hint}")
        return Aim(ENTER, where)
    return Aim(ENTER, read_place(owner, where))


def read_mission(text: object) -> Aim:
    """Read a mission.

    Args:
        text: ``"pick up "`` or ``"go to "``, then ``"the "`` or ``"a "``, then what: see `MISSIONS`.

    Raises:
        TypeError: If it is no text.
        ValueError: If it is no mission; the message says what missions there are.
    """
    owner = "Goal.mission"
    if not isinstance(text, str):
        raise TypeError(f"{owner} is a text, such as {MISSIONS}; got {text!r} of type {type(text).__name__}")
    for verb, deed in (("pick up ", PICK_UP), ("go to ", GO_TO)):
        if not text.startswith(verb):
            continue
        article, _, what = text.removeprefix(verb).partition(" ")
        if article not in ("the", "a") or not what:
            break
        if deed == GO_TO and what.endswith(" corner"):
            return aim_at_place(owner, what.removesuffix(" corner"))
        if deed == GO_TO and what.startswith("cell "):
            return aim_at_place(owner, what.removeprefix("cell "))
        return aim_at_thing(deed, owner, what)
    raise ValueError(f"{owner} is {MISSIONS}; got {text!r}")


def check_word(owner: str, what: str, word: object, known: Sequence[str] | dict[str, int]) -> None:
    """Check that a word is known.

    Raises:
        ValueError: If it is not; the message says which are, and which comes close.
    """
    if word in known:
        return
    close = get_close_matches(word, known, n=1) if isinstance(word, str) else []
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise ValueError(f"{owner} needs {what}, one of {', '.join(sorted(known))}; got {word!r}{hint}")
