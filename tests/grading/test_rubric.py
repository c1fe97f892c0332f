"""Points by hand: a table that an instructor fills in with a spreadsheet, beside what the grader finds."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit import LabError
from labkit.grading import course, feedback, gradebook, rubric, tables
from labkit.grading.course import Course, Criterion
from labkit.grading.grade import Plan
from labkit.grading.gradebook import shares
from labkit.grading.results import Result, results
from labkit.grading.roster import Person
from labkit.grading.rubric import Judgement
from tests.grading.reports import EXERCISES, report, task

CRITERIA = [
    Criterion(name="meaning", text="The page says what the numbers mean", points=5.0),
    Criterion(name="tests", text="The pipeline has tests", points=3.0),
]
EVERYBODY = {"Anna Ek_1": Person("4711", "Ek, Anna"), "4712": Person("4712", "Åke, Åsa")}
COURSE = Course(rubric=CRITERIA)


def judged(tmp_path: Path, text: str) -> dict[str, Judgement]:
    file = tmp_path / rubric.FILE
    file.write_text(text)
    return rubric.read(file, CRITERIA, EVERYBODY)


def found(given: dict[str, Judgement]) -> dict[str, Result]:
    handed_in = task("anna")
    all_of_them = results(
        COURSE, EXERCISES, Plan([handed_in], students={"anna": ()}), {handed_in: report({"damp-rooms": 9})}, {}, given
    )
    return {each.student: each for each in all_of_them}


def test_the_table_has_a_row_for_everybody_by_name_and_an_empty_cell_for_each_criterion(tmp_path: Path) -> None:
    assert [*rubric.rows(CRITERIA, rubric.read(tmp_path / "none.csv", CRITERIA, EVERYBODY), EVERYBODY)] == [
        ["id", "name", "meaning (of 5)", "tests (of 3)", "comment"],
        ["4711", "Ek, Anna", "", "", ""],
        ["4712", "Åke, Åsa", "", "", ""],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "id,name,meaning (of 5),tests (of 3),comment\n4711,x,4.5,0,Clear.\n4712,,,,\n",
        "\ufeffid;name;meaning (of 5);tests (of 3);comment\r\n4711;x;4,5;0;Clear.\r\n",  # as Excel saves it in Europe
        "comment,id,TESTS (of 3),meaning (of 5)\nClear.,4711,0,4.5\n",
        "id,meaning (of 5),tests (of 3),comment\nanna ek,4.50, 0 ,Clear.\n",  # somebody typed the name
    ],
)
def test_points_are_read_as_spreadsheets_save_them(tmp_path: Path, text: str) -> None:
    assert judged(tmp_path, text) == {"Anna Ek_1": Judgement({"meaning": 4.5, "tests": 0.0}, "Clear.")}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("4711,6", "'6' for 4711 in meaning must be a number from 0 to 5"),
        ("4711,-1", "'-1' for 4711 in meaning must be a number from 0 to 5"),
        ("4711,good", "'good' for 4711 in meaning must be a number from 0 to 5"),
        ("4711,nan", "'nan' for 4711 in meaning must be a number from 0 to 5"),
        ("4713,3", "nobody is called '4713'"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(LabError, match=f"rubric.csv: {said}"):
        judged(tmp_path, f"id,meaning (of 5)\n{row}\n")
    with pytest.raises(LabError, match=r"has no column .id..*delete it, and `lab grade` writes it anew"):
        judged(tmp_path, "who\n4711\n")


@given(
    comment=st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20),
    number=st.sampled_from(["4711", "=1", "-7", "'x", "Å"]),
    points=st.floats(0, 5).map(lambda each: round(each, 2)),
)
def test_the_table_keeps_what_is_filled_in_however_often_it_is_written(
    tmp_path_factory: pytest.TempPathFactory, comment: str, number: str, points: float
) -> None:
    file = tmp_path_factory.mktemp("grades") / rubric.FILE
    everybody = {"anna": Person(number, "Anna")}
    given = {"anna": Judgement({"meaning": points}, comment.strip())}
    written = []
    for _ in range(3):
        file.write_text(tables.text(rubric.rows(CRITERIA, given, everybody)))
        given = rubric.read(file, CRITERIA, everybody)
        written.append(file.read_text())
    assert given["anna"].points == {"meaning": points}
    assert written[1] == written[2]


def test_they_are_in_the_same_gradebook_mark_and_feedback(tmp_path: Path) -> None:
    anna = found({"anna": Judgement({"meaning": 4.5}, "<b>Clear</b>.")})["anna"]
    assert (anna.score, anna.out_of) == (13.5, 26)
    assert anna.remarks == ["not judged yet: tests"]
    assert shares([anna]) == {"anna": (13.5, 26)}
    file, *_ = gradebook.write(tmp_path, COURSE, EXERCISES, [anna], [], [])
    (row,) = csv.DictReader(io.StringIO(file.read_text("utf-8-sig"), newline=""))
    assert [row[name] for name in ("score", "meaning", "tests", "02_filter", "rubric")] == [
        "13.5",
        "4.5",
        "",
        "9.0",
        "4.5",
    ]
    page = feedback.page(anna)
    assert "<td>The page says what the numbers mean</td><td>4.5 of 5</td>" in page
    assert "<td>The pipeline has tests</td><td>not judged yet</td>" in page
    assert "&lt;b&gt;Clear&lt;/b&gt;." in page
    assert "meaning 4.5 of 5" in feedback.comment(anna)
    tests = {each["name"]: each for each in json.loads(json.dumps(feedback.results_json(anna)))["tests"]}
    assert (tests["meaning"]["score"], tests["meaning"]["max_score"]) == (4.5, 5)
    assert tests["tests"]["output"] == "The pipeline has tests (not judged yet)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[rubric]]\nname = "a"\npoints = 3', r"text is missing in \[\[rubric\]\]"),
        ('[[rubric]]\nname = "a"\ntext = "b"\npoints = -3', "points must be a number of at least 0"),
        (
            '[[rubric]]\nname = "damp-rooms"\ntext = "b"\npoints = 3.0',
            "'damp-rooms' in .* is the name of something else",
        ),
        (2 * '[[rubric]]\nname = "a"\ntext = "b"\npoints = 3.0\n', "'a' in .* is the name of something else"),
        ('[[rubric]]\nname = "remarks"\ntext = "b"\npoints = 3.0', "'remarks' in .* is the name of something else"),
    ],
)
def test_a_rubric_that_cannot_be_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "course.toml"
    file.write_text(text)
    with pytest.raises(LabError, match=said):
        course.of(course.read(file), EXERCISES)
