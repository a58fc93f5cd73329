from __future__ import annotations

import pytest

from experiments import speed_classic
from experiments.speed_classic import contestants, steps_per_second


def test_who_can_be_measured():
    assert contestants("CartPole-v1")[:5] == ["numba", "numpy", "torch", "gymnasium", "gymnasium-sync"]
    assert "gymnasium" not in contestants("Acrobot-v1")


@pytest.mark.parametrize("engine", ("numba", "numpy", "torch", "gymnasium", "gymnasium-sync"))
def test_steps_are_counted_by_the_cpus_clock(engine: str, monkeypatch: pytest.MonkeyPatch):
    clock = iter([10.0, 12.0])
    monkeypatch.setattr(speed_classic.time, "process_time", lambda: next(clock))
    # 1,000 steps of 5 at a time are 4 turns of 64 vector steps, in 2 seconds
    assert steps_per_second("CartPole-v1", 5, engine, steps=1_000) == 4 * 64 * 5 / 2


def test_compiled_rows_outrun_gymnasiums_own():
    ours, theirs = (steps_per_second("Acrobot-v1", 64, engine, steps=4_096) for engine in ("numba", "gymnasium-sync"))
    assert ours > 10 * theirs


@pytest.mark.parametrize("arguments", [("CartPole-v0", 2, "numba"), ("Acrobot-v1", 2, "gymnasium")])
def test_what_cannot_be_measured_is_refused(arguments: tuple[str, int, str]):
    with pytest.raises(ValueError, match="; got "):
        steps_per_second(*arguments)
