"""What is read of a folder or zip: notebooks, times, and why a file is no submission."""

import contextlib
import datetime
import json
import os
import tempfile
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

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


def test_the_time_in_a_name_is_by_the_clock_of_the_course_and_the_newest_attempt_counts(tmp_path: Path) -> None:
    for time in ("2026-11-26-13-12-00", "2026-11-27-14-00-00"):
        (tmp_path / f"Week 2_aek_attempt_{time}_02.ipynb").write_bytes(notebook(CHECK))
        (tmp_path / f"Week 2_aek_attempt_{time}.txt").write_text("Name: Anna Ek (aek)")
    first, second = submissions.read(tmp_path, zone=ZoneInfo("Europe/Berlin"))
    assert (first.student, first.clock) == (second.student, second.clock) == ("aek", "")
    assert first.modified == datetime.datetime(2026, 11, 26, 12, 12, tzinfo=datetime.UTC).timestamp()
    assert second.modified == datetime.datetime(2026, 11, 27, 13, 0, tzinfo=datetime.UTC).timestamp()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("02.zip", "it is not a notebook but an archive, which is not opened: unpack it"),
        ("02.py", "it is not a notebook but a program"),
        ("02.ipynb.crdownload", "it is not a notebook but a download that never ended"),
        ("02.docx", "it is not a notebook"),
    ],
)
def test_what_a_student_has_handed_in_instead_is_said(name: str, words: str, tmp_path: Path) -> None:
    for path in (f"anna/{name}", "ben/02.ipynb"):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_bytes(notebook(CHECK))
    anna, ben = submissions.read(tmp_path)
    assert (anna.student, anna.problem, ben.problem) == ("anna", words, "")


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


def damaged(archive: Path, marker: bytes, offset: int, by: bytes) -> None:
    content = bytearray(archive.read_bytes())
    first = content.index(marker) + offset
    content[first : first + len(by)] = by
    archive.write_bytes(content)


DAMAGED = {zipfile.ZIP_DEFLATED: 0, zipfile.ZIP_BZIP2: 0, zipfile.ZIP_LZMA: 12}


@pytest.mark.parametrize("method", DAMAGED)
def test_a_damaged_entry_costs_nobody_else_a_mark(method: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w", method) as packed:
        packed.writestr("eve/02.ipynb", notebook(*[CHECK] * 50))
        packed.writestr("zoe/02.ipynb", notebook(CHECK))
    damaged(tmp_path / "class.zip", b"eve/02.ipynb", 12 + DAMAGED[method], b"\xff" * 28)
    eve, zoe = submissions.read(tmp_path / "class.zip")
    assert eve.problem.startswith("it cannot be unpacked: ")
    assert (zoe.problem, zoe.cells) == ("", (Cell(CHECK),))


def test_a_damaged_directory_of_a_zip_is_an_error_of_one_line(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as packed:
        packed.writestr("eve/02.ipynb", notebook(CHECK))
    damaged(tmp_path / "class.zip", b"PK\1\2", 0, b"XX")
    with pytest.raises(LabError, match=r"class\.zip is a damaged zip \(.*\): download it once more"):
        submissions.read(tmp_path / "class.zip")


@pytest.fixture
def a_users_folder() -> Iterator[Path]:
    """A folder outside of what only its owner may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextlib.contextmanager
def ordinary_user() -> Iterator[None]:
    """Root may read everything: within this context the test is somebody else."""
    user = os.geteuid()
    os.seteuid(65534 if user == 0 else user)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("mode", [0o000, 0o400, 0o100])
def test_a_folder_that_cannot_be_read_is_said_and_nobody_is_lost(mode: int, a_users_folder: Path) -> None:
    for name in ("eve", "zoe"):
        (a_users_folder / name).mkdir()
        (a_users_folder / name / "02.ipynb").write_bytes(notebook(CHECK))
        (a_users_folder / name / "02.ipynb").chmod(0o644)
    (a_users_folder / "eve").chmod(mode)
    with ordinary_user():
        eve, zoe = submissions.read(a_users_folder)
    (a_users_folder / "eve").chmod(0o700)
    assert (eve.student, "Permission denied" in eve.problem) == ("eve", True)
    assert (zoe.student, zoe.problem) == ("zoe", "")


def test_a_student_with_very_many_notebooks_costs_nobody_else_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "MOST", 3)
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as packed:
        for number in range(20):
            packed.writestr(f"eve/{number:02}.ipynb", notebook(CHECK))
        packed.writestr("zoe/02.ipynb", notebook(CHECK))
    problems = Counter((each.student, each.problem) for each in submissions.read(tmp_path / "class.zip"))
    assert problems == {("eve", ""): 3, ("eve", "more than 3 notebooks are not read"): 17, ("zoe", ""): 1}


@pytest.mark.parametrize("name", ["Müller", "M\u0308uller", "Øre", "山田", "Ünï cödé"])
def test_umlauts_in_a_zip_that_does_not_say_that_they_are_utf8(name: str, tmp_path: Path) -> None:
    plain = "X" * len(name.encode())
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as packed:
        packed.writestr(f"{plain}/02.ipynb", notebook(CHECK))
    content = (tmp_path / "class.zip").read_bytes().replace(plain.encode(), name.encode())
    (tmp_path / "class.zip").write_bytes(content)
    assert [each.student for each in submissions.read(tmp_path / "class.zip")] == [unicodedata.normalize("NFC", name)]


def test_backslashes_in_a_zip_are_slashes(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as packed:
        packed.writestr("anna\\02.ipynb", notebook(CHECK))
        packed.writestr("ben\\..\\..\\02.ipynb", notebook(CHECK))
    found = {each.student: each.problem for each in submissions.read(tmp_path / "class.zip")}
    assert found == {"anna": "", "ben": "its name leads out of the zip"}


def test_the_layout_is_said_in_one_line(tmp_path: Path) -> None:
    for name in ("Anna Ek_1", "Ben Öz_2"):
        (tmp_path / f"{name}_assignsubmission_file_").mkdir()
        (tmp_path / f"{name}_assignsubmission_file_" / "02.ipynb").write_bytes(notebook(CHECK))
    said: list[str] = []
    submissions.read(tmp_path, say=said.append)
    assert said == [f"{tmp_path}: Moodle, 2 students"]


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
    b'{"cells": [' + b"[]," * 1_500_000 + b"0]}": "the file has too many values: hand it in without outputs",
    json.dumps(
        {"cells": [{"cell_type": "code", "source": "#" * 400_000}] * 2}
    ).encode(): "the notebook has more than 200,000 characters of code",
    json.dumps({"cells": [{"cell_type": "code"}] * 2001}).encode(): "the notebook has more than 2000 cells",
}


@pytest.mark.parametrize("content", NOT_READABLE, ids=lambda content: repr(content[:20]))
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


def test_text_that_is_very_long_is_cut_and_the_code_stays() -> None:
    pictures = [{"cell_type": "markdown", "source": "x" * 400_000}] * 3
    found = notebooks.cells(json.dumps({"cells": [*pictures, {"cell_type": "code", "source": CHECK}]}).encode())
    assert [len(each.source) for each in found] == [400_000, 100_000, 0, len(CHECK)]


WAYS = {
    'lab.check("damp-rooms", f)': ["damp-rooms"],
    "lab.check('damp-rooms')": ["damp-rooms"],
    'lab.check(exercise="damp-rooms", answer=f)': ["damp-rooms"],
    'lab.check(answer=f, exercise="damp-rooms")': ["damp-rooms"],
    'lab.check(\n    "damp-rooms",\n    f,\n)': ["damp-rooms"],
    'lab.check(  # the first\n    "damp-rooms", f)': ["damp-rooms"],
    'lab.check("damp-" "rooms", f)': ["damp-rooms"],
    'v = lab.check("damp-rooms", f); v': ["damp-rooms"],
    'with lab:\n    print(lab.check("damp-rooms", f))': ["damp-rooms"],
    '%%time\nlab.check("damp-rooms", f)': ["damp-rooms"],
    '!pip list\nlab.check("damp-rooms", f)': ["damp-rooms"],
    '%time lab.check("damp-rooms", f)': ["damp-rooms"],
    'if f:\n    %timeit -n1 -r1 lab.check("damp-rooms", f)': ["damp-rooms"],
    'check = lab.check\ncheck("damp-rooms", f)': ["damp-rooms"],
    'files = !ls\nlab.check(answer=f, exercise="damp-rooms")': ["damp-rooms"],
    f'x = f"{"{1}" * 30_000}"\nlab.check("damp-rooms", f)': ["damp-rooms"],  # reading all of it takes half a minute
    'files = !ls\nlab.check("damp-rooms", f)': ["damp-rooms"],
    'def f(:\nlab.check("damp-rooms", f)': ["damp-rooms"],
    'name = "damp-rooms"\nlab.check(name, f)': ["damp-rooms"],
    'for each in ("damp-rooms", "dead-letters"): lab.check(each, f)': ["damp-rooms", "dead-letters"],
    'check = {"damp-rooms": f}\n[lab.check(*each) for each in check.items()]': ["damp-rooms"],
    '# lab.check("damp-rooms", f)': [],
    "text = 'damp-rooms'": [],
    "print(\"lab.check('damp-rooms')\")": [],
    'lab.hint("damp-rooms")': [],
}


@pytest.mark.parametrize("code", WAYS)
def test_a_check_is_found_however_it_is_written(code: str) -> None:
    assert (
        notebooks.exercises_in([Cell("lab = Lab()"), Cell(code), Cell("lab.check('x')", is_code=False)]) == WAYS[code]
    )


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
