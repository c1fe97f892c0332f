"""The folder of a Flink job, without Flink."""

import os
from pathlib import Path

import pytest

from labkit import LabError
from labkit.flink.results import File, Results, Tally


@pytest.fixture
def results(tmp_path: Path) -> Results:
    results = Results(tmp_path)
    for kind in ("readings", "windows"):
        (tmp_path / kind).mkdir()
    results.claim()
    return results


def write(path: Path, text: str, age: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (age, age))


def test_committed_files_are_counted_once_and_half_written_ones_never(results: Results) -> None:
    readings = results.folder / "readings"
    write(readings / "part-b", '{"late":true}\n{"late":false}\n', 1)
    write(readings / "part-a", '{"late":true}\n', 2)
    write(readings / ".part-c.inprogress.1", '{"late":true}\n', 3)
    assert results.tally("readings") == results.tally("readings") == Tally(files=2, rows=3, late=2)
    assert list(results.newest) == [File("readings/part-b", 2, 29), File("readings/part-a", 1, 14)]
    assert results.half_written() == 1
    (readings / ".part-c.inprogress.1").rename(readings / "part-c")
    assert results.tally("readings") == Tally(files=3, rows=4, late=3)
    assert results.tally("alerts") == Tally()


def test_the_newest_whole_checkpoint_of_any_run_is_found(results: Results) -> None:
    assert results.newest_checkpoint() is None
    write(results.checkpoints / "first/chk-9/_metadata", "", 10)
    write(results.checkpoints / "second/chk-2/_metadata", "", 20)
    (results.checkpoints / "second/chk-3").mkdir()  # half-made
    assert results.newest_checkpoint() == results.checkpoints / "second/chk-2"
    write(results.checkpoints / "savepoints/savepoint-1/_metadata", "", 30)
    assert results.newest_checkpoint() == results.checkpoints / "savepoints/savepoint-1"


def test_a_sweep_takes_what_is_older_and_no_results(results: Results) -> None:
    write(results.folder / "windows/part-a", "", 10)
    write(results.folder / "windows/.part-b.inprogress.1", "", 10)
    write(results.folder / "windows/.part-c.inprogress.1", "", 90)
    write(results.checkpoints / "first/chk-9/_metadata", "", 10)
    write(results.checkpoints / "second/chk-2/_metadata", "", 90)
    results.sweep(before=50)
    assert {each.name for each in (results.folder / "windows").iterdir()} == {"part-a", ".part-c.inprogress.1"}
    assert not (results.checkpoints / "first/chk-9").exists()
    assert results.newest_checkpoint() == results.checkpoints / "second/chk-2"


def test_a_folder_belongs_to_one_job_at_a_time(results: Results) -> None:
    other = Results(results.folder)
    with pytest.raises(LabError, match="Another job is writing"):
        other.claim()
    results.release()
    other.claim()
    other.release()


def test_a_job_that_has_done_nothing_leaves_nothing_to_lose(results: Results) -> None:
    results.describe({"group": "flink-1"})
    assert results.is_empty()
    write(results.folder / "windows/.part-b.inprogress.1", "", 10)
    assert results.is_empty()
    write(results.folder / "windows/part-a", "", 10)
    assert not results.is_empty()
    assert Results(results.folder).description() == {"group": "flink-1"}
