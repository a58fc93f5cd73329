from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from envs import LIVES, Change, Effect, Frame, check_change, make_life
from experiments.cli import main
from experiments.load import parse
from experiments.pages.change_pages import change_page, change_table, spec
from experiments.pages.command import drawings, texts
from experiments.pages.life_pages import life_page, life_table, lives

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
        limit = 60_000 if path.parent.name == "lives" else 300_000
        assert path.is_file() and path.stat().st_size < limit, f"{path} is missing: ./run lifelong pages"


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


def test_the_page_of_a_life_tells_its_worlds_its_sizes_and_its_source():
    page = life_page("nine_rooms")
    assert page.startswith("# `nine_rooms`\n\nNineRooms with twenty hidden goals")
    assert "| environment steps of a visit | 40,000 |\n| environment steps of the life | 800,000 |" in page
    assert f"| hash | `{make_life('nine_rooms').hash}` |" in page
    alike = "| `goal0` to `goal19`, each with dice of its own | `lifelong/NineRooms-v0` |  | `{kind: grid_goal}` | 1 |"
    assert alike in page
    assert "## Order\n\n`goal0`, `goal1`, `goal2`, ..., `goal19`.\n" in page
    assert "## Source\n\nChung et al. 2024" in page and "`life: nine_rooms`" in page
    day = life_page("robot_day")
    assert "Over all of them, from the inside out:\n\n- `{kind: dynamics" in day and "- `{kind: packet_loss" in day
    assert "`morning`, `noon`, `evening`; 5 times. Switches are gradual, over 2,000 steps." in day
    quarter = life_page("control_acrobot_quarter")
    assert "A quarter of [`control_acrobot`](control_acrobot.md)" in quarter
    assert "## Source\n\nMuppidi et al. 2024" in quarter  # that of its family
    assert lives() == list(LIVES)


def test_what_a_page_says_makes_its_life():
    snippets = re.findall(r"```python\n(.*?)```", life_page("demo"), flags=re.DOTALL)
    assert len(snippets) == 1
    made: dict = {}
    exec(snippets[0], made)
    assert made["life"].unwrapped.schedule == made["bodies"].unwrapped.schedule == make_life("demo")


def test_the_table_of_lives_tells_their_sizes():
    rows = dict(re.findall(r"^\| \[`(\w+)`\]\(lives/\1\.md\) \| (.*) \|$", life_table(), flags=re.MULTILINE))
    assert list(rows) == list(LIVES)
    for name, row in rows.items():
        life, cells = make_life(name), row.split(" | ")
        steps = {stay.stop - stay.start for stay in life.stays}
        sizes = [len(life.tasks), *steps, len(life.stays), life.total]
        assert [int(cell.replace(",", "")) for cell in (cells[0], *cells[-3:])] == sizes


def test_a_life_of_ones_own_is_not_of_the_house():
    def swinging():
        """Swing."""

    LIVES["swinging"] = swinging  # pyright: ignore[reportArgumentType]
    try:
        assert "swinging" not in lives() and "swinging" not in life_table()
    finally:
        del LIVES["swinging"]
