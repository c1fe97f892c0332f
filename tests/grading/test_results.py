"""From reports to what each student gets: weights, late rule, overrides, roster."""

import datetime
from typing import Any

import pytest

from labkit.grading.course import Course, Override
from labkit.grading.grade import Plan, Task
from labkit.grading.results import Result, results
from tests.grading.reports import EXERCISES, exercise, report, task

DEADLINE = datetime.datetime(2026, 12, 1, 12, tzinfo=datetime.UTC)
LATE = DEADLINE.timestamp() + 5


def of(
    course: Course, reports: dict[Task, Any], roster: dict[str, str] | None = None, **plan: Any
) -> dict[str, Result]:
    found = results(course, EXERCISES, Plan([*reports], **plan), reports, roster or {})
    return {each.student: each for each in found}


def test_points_are_those_of_the_exercises() -> None:
    anna = of(Course(), {task("anna"): report({"damp-rooms": 7, "dead-letters": 9})})["anna"]
    assert (anna.points, anna.score, anna.out_of, anna.status) == ({"damp-rooms": 7, "dead-letters": 9}, 16, 18, "ok")


def test_weights_change_what_an_exercise_is_worth() -> None:
    weights = {"damp-rooms": 27.0, "dead-letters": 0.0}
    anna = of(Course(weights=weights), {task("anna"): report({"damp-rooms": 6, "dead-letters": 9})})["anna"]
    assert (anna.points, anna.score, anna.out_of) == ({"damp-rooms": 18, "dead-letters": 0}, 18, 27)


def test_only_late_notebooks_lose_and_the_worst_status_is_said() -> None:
    course = Course(deadline=DEADLINE, percent_per_day=10)
    reports = {
        task("anna", "a", 0.0): report({"damp-rooms": 9}),
        task("anna", "b", LATE): report({"dead-letters": 5}),
        task("ben", "b", LATE): report({"dead-letters": 5}, "crashed"),
    }
    found = of(course, reports)
    anna, ben = found["anna"], found["ben"]
    assert (anna.raw, anna.penalty, anna.score, anna.status) == (14, 0.5, 13.5, "late")
    assert (anna.submitted, anna.seconds) == (LATE, 4.0)
    assert (ben.status, ben.score) == ("crashed", 4.5)


@pytest.mark.parametrize("student", ["Anna Ek_4711", "4711"])
def test_a_mark_by_hand_is_final_and_says_why(student: str) -> None:
    course = Course(
        deadline=DEADLINE,
        percent_per_day=10,
        weights={"damp-rooms": 90.0},
        overrides=[Override(student, "damp-rooms", 7, "spoken to")],
    )
    reports = {task("Anna Ek_4711", "b", LATE): report({"damp-rooms": 1, "dead-letters": 5})}
    anna = of(course, reports, {"4711": "Anna Ek"})["Anna Ek_4711"]
    assert (anna.points, anna.penalty) == ({"damp-rooms": 7, "dead-letters": 5}, 0.5)
    assert anna.remarks == ["damp-rooms: 7 by hand, not 10: spoken to"]


def test_who_is_missing_and_who_is_not_on_the_roster_is_said() -> None:
    reports = {task("Anna Ek_4711"): report({"damp-rooms": 9}), task("eve"): report({"damp-rooms": 9})}
    found = of(Course(), reports, {"4711": "Anna Ek", "4712": "Ben"})
    assert {each.id: (each.name, each.status, each.remarks) for each in found.values()} == {
        "4711": ("Anna Ek", "ok", []),
        "4712": ("Ben", "missing", []),
        "eve": ("", "ok", ["not on the roster"]),
    }


def test_files_that_do_not_count_are_said() -> None:
    unreadable = [("anna", "x.ipynb", "the file is empty"), ("ben", "y.ipynb", "it is no regular file, but a link")]
    reports = {task("anna"): report({"damp-rooms": 9}, sandbox=False)}
    found = of(Course(), reports, unreadable=unreadable, older=[("anna", "old.ipynb", "02.ipynb")])
    said = ["x.ipynb: the file is empty", "old.ipynb is older than 02.ipynb", "graded without a sandbox"]
    assert (found["anna"].status, found["anna"].remarks) == ("ok", said)
    assert (found["ben"].status, found["ben"].score) == ("unreadable", 0)


@pytest.mark.parametrize("said", ["Ek, anna", "Anna  Ek", "4711", "Anna Ek_4711"])
def test_a_question_that_was_ones_own_counts(said: str) -> None:
    answered = report({}) | {"exercises": [exercise("damp-rooms", 9, student=said)]}
    anna = of(Course(personal=True), {task("Anna Ek_4711"): answered}, {"4711": "Anna Ek"})["Anna Ek_4711"]
    assert (anna.score, anna.remarks) == (9, [])


@pytest.mark.parametrize("personal", [True, False])
def test_a_question_of_somebody_else_is_said_and_counts_only_where_that_does_not_matter(personal: bool) -> None:
    answered = report({}) | {"exercises": [exercise("damp-rooms", 9, student="Ben"), exercise("dead-letters", 5)]}
    reports = {task("Anna Ek_4711"): answered, task("ben"): report({"damp-rooms": 9})}
    anna = of(Course(personal=personal), reports)["Anna Ek_4711"]
    assert (anna.score, anna.remarks) == (5 if personal else 14, ["damp-rooms: answered as 'Ben'"])


def test_what_has_not_been_graded_yet_is_neither_right_nor_wrong() -> None:
    found = of(Course(), {task("anna", "a"): None, task("anna", "b"): report({"damp-rooms": 9})})
    assert (found["anna"].status, found["anna"].points) == ("not graded", {"damp-rooms": 9})
