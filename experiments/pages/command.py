"""`lifelong pages`: write the pages that are made from the code, or say which are out of date."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.progress import track

from envs.labelled.data import NoPictures
from experiments.load import SpecError
from experiments.options import read_options
from experiments.pages.change_pages import change_page, change_table, fitting, kinds
from experiments.pages.life_pages import life_page, life_picture, life_table, lives
from experiments.pages.pictures import picture
from experiments.plots import save

BEGIN, END = "<!-- written by `lifelong pages`: begin -->", "<!-- written by `lifelong pages`: end -->"


@dataclass(frozen=True)
class PagesOptions:
    """What is written."""

    out: Path = Path("docs")
    """Folder of the documentation."""
    check: bool = False
    """Write nothing; say which pages are not what they would be now, and fail if there are any."""
    pictures: bool = True
    """Also draw what the pages show (the slow part)."""
    only: str = ""
    """Only pages whose name begins so."""


def pages(args: Sequence[str]) -> int:
    """Write the pages, or check them."""
    options = read_options(PagesOptions, args, "lifelong pages")
    if not options.out.is_dir():
        raise SpecError(f"--out: '{options.out}' is no folder; name that of the documentation")
    wrong = []
    for path, text in texts(options.out, options.only).items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        wrong.append(path)
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if options.check:
        for path in wrong:
            print(f"lifelong: {path} is out of date; write it anew: lifelong pages", file=sys.stderr)
        return 1 if wrong else 0
    if options.pictures:
        for path, draw in track(drawings(options.out, options.only).items(), "pictures"):
            try:
                draw(path)
            except NoPictures as error:  # which are not needed to say what a life is, only to build its worlds
                print(f"lifelong: {path} is left as it is: {error}", file=sys.stderr)
    print(f"written: {len(wrong)} pages that were out of date")
    return 0


def texts(docs: Path, only: str = "") -> dict[Path, str]:
    """Give all pages as they should be: path -> text."""
    made = {docs / "changes" / f"{kind}.md": cls for kind, cls in kinds().items() if kind.startswith(only)}
    found = {path: change_page(cls) for path, cls in made.items()}
    found |= {docs / "lives" / f"{name}.md": life_page(name) for name in lives() if name.startswith(only)}
    for table, write in ((docs / "changes.md", change_table), (docs / "lives.md", life_table)):
        if table.is_file():
            found[table] = _between(table.read_text(encoding="utf-8"), write(), table)
    return found


def drawings(docs: Path, only: str = "") -> dict[Path, Callable[[Path], None]]:
    """Give all pictures: path -> what draws it there."""

    def drawer(base: str, change: object) -> Callable[[Path], None]:
        return lambda path: save(picture(base, change), path)  # pyright: ignore[reportArgumentType]

    def line(name: str) -> Callable[[Path], None]:
        return lambda path: save(life_picture(name), path, dpi=72)

    changes = {
        docs / "changes" / f"{kind}.png": drawer(*next(iter(fitting(cls).items())))
        for kind, cls in kinds().items()
        if kind.startswith(only)
    }
    return changes | {docs / "lives" / f"{name}.png": line(name) for name in lives() if name.startswith(only)}


def _between(text: str, made: str, path: Path) -> str:
    """Put a text between the two marks of a page.

    Raises:
        SpecError: If the page does not have them.
    """
    if BEGIN not in text or END not in text:
        raise SpecError(f"{path} lacks the lines {BEGIN!r} and {END!r}, between which the table goes")
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n{made}\n{END}{rest.partition(END)[2]}"
