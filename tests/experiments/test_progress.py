"""What is seen while cells are lived."""

from __future__ import annotations

import io

from rich.console import Console

from experiments.cells import cells
from experiments.progress import Bars, Lines
from tests.experiments.stand_ins import tiny


def test_every_running_cell_has_a_bar_with_its_age(tmp_path):
    first, second = cells(tiny(), tmp_path)
    screen = io.StringIO()
    bars = Bars(Console(file=screen, force_terminal=True, width=100))
    bars.begin([first, second], 3)
    bars.update(first, 400)
    bars.update(second, 800)
    bars._progress.refresh()
    shown = screen.getvalue()
    for words in ("dice seed 0", "age 400 / 1,600", "dice seed 1", "age 800 / 1,600", "3/5 cells"):
        assert words in shown
    bars.end(first, "OverflowError: too much [of it]")
    bars.end(second, None)
    bars.close()
    shown = screen.getvalue()
    assert "dice seed 0 FAILED: OverflowError: too much [of it]" in shown
    assert "5/5 cells" in shown


def test_bars_without_anything_to_do_draw_nothing(tmp_path):
    screen = io.StringIO()
    bars = Bars(Console(file=screen, force_terminal=True))
    bars.begin([], 4)
    bars.close()
    assert "cells" not in screen.getvalue()


def test_lines_are_written_when_cells_end(tmp_path, capsys):
    first, second = cells(tiny(), tmp_path)
    lines = Lines()
    lines.begin([first, second], 1)
    lines.update(first, 400)
    lines.end(first, None)
    lines.end(second, "it broke")
    lines.close()
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "2 cells to live, 1 kept from before"
    assert told[1].endswith("2/3 dice seed 0: done")
    assert told[2].endswith("3/3 dice seed 1: FAILED: it broke")
