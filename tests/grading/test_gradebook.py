"""The files for the instructor and for the students."""

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labkit.grading import feedback, gradebook, lms
from labkit.grading.copies import Copies
from labkit.grading.course import Course
from labkit.grading.notebooks import Cell
from labkit.grading.results import Result
from labkit.grading.roster import Person
from labkit.grading.submissions import Submission
from tests.grading.reports import EXERCISES, exercise, report, task

WORTH = {"damp-rooms": 9.0, "dead-letters": 9.0}
LESSONS = dict.fromkeys(WORTH, "02_filter")
EVIL = "<script>alert(1)</script>\x1b[2J\udcff"


def result(student: str = "anna", **more: Any) -> Result:
    reports = [report({"damp-rooms": 3, "dead-letters": 9}, text=EVIL)]
    points = {"damp-rooms": 3.0, "dead-letters": 9.0}
    person = Person(student, more.pop("name", ""))
    return Result(student, person, WORTH, lessons=LESSONS, status="ok", points=points, reports=reports, **more)


def rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"), newline="")))


def test_the_gradebook_has_nbgraders_columns_and_each_exercise(tmp_path: Path) -> None:
    found = [
        result(name="Anna Maria Ek", penalties={"damp-rooms": 1.5}, submitted=0.0),
        Result("ben", Person("ben"), WORTH),
    ]
    file, _ = gradebook.write(tmp_path, Course(), EXERCISES, found, [], [])
    anna, ben = rows(file)
    assert [*anna] == [*gradebook.NBGRADER, "status", "seconds", "damp-rooms", "dead-letters", "02_filter", "remarks"]
    assert [anna[name] for name in ("student_id", "last_name", "first_name")] == ["anna", "Ek", "Anna Maria"]
    assert [anna[name] for name in gradebook.NBGRADER[7:]] == ["12.0", "1.5", "10.5", "18.0"]
    assert (ben["status"], ben["score"], ben["damp-rooms"]) == ("missing", "0.0", "")


FORMULAS = (
    "=cmd()",
    "+1",
    "-1",
    "@x",
    " =1",
    "\t=1",
    "\n=1",
    '"=1',
    "\uff1d1",
    "'=1",
    "\u3000@x",
    "\u2003=1",
    "\u202f=1",
    "\u200b=1",
    "\ufe66=1",
    "\ufe62x",
)
TEXTS = (
    *FORMULAS,
    *(f"x{before}{each}" for each in FORMULAS for before in (";", "\t", "\n", "\r", ",", '";"', "\u2028")),
)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_text_is_a_formula_or_a_cell_whatever_separates_cells(separator: str, tmp_path: Path) -> None:
    found = [result(f"{number}", remarks=[each, "x"], name=each) for number, each in enumerate(TEXTS)]
    copies = [Copies("damp-rooms", 60, TEXTS)]
    files = gradebook.write(tmp_path, Course(), EXERCISES, found, [], copies)
    table = [*csv.reader(io.StringIO(files[0].read_text("utf-8-sig"), newline=""), delimiter=separator)]
    more = [*csv.reader(io.StringIO(files[-1].read_text("utf-8-sig"), newline=""), delimiter=separator)]
    cells = [cell.strip(' "\u3000\u2003\u202f\u200b') for row in (*table, *more) for cell in row]
    assert len(table) == len(found) + 1
    assert separator == "," or {len(row) for row in (*table, *more)} == {1}
    assert not [each for each in cells if each.startswith(("=", "+", "-", "@", "\uff1d", "\ufe66", "\ufe62"))]


def test_excel_is_told_that_a_table_is_in_utf8(tmp_path: Path) -> None:
    file, _ = gradebook.write(tmp_path, Course(), EXERCISES, [result(name="Änna Ek")], [], [])
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    assert rows(file)[0]["first_name"] == "Änna"


def test_feedback_escapes_what_a_submission_says(tmp_path: Path) -> None:
    gradebook.write(tmp_path, Course(), EXERCISES, [result(EVIL)], [], [])
    (page,) = (tmp_path / "feedback").glob("*.html")
    text = page.read_text()
    assert "<script" not in text
    assert "\x1b" not in text
    assert re.search(r"default-src 'none'", text)
    assert "Hint: think" in text
    assert "why" in text  # the discussion of the one that has passed


def test_results_json_is_as_gradescope_wants_it(tmp_path: Path) -> None:
    gradebook.write(tmp_path, Course(), EXERCISES, [result(penalties={"damp-rooms": 1.0}, days_late=2)], [], [])
    (file,) = (tmp_path / "feedback").glob("*.json")
    found = json.loads(file.read_text())
    assert found["score"] == 11.0
    assert [(each["score"], each["max_score"], each["status"]) for each in found["tests"]] == [
        (3, 9, "failed"),
        (9, 9, "passed"),
    ]
    assert {each["visibility"] for each in [found, *found["tests"]]} == {"visible"}
    assert "Late by 2 days, 1 points less" in feedback.remarks(result(penalties={"damp-rooms": 1.0}, days_late=2))


def test_names_in_a_sheet_of_an_lms_stay_as_they_are(tmp_path: Path) -> None:
    name = "\u202bNoa\u202c"
    export = tmp_path / "moodle.csv"
    export.write_text(f"Identifier,Full name,Grade\nParticipant 4711,{name},\n", encoding="utf-8")
    files = gradebook.write(tmp_path / "out", Course(), EXERCISES, [result("4711")], [lms.moodle(export)], [])
    (sheet,) = (file for file in files if file.name == "moodle.csv")
    assert sheet.read_text(encoding="utf-8").splitlines()[1] == f"Participant 4711,{name},12.00"


def test_sheets_of_an_lms_get_what_was_graded_and_nothing_else(tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    export.write_text("Student,ID,Work (1)\nPoints Possible,,36\nAnna,1,5\nBen,2,\n")
    sheet = lms.canvas(export, "Work (1)")
    found = [Result("1", Person("1"), WORTH), result("2")]
    *_, file = gradebook.write(tmp_path, Course(), EXERCISES, found, [sheet], [])
    assert file.read_text() == "Student,ID,Work (1)\nPoints Possible,,36\nAnna,1,5\nBen,2,24.00\n"


def test_the_page_says_what_each_exercise_is_worth_here_and_why_it_is_not_what_the_records_earned() -> None:
    found = result(reasons={"damp-rooms": "3 by hand, not 8: spoken to"})
    found.worth = {"damp-rooms": 18.0, "dead-letters": 9.0, "which-records": 1.0}
    found.points = {"damp-rooms": 3.0, "dead-letters": 8.888888}
    page = feedback.page(found)
    assert "damp-rooms: A title (3 of 18 points)</h2></summary>\n<p><b>3 by hand, not 8: spoken to</b></p>" in page
    assert "(8.889 of 9 points)" in page
    assert "<p>Not handed in: which-records</p>" in page
    tests = feedback.results_json(found)["tests"]
    assert [(each["score"], each["max_score"]) for each in tests] == [(3.0, 18.0), (8.89, 9.0), (0, 1.0)]


UNANSWERED, REJECTED = "○ not answered yet: damp-rooms: A title", "✗ cannot be checked: damp-rooms: A title"


@pytest.mark.parametrize(
    ("state", "said", "shown"),
    [
        ("unanswered", UNANSWERED, [UNANSWERED]),
        ("rejected", REJECTED, [REJECTED]),
        ("", "", ["The notebook did not get to the check.", "kept"]),
        ("handed in", "● handed in: damp-rooms: A title", ["✗ falls short  kept", "kept"]),
    ],
)
def test_an_exercise_that_earned_nothing_says_why_and_of_no_answer_nothing_else(
    state: str, said: str, shown: list[str]
) -> None:
    nothing = exercise("damp-rooms", 0) | {"state": state, "said": said}
    assert feedback.lines(nothing) == shown
    page = feedback.page(replace(result(), reports=[report({}) | {"exercises": [nothing]}]))
    assert ("went in" in page) == (state == "handed in")


@pytest.mark.parametrize(("points", "shown"), [(0, "✗ not right    Your answer"), (9, "✓ right        Your answer")])
def test_of_a_question_it_only_says_whether_the_answer_is_right(points: int, shown: str) -> None:
    assert feedback.lines(exercise("which-records", points, student="anna") | {"state": "handed in"})[0] == shown


@pytest.mark.parametrize("name", ["Anna Maria Ek", "Ek, Anna Maria"])
def test_given_names_and_last_name_are_told_apart(name: str) -> None:
    assert Person("1", name).first_and_last == ("Anna Maria", "Ek")


def test_the_page_folds_what_is_right_and_shows_the_students_own_code() -> None:
    found = result()
    cells = (Cell("text", is_code=False), Cell("limit = 3 < 4"), Cell(" "), Cell("lab.check('damp-rooms', f)"))
    found.notebooks = [task("anna", "anna/02.ipynb", 0.0).submission, Submission("anna", "anna/03.ipynb", 0.0, cells)]
    page = feedback.page(found)
    heads = re.findall(r"<details( open)?>\n<summary><h2>(.*?)[ (<]", page)
    assert [*heads][:2] == [(" open", "damp-rooms:"), ("", "dead-letters:")]
    assert re.findall(r"<h3>(.*?)</h3>\n<pre>(.*?)</pre>", page) == [
        ("Cell 2", "limit = 3 &lt; 4"),
        ("Cell 4", "lab.check(&#39;damp-rooms&#39;, f)"),
    ]


def of_moodle(path: str) -> tuple[str, ...] | None:
    """Whose feedback a file in a zip is, as Moodle's mod/assign/feedback/file/importziplib.php finds it out."""
    left = path.split("/")
    while left:
        info = left.pop(0).split("_", 4)
        if len(info) >= 4 and info[1].isdecimal() and info[2:4] == ["assignfeedback", "file"]:
            return info[1], "/".join([*filter(None, info[4:]), *left])
    return None


def of_canvas(path: str) -> list[str]:
    """The user and the attachment that a commented file belongs to, as Canvas's assignment.rb finds them out."""
    return [each for each in path.rpartition("/")[2].split("_") if each.isdecimal()][:2]


NAMES = ["Ek, Anna", "O'Brien_99 Pat", "a/b\\c", "", "Zoë 4_711_x"]


def test_each_page_finds_its_student_in_moodle(tmp_path: Path) -> None:
    (tmp_path / "worksheet.csv").write_text(
        "Identifier,Full name,Grade,Maximum Grade,Feedback comments\n"
        + "".join(
            f'Participant {n},"{name}",,100,{"my own" if n == 4712 else ""}\n' for n, name in enumerate(NAMES, 4711)
        )
    )
    sheet = lms.moodle(tmp_path / "worksheet.csv")
    found = [result(each, name=person.name) for each, person in sheet.roster.items()]
    gradebook.write(tmp_path, Course(), EXERCISES, [*found, result("9999"), result("eve")], [sheet], [])
    with zipfile.ZipFile(tmp_path / "moodle_feedback.zip") as packed:
        names = packed.namelist()
        pages = {of_moodle(each): packed.read(each).decode() for each in names}
    assert {*pages} == {(each, "feedback.html") for each in sheet.roster}
    assert all(each in pages[each, "feedback.html"] for each in sheet.roster if not sheet.roster[each].name)

    rows = [*csv.reader(io.StringIO((tmp_path / "moodle.csv").read_text(), newline=""))][1:]
    assert [row[4] for row in rows[:2]] == [
        "Points: damp-rooms 3 of 9, dead-letters 9 of 9. The details are in your feedback page.",
        "my own",
    ]


CANVAS = {
    "ekanna_98765_1234567_02.ipynb": ["98765", "1234567"],
    "ekanna_LATE_98765_1234567_x_1_2_y.ipynb": ["98765", "1234567"],
    "o_brienpat_98766_1234568_02.ipynb": ["98766", "1234568"],
    "emma_98767_text.html": None,
}


@pytest.mark.parametrize("file", CANVAS)
def test_each_page_finds_its_student_in_canvas(file: str, tmp_path: Path) -> None:
    anna = result("anna")
    anna.notebooks = [Submission("anna", f"class/{file}", 0.0, said_late=False), Submission("anna", "a/x_1_2_y", 0.0)]
    gradebook.write(tmp_path, Course(), EXERCISES, [anna], [], [])
    if CANVAS[file] is None:
        assert not (tmp_path / "canvas_feedback.zip").exists()
        return
    with zipfile.ZipFile(tmp_path / "canvas_feedback.zip") as packed:
        (name,) = packed.namelist()
    assert of_canvas(name) == CANVAS[file]
    assert name.endswith("feedback.html")
