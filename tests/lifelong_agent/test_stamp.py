"""Compiled code that was kept is taken for today's only while no source has changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lifelong_agent.stamp import SHARED, stamp


def test_any_source_below_a_folder_counts(tmp_path: Path):
    (tmp_path / "inner").mkdir()
    for name in ("one.py", "inner/two.py", "note.txt"):
        (tmp_path / name).write_text("1")
        os.utime(tmp_path / name, (1.0, 1.0))
    before = stamp(tmp_path)
    os.utime(tmp_path / "note.txt", (2.0, 2.0))
    assert stamp(tmp_path) == before
    os.utime(tmp_path / "inner/two.py", (2.0, 2.0))
    assert stamp(tmp_path) != before


def test_a_single_source_counts_beside_a_folder(tmp_path: Path):
    (tmp_path / "inner").mkdir()
    for name in ("one.py", "inner/two.py"):
        (tmp_path / name).write_text("1")
        os.utime(tmp_path / name, (1.0, 1.0))
    before = stamp(tmp_path / "inner", tmp_path / "one.py")
    assert [name for name, _, _ in before] == ["two.py", "one.py"]
    os.utime(tmp_path / "one.py", (2.0, 2.0))
    assert stamp(tmp_path / "inner", tmp_path / "one.py") != before


def test_all_kernels_of_the_brain_are_kept_with_the_state_of_all():
    pytest.importorskip("numba", reason="needs numba: pip install 'lifelong_agent[fast]'")
    from lifelong_agent.kernels import compiled, fire, living  # noqa: PLC0415 - numba may not be there

    for kernel in (fire, living.live):
        kept = kernel._cache._cache_file._source_stamp
        assert kept == stamp(Path(compiled.__file__).parent, SHARED)
        assert {"drives.py", "batch_codes.py", "addresses.py"} <= {name for name, _, _ in kept}
