"""Exports of Canvas and Moodle: read as a roster, filled in with marks, and otherwise left as they are."""

from pathlib import Path

import pytest

from labkit import LabError
from labkit.grading import lms
from labkit.grading.course import Course

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Filter (11),Windows (12),Final Score
    Points Possible,,,,,20.0,10.0,(read only)
"Ek, Anna",98765,1,aek@x,A,,3,12.5
"Öz, Ben",98766,2,boz@x,A,4.0,,
"""

MOODLE = """\
Identifier,"Full name",Status,Grade,"Maximum Grade","Last modified (submission)"
"Participant 4711","Anna Ek","Submitted for grading",,100.00,"Thursday, 26 November 2026, 1:12 PM"
"Participant 4712","Ben Öz","No submission",,"100,00",-
"""


def test_canvas_export_is_filled_in(tmp_path: Path) -> None:
    file = tmp_path / "canvas.csv"
    file.write_text(CANVAS, encoding="utf-8-sig")
    (sheet,) = lms.sheets(Course(canvas=file, canvas_column="Filter (11)"))
    assert sheet.roster == {"98765": "Ek, Anna", "98766": "Öz, Ben"}
    heads, possible, anna, ben = sheet.filled({"98765": (9.0, 18.0), "4": (1.0, 18.0)})
    assert heads == CANVAS.splitlines()[0].split(",")
    assert possible == ["    Points Possible", "", "", "", "", "20.0", "10.0", "(read only)"]
    assert anna == ["Ek, Anna", "98765", "1", "aek@x", "A", "10.00", "3", "12.5"]
    assert ben == ["Öz, Ben", "98766", "2", "boz@x", "A", "4.0", "", ""]


def test_moodle_worksheet_is_filled_in(tmp_path: Path) -> None:
    file = tmp_path / "moodle.csv"
    file.write_text(MOODLE)
    (sheet,) = lms.sheets(Course(moodle=file))
    assert sheet.roster == {"4711": "Anna Ek", "4712": "Ben Öz"}
    assert [row[3] for row in sheet.filled({"4711": (9.0, 18.0), "4712": (6.0, 18.0)})] == ["Grade", "50.00", "33.33"]


def test_without_points_possible_the_points_are_taken_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "moodle.csv").write_text("Identifier,Grade\nParticipant 1,\n")
    assert lms.moodle(tmp_path / "moodle.csv").filled({"1": (7.5, 18.0)})[1] == ["Participant 1", "7.50"]


WRONG = {
    "canvas": (CANVAS, r"column = one of 'Filter \(11\)', 'Windows \(12\)'"),
    "moodle": ("Name,Grade\n", "has no column 'Identifier'"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_export_is_told_in_one_line(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    with pytest.raises(LabError, match="cannot be read"):
        lms.sheets(Course(canvas=file))
    text, words = WRONG[kind]
    file.write_text(text)
    with pytest.raises(LabError, match=words):
        lms.sheets(Course(canvas=file) if kind == "canvas" else Course(moodle=file))
