from __future__ import annotations

import pytest

from envs.when import Signal
from experiments.plots import save
from experiments.signal_plots import signal_figure


def test_every_kind_is_drawn_in_a_panel_of_its_own(tmp_path):
    signals = {kind: cls.examples()[0] for kind, cls in Signal.kinds.items() if cls.__module__.startswith("envs.")}
    figure = signal_figure(signals, age=1000, seed=0)
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in shown] == list(signals)
    save(figure, tmp_path / "signals.png")
    assert (tmp_path / "signals.png").stat().st_size > 10_000


def test_stairs_are_drawn_where_they_are():
    figure = signal_figure({"steps": Signal.kinds["steps"].examples()[0]}, age=1000, seed=0)
    (line,) = [line for line in figure.axes[0].lines if line.get_drawstyle() == "steps-post"]
    assert line.get_xydata().tolist() == [[0, 0.0], [200, 1.0], [500, 0.3], [800, 0.6], [1000, 0.6]]  # type: ignore[union-attr]


def test_a_picture_of_nothing_is_refused():
    with pytest.raises(ValueError, match="got 0 signals and 1000 steps"):
        signal_figure({}, age=1000, seed=0)
