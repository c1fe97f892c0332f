"""Copies of the notebooks are whole, or not there."""

import resource
from pathlib import Path

import pytest

from labkit import LabError, lessons

ORIGINALS = {each.name: each.read_bytes() for each in lessons.folder().glob("*.ipynb")}


def copies(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def test_a_full_disk_leaves_no_half_notebook(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(LabError, match="File too large"):
            lessons.copy_missing(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert copies(tmp_path) == {}
    assert set(lessons.copy_missing(tmp_path)) == {*ORIGINALS}
    assert copies(tmp_path) == ORIGINALS


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / lessons.DASHBOARD).write_text("a student's")
    assert lessons.DASHBOARD not in lessons.copy_missing(tmp_path)
    assert copies(tmp_path) == ORIGINALS | {lessons.DASHBOARD: b"a student's"}
