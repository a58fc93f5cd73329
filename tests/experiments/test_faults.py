from __future__ import annotations

import json

import numpy as np
import pytest

from envs.changes.noise import NoiseEffect
from experiments.cli import main


def test_every_kind_is_tried_on_every_base_that_is_asked_for(tmp_path, capsys):
    words = ("--bases", "CartPole-v1,lifelong/Room-v0", "--steps", "600", "--out", str(tmp_path / "runs"))
    assert main(["bench", "faults", *words, "--results", str(tmp_path / "kept")]) == 0
    found = json.loads((tmp_path / "kept" / "faults" / "faults.json").read_text())["bases"]
    assert len(found["CartPole-v1"]) >= 13 and {"drop", "stuck", "invert"} <= set(found["lifelong/Room-v0"])
    for kinds in found.values():
        assert all(one["steps"] == 600 and one["outside"] == 0 for one in kinds.values())
    assert found["CartPole-v1"]["noise"]["hit"] == 1.0 and 0.2 < found["CartPole-v1"]["drop"]["hit"] < 0.8
    assert "non_finite" in capsys.readouterr().out


def test_what_lies_outside_is_told(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(NoiseEffect, "spoil", lambda self, sensed, *_: (np.full_like(sensed, np.inf), None))
    assert main(["bench", "faults", "--bases", "CartPole-v1", "--steps", "100", "--out", str(tmp_path)]) == 1
    found = json.loads((tmp_path / "faults" / "faults.json").read_text())["bases"]["CartPole-v1"]
    assert found["noise"]["outside"] == 2 and found["drop"]["outside"] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--bases", "CartPol-v1"), "did you mean 'CartPole-v1'"),
        (("--steps", "3"), "--steps: expected at least 50"),
        (("--level", "harsh"), "--level: expected easy, medium, hard; got 'harsh'"),
    ],
)
def test_wrong_options_are_refused(words: tuple[str, ...], message: str, capsys):
    assert main(["bench", "faults", *words]) == 2
    assert message in capsys.readouterr().err
