"""Packed cells: small, equal for equal records, unpacked into finished cells, and refused where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.archive import archive_of, pack_cell, unpack_cell
from experiments.cells import Cell, cells
from experiments.life import live
from experiments.load import SpecError
from experiments.records import read_record
from tests.experiments.stand_ins import tiny


def lived(folder: Path) -> Cell:
    cell = cells(tiny(), folder)[0]
    live(cell)
    return cell


def test_a_packed_cell_is_the_same_cell_elsewhere(tmp_path: Path):
    one = lived(tmp_path / "one")
    path = archive_of(one, "tiny", tmp_path)
    size = pack_cell(one, path)
    assert size == path.stat().st_size
    assert path.read_bytes() == (pack_cell(one, path), path.read_bytes())[1], "equal records, equal bytes"
    two = cells(tiny(), tmp_path / "two")[0]
    unpack_cell(path, two)
    assert two.done
    before, after = read_record(one.folder), read_record(two.folder)
    assert before.returns.tolist() == after.returns.tolist()
    assert before.done == after.done
    assert not (two.folder / "tensorboard").exists()


def test_broken_and_foreign_archives_leave_nothing(tmp_path: Path):
    one = lived(tmp_path / "one")
    path = archive_of(one, "tiny", tmp_path)
    pack_cell(one, path)
    whole = path.read_bytes()
    other = cells(tiny(), tmp_path / "two")[0]
    for broken in (whole[: len(whole) // 2], b"nothing of the kind"):
        path.write_bytes(broken)
        with pytest.raises(SpecError, match="no packed cell, or is broken"):
            unpack_cell(path, other)
        assert not other.folder.exists()
    path.write_bytes(whole)
    longer = cells(tiny(), tmp_path / "three")[0]
    object.__setattr__(longer, "num_envs", longer.num_envs * 2)
    with pytest.raises(SpecError, match="another spec"):
        unpack_cell(path, longer)
    assert not longer.folder.exists()


def test_an_archive_without_an_end_is_no_finished_cell(tmp_path: Path):
    one = lived(tmp_path / "one")
    path = archive_of(one, "tiny", tmp_path)
    (one.folder / "done.json").unlink()
    pack_cell(one, path)
    with pytest.raises(SpecError, match="no finished cell"):
        unpack_cell(path, cells(tiny(), tmp_path / "two")[0])
