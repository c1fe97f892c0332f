"""From reports to what each student gets: weights, late rule, overrides, roster."""

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit import LabError
from labkit.exercises.catalogue import seed_for
from labkit.grading import authoring
from labkit.grading.course import Course, Late, Override
from labkit.grading.grade import Plan, Task
from labkit.grading.gradebook import shares
from labkit.grading.results import Result, results
from labkit.grading.roster import Person, names, people
from labkit.spelling import normal
from tests.grading.reports import EXERCISES, exercise, report, task

DEADLINE = datetime.datetime(2026, 12, 1, 12, tzinfo=datetime.UTC)
LATE_RULE = Late(percent_per_day=10)
LATE = DEADLINE.timestamp() + 5
ANNA = {"4711": Person("4711", "Ek, Anna", "anna@x", ("aek",))}


def of(
    course: Course, reports: dict[Task, Any], roster: dict[str, Person] | None = None, **plan: Any
) -> dict[str, Result]:
    named: dict[str, tuple[str, ...]] = dict.fromkeys(plan.pop("others", ()), ())
    for each in reports:
        named[each.student] = (*named.get(each.student, ()), *each.submission.calls)
    found = results(course, EXERCISES, Plan([*reports], students=named, **plan), reports, roster or {})
    return {each.student: each for each in found}


def override(student: str) -> Override:
    return Override(student=student, exercise="damp-rooms", points=7, reason="spoken to")


def test_points_are_those_of_the_exercises() -> None:
    anna = of(Course(), {task("anna"): report({"damp-rooms": 7, "dead-letters": 9})})["anna"]
    assert (anna.points, anna.score, anna.out_of, anna.status) == ({"damp-rooms": 7, "dead-letters": 9}, 16, 18, "ok")


def test_weights_change_what_an_exercise_is_worth() -> None:
    weights = {"damp-rooms": 27.0, "dead-letters": 0.0}
    anna = of(Course(weights=weights), {task("anna"): report({"damp-rooms": 6, "dead-letters": 9})})["anna"]
    assert (anna.points, anna.score, anna.out_of) == ({"damp-rooms": 18, "dead-letters": 0}, 18, 27)


def test_only_late_notebooks_lose_and_the_worst_status_is_said() -> None:
    course = Course(deadline=DEADLINE, late=LATE_RULE)
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


@pytest.mark.parametrize(("late", "status", "score"), [(True, "late", 8.1), (False, "ok", 9.0)])
def test_what_canvas_says_of_being_late_counts_and_not_its_zip(late: bool, status: str, score: float) -> None:
    course = Course(deadline=DEADLINE, late=LATE_RULE)
    handed_in = task("ekanna_4711", modified=LATE + 1e6, clock="zip", said_late=late)
    anna = of(course, {handed_in: report({"damp-rooms": 9})})["ekanna_4711"]
    assert (anna.status, anna.score, anna.remarks) == (status, pytest.approx(score), [])


def test_moodles_own_time_counts_and_the_time_of_a_file_is_said() -> None:
    course = Course(deadline=DEADLINE, late=LATE_RULE)
    reports = {
        task("a_1", "a", LATE, clock="zip", calls=("1",)): report({"damp-rooms": 9}),
        task("b", "b", LATE, clock="file"): None,
    }
    reports[task("c", "c", LATE, clock="file")] = report({"damp-rooms": 9})
    found = of(course, reports, {"1": Person("1", submitted=LATE - 60)})
    assert (found["a_1"].status, found["a_1"].remarks) == ("ok", [])
    assert (found["c"].status, found["c"].remarks[0]) == ("late", "c: the time is that of the file")
    assert found["b"].status == "not graded"


def test_the_time_on_a_worksheet_is_that_of_its_own_assignment() -> None:
    course = Course(deadline=DEADLINE, late=LATE_RULE)
    reports = {
        task("Anna Ek_4711", "week1", LATE, calls=("4711", "Anna Ek"), clock="zip"): report({"damp-rooms": 9}),
        task("Anna Ek_4711", "week2", LATE, calls=("5822", "Anna Ek"), clock="zip"): report({"dead-letters": 9}),
    }
    found = of(course, reports, {"4711": Person("4711", "Anna Ek", submitted=LATE - 60)})["Anna Ek_4711"]
    assert found.penalties == {"damp-rooms": 0, "dead-letters": pytest.approx(0.9)}
    assert found.remarks == ["week2: the time is that of the zip"]


@pytest.mark.parametrize("student", ["Anna Ek_4711", "4711", "Anna Ek", "aek", "anna@x"])
def test_a_mark_by_hand_is_final_and_says_why(student: str) -> None:
    course = Course(
        deadline=DEADLINE,
        late=LATE_RULE,
        weights={"damp-rooms": 90.0},
        override=[override(student)],
    )
    reports = {task("Anna Ek_4711", "b", LATE, calls=("4711",)): report({"damp-rooms": 1, "dead-letters": 5})}
    anna = of(course, reports, ANNA)["Anna Ek_4711"]
    assert (anna.points, anna.penalty) == ({"damp-rooms": 7, "dead-letters": 5}, 0.5)
    assert anna.remarks == ["damp-rooms: 7 by hand, not 10: spoken to"]


def test_a_mark_by_hand_for_nobody_in_particular_is_an_error() -> None:
    reports = {task("Anna Ek_4711"): report({}), task("Anna Ek_4712"): report({})}
    for name, message in {
        "Ana Ek_4711": "did you mean 'Anna Ek_4711'",
        "Anna Ek": "Several students",
        "x": "No student",
    }.items():
        with pytest.raises(LabError, match=message):
            of(Course(override=[override(name)]), reports)


def test_who_is_missing_and_who_is_not_on_the_roster_is_said() -> None:
    reports = {task("Anna Ek_4711", calls=("4711",)): report({"damp-rooms": 9}), task("eve"): report({"damp-rooms": 9})}
    found = of(Course(), reports, ANNA | {"4712": Person("4712", "Ben")})
    assert {each.person.id: (each.person.name, each.status, each.remarks) for each in found.values()} == {
        "4711": ("Ek, Anna", "ok", []),
        "4712": ("Ben", "missing", []),
        "eve": ("", "ok", ["not on the roster"]),
    }


def test_files_that_do_not_count_and_cells_that_failed_are_said() -> None:
    unreadable = [("anna", "x.ipynb", "the file is empty"), ("ben", "y.ipynb", "it is no regular file, but a link")]
    failed = report({"damp-rooms": 9}, sandbox=False) | {"trouble": ["code cell 1: NameError", "code cell 2: x"]}
    reports = {task("anna"): failed}
    found = of(Course(), reports, unreadable=unreadable, older=[("anna", "old.ipynb", "02.ipynb")], others=["ben"])
    said = ["x.ipynb: the file is empty", "old.ipynb is older than 02.ipynb", "code cell 1: NameError"]
    assert (found["anna"].status, found["anna"].remarks) == ("ok", [*said, "graded without a sandbox"])
    assert (found["ben"].status, found["ben"].score) == ("unreadable", 0)


def test_of_very_many_files_that_do_not_count_a_few_are_said() -> None:
    unreadable = [("anna", f"{number}{'x' * 4000}.ipynb", "the file is empty") for number in range(1000)]
    remarks = of(Course(), {task("anna"): report({"damp-rooms": 9})}, unreadable=unreadable)["anna"].remarks
    assert len(remarks) == 6
    assert remarks[-1] == "and 995 more files"
    assert max(map(len, remarks)) <= 300


@pytest.mark.parametrize("said", ["Ek, anna", "Anna  Ek", "4711", "Anna Ek_4711", "AEK", "anna@x"])
def test_a_question_that_was_ones_own_counts(said: str) -> None:
    answered = report({}) | {"exercises": [exercise("damp-rooms", 9, student=said)]}
    anna = of(Course(personal=True), {task("Anna Ek_4711", calls=("4711",)): answered}, ANNA)["Anna Ek_4711"]
    assert (anna.score, anna.remarks) == (9, [])


@pytest.mark.parametrize("personal", [True, False])
def test_a_question_of_somebody_else_is_said_and_counts_only_where_that_does_not_matter(personal: bool) -> None:
    answered = report({}) | {"exercises": [exercise("damp-rooms", 9, student="Ben"), exercise("dead-letters", 5)]}
    reports = {task("Anna Ek_4711"): answered, task("ben"): report({"damp-rooms": 9})}
    anna = of(Course(personal=personal), reports)["Anna Ek_4711"]
    why = "lab.student was 'Ben', which is not this student" if personal else "answered as 'Ben'"
    assert (anna.score, anna.reasons) == (5 if personal else 14, {"damp-rooms": why})
    assert anna.remarks == [f"damp-rooms: {why}"]


def test_what_has_not_been_graded_yet_is_neither_right_nor_wrong() -> None:
    found = of(Course(), {task("anna", "a"): None, task("anna", "b"): report({"damp-rooms": 9})})
    assert (found["anna"].status, found["anna"].points) == ("not graded", {"damp-rooms": 9})


@pytest.mark.parametrize(
    ("student", "calls", "who"),
    [
        ("4711", (), "4711"),
        ("Anna Ek", (), "4711"),
        ("ekanna_4711", ("4711",), "4711"),
        ("Anna Ek_99", ("99", "Anna Ek"), "4711"),  # the number of another assignment
        ("eve_4711", (), "eve_4711"),  # a number that no LMS has written
        ("Ben Oz", (), "Ben Oz"),  # there are two
    ],
)
def test_people_are_found_by_id_or_by_a_name_that_is_theirs_alone(
    student: str, calls: tuple[str, ...], who: str
) -> None:
    roster = ANNA | {number: Person(number, "Ben Oz") for number in ("1", "2")}
    assert people({student: calls}, roster)[student].id == who


def test_two_who_claim_one_id_are_said_and_neither_gets_the_mark() -> None:
    reports = {task(name): report({"damp-rooms": 9}) for name in ("4711", "Anna Ek", "ben")}
    found = of(Course(), reports, ANNA | {"ben": Person("ben")})
    assert found["4711"].remarks == ["Anna Ek would have the same id, 4711: the LMS gets no mark for it"]
    assert found["Anna Ek"].remarks == ["4711 would have the same id, 4711: the LMS gets no mark for it"]
    assert shares([*found.values()]) == {"ben": (9, 18)}


@given(st.text(", \t", max_size=9), st.sampled_from(["aek", "AEK", "a,e,k"]), st.text(", ", max_size=9))
def test_a_name_reaches_one_case_however_it_is_written(before: str, name: str, after: str) -> None:
    question = authoring.of_the_package().folder.exercise("which-records")
    spelt = f"{before}{name}{after}"
    assert (normal(spelt) in names("Anna Ek_4711", ANNA["4711"])) == (name != "a,e,k")
    assert seed_for(question, spelt) == seed_for(question, name.casefold())


def test_a_name_has_one_normal_form() -> None:
    assert {normal(each) for each in ("Änna Ek", "A\u0308nna  Ek", "ek,ÄNNA", ",,ek änna,")} == {"ek änna"}
