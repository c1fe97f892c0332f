"""The course file: what it may say, and what is wrong with it in one line."""

import contextlib
import datetime
import re
import stat
import tomllib
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit import LabError
from labkit.exercises.exercise import Exercise
from labkit.grading import authoring, course, rubric, secret
from labkit.grading.course import Canvas, Course, Criterion, Late, Moodle, Override, Own
from tests.grading.reports import EXERCISES

WHOLE = """
secret = "keys/mine"
lessons = ["02_filter"]
personal = true
timezone = "Europe/Berlin"
deadline = 2026-12-01T12:00:00Z
deadlines = {02_filter = 2026-12-08T12:00:00Z}
exercises = {folder = "own"}
late = {percent_per_day = 10, most_percent = 50}
weights = {damp-rooms = 20, dead-letters = 0.5}
roster = {anna = "Anna Ek"}
canvas = {export = "canvas.csv", column = "Filter (1)"}
moodle = {worksheet = "moodle.csv"}
[[override]]
student = "anna"
exercise = "damp-rooms"
points = 3
reason = "spoken to"
[[rubric]]
name = "meaning"
text = "It says what the numbers mean"
points = 5
"""

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
INITIAL = rubric.course_file(NOTEBOOKS)
CRITERIA = ["question", "data", "pipeline", "tests", "page", "meaning"]  # in the notebook of projects

DUE = "deadline = 2026-12-01T12:00:00Z\n"
WRONG = {
    "secrets = 'x'": "'secrets' is not known: did you mean 'secret'?",
    "percent_per_day = 1": "'percent_per_day' is not known: it belongs to [late].",
    "[weights]\ndamp-room = 1": "'damp-room' is not known: did you mean 'damp-rooms'?",
    "lessons = ['02']": "'02' is not known: there is 02_filter.",
    "deadline = 'tomorrow'": (
        "deadline must be a date and time without quotes, such as 2026-12-01T23:59:59+01:00, not 'tomorrow'."
    ),
    "[late]\npercent_per_day = 1": "[late] needs a deadline.",
    "override = {student = 'a'}": (
        "override must be a list: for tables, their name in two brackets, such as [[override]], not {'student': 'a'}."
    ),
    f"{DUE}[late]\npercent_per_day = -1": "percent_per_day must be a number of at least 0, not -1.",
    f"{DUE}[late]\nmost_percent = 300": "most_percent must be a number of at most 100, not 300.",
    f"{DUE}[late]\npercent_per_day = nan": "percent_per_day must be a number of at most 100, not nan.",
    "[[override]]\nstudent = 'a'\nexercise = 'damp-rooms'\npoints = 1": "reason is missing in [[override]].",
    "[[override]]\nstudent = 'a'\nexercise = 'damp-rooms'\npoints = 1\nreason = ' '": (
        "reason must be a text that is not empty, not ' '."
    ),
    "[canvas]\ncolumn = 'Filter (1)'": "export is missing in [canvas].",
    "moodle = 1": "moodle must be a table, not 1.",
    "roster = {anna = 1}": "anna must be a text in quotes, not 1.",
    "[deadlines]\n02_filter = 5": (
        "02_filter must be a date and time without quotes, such as 2026-12-01T23:59:59+01:00, not 5."
    ),
    "[deadlines]\n02 = 2026-12-01T12:00:00Z": "'02' is not known: there is 02_filter.",
    "[weights]\n02_filter = 20\ndamp-rooms = 5": (
        "[weights] has both 02_filter and its exercise damp-rooms: give one of them."
    ),
    "[[override]]\nstudent = 'a'\nexercise = 'damp-rooms'\npoints = 10\nreason = 'x'": (
        "10 points for damp-rooms, by hand for 'a', are more than the 9 that it is worth."
    ),
    "[exercises]\nfolders = 'x'": "'folders' is not known: did you mean 'folder'?",
    "timezone = 'Berlin'": "timezone must be a time zone, such as 'Europe/Berlin', not 'Berlin'.",
    "personal = 1": "personal must be true or false, not 1.",
    "[roster]\nanna.ek = 'Anna'": 'write names with a dot in quotes, as in "anna.ek" = ...',
}


AT = "a date and time is written as 2026-12-01T23:59:59+01:00, without quotes."
IN_QUOTES = 'write a name in quotes, as in "anna@x.org" = "Anna Ek".'
NO_TOML = {
    "secret = ": "line 1, `secret =`: Invalid value.",
    "lessons = ['02_filter'": "line 1, `lessons = ['02_filter'`: Unclosed array.",
    "deadline = 2026-12-01 23:59": f"line 1, `deadline = 2026-12-01 23:59`: {AT}",
    "deadline = 01.12.2026": f"line 1, `deadline = 01.12.2026`: {AT}",
    "secret = 'x'\ntimezone = “Europe/Berlin”": "line 2, `timezone = “Europe/Berlin”`: write straight quotes.",
    "[late]\npercent_per_day = 10%": "line 2, `percent_per_day = 10%`: write numbers without %.",
    "[roster]\n4711 = Anna": "line 2, `4711 = Anna`: write text in quotes.",
    "[roster]\nmüller = 'Max'": f"line 2, `müller = 'Max'`: {IN_QUOTES}",
    "[roster]\nanna@x.org = 'Anna'": f"line 2, `anna@x.org = 'Anna'`: {IN_QUOTES}",
}


def read(file: Path, exercises: Sequence[Exercise] = EXERCISES) -> Course:
    found = course.read(file)
    course.of(found, exercises)
    return found


def test_the_file_that_init_writes_says_what_is_true_without_it(tmp_path: Path) -> None:
    file = tmp_path / "course.toml"
    file.write_text(INITIAL)
    there = read(file)
    file.unlink()
    assert read(file) == there
    with pytest.raises(LabError, match="There is no course file"):
        read(tmp_path / "misspelt.toml")


def test_every_setting_that_it_shows_can_be_used(tmp_path: Path) -> None:
    lines = INITIAL.splitlines()
    shown = "\n".join(line.removeprefix("# ") for line in lines if "=" in line or line.startswith("# ["))
    assert tomllib.loads(shown).keys() == tomllib.loads(WHOLE).keys()
    assert [each["name"] for each in tomllib.loads(shown)["rubric"]] == CRITERIA
    (tmp_path / "course.toml").write_text(shown)
    read(tmp_path / "course.toml", authoring.of_the_package().folder.exercises())


def test_the_course_file_in_the_guide_has_every_setting_and_is_right(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "grading.md").read_text()
    (text,) = re.findall(r"^```toml\n(.*?)```", guide, flags=re.DOTALL | re.MULTILINE)
    (tmp_path / "course.toml").write_text(text)
    found = read(tmp_path / "course.toml", authoring.of_the_package().folder.exercises())
    assert found.model_fields_set == {*Course.model_fields}
    assert found.rubric == rubric.of_the_project(NOTEBOOKS)
    assert rubric.PROJECT.startswith(found.lessons[-1])


def test_a_course_is_read(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text(WHOLE)
    assert read(tmp_path / "course.toml") == Course(
        secret=tmp_path / "keys" / "mine",
        lessons=["02_filter"],
        personal=True,
        timezone="Europe/Berlin",
        deadline=datetime.datetime(2026, 12, 1, 12, tzinfo=datetime.UTC),
        deadlines={"02_filter": datetime.datetime(2026, 12, 8, 12, tzinfo=datetime.UTC)},
        exercises=Own(folder=tmp_path / "own"),
        late=Late(percent_per_day=10, most_percent=50),
        weights={"damp-rooms": 20, "dead-letters": 0.5},
        roster={"anna": "Anna Ek"},
        canvas=Canvas(export=tmp_path / "canvas.csv", column="Filter (1)"),
        moodle=Moodle(worksheet=tmp_path / "moodle.csv"),
        override=[Override(student="anna", exercise="damp-rooms", points=3, reason="spoken to")],
        rubric=[Criterion(name="meaning", text="It says what the numbers mean", points=5)],
    )


def refusal(file: Path, text: str) -> str:
    file.write_text(text)
    with pytest.raises(LabError) as error:
        read(file)
    return str(error.value)


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said_in_one_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "course.toml"
    assert refusal(file, text).replace("The course file", str(file)) == f"{file}: {WRONG[text]}"


@pytest.mark.parametrize("text", NO_TOML)
def test_what_is_no_toml_is_said_with_its_line_and_what_to_write(text: str, tmp_path: Path) -> None:
    file = tmp_path / "course.toml"
    assert refusal(file, text) == f"{file}, {NO_TOML[text]}"


VALUES = ("1", "-1.5", "inf", "true", "'x'", "[]", "[1]", "['x']", "{}", "{x = 1}", "[{}]", "2026-12-01", "12:00:00")
NAMES = ("percent_per_day", "export", "worksheet", "column", "student", "points", "x")
SETTINGS = [*Course.model_fields, *(f"{table}.{name}" for table in ("late", "canvas", "moodle") for name in NAMES)]


@pytest.mark.parametrize("name", [*SETTINGS, *(f"override = [{{{name}" for name in NAMES)])
def test_whatever_a_setting_is_either_it_is_read_or_one_line_says_what_it_must_be(name: str, tmp_path: Path) -> None:
    file = tmp_path / "course.toml"
    for value in VALUES:
        file.write_text(f"{name} = {value}{'}]' if '{' in name else ''}\n")
        with contextlib.suppress(LabError):
            read(file)


DEADLINE = datetime.datetime(2026, 12, 1, 12, tzinfo=datetime.UTC)


@given(st.integers(-10, 10), st.floats(1, 86399), st.booleans() | st.none())
def test_a_day_counts_as_soon_as_it_has_begun(days: int, seconds: float, said: bool | None) -> None:
    submitted = DEADLINE.timestamp() + 86400 * days + seconds
    late = Course(deadline=DEADLINE, late=Late(percent_per_day=10))
    begun = max(days + 1, 0) if said is None else int(said)
    assert late.percent_off(submitted, said) == min(10 * begun, 100)
    assert late.is_late(submitted, said) == (begun > 0)


def test_each_lesson_may_have_a_deadline_and_a_weight_of_its_own() -> None:
    later = DEADLINE + datetime.timedelta(days=7)
    course = Course(deadline=DEADLINE, deadlines={"02_filter": later}, late=Late(percent_per_day=10))
    after = DEADLINE.timestamp() + 5
    assert [course.percent_off(after, None, each) for each in ("02_filter", "03_windows")] == [0, 10]
    assert [course.days_late(later.timestamp() + 90_000, None, each) for each in ("02_filter", "03_windows")] == [2, 9]
    assert Course(deadlines={"02_filter": later}).days_late(1e12, None, "03_windows") == 0

    exercises = [each for each in authoring.of_the_package().folder.exercises() if each.lesson == "02_filter"]
    worth = Course(weights={"02_filter": 30}).worth(exercises)
    assert sum(worth.values()) == pytest.approx(30)
    assert worth["damp-rooms"] == pytest.approx(9 * worth["which-records"])
    assert Course(weights={"damp-rooms": 3}).worth(exercises)["damp-rooms"] == 3


def test_in_time_is_until_the_very_second() -> None:
    late = Course(deadline=DEADLINE, late=Late(percent_per_day=10, most_percent=25))
    assert late.percent_off(DEADLINE.timestamp(), None) == 0
    assert late.percent_off(DEADLINE.timestamp() + 10 * 86400, None) == 25
    assert Course().percent_off(1e12, None) == 0


def test_a_course_has_the_time_of_its_zone_its_deadline_or_this_computer() -> None:
    noon, berlin = datetime.datetime(2026, 12, 1, 12), ZoneInfo("Europe/Berlin")
    assert Course(timezone="Europe/Berlin", deadline=noon).due() == noon.replace(tzinfo=berlin).timestamp()
    assert Course(timezone="Europe/Berlin", deadline=DEADLINE).due() == DEADLINE.timestamp()
    assert Course(timezone="Europe/Berlin", deadline=DEADLINE).zone == berlin
    assert Course(deadline=DEADLINE).zone == datetime.UTC
    evening = datetime.datetime.fromisoformat("2026-12-01T23:30:00+01:00")
    assert Course(deadlines={"02_filter": evening}).zone == evening.tzinfo
    assert (
        Course(deadline=noon, deadlines={"02_filter": evening}).due() == noon.replace(tzinfo=evening.tzinfo).timestamp()
    )
    assert Course(deadline=noon).due() == noon.astimezone().timestamp()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_course_file_may_begin_with_a_bom(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text('roster = {oz = "Ben Öz"}', encoding=encoding)
    assert read(tmp_path / "course.toml").roster == {"oz": "Ben Öz"}


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    key, fresh = secret.key(tmp_path / "secret")
    assert fresh
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert secret.key(tmp_path / "secret") == (key, False)
    (tmp_path / "secret").write_text("short")
    with pytest.raises(LabError, match="too short"):
        secret.key(tmp_path / "secret")
    with pytest.raises(LabError, match="cannot be used: No such file or directory"):
        secret.key(tmp_path / "nowhere" / "secret")


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_a_course_file_in_another_encoding_is_an_error_of_one_line(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text("[roster]\nanna = 'Anna Öz'\n", encoding=encoding)
    with pytest.raises(LabError, match=r"course\.toml is not in UTF-8: save it once more, with that encoding\.$"):
        course.read(tmp_path / "course.toml")
