"""Exports of Canvas and Moodle: read as a roster, filled in with marks, and otherwise left as they are."""

import csv
import datetime
import io
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit import LabError
from labkit.grading import gradebook, lms, verbatim
from labkit.grading.course import Canvas, Course, Moodle
from labkit.grading.roster import Person

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Filter (11),Windows (12),Final Score
    Points Possible,,,,,20.0,10.0,(read only)
"Ek, Anna",98765,1,aek@x,A,,3,12.5
"Öz, Ben",98766,2,boz@x,A,4.0,,
"Student, Test",98767,,x,A,,,
"""

MOODLE = """\
Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Last modified (submission)"
"Participant 4711","Anna Ek",aek@x,"Submitted for grading",,100.00,"Thursday, 26 November 2026, 1:12 PM"
"Participant 4712","Ben Öz",boz@x,"No submission",,"100,00",-
"""


def test_canvas_export_is_filled_in(tmp_path: Path) -> None:
    file = tmp_path / "canvas.csv"
    file.write_text(CANVAS, encoding="utf-8-sig")
    (sheet,) = lms.sheets(Course(canvas=Canvas(export=file, column="Filter (11)")))
    assert sheet.roster == {
        "98765": Person("98765", "Ek, Anna", logins=("aek@x", "1")),
        "98766": Person("98766", "Öz, Ben", logins=("boz@x", "2")),
    }
    filled = sheet.filled({"98765": (9.0, 18.0), "4": (1.0, 18.0)})
    assert filled.startswith("\ufeff")
    heads, possible, anna, ben, _ = csv.reader(filled.removeprefix("\ufeff").splitlines())
    assert heads == CANVAS.splitlines()[0].split(",")
    assert possible == ["    Points Possible", "", "", "", "", "20.0", "10.0", "(read only)"]
    assert anna == ["Ek, Anna", "98765", "1", "aek@x", "A", "10.00", "3", "12.5"]
    assert ben == ["Öz, Ben", "98766", "2", "boz@x", "A", "4.0", "", ""]


def test_moodle_worksheet_is_filled_in(tmp_path: Path) -> None:
    file = tmp_path / "moodle.csv"
    file.write_text(MOODLE)
    (sheet,) = lms.sheets(Course(moodle=Moodle(worksheet=file), timezone="Europe/Berlin"))
    at = datetime.datetime(2026, 11, 26, 13, 12, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    assert sheet.roster == {
        "4711": Person("4711", "Anna Ek", "aek@x", ("", ""), at),
        "4712": Person("4712", "Ben Öz", "boz@x", ("", "")),
    }
    filled = csv.reader(sheet.filled({"4711": (9.0, 18.0), "4712": (6.0, 18.0)}).splitlines())
    assert [row[4] for row in filled] == ["Grade", "50.00", "33.33"]


def test_a_time_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    file = tmp_path / "moodle.csv"
    file.write_text(MOODLE.replace("Thursday, 26 November 2026, 1:12 PM", "jeudi 26 novembre 2026, 13:12"))
    sheet = lms.moodle(file)
    assert sheet.notes == (
        f"{file}: the time 'jeudi 26 novembre 2026, 13:12' cannot be read; that of the file counts.",
    )
    assert {each.submitted for each in sheet.roster.values()} == {None}


def test_of_many_times_that_cannot_be_read_some_are_said_and_the_others_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "moodle.csv"
    head = "Identifier,Full name,Grade,Maximum Grade,Last modified (submission)"
    rows = [f"Participant {number},Anna,,100,jeudi {number}" for number in range(80)]
    file.write_text("\n".join([head, *rows]))
    assert len(lms.moodle(file).notes) == 4
    assert lms.moodle(file).notes[-1] == f"{file}: nor can 77 other times."


@pytest.mark.parametrize(
    ("maximum", "points", "said"),
    [("1.000,00", "500.00", []), ("1,000.00", "500.00", []), ("20", "10.00", []), ("a lot", "9.00", ["'a lot'"])],
)
def test_a_maximum_is_read_as_it_is_written_or_said_to_be_no_number(
    maximum: str, points: str, said: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "moodle.csv"
    file.write_text(f'Identifier,Full name,Grade,Maximum Grade\nParticipant 4711,Anna,,"{maximum}"\n')
    sheet = lms.moodle(file)
    (_, row) = csv.reader(sheet.filled({"4711": (9.0, 18.0)}).splitlines())
    assert row[2] == points
    assert [f"{file}: the maximum grade {each} is not a number: points stay as they are." for each in said] == [
        *sheet.notes
    ]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("begins", ["", "\ufeff"])
def test_only_cells_that_are_filled_in_change(begins: str, ends: str, tmp_path: Path) -> None:
    comment = f'"Good work; see ""me"".{ends}On Monday, at 9."'
    lines = [
        'Identifier,"Full name",Grade,Maximum Grade,Feedback comments,"More"',
        f"Participant 1,Anna Ek,{{}},100.00,{comment}",
        'Participant 2,"Ben Öz",{},"100,00",{},""  ',
        "",
        ",,,,",
        f"Participant 3,Short row{ends}",
        'Participant 4, "Fay" Öz ,{},"100.00"',
        'Participant 5,"Not handed in",,,,,,one,too,many',
    ]
    export = begins + ends.join(lines)
    file = tmp_path / "moodle.csv"
    file.write_bytes(export.format("", "3", "", "").encode())
    sheet = lms.moodle(file)
    assert [each and each.id for each in sheet.people] == ["1", "2", None, None, "3", None, "4", "5"]
    gradebook.write(tmp_path / "out", Course(), [], [], [sheet], [])
    assert (tmp_path / "out" / "moodle.csv").read_bytes() == file.read_bytes()
    filled = sheet.filled({"1": (9.0, 18.0), "2": (9.0, 18.0), "4": (18.0, 18.0)}, {"1": "x", "2": "a, b"})
    assert filled == export.format("50.00", "50.00", '"a, b"', "100.00")
    short = sheet.filled({"3": (9.0, 9.0)}, {"3": "Well done"})
    assert f"Participant 3,Short row,9.00,,Well done{ends}" in short


@given(
    st.text(st.sampled_from('ab ,;"\n\r\t\ufeff'), max_size=40),
    st.sampled_from([",", ";", "\t"]),
)
def test_rows_say_what_pythons_own_reader_reads_and_stay_as_they_are(text: str, delimiter: str) -> None:
    try:
        rows = [*verbatim.rows(text, delimiter)]
    except ValueError:
        return
    assert verbatim.text(rows, delimiter) == text
    assert [each.values for each in rows] == [*csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]


@given(st.text(max_size=20), st.sampled_from([",", ";", "\t"]))
def test_a_cell_says_what_was_meant(value: str, delimiter: str) -> None:
    written = verbatim.text([verbatim.Row(["x", verbatim.cell(value, delimiter), "y"], "\n")], delimiter)
    assert [each.values for each in verbatim.rows(written, delimiter)] == [["x", value, "y"]]


def test_rows_of_canvas_that_are_no_students_stay(tmp_path: Path) -> None:
    (tmp_path / "canvas.csv").write_text(CANVAS.replace("    Points", ",,,,,Manual Posting,,\n\n    Points", 1))
    sheet = lms.canvas(tmp_path / "canvas.csv", "Filter (11)")
    assert [*sheet.roster] == ["98765", "98766"]
    filled = csv.reader(sheet.filled({"98765": (9.0, 18.0)}).splitlines())
    assert [row[5] for row in filled if row][1:4] == ["Manual Posting", "20.0", "10.00"]


def test_a_file_that_is_no_table_is_an_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "moodle.csv").write_text(f'Identifier,Grade\n"{"x" * 200_000}')
    with pytest.raises(LabError, match=r"moodle\.csv is not a table in CSV \(a quote that is never closed"):
        lms.moodle(tmp_path / "moodle.csv")


def test_a_sheet_with_semicolons_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "moodle.csv").write_text("Identifier;Full name;Grade\nParticipant 1;Anna;\n")
    assert lms.moodle(tmp_path / "moodle.csv").filled({"1": (5.0, 9.0)}).splitlines()[1] == "Participant 1;Anna;5.00"


def test_without_points_possible_the_points_are_taken_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "moodle.csv").write_text("Identifier,Grade\nParticipant 1,\n")
    assert lms.moodle(tmp_path / "moodle.csv").filled({"1": (7.5, 18.0)}).splitlines()[1] == "Participant 1,7.50"


WRONG = {
    "canvas": (CANVAS, r"column = one of 'Filter \(11\)', 'Windows \(12\)'"),
    "moodle": ("Name,Grade\n", "has no column 'Identifier', but Name, Grade: is it the right file"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_export_is_told_in_one_line(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    with pytest.raises(LabError, match="cannot be read"):
        lms.sheets(Course(canvas=Canvas(export=file)))
    file.write_bytes("Identifier".encode("utf-16"))
    with pytest.raises(LabError, match="is not in UTF-8"):
        lms.sheets(Course(canvas=Canvas(export=file)))
    text, message = WRONG[kind]
    file.write_text(text)
    with pytest.raises(LabError, match=message):
        lms.sheets(Course(canvas=Canvas(export=file)) if kind == "canvas" else Course(moodle=Moodle(worksheet=file)))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["Anna,1.00E+16", "Ben,1.00E+16"], "row 3: 1.00E+16 is no id. A spreadsheet has rounded it"),
        (['Anna,"1,00E+16"'], "row 3: 1,00E+16 is no id"),
        (["Anna,101", "Ben,102", "Cleo,101"], "101 is in the rows 3 and 5, and an id is one student's."),
    ],
)
def test_ids_that_a_spreadsheet_has_spoiled_are_refused(rows: list[str], words: str, tmp_path: Path) -> None:
    file = tmp_path / "canvas.csv"
    file.write_text("\n".join(["Student,ID,Filter (11)", "    Points Possible,,20", *(f"{each}," for each in rows)]))
    with pytest.raises(LabError) as error:
        lms.sheets(Course(canvas=Canvas(export=file)))
    assert words in str(error.value)


def test_a_participant_who_is_there_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "moodle.csv"
    file.write_text(MOODLE + MOODLE.splitlines()[1] + "\n")
    with pytest.raises(LabError, match=r"moodle\.csv: 4711 is in the rows 2 and 4"):
        lms.sheets(Course(moodle=Moodle(worksheet=file)))


@pytest.mark.parametrize("begin", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_a_workbook_with_the_name_of_an_export_is_told(begin: bytes, tmp_path: Path) -> None:
    file = tmp_path / "canvas.csv"
    file.write_bytes(begin + b"...")
    with pytest.raises(LabError, match=r"canvas\.csv is a workbook, whatever its name: export it once more, as CSV\.$"):
        lms.sheets(Course(canvas=Canvas(export=file)))
