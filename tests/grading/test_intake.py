"""What a grading begins with: several archives of one course, and a roster that may be another course's."""

import os
from pathlib import Path

import pytest

from labkit import LabError
from labkit.grading import command, intake
from labkit.grading.command import Wanted
from tests.grading.classes import DEAD_LETTERS, RECORDS, write

WORKSHEET = "Identifier,Full name,Grade\nParticipant 11,Anna Ek,\nParticipant 12,Ben Öz,\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("LAB_EXERCISES", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "moodle.csv").write_text(WORKSHEET, encoding="utf-8")
    return tmp_path


def week(folder: Path, code: str, **numbers: int) -> Path:
    for name, number in numbers.items():
        write(folder / f"{name.replace('_', ' ')}_{number}_assignsubmission_file_" / "ex.ipynb", [code])
    return folder


def read(here: Path, course: str, *paths: Path) -> tuple[intake.Intake, list[str]]:
    (here / "course.toml").write_text(course, encoding="utf-8")
    said: list[str] = []
    return intake.read(paths, here / "course.toml", said.append), said


def test_a_term_of_several_assignments_is_one_gradebook(here: Path) -> None:
    """For Moodle everybody has another number in each assignment."""
    first = week(here / "week1", RECORDS, Anna_Ek=11, Ben_Öz=12)
    second = week(here / "week2", DEAD_LETTERS, Anna_Ek=21, Cleo=23)
    found, said = read(here, "[moodle]\nworksheet = 'moodle.csv'\n", first, second)
    exercises = {(task.student, each.name) for task in found.plan.tasks for each in task.exercises}
    assert exercises == {
        ("Anna Ek_11", "which-records"), ("Anna Ek_11", "dead-letters"), ("Ben Öz_12", "which-records"),
        ("Cleo_23", "dead-letters"),
    }  # fmt: skip
    assert {task.submission.file.partition("/")[0] for task in found.plan.tasks} == {"week1", "week2"}
    assert {student: person.id for student, person in found.everybody.items()} == {
        "Anna Ek_11": "11", "Ben Öz_12": "12", "Cleo_23": "Cleo_23",
    }  # fmt: skip
    assert said == [f"{first}: Moodle, 2 students", f"{second}: Moodle, 2 students"]


def test_two_archives_of_one_name_are_refused(here: Path) -> None:
    with pytest.raises(LabError, match="Two of the folders or zips are called class: rename one"):
        read(here, "", *(week(here / each / "class", RECORDS, Anna=1, Ben=2) for each in ("a", "b")))


def test_a_roster_that_matches_nobody_says_so(here: Path) -> None:
    folder = week(here / "class", RECORDS, Dan_Ek=41, Eve_Öz=42)
    _, said = read(here, "[moodle]\nworksheet = 'moodle.csv'\n", folder)
    assert said[-1] == (
        "Nobody who has handed in is on the roster, by id or by name: here is 'Dan Ek_41', on the roster "
        "'11' (Anna Ek). Is it the roster of another course?"
    )
    _, said = read(here, "[moodle]\nworksheet = 'moodle.csv'\n", week(folder, RECORDS, Anna_Ek=43))
    assert len(said) == 1  # she is found by her name


NOTHING = {
    "ana": "--only ana: nobody is called so: did you mean 'anna'?",
    "zzz": "--only zzz: nobody is called so: give the id, the name or the folder of a student.",
    "ben": r"--only ben: ben has handed in nothing that can be graded \(ben/x.ipynb: it checks no exercise",
    "Cleo": "--only Cleo: cleo has handed in nothing that can be graded.",
}


@pytest.mark.parametrize("only", NOTHING)
def test_why_there_is_nothing_to_grade_is_said(only: str, here: Path) -> None:
    write(here / "class" / "anna" / "x.ipynb", [RECORDS])
    write(here / "class" / "ben" / "x.ipynb", ["1"])
    os.utime(here / "class" / "ben" / "x.ipynb")
    (here / "course.toml").write_text("[roster]\nanna = 'Anna'\ncleo = 'Cleo'\n")
    with pytest.raises(LabError, match=NOTHING[only]):
        command.grade(
            [here / "class"], here / "grades", here / "course.toml", Wanted(only=["anna", only], isolated=False)
        )
