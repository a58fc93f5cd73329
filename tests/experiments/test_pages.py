from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from envs import Change, Effect, Frame, check_change
from experiments.cli import main
from experiments.load import parse
from experiments.pages.change_pages import change_page, change_table, spec
from experiments.pages.command import drawings, texts

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture
def haze():
    """Define a change as anyone would, in one place, and take it back."""

    @dataclass(frozen=True)
    class Haze(Change, kind="haze"):
        """Shrink what is sensed.

        It is seen as through haze.

        Source: nowhere (a test).

        Attributes:
            thickness: Share of each number that is lost, in [0, 1].
        """

        thickness: float = 0.5

        def __post_init__(self) -> None:
            if not 0 <= self.thickness <= 1:
                raise ValueError(f"Haze.thickness is a share in [0, 1]; got {self.thickness}")

        def effect(self, frame: Frame) -> Effect:
            return HazeEffect(frame, self.thickness)

    class HazeEffect(Effect):
        def __init__(self, frame: Frame, thickness: float) -> None:
            super().__init__(frame)
            self.thickness = thickness

        def see(self, sensed, rows, first):
            return (sensed * (1 - self.thickness)).astype(sensed.dtype)

    yield Haze
    del Change.kinds["haze"]


def test_pages_are_what_the_code_says_now():
    for path, text in texts(DOCS).items():
        assert path.is_file() and path.read_text() == text, f"{path} is out of date: ./run lifelong pages"
    for path in drawings(DOCS):
        assert path.is_file() and path.stat().st_size < 300_000, f"{path} is missing: ./run lifelong pages"


def test_a_new_change_needs_nothing_but_its_class(haze, capsys):
    life = "{tasks: [{name: a, env_id: CartPole-v1, changes: [{kind: haze, thickness: 0.25}]}], steps: 100}"
    text = f"{{name: hazy, life: {life}, agents: {{random: {{kind: random}}}}, num_envs: 1}}"
    assert parse(text).schedule.tasks[0].changes == (haze(0.25),)
    assert main(["list"]) == 0
    assert re.search(r"^change +haze +Shrink what is sensed\.$", capsys.readouterr().out, flags=re.MULTILINE)
    check_change("CartPole-v1", haze())
    haze.__module__ = "envs.changes.haze"  # as if it lay there
    page = change_page(haze)
    assert "| `thickness` | Share of each number that is lost, in [0, 1]. | `0.5` |" in page
    assert "## Source\n\nnowhere (a test)." in page and "seen as through haze" in page
    assert "| [`haze`](changes/haze.md) | Shrink what is sensed. |" in change_table()
    assert spec(haze(0.25)) == "{kind: haze, thickness: 0.25}"


def test_pages_are_written_where_asked_and_checked(tmp_path, capsys):
    assert main(["pages", "--out", str(tmp_path), "--only", "noise", "--no-pictures"]) == 0
    page = tmp_path / "changes" / "noise.md"
    assert page.read_text() == (DOCS / "changes" / "noise.md").read_text()
    assert main(["pages", "--out", str(tmp_path), "--only", "noise", "--check"]) == 0
    page.write_text("old")
    assert main(["pages", "--out", str(tmp_path), "--only", "noise", "--check"]) == 1
    assert "noise.md is out of date" in capsys.readouterr().err
    assert main(["pages", "--out", str(tmp_path / "none")]) == 2
    assert "is no folder" in capsys.readouterr().err
    (tmp_path / "changes.md").write_text("no marks")
    assert main(["pages", "--out", str(tmp_path), "--check"]) == 2
    assert "lacks the lines" in capsys.readouterr().err
