"""What each student gets: the points of the reports, by the weights, late rule and overrides of the course."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labkit.exercises.exercise import Exercise
from labkit.grading.course import Course, Override
from labkit.grading.grade import Plan, Task

Report = Mapping[str, Any]
WORST = ("timeout", "crashed", "late", "ok")  # of several notebooks the worst is said


@dataclass
class Result:
    """A student's result. `points` has what each exercise is worth to them, before `penalty` is taken off.

    `status` is ok, late, crashed, timeout, unreadable, missing, or "not graded".
    """

    student: str
    id: str
    name: str = ""
    known: bool = True  # on the roster
    points: dict[str, float] = field(default_factory=dict)
    penalty: float = 0.0
    out_of: float = 0.0
    status: str = "missing"
    submitted: float | None = None  # epoch seconds
    seconds: float = 0.0
    remarks: list[str] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)

    @property
    def raw(self) -> float:
        return sum(self.points.values())

    @property
    def score(self) -> float:
        return self.raw - self.penalty


def results(
    course: Course, exercises: Sequence[Exercise], plan: Plan, reports: Mapping[Task, Report | None],
    roster: Mapping[str, str],
) -> list[Result]:  # fmt: skip
    """One result for each student who has handed something in or is on the roster (name by id), in order."""
    worth = {each.name: course.weights.get(each.name, float(each.points)) for each in exercises}
    by_student: dict[str, list[Task]] = {}
    for task in plan.tasks:
        by_student.setdefault(task.student, []).append(task)
    handed_in = [*by_student, *(student for student, *_ in (*plan.unreadable, *plan.older))]
    seen = {identity(student, roster) for student in handed_in}
    found = []
    for student in {*handed_in, *(each for each in roster if each not in seen)}:
        number = identity(student, roster)
        result = Result(
            student, number, roster.get(number, ""), not roster or number in roster, out_of=sum(worth.values())
        )
        for task in by_student.get(student, []):
            _add(result, course, worth, task, reports.get(task))
        result.remarks += _answered_as_others(result, handed_in)
        _override(result, course)
        result.remarks += _remarks(result, plan)
        found.append(result)
    return sorted(found, key=lambda each: (each.name or each.student, each.student))


def identity(student: str, roster: Mapping[str, str]) -> str:
    """A student's id on the roster: the name of their files, or the number at its end, which Moodle and Canvas give."""
    number = re.search(r"_(\d+)$", student)
    return number[1] if number and student not in roster and number[1] in roster else student


def _add(result: Result, course: Course, worth: Mapping[str, float], task: Task, report: Report | None) -> None:
    """Add what one notebook earned."""
    result.submitted = max(result.submitted or 0.0, task.submission.modified)
    if report is None:
        result.status = "not graded"
        return
    when = task.submission.modified, task.submission.said_late
    points = {
        each["name"]: worth[each["name"]] * each["points"] / each["out_of"] if _counts(result, course, each) else 0.0
        for each in report["exercises"]
    }
    by_hand = {each.exercise for each in _overrides(result, course)}
    lost = sum(each for name, each in points.items() if name not in by_hand) * course.percent_off(*when) / 100
    result.points |= points
    result.penalty += lost
    result.seconds += report["seconds"]
    result.reports.append(report)
    status = report["status"] if report["status"] != "ok" or not course.is_late(*when) else "late"
    if result.status != "not graded":
        result.status = min(status, result.status, key=lambda each: WORST.index(each) if each in WORST else len(WORST))


def _counts(result: Result, course: Course, exercise: Mapping[str, Any]) -> bool:
    """Whether the question was the student's own, where that matters."""
    return not course.personal or exercise["student"] is None or _plain(exercise["student"]) in _names(result)


def _names(result: Result) -> set[str]:
    return {
        _plain(each) for each in (result.student, re.sub(r"_\d+$", "", result.student), result.id, result.name) if each
    }


def _plain(name: str) -> str:
    """A name in any order and writing: `Ek, Anna` is `anna ek`."""
    return " ".join(sorted(name.casefold().replace(",", " ").split()))


def _answered_as_others(result: Result, handed_in: Sequence[str]) -> Iterator[str]:
    """The questions that were not the student's own, if that can be told."""
    others = {_plain(re.sub(r"_\d+$", "", each)) for each in handed_in} | {_plain(each) for each in handed_in}
    for each in (exercise for report in result.reports for exercise in report["exercises"]):
        name = each["student"]
        if name and _plain(name) in others - _names(result):
            yield f"{each['name']}: answered as {name!r}"


def _overrides(result: Result, course: Course) -> list[Override]:
    return [each for each in course.overrides if each.student in (result.student, result.id)]


def _override(result: Result, course: Course) -> None:
    for each in _overrides(result, course):
        before = result.points.get(each.exercise, 0)
        result.points[each.exercise] = each.points
        result.remarks.append(f"{each.exercise}: {each.points:g} by hand, not {before:g}: {each.reason}")


def _remarks(result: Result, plan: Plan) -> Iterator[str]:
    if not result.known:
        yield "not on the roster"
    for student, file, reason in plan.unreadable:
        if student == result.student:
            result.status = "unreadable" if result.status == "missing" else result.status
            yield f"{file}: {reason}"
    for student, file, newer in plan.older:
        if student == result.student:
            yield f"{file} is older than {newer}"
    if not all(each["sandbox"] for each in result.reports):
        yield "graded without a sandbox"
