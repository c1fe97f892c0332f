"""What is read of a folder or zip: notebooks, times, and why a file is no submission."""

import contextlib
import json
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from labkit import LabError
from labkit.grading import authoring, notebooks, submissions
from labkit.grading.files import slug, write
from labkit.grading.grade import plan
from labkit.grading.notebooks import Cell
from labkit.grading.roster import Person

CHECK = 'lab.check("damp-rooms", damp_rooms)'
PATHS = {
    "Cleo Müller/02_filter_exercises.ipynb": "Cleo Müller",
    "anna/02_filter_exercises.ipynb": "anna",
    "emil.ipynb": "emil",
}


def notebook(*sources: str) -> bytes:
    cells = [new_code_cell(each) for each in sources]
    return nbformat.writes(new_notebook(cells=cells)).encode()


def test_a_folder_and_a_zip_of_it_give_the_same(tmp_path: Path) -> None:
    folder, archive = tmp_path / "class", tmp_path / "class.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in PATHS:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(notebook(CHECK))
            packed.write(folder / path, path)
    found = [(each.student, each.file, each.cells, each.said_late) for each in submissions.read(folder)]
    unpacked = [(each.student, each.file, each.cells, each.said_late) for each in submissions.read(archive)]
    assert sorted(found, key=str) == sorted(unpacked, key=str)
    assert {student for student, *_ in found} == {*PATHS.values()}


NO_TIME = 1_000_000_000.0  # of the file itself
STAMPS: dict[bytes, float] = {
    b"2026-11-26 15:58:23.948203 UTC": 1795708703.948203,
    b"2026-11-26 15:58:23.948203 America/New_York\n": 1795726703.948203,
    b"2026-11-26 15:58:23": 1795708703.0,
    b"2026-11-26 15:58:23 ../../etc/localtime": NO_TIME,
    b"9999-12-31T23:59:59-14:00": NO_TIME,
    b"0001-01-01T00:00:00+14:00": NO_TIME,
    b"yesterday": NO_TIME,
    b"\xff" * 5000: NO_TIME,
}


@pytest.mark.parametrize("stamp", STAMPS)
def test_nbgraders_timestamp_is_the_time_of_a_submission(stamp: bytes, tmp_path: Path) -> None:
    path = tmp_path / "class" / "submitted" / "ben" / "week2"
    path.mkdir(parents=True)
    (path / "timestamp.txt").write_bytes(stamp)
    (path / "02.ipynb").write_bytes(notebook(CHECK))
    os.utime(path / "02.ipynb", (NO_TIME, NO_TIME))
    (each,) = submissions.read(tmp_path / "class")
    assert each.modified == pytest.approx(STAMPS[stamp])
    assert each.clock == ("file, as timestamp.txt cannot be read" if STAMPS[stamp] == NO_TIME else "")
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as packed:
        packed.writestr("submitted/ben/week2/timestamp.txt", stamp)
        packed.writestr(zipfile.ZipInfo("submitted/ben/week2/02.ipynb", (1980, 1, 1, 0, 0, 0)), notebook(CHECK))
    (each,) = submissions.read(tmp_path / "class.zip")
    assert each.modified == pytest.approx(STAMPS[stamp] if STAMPS[stamp] != NO_TIME else 315532800.0)


def test_a_students_own_timestamp_says_nothing(tmp_path: Path) -> None:
    own = b"2026-01-01 00:00:00 UTC"
    for place in ("Eve_9_assignsubmission_file_", "submitted/eve/week2/own", "submitted/ben/week2"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "timestamp.txt").write_bytes(own)
        (tmp_path / place / "02.ipynb").write_bytes(notebook(CHECK))
        os.utime(tmp_path / place / "02.ipynb", (NO_TIME, NO_TIME))
    (tmp_path / "submitted/eve/week2/timestamp.txt").write_text("2026-11-30 00:00:00 UTC")
    (tmp_path / "submitted").rename(tmp_path / "nbgrader")
    (each,) = submissions.read(tmp_path / "Eve_9_assignsubmission_file_")
    assert (each.modified, each.clock) == (NO_TIME, "file")
    (tmp_path / "course").mkdir()
    (tmp_path / "nbgrader").rename(tmp_path / "course" / "submitted")
    ben, eve = submissions.read(tmp_path / "course")
    assert (ben.modified, eve.modified) == (1767225600.0, 1795996800.0)


def test_links_and_names_that_lead_out_are_problems_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.ipynb").write_bytes(notebook("secret"))
    (tmp_path / "class" / "eve").mkdir(parents=True)
    (tmp_path / "class" / "eve" / "a.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (each,) = submissions.read(tmp_path / "class")
    assert (each.cells, each.problem) == ((), "it is no regular file, but a link")
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as packed:
        packed.writestr("../../out.ipynb", notebook(CHECK))
        link = zipfile.ZipInfo("eve/link.ipynb")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
    problems = {each.problem for each in submissions.read(tmp_path / "class.zip")}
    assert problems == {"its name leads out of the zip", "it is no regular file, but a link"}


def test_names_that_are_no_text_or_move_the_cursor_are_escaped(tmp_path: Path) -> None:
    for name in (b"caf\xe9", b"\x1b[2Jeve", "\u202eeve".encode()):
        path = os.fsencode(tmp_path / "class") + b"/" + name
        os.makedirs(path)
        Path(os.fsdecode(path), "02.ipynb").write_bytes(notebook(CHECK))
    found = {each.student for each in submissions.read(tmp_path / "class")}
    assert found == {"caf\\udce9", "\\x1b[2Jeve", "\\u202eeve"}


@pytest.mark.parametrize("date", [(1980, 0, 0, 0, 0, 0), (2026, 13, 1, 0, 0, 0), (2026, 2, 31, 31, 63, 62)])
def test_an_entry_whose_time_no_calendar_has_is_read_all_the_same(tmp_path: Path, date: Any) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as packed:
        packed.writestr(zipfile.ZipInfo("anna/02.ipynb", date), notebook(CHECK))
        packed.writestr(zipfile.ZipInfo("ben/02.ipynb", (2026, 11, 26, 0, 0, 0)), notebook(CHECK))
    assert [(each.student, each.problem) for each in submissions.read(tmp_path / "class.zip")] == [
        ("anna", ""),
        ("ben", ""),
    ]


def test_notebooks_of_one_name_in_several_folders_are_executed_into_files_of_their_own(tmp_path: Path) -> None:
    for week, name in (("week1", "damp-rooms"), ("week2", "dead-letters")):
        file = tmp_path / "submitted" / "anna" / week / "ex.ipynb"
        file.parent.mkdir(parents=True)
        file.write_bytes(notebook(f'lab.check("{name}", answer)'))
    found = submissions.read(tmp_path, {"anna": Person("anna")})
    made = plan(found, authoring.of_the_package().folder.exercises())
    assert [each.student for each in made.tasks] == ["anna", "anna"]
    assert len({each.executed for each in made.tasks}) == 2


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_entries_of_one_name_in_a_zip_the_last_counts(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as packed:
        packed.writestr("anna/ex.ipynb", notebook("1"))
        packed.writestr("anna/ex.ipynb", notebook("2"))
    assert [each.cells for each in submissions.read(tmp_path / "class.zip")] == [(Cell("2"),)]


def test_a_file_may_be_written_by_several_threads_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        written = {*pool.map(lambda _: write(tmp_path / "report.json", "{}"), range(500))}
    assert [*written] == [*tmp_path.iterdir()] == [tmp_path / "report.json"]


def test_a_zip_bomb_is_unpacked_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submissions, "LARGEST", 100_000)
    with zipfile.ZipFile(tmp_path / "class.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("eve/bomb.ipynb", b"0" * 10_000_000)
    (each,) = submissions.read(tmp_path / "class.zip")
    assert (each.cells, each.problem) == ((), "it is larger than 0.0954 MB: hand it in without outputs")


def test_nothing_to_grade_is_an_error_in_one_line(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.zip"):
        with pytest.raises(LabError, match="There is no"):
            submissions.read(path)


NOT_READABLE = {
    b"": "the file is empty",
    b"half of a": "the file is not JSON, so it is not a notebook",
    b"[" * 100_000: "the file is not JSON, so it is not a notebook",
    b"[]": "the file is not a notebook of format 4",
    b'{"worksheets": []}': "the file is not a notebook of format 4",
    json.dumps(
        {"cells": [], "metadata": {"language_info": {"name": "R"}}}
    ).encode(): "the notebook is in r, not in Python",
    json.dumps({"cells": [{"cell_type": "markdown"}]}).encode(): "the notebook has no code",
}


@pytest.mark.parametrize("content", NOT_READABLE)
def test_what_is_no_notebook_is_unreadable_with_the_reason(content: bytes) -> None:
    with pytest.raises(notebooks.Unreadable) as reason:
        notebooks.cells(content)
    assert str(reason.value) == NOT_READABLE[content]


def test_a_notebook_is_read_as_any_editor_saves_it() -> None:
    whole = new_notebook(cells=[new_markdown_cell("text"), new_code_cell("lab = Lab()"), new_code_cell(CHECK)])
    whole.metadata["kernelspec"] = {"name": "python3.99", "display_name": "?"}
    bare = json.loads(nbformat.writes(whole))
    for cell in bare["cells"]:
        cell.pop("id")
        cell["source"] = cell["source"] if isinstance(cell["source"], list) else cell["source"].splitlines(True)
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 1_000_000}]
    bare |= {"nbformat_minor": 0}
    assert notebooks.cells(json.dumps(bare).encode()) == [Cell("text", False), Cell("lab = Lab()"), Cell(CHECK)]


def test_half_a_character_does_not_spoil_a_notebook() -> None:
    content = json.dumps({"cells": [{"cell_type": "code", "source": "'\ud800'"}]}).encode()
    assert notebooks.cells(content) == [Cell("'?'")]


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_no_file_of_any_content_raises_anything_else(content: bytes) -> None:
    with contextlib.suppress(notebooks.Unreadable):
        assert all(isinstance(each.source, str) for each in notebooks.cells(content))


def test_the_newest_file_of_a_student_counts_for_each_exercise(tmp_path: Path) -> None:
    exercises = authoring.of_the_package().folder.exercises()
    code = {"old": [CHECK, 'lab.check("which-records", "a")'], "new": [CHECK], "older": [CHECK]}
    for number, name in enumerate(("older", "old", "new"), 1_000_000_000):
        file = tmp_path / "anna" / f"{name}.ipynb"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(notebook(*code[name]))
        os.utime(file, (number, number))
    (tmp_path / "ben").mkdir()
    (tmp_path / "ben" / "other.ipynb").write_bytes(notebook("print(1)"))
    made = plan(submissions.read(tmp_path), exercises)
    counted = {task.submission.file: [each.name for each in task.exercises] for task in made.tasks}
    assert counted == {"anna/new.ipynb": ["damp-rooms"], "anna/old.ipynb": ["which-records"]}
    assert made.older == [("anna", "anna/older.ipynb", "anna/new.ipynb")]
    assert made.unreadable == [("ben", "ben/other.ipynb", "it checks no exercise of this course")]


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_two_students_share_a_file_name_and_none_leads_elsewhere(one: str, other: str) -> None:
    assert (slug(one) == slug(other)) == (one == other)
    assert slug(one).replace("-", "").isalnum()
    assert slug(one).isascii()
