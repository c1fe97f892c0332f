"""Files that were handed in with a notebook, such as the table of a project: it is graded with them in its folder."""

import zipfile
from pathlib import Path

import pytest

from labkit.grading import beside, notebooks, submissions
from labkit.grading.grade import plan
from labkit.grading.runner.job import Limits
from labkit.grading.submissions import Submission
from tests.grading.classes import EXERCISES, RECORDS, START, grader, points, write

READS = """
import csv, pathlib
rows = [*csv.DictReader(open("tables/tides.csv"))] + [*csv.DictReader(open("more.csv"))]
import project
assert not pathlib.Path("../other.csv").exists()
lab.check("which-records", rows[0]["answer"].split() + [project.LAST])
"""
FILES = {"tables/tides.csv": "answer\nC\n", "more.csv": "answer\n", "project.py": "LAST = 'D'\n"}


def handed_in(folder: Path, files: dict[str, str] = FILES, cells: tuple[str, ...] = (START, READS)) -> Path:
    write(folder / "10.ipynb", [*cells])
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def packed(folder: Path) -> Path:
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w") as archive:
        for file in folder.rglob("*.*"):
            archive.write(file, file.relative_to(folder))
    return folder.with_suffix(".zip")


@pytest.mark.usefixtures("sandboxes")
def test_a_project_is_graded_with_the_tables_and_modules_that_it_reads(tmp_path: Path) -> None:
    handed_in(tmp_path / "class" / "anna")
    handed_in(tmp_path / "class" / "ben", {"project.py": FILES["project.py"], "../other.csv": ""})
    made = plan(submissions.read(packed(tmp_path / "class")), EXERCISES)
    anna, ben = grader(tmp_path / "out", Limits()).grade(made.tasks, 2)
    assert points(anna) == {"which-records": 1}
    assert anna["trouble"] == []
    assert points(ben) == {"which-records": 0}
    assert "No such file or directory: 'tables/tides.csv'" in ben["trouble"][0]


OWN: dict[str, dict[str, str | None]] = {  # by notebook: other files, and what it finds them as
    "anna/week/10.ipynb": {"anna/week/a.csv": "a.csv", "anna/week/in/b.csv": "in/b.csv", "anna/c.csv": None},
    "A Ek_1_assignsubmission_file_/10.ipynb": {"A Ek_1_assignsubmission_file_/a.csv": "a.csv"},
    "A Ek_1_assignsubmission_file_10.ipynb": {"A Ek_1_assignsubmission_file_a.csv": "a.csv"},
    "ekanna_1_22_10.ipynb": {"ekanna_1_23_a.csv": "a.csv", "ekanna_LATE_1_24_b-2.csv": "b-2.csv b.csv"},
    "Ek_Anna_aek_1/10.ipynb": {"Ek_Anna_aek_1/a.csv": "a.csv", "Ek_Anna_aek_1/b/b-1.csv": "b/b-1.csv"},
    "submitted/aek/w2/10.ipynb": {
        "submitted/aek/w2/a.csv": "a.csv", "submitted/aek/w2/timestamp.txt": None, "submitted/aek/w1/b.csv": None,
        "submitted/ben/w2/c.csv": None,
    },
    "anna.ipynb": {"anna.csv": None, "ben/b.csv": None},
}  # fmt: skip


def read(folder: Path, paths: list[str]) -> Submission:
    for path in paths:
        if path.endswith(".ipynb"):
            write(folder / path, [RECORDS])
        else:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(path)
    return next(each for each in submissions.read(folder) if each.cells)


@pytest.mark.parametrize("notebook", OWN)
def test_a_notebook_has_what_is_in_its_folder_under_the_names_that_the_student_gave(
    notebook: str, tmp_path: Path
) -> None:
    wanted = {name: path.encode() for path, names in OWN[notebook].items() for name in (names or "").split()}
    assert beside.read(read(tmp_path / "class", [notebook, *OWN[notebook]]).beside) == wanted


def test_nobodys_files_cost_much_and_what_is_left_out_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "LARGEST", 100)
    folder = handed_in(tmp_path / "class" / "anna", {"a.csv": "a" * 60, "b.csv": "b" * 60, "c.csv": "c" * 40})
    (folder / "link.csv").symlink_to("/etc/hostname")
    (each,) = submissions.read(tmp_path / "class")
    assert [*beside.read(each.beside)] == ["a.csv", "c.csv"]
    for number in range(beside.MOST):
        (folder / f"0{number}.csv").write_text("")
    (each,) = submissions.read(packed(tmp_path / "class"))
    assert len(each.beside) == beside.MOST + 4
    assert len(beside.read(each.beside)) == beside.MOST


def test_a_bomb_is_not_even_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handed_in(tmp_path / "class" / "anna", {"small.csv": "1"})
    with zipfile.ZipFile(packed(tmp_path / "class"), "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("anna/bomb.csv", b"0" * (beside.LARGEST + 1))
    (each,) = submissions.read(tmp_path / "class.zip")
    bomb = each.beside["bomb.csv"]
    with pytest.raises(notebooks.Unreadable, match="it is larger than 10 MB"):
        bomb.read(beside.LARGEST)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it is unpacked"))
    assert beside.read({"bomb.csv": bomb}) == {}


def test_who_hands_in_another_table_is_graded_again(tmp_path: Path) -> None:
    def report() -> str:
        (task,) = plan(submissions.read(tmp_path / "class"), EXERCISES).tasks
        return str(grader(tmp_path / "out", Limits())._file(task))

    folder = handed_in(tmp_path / "class" / "anna", {}, (RECORDS,))
    found = [report()]
    for name, text in (("a.csv", "1"), ("a.csv", "2"), ("b.csv", "2")):
        (folder / name).write_text(text)
        found += [report(), report()]
    assert [len({*found[:count]}) for count in (1, 3, 5, 7)] == [1, 2, 3, 4]


def test_a_notebook_of_ones_own_is_tried_with_what_is_beside_it(tmp_path: Path) -> None:
    each = submissions.one(handed_in(tmp_path) / "10.ipynb")
    assert {*each.beside} == {"more.csv", "project.py"}
